"""A delivery is verified, stored and answered at once, whatever it holds and whoever is away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.prefect_double import PrefectDouble
from tests.webhook import change, delivery, fixture
from tests.webhook.service import SECRETS, TOKEN, Service, listened_to, name, running, said, text
from webhook import impatience, limits
from webhook.signature import sign

MESSAGE_TYPES = sorted(fixture("messages"))


@pytest.fixture(scope="module")
def service(url: str, runner: asyncio.Runner) -> Iterator[Service]:
    """A service whose Prefect is away the whole time."""
    with running(url, runner) as service:
        yield service


# the handshake


@pytest.mark.parametrize("path", ["/webhook", "/webhook/"])
def test_the_handshake_is_answered_with_the_challenge_alone(service: Service, path: str) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
    answer = service.http.get(path, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "asked",
    [
        {"hub.mode": "subscribe", "hub.verify_token": "another", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": TOKEN, "hub.challenge": "1"},
        {"hub.verify_token": TOKEN, "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": TOKEN},
        {},
    ],
    ids=["token", "mode", "no mode", "no token", "no challenge", "nothing"],
)
def test_a_wrong_handshake_is_refused(service: Service, asked: dict[str, str]) -> None:
    answer = service.http.get("/webhook", params=asked)
    assert (answer.status_code, answer.content) == (403, b"")


# what is refused


GOOD = sign(b"{}", SECRETS[0])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 401),
        ([("x-hub-signature-256", "")], 401),
        ([("x-hub-signature-256", GOOD.removeprefix("sha256="))], 401),
        ([("x-hub-signature-256", GOOD.upper())], 401),
        ([("x-hub-signature-256", f"sha256={GOOD[7:].upper()}")], 401),
        ([("x-hub-signature-256", f"{GOOD},{GOOD}")], 401),
        ([("x-hub-signature-256", GOOD[:-1])], 401),
        ([("x-hub-signature", f"sha1={'0' * 40}")], 401),
        ([("x-hub-signature-256", sign(b"{}", "another secret"))], 403),
        ([("x-hub-signature-256", sign(b"{} ", SECRETS[0]))], 403),
        ([("x-hub-signature-256", sign(b"{}", "another")), ("x-hub-signature-256", GOOD)], 403),
    ],
    ids=["none", "empty", "no prefix", "upper", "upper hex", "two in one", "short", "sha1", "secret", "body", "second"],
)
def test_a_delivery_that_meta_did_not_sign_is_refused(
    service: Service, headers: list[tuple[str, str]], status: int
) -> None:
    assert service.http.post("/webhook", content=b"{}", headers=headers).status_code == status


def test_a_forged_delivery_leaves_nothing_behind(service: Service) -> None:
    wamid = name()
    assert service.delivers(said(text(wamid)), secret="another").status_code == 403
    assert not service.events(f"m:{wamid}")


@pytest.mark.parametrize("secret", SECRETS)
def test_while_the_secret_is_rotated_both_are_good(service: Service, secret: str) -> None:
    wamid = name()
    assert service.delivers(said(text(wamid)), secret=secret).status_code == 200
    assert service.message(wamid)


def test_a_body_over_the_limit_is_refused_with_and_without_its_length(service: Service) -> None:
    long = b" " * (4 * 1024 * 1024 + 1)
    assert service.delivers(long).status_code == 413
    pieces = (long[:65536] for _ in range(65))
    signed = {"x-hub-signature-256": sign(long, SECRETS[0])}
    assert service.http.post("/webhook", content=pieces, headers=signed).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b"\xff\xfe\xfd",
        b'{"object": NaN',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"object":"whatsapp_business_account","entry":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
    ids=["empty", "cut", "list", "text", "null", "number", "bytes", "cut again", "deep", "deep inside"],
)
def test_what_is_not_a_json_object_is_refused(service: Service, body: bytes) -> None:
    assert service.delivers(body).status_code == 400


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/form", "/webhook/x"])
def test_nothing_else_is_served(service: Service, path: str) -> None:
    assert service.http.get(path).status_code == 404
    assert service.http.put("/webhook", content=b"{}").status_code == 405


@pytest.mark.parametrize("path", ["/webhook", "/leads"])
def test_a_caller_who_hangs_up_is_no_error_of_ours(
    service: Service, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with listened_to(caplog) as lines:
        address = (service.http.base_url.host, service.http.base_url.port)
        with socket.create_connection(address) as caller:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {GOOD}\r\nContent-Length: 100\r\n\r\n"
            caller.sendall(head.encode() + b"{")
        service.delivers({}).raise_for_status()
    assert "Traceback" not in "\n".join(lines)


# what is accepted


def renamed(example: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A fixture's message under a wamid of the test's own, from a sender of its own."""
    sender = {"from_user_id": f"BR.{name()}"} if "from_user_id" in example else {}
    return example | sender | {"id": name()}, example["id"]


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_every_documented_type_is_stored_and_answered_200(service: Service, kind: str) -> None:
    message, _ = renamed(fixture("messages")[kind])
    answer = service.delivers(said(message))
    assert (answer.status_code, answer.content) == (200, b"")
    keys = [f"{prefix}:{message['id']}" for prefix in ("m", "n", "xm")]
    assert len(service.sql("select 1 from webhook_events where event_key = any($1)", keys)) == 1


