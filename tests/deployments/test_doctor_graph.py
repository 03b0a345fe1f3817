"""The doctor and Meta: each thing broken one by one, and the line that names it with what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deployments.doctor.notes import LineStatus
from tests.deployments.examined import APP, APP_SECRET, NUMBER, RIGHT, WABA, Seen, look
from tests.graph_double import GraphDouble, refusal, template, welcome
from tests.http_double import DROPS, Answer, Request, answer

TOKEN, TEMPLATES, APPS = "debug_token", f"{WABA}/message_templates", f"{WABA}/subscribed_apps"
WELCOME = "template prosseguir_com_solicitacao"
NOTICE = template("aviso_de_planos", text="Olá, {{1}}! Há planos em {{2}} agora.", category="MARKETING")


def health(**by_entity: dict[str, Any]) -> dict[str, Any]:
    """The number's `health_status`; `WABA={"can_send_message": "BLOCKED", …}` changes one entity."""
    kinds = ("PHONE_NUMBER", "WABA", "BUSINESS", "APP")
    usual = {"id": "1", "can_send_message": "AVAILABLE"}
    return {"entities": [{"entity_type": kind} | usual | by_entity.get(kind, {}) for kind in kinds]}


class Account(GraphDouble):
    """The simulated account, of which nothing is wrong until a test says so; its callback is an address of this server."""

    callback = Answer(403)

    def usual(self, request: Request) -> Answer:
        return self.callback if request.path == "/webhook" else super().usual(request)


@pytest.fixture(scope="module")
def server() -> Iterator[Account]:
    with Account(RIGHT["WHATSAPP_API_TOKEN"]) as server:
        yield server


@pytest.fixture
def account(server: Account) -> Account:
    """The one server, with everything right again."""
    server.begin_anew()
    server.callback = Answer(403)
    return server


def examined(account: Account, **environment: str | None) -> Seen:
    return look("graph", RIGHT | {"WHATSAPP_BASE_URL": account.url} | environment)


def test_a_right_account_is_right_in_every_line(account: Account) -> None:
    seen = examined(account)
    assert {line.status for line in seen.lines} == {LineStatus.OK}
    seen.has("ok", "token", "permanent")
    seen.has("ok", "callback", "the service answers there")
    assert all(request.method == "GET" for request in account.requests), "the doctor changes nothing"


def changed(path: str, **changes: Any) -> Callable[[Account], None]:
    """Changes some keys of an answer; of a list or a token, of its data."""

    def change(told: dict[str, Any]) -> dict[str, Any]:
        match told:
            case {"data": [first, *_]}:
                return {"data": [first | changes]}
            case {"data": dict(data)}:
                return {"data": data | changes}
        return told | changes

    return lambda account: account.instead.update({path: change})


def replaced(path: str, new: Any) -> Callable[[Account], None]:
    return lambda account: account.instead.update({path: new if isinstance(new, Answer) else answer(new)})


def subscribed(**changes: Any) -> Callable[[Account], None]:
    return changed(f"{APP}/subscriptions", **changes)


def templates(*listed: dict[str, Any]) -> Callable[[Account], None]:
    return replaced(TEMPLATES, {"data": [*listed, template("retomar_conversa"), NOTICE]})


PAYMENT = {
    "can_send_message": "BLOCKED",
    "errors": [
        {
            "error_code": 141006,
            "error_description": "There is an error with the payment method.",
            "possible_solution": "Please add a new payment method to the account.",
        }
    ],
}

