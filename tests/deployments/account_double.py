"""A double of the Graph API that only tells about an account: everything is right until a test changes an answer."""

from __future__ import annotations

from typing import Any

from tests.deployments.examined import APP, APP_SECRET, NUMBER, RIGHT, WABA
from tests.graph_double import refusal
from tests.http_double import Answer, HttpDouble, Request, answer

TOKEN = RIGHT["WHATSAPP_API_TOKEN"]
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")


def template(name: str, *, buttons: tuple[str, ...] = (), text: str = "Olá, {{1}}!", **changes: Any) -> dict[str, Any]:
    """One element of the list of templates."""
    components: list[dict[str, Any]] = [{"type": "BODY", "text": text}]
    if buttons:
        components.append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": one} for one in buttons]})
    usual = {"name": name, "language": "pt_BR", "status": "APPROVED", "category": "UTILITY", "components": components,
             "parameter_format": "POSITIONAL", "rejected_reason": "NONE"}  # fmt: skip
    return usual | changes


def welcome(**changes: Any) -> dict[str, Any]:
    return template("prosseguir_com_solicitacao", buttons=("Ativar Perfil",)) | changes


def health(**by_entity: dict[str, Any]) -> dict[str, Any]:
    """The number's `health_status`; `WABA={"can_send_message": "BLOCKED", …}` changes one entity."""
    kinds = ("PHONE_NUMBER", "WABA", "BUSINESS", "APP")
    entities = [
        {"entity_type": kind, "id": "1", "can_send_message": "AVAILABLE"} | by_entity.get(kind, {}) for kind in kinds
    ]
    return {"can_send_message": "AVAILABLE", "entities": entities}


class AccountDouble(HttpDouble):
    """`answers` by path below the version: JSON, or an Answer. The callback is an address of this server."""

    def __init__(self) -> None:
        super().__init__()
        self.make_right()

    def make_right(self) -> None:
        """Takes back whatever a test has changed or asked."""
        self.requests.clear()
        self.callback = Answer(403)
        self.answers: dict[str, Any] = {
            "debug_token": {"data": {
                "app_id": APP, "type": "SYSTEM_USER", "is_valid": True, "expires_at": 0, "data_access_expires_at": 0,
                "scopes": [*SCOPES, "public_profile"],
                "granular_scopes": [{"scope": scope, "target_ids": [WABA]} for scope in SCOPES],
            }},
            NUMBER: {
                "id": NUMBER, "verified_name": "Serena Energia", "display_phone_number": "+55 11 3123-0000",
                "status": "CONNECTED", "quality_rating": "GREEN", "name_status": "APPROVED", "platform_type": "CLOUD_API",
                "throughput": {"level": "STANDARD"}, "account_mode": "LIVE", "health_status": health(),
            },
            WABA: {"id": WABA, "name": "Serena", "currency": "BRL", "account_review_status": "APPROVED"},
            f"{WABA}/phone_numbers": {"data": [{"id": NUMBER}]},
            f"{WABA}/message_templates": {"data": [welcome(), template("retomar_conversa")]},
            f"{WABA}/subscribed_apps": {"data": [{"whatsapp_business_api_data": {"id": APP, "name": "Serena"}}]},
        }  # fmt: skip

    def subscription(self, **changes: Any) -> dict[str, Any]:
        """The app's subscription, which only its own token may read."""
        fields = [{"name": name, "version": "v25.0"} for name in ("messages", "user_id_update", "user_preferences")]
        usual = {
            "object": "whatsapp_business_account",
            "callback_url": f"{self.url}/webhook",
            "active": True,
            "fields": fields,
        }
        return {"data": [usual | changes]}

    def usual(self, request: Request) -> Answer:
        """190 without the right bearer, 100 for anything that is not there."""
        if request.path == "/webhook":
            return self.callback
        path = request.path.removeprefix("/v25.0/")
        bearer = f"{APP}|{APP_SECRET}" if path.startswith(APP) else TOKEN
        if request.headers.get("authorization") != f"Bearer {bearer}":
            # Meta repeats a token that it cannot read
            return refusal(190, 401, message=f"Malformed access token {request.headers.get('authorization')}")
        found = self.answers.get(path, self.subscription() if path == f"{APP}/subscriptions" else None)
        if found is None:
            return refusal(100, 400)
        return found if isinstance(found, Answer) else answer(found)
