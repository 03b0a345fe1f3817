"""The one simulation of Meta's Graph API, `deployments.simulator`, as a test's own server: it remembers what was asked, says
instead what the test wants it to say, and keeps the statuses that it would report to a webhook."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Self

from pydantic import SecretStr
from starlette.testclient import TestClient

from deployments.simulator.app import create_app
from deployments.simulator.faults import FaultPlan
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.templates import RegisteredTemplate
from tests.http_double import Answer, HttpDouble, Request, answer

TOKEN, APP_SECRET = "graph-token", "0123456789abcdef0123456789abcdef"


class GraphDouble(HttpDouble):
    """Answers as the simulator does; `then(refusal(131047))` goes first, then what a path was told to say instead."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self._token = token
        self.instead: dict[str, Any] = {}
        """By path below the version: an Answer, or what becomes of the simulator's JSON."""
        self.wamids: list[str] = []
        """What the accepted messages were called, in order."""

    def begin_anew(self) -> Self:
        """Forgets what was asked and what to say instead; starting one takes a tenth of a second."""
        for kept in (self.requests, self._queued, self.instead, self.wamids):
            kept.clear()
        return self

    def __enter__(self) -> Self:
        super().__enter__()
        secrets = {"token": SecretStr(self._token), "app_secret": SecretStr(APP_SECRET)}
        app = create_app(SimulatorSettings(webhook_url=f"{self.url}/webhook", **secrets))
        self.world = app.state.world
        self.world.faults.change(FaultPlan(hold_statuses=True))
        self._app = TestClient(app, follow_redirects=False).__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._app.__exit__(None, None, None)
        super().__exit__(*exception)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bodies of the messages sent, in order, without read receipts."""
        return [body for body in self._posted() if "type" in body]

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """The bodies of the read receipts and typing indicators, in order."""
        return [body for body in self._posted() if body.get("status") == "read"]

    def keep(self, media_id: str, content: bytes, mime_type: str, **lies: Any) -> None:
        """Serves `content` as `media_id`. `lies` stand in the answer about it in place of the truth; None leaves out."""
        self.world.media.put(content, mime_type, media_id=media_id)
        if lies:
            self.change(media_id, **lies)

    def address(self, media_id: str) -> str:
        """An address under which the file is, good for five minutes."""
        return str(self.world.media.address(self.world.media.get(media_id), self.url, self.world.now()))

    def change(self, path: str, **changes: Any) -> None:
        """The answer at this path says this instead; None leaves it out."""

        def changed(told: dict[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in (told | changes).items() if value is not None}

        self.instead[path] = changed

    def register(self, name: str, body: str, *buttons: str, language: str = "pt_BR") -> None:
        """A template of the account."""
        self.world.templates.register(
            RegisteredTemplate(name=name, body=body, buttons=list(buttons), language=language)
        )

    def usual(self, request: Request) -> Answer:
        # a base URL may have a path before the version
        path = re.sub(r"^/graph(?=/v)", "", request.path)
        instead: Any = self.instead.get(re.sub(r"^/v[\d.]+/", "", path))
        if isinstance(instead, Answer):
            return instead
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        told = self._app.request(request.method, path, params=request.query, headers=headers, content=request.body)
        if path.endswith("/messages") and told.is_success:
            self.wamids += [message["id"] for message in told.json().get("messages", ())]
        if isinstance(instead, Callable) and told.is_success:  # type: ignore[arg-type]
            return answer(instead(told.json()))
        return Answer(told.status_code, told.content, {"content-type": told.headers.get("content-type", "")})

    def _posted(self) -> list[dict[str, Any]]:
        return [request.json for request in self.requests if request.path.endswith("/messages")]


def refusal(code: int, status: int = 400, *, message: str | None = None, details: str = "refused") -> Answer:
    """Meta's error object with this code."""
    body = GraphError(code, details).body()
    body["error"] |= {"message": message or "refused", "error_data": {"details": details}}
    return answer(body, status)


def template(name: str, *, buttons: tuple[str, ...] = (), text: str = "Olá, {{1}}!", **changes: Any) -> dict[str, Any]:
    """One element of the list of templates."""
    components: list[dict[str, Any]] = [{"type": "BODY", "text": text}]
    if buttons:
        components.append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": one} for one in buttons]})
    usual = {
        "name": name,
        "language": "pt_BR",
        "status": "APPROVED",
        "category": "UTILITY",
        "components": components,
        "parameter_format": "POSITIONAL",
        "rejected_reason": "NONE",
    }
    return usual | changes


def welcome(**changes: Any) -> dict[str, Any]:
    return template("prosseguir_com_solicitacao", buttons=("Ativar Perfil",)) | changes
