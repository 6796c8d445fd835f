"""Asks a gateway for everything that OpenAI's client has, and prints what came back as JSON. Arguments: base URL, key."""

import json
import sys
import time

import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2])
HELLO = [{"role": "user", "content": "Which bird is this?"}]


class Weather(BaseModel):
    city: str
    degrees: int


def chat():
    return client.chat.completions.create(model="good", messages=HELLO).choices[0].message.content


def stream():
    chunks = client.chat.completions.create(model="words", messages=HELLO, stream=True)
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


def tools():
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    answer = client.chat.completions.create(model="tools", messages=HELLO, tools=[tool])
    return answer.choices[0].message.tool_calls[0].function.arguments


def structured():
    answer = client.chat.completions.parse(model="json", messages=HELLO, response_format=Weather)
    return answer.choices[0].message.parsed.model_dump()


def embeddings():
    return len(client.embeddings.create(model="good", input=["one", "two"], dimensions=4).data)


def responses():
    return client.responses.create(model="good", input="Which bird is this?").output_text


def settings():
    answer = client.chat.completions.with_raw_response.create(
        model="500", messages=HELLO, extra_body={"num_retries": 0, "fallbacks": ["good"]}
    )
    return answer.headers["x-litellm-attempted-fallbacks"]


def models():
    return "good" in [model.id for model in client.models.list()]


def errors():
    found = {}
    for model in ["400", "401", "404", "409", "422", "429", "500", "503", "broken"]:
        try:
            answer = client.chat.completions.create(model=model, messages=HELLO, stream=model == "broken")
            found[model] = list(answer) and "none"
        except openai.APIStatusError as error:
            found[model] = [type(error).__name__, error.status_code, error.body["kind"]]
        except openai.APIError as error:
            found[model] = [type(error).__name__, error.body["kind"]]
    return found


def batch():
    lines = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": {"model": name, "messages": HELLO}}
        for name in ["good", "400"]
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    file = client.files.create(purpose="batch", file=("rows.jsonl", text.encode()))
    made = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"run": "1"}
    )
    while made.status in ("validating", "in_progress", "finalizing"):
        time.sleep(0.5)
        made = client.batches.retrieve(made.id)
    answered = [json.loads(line)["custom_id"] for line in client.files.content(made.output_file_id).text.splitlines()]
    failed = [json.loads(line)["error"]["code"] for line in client.files.content(made.error_file_id).iter_lines()]
    over = None
    try:
        client.batches.cancel(made.id)
    except openai.ConflictError as error:
        over = error.code
    return {
        "status": made.status,
        "counts": made.request_counts.model_dump(include={"total", "completed", "failed"}),
        "answered": answered,
        "failed": failed,
        "cancel": over,
        "listed": [each.id == made.id for each in client.batches.list(limit=1)],
        "same": client.files.content(file.id).text == text,
        "deleted": client.files.delete(file.id).deleted,
    }


print(json.dumps({ask.__name__: ask() for ask in [chat, stream, tools, structured, embeddings, responses, settings, models, errors, batch]}))