BREAKAGES: list[tuple[str, Callable[[Account], None], tuple[str, str, str, str]]] = [
    (
        "the token is refused",
        replaced(TOKEN, refusal(190, 401)),
        ("FAIL", "token", "does not take the token", "WHATSAPP_API_TOKEN"),
    ),
    ("the token is invalid", changed(TOKEN, is_valid=False), ("FAIL", "token", "invalid", "System users")),
    ("the token ends", changed(TOKEN, expires_at=1795300000), ("FAIL", "token", "ends on 2026-11-21", "permanent")),
    (
        "the data access ends",
        changed(TOKEN, data_access_expires_at=1795300000),
        ("FAIL", "token", "ends on", "permanent"),
    ),
    ("the token is a person's", changed(TOKEN, type="USER"), ("warn", "token", "type USER", "system user")),
    (
        "a permission is missing",
        changed(TOKEN, scopes=["whatsapp_business_messaging"], granular_scopes=[]),
        ("FAIL", "permissions", "lacks whatsapp_business_management", "Generate token"),
    ),
    (
        "a permission is another account's",
        changed(TOKEN, granular_scopes=[{"scope": "whatsapp_business_messaging", "target_ids": ["1"]}]),
        ("FAIL", "permissions", f"not for {WABA}", "WHATSAPP_BUSINESS_ACCOUNT_ID"),
    ),
    (
        "the number does not exist",
        replaced(NUMBER, refusal(100)),
        ("FAIL", "number", "no number with the id", "WHATSAPP_PHONE_NUMBER_ID"),
    ),
    (
        "the number's id is the account's",
        replaced(NUMBER, {"id": NUMBER}),
        ("FAIL", "number", "no phone number", "WHATSAPP_PHONE_NUMBER_ID"),
    ),
    (
        "the number is offline",
        changed(NUMBER, status="DISCONNECTED"),
        ("FAIL", "number", "DISCONNECTED", "WhatsApp Manager"),
    ),
    (
        "the number is not registered",
        changed(NUMBER, platform_type="NOT_APPLICABLE"),
        ("FAIL", "number", "not registered", "/register"),
    ),
    (
        "the number is a test number",
        changed(NUMBER, account_mode="SANDBOX"),
        ("warn", "number", "five listed", "real number"),
    ),
    (
        "the name was declined",
        changed(NUMBER, name_status="DECLINED"),
        ("FAIL", "display name", "131037", "another name"),
    ),
    (
        "the name is in review",
        changed(NUMBER, name_status="PENDING_REVIEW"),
        ("warn", "display name", "PENDING_REVIEW", "WhatsApp Manager"),
    ),
    ("the quality is bad", changed(NUMBER, quality_rating="RED"), ("warn", "quality", "RED", "people who asked")),
    (
        "the account cannot pay",
        changed(NUMBER, health_status=health(WABA=PAYMENT)),
        ("FAIL", "health waba", "141006", "payment method"),
    ),
    (
        "the business is limited",
        changed(
            NUMBER, health_status=health(BUSINESS={"can_send_message": "LIMITED", "additional_info": ["Not verified."]})
        ),
        ("warn", "health business", "Not verified.", "Overview"),
    ),
    (
        "the health is not told",
        changed(NUMBER, health_status=None),
        ("skip", "health", "skipped: Meta says nothing", ""),
    ),
    (
        "the account may not be seen",
        replaced(WABA, refusal(200, 403)),
        ("FAIL", "account", "lacks a permission", "whatsapp_business_management"),
    ),
    (
        "the account has other numbers",
        replaced(f"{WABA}/phone_numbers", {"data": [{"id": "7"}]}),
        ("FAIL", "account", "not one of account", "correct"),
    ),
    (
        "the account was rejected",
        changed(WABA, account_review_status="REJECTED"),
        ("FAIL", "account", "REJECTED", "appeal"),
    ),
    ("the account pays in dollars", changed(WABA, currency="USD"), ("warn", "currency", "USD", "Billing")),
    ("the template is missing", templates(), ("FAIL", WELCOME, "does not exist", "WHATSAPP_WELCOME_TEMPLATE_NAME")),
    (
        "the template is in another language",
        templates(welcome(language="en_US")),
        ("FAIL", WELCOME, "exists in en_US, not in pt_BR", "submit it in pt_BR"),
    ),
    (
        "a longer name is no match",
        templates(welcome(name="prosseguir_com_solicitacao_2")),
        ("FAIL", WELCOME, "does not exist", ""),
    ),
    (
        "the template was rejected",
        templates(welcome(status="REJECTED", rejected_reason="PROMOTIONAL")),
        ("FAIL", WELCOME, "REJECTED (PROMOTIONAL)", "appeal"),
    ),
    ("the template is in review", templates(welcome(status="PENDING")), ("FAIL", WELCOME, "PENDING", "wait")),
    ("the template is paused", templates(welcome(status="PAUSED")), ("FAIL", WELCOME, "PAUSED", "bad feedback")),
    ("the template is disabled", templates(welcome(status="DISABLED")), ("FAIL", WELCOME, "DISABLED", "another one")),
    (
        "the template has two variables",
        templates(template(WELCOME[9:], text="{{1}} {{2}}", buttons=("A",))),
        ("FAIL", WELCOME, "2 variables", "{{1}}"),
    ),
    (
        "the template has no variable",
        templates(template(WELCOME[9:], text="Olá", buttons=("A",))),
        ("FAIL", WELCOME, "0 variables", "{{1}}"),
    ),
    (
        "the template names its variable",
        templates(template(WELCOME[9:], text="{{nome}}", buttons=("A",))),
        ("FAIL", WELCOME, "has a name", "{{1}}"),
    ),
    (
        "the template has no button",
        templates(template(WELCOME[9:])),
        ("FAIL", WELCOME, "0 quick-reply", "one quick-reply button"),
    ),
    (
        "the template has two buttons",
        templates(template(WELCOME[9:], buttons=("A", "B"))),
        ("FAIL", WELCOME, "2 quick-reply", "one quick-reply"),
    ),
    (
        "the template has a picture",
        templates(welcome(components=[{"type": "HEADER", "format": "IMAGE"}, *welcome()["components"]])),
        ("FAIL", WELCOME, "header", "change the template"),
    ),
    ("the template is marketing", templates(welcome(category="MARKETING")), ("warn", WELCOME, "MARKETING", "UTILITY")),
    (
        "the template is a password's",
        templates(welcome(category="AUTHENTICATION")),
        ("FAIL", WELCOME, "AUTHENTICATION", "UTILITY"),
    ),
    (
        "the template is disliked",
        templates(welcome(quality_score={"score": "RED"})),
        ("warn", WELCOME, "RED", "people who asked"),
    ),
    (
        "the reminder template is missing",
        replaced(TEMPLATES, {"data": [welcome()]}),
        ("FAIL", "template retomar_conversa", "does not exist", "WHATSAPP_REMINDER_TEMPLATE_NAME"),
    ),
    (
        "the notice template has one variable",
        replaced(TEMPLATES, {"data": [welcome(), template("retomar_conversa"), template("aviso_de_planos")]}),
        (
            "FAIL",
            "template aviso_de_planos",
            "1 variables, and exactly 2 are sent (the first name, the city)",
            "{{1}} and {{2}}",
        ),
    ),
    (
        "no app is subscribed",
        replaced(APPS, {"data": []}),
        ("FAIL", "webhook", "no app", f"POST /{WABA}/subscribed_apps"),
    ),
    (
        "another app is subscribed",
        replaced(APPS, {"data": [{"whatsapp_business_api_data": {"id": "1"}}]}),
        ("FAIL", "webhook", f"ours ({APP}) is not", "subscribed_apps"),
    ),
    (
        "the account's own callback is wrong",
        replaced(
            APPS,
            {
                "data": [
                    {
                        "whatsapp_business_api_data": {"id": APP},
                        "override_callback_uri": "http://old.example.com/hook?k=1",
                    }
                ]
            },
        ),
        ("FAIL", "callback", "http://old.example.com/hook;", "Configuration"),
    ),
    (
        "the app has no subscription",
        replaced(f"{APP}/subscriptions", {"data": []}),
        ("FAIL", "callback", "no active", "verify token"),
    ),
    ("the subscription is switched off", subscribed(active=False), ("FAIL", "callback", "no active", "verify token")),
    (
        "the field messages is not subscribed",
        subscribed(fields=[{"name": "account_update"}]),
        ("FAIL", "fields", "messages", "Webhook fields"),
    ),
    (
        "a useful field is not subscribed",
        subscribed(fields=[{"name": "messages"}]),
        ("warn", "fields", "user_id_update and user_preferences", "subscribe"),
    ),
    (
        "something else answers at the callback",
        lambda account: setattr(account, "callback", Answer(404)),
        ("warn", "callback", "HTTP 404", "proxy"),
    ),
    ("Meta limits our calls", replaced(WABA, refusal(80008)), ("FAIL", "account", "limits our calls", "wait")),
    ("Meta has trouble", replaced(WABA, Answer(502, b"<html>")), ("FAIL", "account", "HTTP 502", "metastatus")),
    (
        "Meta answers with a page",
        replaced(WABA, Answer(200, b"<html>")),
        ("FAIL", "account", "something other than Meta's JSON", "WHATSAPP_BASE_URL"),
    ),
    (
        "the line is cut",
        replaced(WABA, DROPS),
        ("FAIL", "account", "cannot be reached (RemoteProtocolError)", "WHATSAPP_BASE_URL"),
    ),
]