def test_there_are_27_documented_types() -> None:
    assert len(MESSAGE_TYPES) == 27


@pytest.mark.parametrize(
    "body",
    [
        fixture("envelopes")["with_phone"],
        fixture("envelopes")["bsuid_only"],
        *(delivery({"field": "messages", "value": value}) for value in fixture("statuses").values()),
        *(delivery(value) for value in fixture("changes").values()),
        {},
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account", "entry": []},
        {"object": "whatsapp_business_account", "entry": [None, 7, {}, {"changes": [None, {"field": "calls"}]}]},
        delivery({"field": "a_field_of_next_year", "value": {"new": True}}),
        said(text("wamid.unknown-type", type="hologram", hologram={"x": 1})),
        said({"id": "wamid.nothing-else"}),
        said(*[None, 5, "x", [], {"id": 5}]),
        delivery(change(statuses=[{"id": "wamid.s", "status": "teleported", "biz_opaque_callback_data": "outbox:1"}])),
    ],
)
def test_what_we_do_not_act_on_is_answered_200_all_the_same(service: Service, body: dict[str, Any]) -> None:
    assert service.delivers(body).status_code == 200


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("NUL", {"text": {"body": "a\0b"}}),
    ("lone surrogate", {"text": {"body": "\ud800"}, "x": {"\udfff": "\ud800"}}),
    ("huge number", {"timestamp": 10**300, "x": 10**4000, "y": 1e308}),
    ("infinite", {"timestamp": float("inf"), "location": {"latitude": float("nan")}, "type": "location"}),
    ("year 1", {"timestamp": "-62135596800"}),
    ("year 9999", {"timestamp": "253402300799"}),
    ("booleans", {"text": {"body": True}, "timestamp": False, "from": True}),
    ("short number", {"from": "+55"}),
    ("long wamid of the answered", {"context": {"id": "w" * 10_000}}),
    ("long sender", {"from_user_id": "B" * 1_001}),
    ("long payload", {"type": "button", "button": {"payload": "p" * 50_000, "text": "t" * 50_000}}),
    ("our payload, nonsense", {"type": "button", "button": {"payload": "ATIVAR_PERFIL:nobody", "text": "t"}}),
    ("deep", {"x": json.loads('{"a":' * 500 + "1" + "}" * 500)}),
]


