"""A worker with an agent of OpenAI's Agents SDK. Kill it while the agent waits for a model, and start it again: the
agent goes on, and no model call is paid twice."""

import asyncio
import os
from datetime import timedelta

from agents import Agent, OpenAIProvider, Runner, set_tracing_disabled
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.openai_agents import ModelActivityParameters, OpenAIAgentsPlugin
from temporalio.openai_agents.workflow import activity_as_tool
from temporalio.worker import Worker

from activity_key import add_activity_key

TASK_QUEUE = os.environ.get("TASK_QUEUE", "agents-python")


@activity.defn
async def look_up(bird: str) -> str:
    """Where a bird lives"""
    return f"The {bird} lives at rivers."


@workflow.defn
class BirdAgent:
    @workflow.run
    async def run(self, question: str) -> str:
        tool = activity_as_tool(look_up, start_to_close_timeout=timedelta(seconds=10))
        agent = Agent(name="birds", model="smart", instructions="Answer shortly.", tools=[tool])
        return (await Runner.run(agent, question)).final_output


async def main() -> None:
    set_tracing_disabled(True)
    openai = AsyncOpenAI(
        base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "any"),
        http_client=DefaultAsyncHttpxClient(event_hooks={"request": [add_activity_key]}),
    )
    plugin = OpenAIAgentsPlugin(
        model_provider=OpenAIProvider(openai_client=openai),
        # A worker that was lost is missed after 5 s; a call may take 10 minutes and more.
        model_params=ModelActivityParameters(
            start_to_close_timeout=timedelta(minutes=15), heartbeat_timeout=timedelta(seconds=5)
        ),
    )
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"), plugins=[plugin])
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[BirdAgent],
        activities=[look_up],
        # A worker that was killed is waited for no longer.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )
    async with worker:
        answer = await client.execute_workflow(
            BirdAgent.run,
            "Where does the kingfisher live?",
            id=f"{TASK_QUEUE}-agent",
            task_queue=TASK_QUEUE,
            # The workflow that runs already, where one does.
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    print("answer:", answer)


if __name__ == "__main__":
    asyncio.run(main())
