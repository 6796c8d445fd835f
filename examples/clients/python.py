# OpenAI's client for Python (pip install openai): an answer, a stream, a batch. After `npx holdfast dev`, in another terminal:
#   python3 examples/clients/python.py
import json
import os
import time
import uuid

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),
)
MODEL = "fast"


def ask(content):
    return [{"role": "user", "content": content}]


# The key makes it one call: whoever asks again with it gets the same answer.
answer = client.chat.completions.create(
    model=MODEL,
    messages=ask("Say hello"),
    extra_headers={"Idempotency-Key": f"greeting-{uuid.uuid4()}"},
    extra_body={"num_retries": 5},  # Holdfast's settings, as LiteLLM has them
)
print("answer:", answer.choices[0].message.content)

print("stream: ", end="")
for chunk in client.chat.completions.create(model=MODEL, messages=ask("Count"), stream=True):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()

rows = [
    {
        "custom_id": word,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": MODEL, "messages": ask(f"Say {word}")},
    }
    for word in ["one", "two", "three"]
]
text = "".join(json.dumps(row) + "\n" for row in rows)
file = client.files.create(purpose="batch", file=("rows.jsonl", text.encode()))
batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
while batch.status in ("validating", "in_progress", "finalizing"):
    time.sleep(1)
    batch = client.batches.retrieve(batch.id)
print("batch:", batch.status, batch.request_counts)
if batch.output_file_id:
    for line in client.files.content(batch.output_file_id).text.splitlines():
        row = json.loads(line)
        print(f"{row['custom_id']}:", row["response"]["body"]["choices"][0]["message"]["content"])