@pytest.mark.parametrize("trick", [case[1] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_content_is_answered_200_and_does_not_lose_its_sibling(service: Service, trick: dict[str, Any]) -> None:
    """Anything else would make Meta bring the whole batch again for days."""
    sibling = name()
    body = said(text(name()) | trick, text(sibling))
    assert service.delivers(body).status_code == 200
    assert service.message(sibling)


def test_foreign_trackers_do_not_disturb_once_the_database_has_planned_for_ours(service: Service) -> None:
    """Postgres plans a statement anew for some five calls and then for good; only the last plan met the bad cast."""
    trackers = ["00000000-0000-4000-8000-000000000000"] * 60 + ["outbox:1"] * 8
    for tracker in trackers:
        status = {"id": name(), "status": "sent", "timestamp": "1795300200", "biz_opaque_callback_data": tracker}
        assert service.delivers(delivery(change(statuses=[status]))).status_code == 200


def test_a_wamid_too_long_for_a_key_is_kept_under_its_fingerprint(service: Service) -> None:
    assert service.delivers(said(text("w" * 10_000 + name()))).status_code == 200
    (kept,) = service.sql("select payload from webhook_events where length(payload->>'id') > 9999")
    assert json.loads(kept["payload"])["text"] == {"body": "oi"}


def test_entries_of_several_numbers_are_told_apart(service: Service) -> None:
    ours, theirs, later, status = name(), name(), name(), name()
    body = delivery(change(messages=[text(ours)]), change("999000999000", messages=[text(theirs)]))
    body["entry"] += said(text(later), statuses=[{"id": status, "status": "read", "timestamp": "1"}])["entry"]
    assert service.delivers(body).status_code == 200
    assert service.message(ours)
    assert service.message(later)
    assert service.message(theirs) is None
    assert service.events(f"xm:{theirs}")
    assert service.events(f"s:{status}:read")


def test_raw_and_escaped_letters_are_the_same_text(service: Service) -> None:
    raw, escaped = name(), name()
    service.delivers(json.dumps(said(text(raw, "São João 👍")), ensure_ascii=False).encode()).raise_for_status()
    service.delivers(json.dumps(said(text(escaped, "São João 👍"))).encode()).raise_for_status()
    assert [service.message(wamid)["message_content"] for wamid in (raw, escaped)] == ["São João 👍"] * 2


def test_a_delivery_of_three_megabytes_is_stored_whole(service: Service) -> None:
    sender, wamids = f"BR.{name()}", [name() for _ in range(300)]
    raw = json.dumps(said(*(text(wamid, "ã" * 4_900, sender) for wamid in wamids)), ensure_ascii=False).encode()
    assert len(raw) > 2_900_000
    assert service.delivers(raw).status_code == 200
    rows = service.sql("select wamid from lead_messages where wamid = any($1) order by seq", wamids)
    assert [row["wamid"] for row in rows] == wamids


def test_a_thousand_messages_in_one_delivery_are_stored(service: Service) -> None:
    wamids = [name() for _ in range(1000)]
    assert service.delivers(said(*(text(wamid) for wamid in wamids))).status_code == 200
    (row,) = service.sql("select count(*) from lead_messages where wamid = any($1)", wamids)
    assert row["count"] == 1000


def test_the_same_delivery_many_times_at_once_is_stored_once(service: Service) -> None:
    first, second, sender = name(), name(), f"BR.{name()}"
    body = said(text(first, bsuid=sender), text(second, bsuid=sender))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: service.delivers(body).status_code, range(32)))
    assert answers == [200] * 32
    (row,) = service.sql("select count(*) from lead_messages where wamid = any($1)", [first, second])
    assert row["count"] == 2
    (run,) = service.sql("select count(*) from runs where lead_id = $1", service.message(first)["lead_id"])
    assert run["count"] == 1


def test_batches_that_share_their_people_in_another_order_are_all_stored(service: Service) -> None:
    ana, bia = f"BR.{name()}", f"BR.{name()}"
    bodies = []
    for turn in range(20):
        pair = [text(name(), bsuid=ana), text(name(), bsuid=bia)]
        bodies.append(said(*(pair if turn % 2 else reversed(pair))))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: service.delivers(body).status_code, bodies))
    assert answers == [200] * 20
    (row,) = service.sql(
        "select count(*) from lead_messages m join leads l on l.id = m.lead_id where l.wa_user_id = any($1)", [ana, bia]
    )
    assert row["count"] == 40


# what is logged


