#!/usr/bin/env bash
# curl: an answer, a stream, a batch. After `npx holdfast dev`, in another terminal:
#   bash examples/clients/curl.sh
set -euo pipefail

url=${OPENAI_BASE_URL:-http://127.0.0.1:4000/v1}
api() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer ${OPENAI_API_KEY:-any}" "$@"; }
# The value of a field of JSON, a text.
field() { grep --only-matching "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }
json=(--header 'Content-Type: application/json')

echo "answer:"
# The key makes it one call: whoever asks again with it gets the same answer.
api "$url/chat/completions" "${json[@]}" --header "Idempotency-Key: greeting-$$-$(date +%s)" \
  --data '{"model": "fast", "messages": [{"role": "user", "content": "Say hello"}]}'
echo

echo "stream:"
api --no-buffer "$url/chat/completions" "${json[@]}" \
  --data '{"model": "fast", "stream": true, "messages": [{"role": "user", "content": "Count"}]}'

rows=$(for word in one two three; do
  echo '{"custom_id": "'$word'", "method": "POST", "url": "/v1/chat/completions", "body":' \
    '{"model": "fast", "messages": [{"role": "user", "content": "Say '$word'"}]}}'
done)
file=$(echo "$rows" | api "$url/files" --form purpose=batch --form 'file=@-;filename=rows.jsonl' | field id)
batch=$(api "$url/batches" "${json[@]}" --data '{"input_file_id": "'"$file"'",
  "endpoint": "/v1/chat/completions", "completion_window": "24h"}' | field id)
while
  now=$(api "$url/batches/$batch")
  status=$(echo "$now" | field status)
  [[ $status =~ ^(validating|in_progress|finalizing)$ ]]
do
  sleep 1
done
echo "batch: $status"
api "$url/files/$(echo "$now" | field output_file_id)/content"
