"""The baseline of the webhook: what a first version does, with the call to Prefect before the answer to Meta."""

from __future__ import annotations

import json
import os
import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from prefect.client.orchestration import get_client

from webhook.signature import SignatureVerdict, verify

app = FastAPI()


@app.post("/webhook")
async def receive(request: Request) -> Response:
    body = await request.body()
    header = request.headers.get("x-hub-signature-256")
    if verify(body, header, [os.environ["WHATSAPP_APP_SECRET"]]) is not SignatureVerdict.GENUINE:
        return Response(status_code=403)
    for entry in json.loads(body)["entry"]:
        for change in entry["changes"]:
            for message in change["value"].get("messages", ()):
                async with get_client() as client:
                    deployment = await client.read_deployment_by_name("conversation/conversation")
                    await client.create_flow_run_from_deployment(
                        deployment.id, parameters={"lead_id": message["from_user_id"]}, idempotency_key=message["id"]
                    )
    return Response(status_code=200)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
