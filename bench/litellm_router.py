"""Runs the rows of a batch file through LiteLLM's Router in an asyncio loop, as a team without a durable service would.

Prints a line of JSON: seconds and CPU seconds of the loop (start-up is not counted), peak memory of the process.
"""
import asyncio
import json
import resource
import sys
import time

import litellm
from litellm import Router


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main(input_path: str, output_path: str, api_base: str, concurrency: int) -> None:
    litellm.suppress_debug_info = True
    router = Router(
        model_list=[
            {
                "model_name": "good",
                "litellm_params": {"model": "openai/ok", "api_base": api_base, "api_key": "none"},
            }
        ],
        num_retries=2,
    )
    slots = asyncio.Semaphore(concurrency)
    warm_up = {"model": "good", "messages": [{"role": "user", "content": "warm-up"}]}
    await asyncio.gather(*(router.acompletion(**warm_up) for _ in range(concurrency)))

    with open(input_path) as source:
        rows = [json.loads(line) for line in source]
    started, cpu = time.monotonic(), cpu_seconds()
    with open(output_path, "w") as target:

        async def run(row: dict) -> None:
            async with slots:
                answer = await router.acompletion(**row["body"])
            line = {"custom_id": row["custom_id"], "response": {"status_code": 200, "body": answer.model_dump()}}
            target.write(json.dumps(line) + "\n")

        await asyncio.gather(*(run(row) for row in rows))
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - started,
                "cpuSeconds": cpu_seconds() - cpu,
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
