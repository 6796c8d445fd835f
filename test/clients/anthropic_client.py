"""Anthropic's client against a gateway: prints what it got, as JSON."""

import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any")
MESSAGES = [{"role": "user", "content": "Count."}]


def ask(model):
    return client.messages.create(model=model, max_tokens=100, messages=MESSAGES)


def stream(model):
    text, error = "", None
    try:
        with client.messages.stream(model=model, max_tokens=100, messages=MESSAGES) as events:
            for piece in events.text_stream:
                text += piece
    except anthropic.APIError as caught:
        error = str(caught)
    return {"text": text, "error": error}


def failure(model):
    try:
        ask(model)
    except anthropic.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "type": error.body["error"]["type"]}


good = ask("good")
tools = ask("tools")
refused = ask("refusing")
print(
    json.dumps(
        {
            "text": good.content[0].text,
            "tokens": good.usage.output_tokens,
            "streams": {model: stream(model) for model in ["good", "slow", "broken"]},
            "tools": [tools.stop_reason, tools.content[0].input],
            "refusal": [refused.stop_reason, refused.content[0].text],
            "errors": {model: failure(model) for model in ["bad", "busy", "chat"]},
        }
    )
)