@pytest.mark.parametrize(("broken", "wanted"), [row[1:] for row in BREAKAGES], ids=[row[0] for row in BREAKAGES])
def test_a_broken_thing_is_named_with_its_cure(
    account: Account, broken: Callable[[Account], None], wanted: tuple[str, str, str, str]
) -> None:
    broken(account)
    seen = examined(account)
    seen.has(*wanted)
    if wanted[1] != "token":
        assert len(seen.only(LineStatus.OK)) >= 8, "the other lines are there all the same"


def test_without_a_token_nothing_else_is_asked(account: Account) -> None:
    account.then(refusal(190, 401, message="Malformed access token EAAanother-token"))
    seen = examined(account, WHATSAPP_API_TOKEN="EAAanother-token")
    seen.has("FAIL", "token", "(Meta's code 190)", "WHATSAPP_API_TOKEN")
    for subject in ("number", "account", "templates", "webhook"):
        seen.has("skip", subject, "skipped: the token has to be mended first")
    (asked,) = account.requests
    assert asked.headers["authorization"] == "Bearer EAAanother-token"
    assert not any("EAAanother-token" in line.what + line.mend for line in seen.lines), "Meta's answer repeats it"


def test_a_wrong_app_secret_is_found_before_the_first_delivery_is_refused(account: Account) -> None:
    examined(account, WHATSAPP_APP_SECRET="f" * 32).has("FAIL", "app secret", "refused with 403", "WHATSAPP_APP_SECRET")


def test_while_the_app_secret_is_rotated_one_right_secret_is_enough(account: Account) -> None:
    examined(account, WHATSAPP_APP_SECRET=f"{'f' * 32},{APP_SECRET}").has("ok", "app secret", APP)


def test_without_its_variable_the_account_is_the_one_that_the_token_was_made_for(account: Account) -> None:
    examined(account, WHATSAPP_BUSINESS_ACCOUNT_ID=None).has("ok", "account", WABA)
    changed(TOKEN, granular_scopes=[])(account)
    seen = examined(account, WHATSAPP_BUSINESS_ACCOUNT_ID=None)
    seen.has("skip", "templates", "skipped: the account's id is not known; set WHATSAPP_BUSINESS_ACCOUNT_ID")
    seen.has("ok", "number", "connected")


def test_an_account_that_cannot_be_reached_is_one_line(account: Account) -> None:
    seen = look("graph", RIGHT | {"WHATSAPP_BASE_URL": "http://127.0.0.1:9"})
    seen.has("FAIL", "token", "127.0.0.1 cannot be reached (ConnectError)", "WHATSAPP_BASE_URL")
    assert len(seen.only(LineStatus.FAIL)) == 1
