"""
Asks a gateway with both of OpenAI's clients, the sync and the async one, for streams and for what goes wrong on the wire.
Prints what came back as JSON, by client. The clients make their own retries.

Arguments: base URL, URL of the scripted provider, what to ask for: a list of `faults`, or null for streams that are good.
"""

import asyncio
import contextlib
import inspect
import json
import sys
import urllib.request

import openai
from pydantic import BaseModel

BASE_URL, PROVIDER_URL, FAULTS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
HELLO = [{"role": "user", "content": "Count."}]
BEFORE_FAULT = "One two "
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


class Weather(BaseModel):
    city: str
    degrees: int


def release():
    """Lets the provider go on where it holds."""
    urllib.request.urlopen(urllib.request.Request(f"{PROVIDER_URL}/mock/release", method="POST")).close()


async def settled(value):
    """What a method of either client returns."""
    return await value if inspect.isawaitable(value) else value


async def each(stream):
    """The events of a stream of either client."""
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            yield event
    else:
        for event in stream:
            yield event


@contextlib.asynccontextmanager
async def opened(manager):
    """The stream of a helper of either client."""
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            yield stream
    else:
        with manager as stream:
            yield stream


def content_of(chunk):
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


async def ask_chat(client, model, settings, **options):
    asked = client.chat.completions.create(
        model=model, messages=HELLO, stream=True, extra_body=settings, **options
    )
    async for chunk in each(await settled(asked)):
        yield content_of(chunk), bool(chunk.choices and chunk.choices[0].finish_reason)


async def ask_response(client, model, settings, **options):
    asked = client.responses.create(model=model, input="Count.", stream=True, extra_body=settings, **options)
    async for event in each(await settled(asked)):
        is_end = event.type in ("response.completed", "response.incomplete")
        yield (event.delta if event.type == "response.output_text.delta" else ""), is_end


async def read(events):
    """The text of a stream, whether it seemed to end well, and the kind of the client's own error that ended it."""
    text, ended, kind = "", False, None
    try:
        async for content, is_end in events:
            text += content
            ended = ended or is_end
            if content and text == BEFORE_FAULT:
                release()
    except openai.APIError as error:
        kind = error.body["kind"]
    return {"text": text, "ended": ended, "kind": kind}


async def ask_plainly(client, model, settings):
    try:
        await settled(client.chat.completions.create(model=model, messages=HELLO, extra_body=settings))
    except openai.APIStatusError as error:
        return {"kind": error.body["kind"]}
    return {"kind": None}


async def fault(client, asked):
    streamed, plain = asked["streamed"], asked["plain"]
    return {
        "chat": await read(ask_chat(client, **streamed)),
        "responses": await read(ask_response(client, **streamed)),
        "plain": await ask_plainly(client, **plain),
    }


async def chat(client, name):
    return await read(ask_chat(client, "words", {}))


async def response(client, name):
    return await read(ask_response(client, "words", {}))


async def retried(client, name):
    """What broke before the first content does not show."""
    return await read(ask_chat(client, f"flaky-{name}", {"stream_timeout": 2}))


async def restart(client, name):
    asked = client.chat.completions.create(
        model=f"again-{name}", messages=HELLO, stream=True, extra_headers={"x-holdfast-stream-restart": "true"}
    )
    texts, told = [""], []
    async for chunk in each(await settled(asked)):
        ours = (chunk.model_extra or {}).get("holdfast") or {}
        if "restart" in ours:
            told.append(ours["restart"]["attempt"])
            texts.append("")
        texts[-1] += content_of(chunk)
        if texts == [BEFORE_FAULT]:
            release()
    return {"texts": texts, "told": told}


async def left_stream(client, name):
    """A stream that was left after its first content, and is asked for again."""
    headers = {"Idempotency-Key": f"left-{name}"}
    asked = client.chat.completions.create(model=f"left-{name}", messages=HELLO, stream=True, extra_headers=headers)
    stream = await settled(asked)
    async for chunk in each(stream):
        if content_of(chunk):
            break
    await settled(stream.close())
    release()
    return await read(ask_chat(client, f"left-{name}", {}, extra_headers=headers))


async def left_plain(client, name):
    """A call whose client was out of patience, and is asked for again."""
    headers = {"Idempotency-Key": f"late-{name}"}
    texts = []
    for its in [client.with_options(timeout=0.5, max_retries=0), client]:
        try:
            asked = its.chat.completions.create(model=f"late-{name}", messages=HELLO, extra_headers=headers)
            texts.append((await settled(asked)).choices[0].message.content)
        except openai.APITimeoutError:
            texts.append("timeout")
    return texts


async def parsed(client, name):
    asked = client.chat.completions.parse(model="json", messages=HELLO, response_format=Weather)
    return (await settled(asked)).choices[0].message.parsed.model_dump()


async def parsed_stream(client, name):
    manager = client.chat.completions.stream(model="json", messages=HELLO, response_format=Weather)
    async with opened(manager) as stream:
        answer = await settled(stream.get_final_completion())
    return answer.choices[0].message.parsed.model_dump()


async def tools(client, name):
    async with opened(client.chat.completions.stream(model="tools", messages=HELLO, tools=[TOOL])) as stream:
        answer = await settled(stream.get_final_completion())
    return [[call.id, call.function.name, call.function.arguments] for call in answer.choices[0].message.tool_calls]


async def response_twice(client, name):
    """For OpenAI's helper to put together: the provider's events, then those that the gateway makes of its answer."""
    texts = []
    for _ in range(2):
        headers = {"Idempotency-Key": f"response-{name}"}
        manager = client.responses.stream(model="words", input="Count.", extra_headers=headers)
        async with opened(manager) as stream:
            texts.append((await settled(stream.get_final_response())).output_text)
    return texts


GOOD = [chat, response, retried, restart, left_stream, left_plain, parsed, parsed_stream, tools, response_twice]


async def ask(name, client):
    if FAULTS is not None:
        return {asked["index"]: await fault(client, asked) for asked in FAULTS}
    return {each_of.__name__: await each_of(client, name) for each_of in GOOD}


async def main():
    options = {"base_url": BASE_URL, "api_key": "any"}
    clients = {"sync": openai.OpenAI(**options), "async": openai.AsyncOpenAI(**options)}
    print(json.dumps({name: await ask(name, client) for name, client in clients.items()}))


asyncio.run(main())
