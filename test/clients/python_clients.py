"""Asks a gateway as programs with LangChain and LlamaIndex do, and prints what they got as JSON."""

import json
import sys

from openai import APIError

BASE = f"{sys.argv[1]}/v1"
PROMPT = "Count to three"
VALUES = ["one", "two", "three"]
DIMENSIONS = 3072


# Each program loads its own library: that takes most of its time.
def langchain():
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings

    def chat(model):
        return ChatOpenAI(model=model, base_url=BASE, api_key="any")

    def embed(values, **options):
        embeddings = OpenAIEmbeddings(
            model="embeddings", base_url=BASE, api_key="any", check_embedding_ctx_length=False, **options
        )
        return embeddings.embed_documents(values)

    return {
        "ask": lambda model: chat(model).invoke(PROMPT).text,
        "stream": lambda model: (chunk.text for chunk in chat(model).stream(PROMPT)),
        "tool": lambda: chat("tools").invoke(PROMPT).tool_calls[0]["args"],
        "embed": embed,
        "texts at once": 1000,
    }


def llama_index(**retries):
    from llama_index.core.llms import ChatMessage
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding
    from llama_index.llms.openai_like import OpenAILike

    def llm(model):
        options = {"is_chat_model": True, "is_function_calling_model": True, **retries}
        return OpenAILike(model=model, api_base=BASE, api_key="any", **options)

    def embed(values, **options):
        embeddings = OpenAILikeEmbedding(
            model_name="embeddings", api_base=BASE, api_key="any", **retries, **options
        )
        return embeddings.get_text_embedding_batch(values)

    messages = [ChatMessage(role="user", content=PROMPT)]

    def tool():
        calls = llm("tools").chat(messages).message.additional_kwargs["tool_calls"]
        return json.loads(calls[0].function.arguments)

    return {
        "ask": lambda model: llm(model).chat(messages).message.content,
        "stream": lambda model: (chunk.delta or "" for chunk in llm(model).stream_chat(messages)),
        "tool": tool,
        "embed": embed,
        "texts at once": 100,
    }


def streamed(stream, model):
    text = ""
    try:
        for piece in stream(model):
            text += piece
    except Exception as error:
        return {"text": text, "error": str(error)}
    return {"text": text, "error": None}


def failure(ask, model="down"):
    try:
        ask(model)
    except Exception as error:
        # LangChain has classes of its own for OpenAI's.
        return isinstance(error, APIError)
    return False


def results(client):
    many = [f"text {index}" for index in range(client["texts at once"])]
    return {
        "text": client["ask"]("text"),
        "streams": {model: streamed(client["stream"], model) for model in ("text", "slow", "broken")},
        "tools": client["tool"](),
        "embeddings": len(client["embed"](VALUES)),
        "many embeddings": [len(each) for each in client["embed"](many, dimensions=DIMENSIONS)],
        "down": failure(client["ask"]),
    }


def failures(client):
    asks = [client["ask"], lambda model: list(client["stream"](model))]
    return {model: [failure(ask, model) for ask in asks] for model in ("down", "busy")}


CLIENTS = {
    "langchain": langchain,
    "llama-index": lambda: llama_index(max_retries=0),
    # With the retries that it makes by itself.
    "llama-index-retrying": llama_index,
}
asked = failures if sys.argv[3:] == ["failures"] else results
print(json.dumps(asked(CLIENTS[sys.argv[2]]())))