def test_no_line_of_the_log_tells_who_wrote_or_what(
    url: str, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    private = {
        "who": "Marina Confidencial",
        "phone": "5581988776655",
        "said": "segredo bem guardado",
        "mail": "m@x.com",
    }
    message = text(name(), private["said"], **{"from": private["phone"]})
    contact = {"wa_id": private["phone"], "user_id": message["from_user_id"], "profile": {"name": private["who"]}}
    body = said(message, contacts=[contact])
    form = {"name": private["who"], "phone": "(81) 98877-6655", "email": private["mail"], "consent": True}
    with listened_to(caplog) as lines, PrefectDouble() as prefect:
        with running(url, runner, prefect=prefect.api) as service:
            service.delivers(body).raise_for_status()
            service.delivers(body, secret="another")
            service.delivers(json.dumps(body).encode()[:-5])
            service.http.post("/leads", json=form).raise_for_status()
            service.http.post("/leads", json=form | {"phone": "+55 81 98877-66"})
            prefect.wait_until(lambda: len(prefect.created) == 2)
        with running(url, runner) as away:
            away.delivers(said(text(name(), private["said"]), contacts=[contact])).raise_for_status()
            away.http.post("/leads", json=form | {"phone": "(81) 98877-6644"}).raise_for_status()
            # Runs are started behind the answer.
            prefect.wait_until(lambda: any("of run" in line for line in lines))
            away.sql("alter function receive_delivery(jsonb) rename to elsewhere")
            try:
                away.delivers(body)
            finally:
                away.sql("alter function elsewhere(jsonb) rename to receive_delivery")
    told = "\n".join(lines)
    assert "wrong signature" in told
    assert "of run" in told and "failed (TryAgain)" in told
    assert "answered 503" in told
    for secret in [*private.values(), "988776655", "98877-66", message["from_user_id"], *SECRETS, TOKEN]:
        assert secret not in told


def test_whoever_connects_and_asks_nothing_is_hung_up_on(url: str, runner: asyncio.Runner) -> None:
    """uvicorn waits for headers for ever: hundreds of half-sent requests would hold as many connections."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impatience, "HEADER_SECONDS", 0.3)
        with running(url, runner) as service:
            where = (service.http.base_url.host, service.http.base_url.port)
            silent, half, dripping = (socket.create_connection(where, timeout=10) for _ in range(3))
            half.sendall(b"POST /webhook HTTP/1.1\r\nhost: x\r\n")
            dripping.sendall(b"GET /health HTTP/1.1\r\nx: ")
            for _ in range(6):
                with contextlib.suppress(OSError):
                    dripping.sendall(b"G")
                time.sleep(0.1)
            for caller in (silent, half, dripping):
                with contextlib.suppress(ConnectionError):
                    assert caller.recv(100) in (b"",), "nothing is said, the connection ends"
                caller.close()
            with contextlib.closing(HTTPConnection(*where, timeout=10)) as patient:
                for _ in range(2):  # a kept connection asks again
                    patient.request("GET", "/health")
                    assert b'"ok"' in patient.getresponse().read()


def test_whoever_sends_headers_without_end_is_hung_up_on(url: str, runner: asyncio.Runner) -> None:
    with running(url, runner) as service:
        where, began = (service.http.base_url.host, service.http.base_url.port), time.monotonic()
        with socket.create_connection(where, timeout=10) as endless, contextlib.suppress(ConnectionError):
            endless.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx: ")
            for _ in range(40):
                endless.sendall(b"a" * 8192)
            assert endless.recv(100) == b""
        assert time.monotonic() - began < impatience.HEADER_SECONDS
        body = b"x" * 4 * impatience.HEADER_BYTES  # of a body there may be more
        assert (
            service.http.post("/webhook", content=body, headers={"x-hub-signature-256": "sha256=0"}).status_code == 401
        )


def test_a_proxy_that_nobody_trusts_is_said(url: str, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture) -> None:
    limits._say_untrusted.cache_clear()
    through = {"x-forwarded-for": "203.0.113.9"}
    with listened_to(caplog) as lines, running(url, runner) as service:
        assert service.http.get("/health").json() == {"status": "ok"}
        assert service.http.get("/health", headers=through).json()["forwarded"] == "0 of 1 are believed"
        for _ in range(3):
            service.http.post("/leads", json={}, headers=through)
    assert sum("FORM_TRUSTED_PROXIES is 0" in line for line in lines) == 1
    with running(url, runner, form_trusted_proxies=1) as service:
        assert service.http.get("/health", headers=through).json() == {"status": "ok"}
        assert "forwarded" in service.http.get("/health").json()
