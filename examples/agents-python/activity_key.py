"""Idempotency keys for model calls in activities: another attempt joins the call of the first."""

import hashlib
import json

from temporalio import activity

HEADER = "Idempotency-Key"


async def add_activity_key(request) -> None:
    """A hook for requests of OpenAI's client: a key from the activity's identity, not its attempt, and the body."""
    if not activity.in_activity() or HEADER in request.headers:
        return
    info = activity.info()
    body = hashlib.sha256(request.content).hexdigest()
    identity = json.dumps([info.workflow_id, info.workflow_run_id, info.activity_id, body])
    request.headers[HEADER] = f"activity-{hashlib.sha256(identity.encode()).hexdigest()}"
