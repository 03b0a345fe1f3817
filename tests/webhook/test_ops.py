"""Who gets into /ops, and that nobody else makes an operator's browser do anything there."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from flows import settings
from flows.adapters.store.people import Credentials
from tests.webhook import NUMBER_ID
from tests.webhook.operators import PASSWORDS, Browser, Office, field, routes, seen
from tests.webhook.service import SECRETS, TOKEN, listened_to, running
from webhook.app import create_app
from webhook.ops.guard import FORM_LIMIT, LOGINS_PER_MINUTE, WRONG_LOGINS_PER_MINUTE, Desk
from webhook.ops.password import right
from webhook.ops.roles import LEAST
from webhook.ops.session import Sessions, way

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def browser(desk: Office) -> Iterator[Browser]:
    browser = Browser(desk)
    yield browser
    browser.http.close()


@pytest.fixture
def ana(browser: Browser) -> Browser:
    assert browser.logs_in("ana").status_code == 303
    return browser


# the pages exist only for operators


@pytest.mark.parametrize("path", ["/ops", "/ops/", "/ops/login", "/ops/leads", "/ops/static/style.css"])
def test_without_operators_the_pages_do_not_exist(path: str, runner: asyncio.Runner) -> None:
    options = settings.Webhook(
        whatsapp_app_secret=(SecretStr(SECRETS[0]),),
        whatsapp_verify_token=SecretStr(TOKEN),
        whatsapp_phone_number_id=NUMBER_ID,
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(options))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get(path)

    assert runner.run(ask()).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/ops",
        "/ops/leads",
        "/ops/leads?stage=INITIAL",
        f"/ops/leads/{NOBODY}",
        f"/ops/leads/{NOBODY}/erase",
        "/ops/dashboard",
        "/ops/live",
        "/ops/people",
        "/ops/me",
        "/ops/log",
        f"/ops/leads/{NOBODY}/bills/{NOBODY}",
        "/ops/nowhere",
    ],
)
def test_who_is_not_logged_in_goes_to_the_login_and_from_there_to_the_page_wanted(browser: Browser, path: str) -> None:
    sent = browser.get(path)
    assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, "/ops/login")
    wanted = parse_qs(urlsplit(sent.headers["location"]).query)["next"][0]
    assert wanted == path
    assert field(browser.get(sent.headers["location"]), "next") == path.replace("&", "&amp;")
    assert browser.logs_in(way=wanted).headers["location"] == path


def test_no_address_below_ops_opens_without_a_login(desk: Office, browser: Browser) -> None:
    """Every route that there is, as it will be asked for by whoever guesses."""
    addresses = [(method, re.sub(r"\{\w+\}", NOBODY, path)) for method, path in routes(desk.service)]
    assert len(addresses) == len(LEAST), "as many as the pages have, or none was found"
    # these show nothing of anybody
    open_ = re.compile("/ops/(?:login$|identity|static/|icon/|invited)")
    for method, path in (address for address in addresses if not open_.match(address[1])):
        answer = browser.http.request(method, path, headers={"origin": browser.base.rstrip("/")})
        assert answer.status_code in (303, 401, 403, 415), f"{method} {path} answers {answer.status_code}"
        assert answer.status_code != 303 or answer.headers["location"].startswith("/ops/login"), path


def test_a_form_without_a_login_changes_nothing_and_leads_back_to_its_page(desk: Office, browser: Browser) -> None:
    lead = desk.lead()
    sent = browser.post(f"/ops/leads/{lead}/take-over", {"csrf": "x"})
    assert parse_qs(urlsplit(sent.headers["location"]).query)["next"] == [f"/ops/leads/{lead}"]
    assert desk.actions(lead) == []


# logging in


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(desk: Office, browser: Browser) -> None:
    answers = [browser.logs_in(name, "wrong-password-1") for name in ("ana", "nobody", "senha-de-teste-1234")]
    pages = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert ({answer.status_code for answer in answers}, len(pages)) == ({401}, 1)
    assert "Nome e senha não conferem." in pages.pop()
    assert not any("ops_session" in answer.headers.get("set-cookie", "") for answer in answers)
    rows = desk.sql("select operator from operator_actions where action = 'login_failed' order by id desc limit 3")
    assert [row["operator"] for row in rows] == ["?", "?", "ana"], "a name that does not exist may be a password"


def test_a_wrong_password_leaves_the_name_in_its_field_as_text(desk: Office, browser: Browser) -> None:
    page = browser.logs_in('"><script>alert(1)</script>' + "x" * 200, "wrong-password-1").text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;xxx' in page and "<script>" not in page
    assert "x" * 100 not in page, "no longer than the field takes"
    page = browser.logs_in("ana", "wrong-password-1").text
    assert 'value="ana"' in page and "wrong-password-1" not in page
    assert page.index("autofocus") > page.index('type="password"')


def test_a_login_is_recorded_and_never_logged_with_its_password(
    desk: Office, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with listened_to(caplog) as lines:
        browser.logs_in("rui", "a-wrong-password")
        browser.logs_in("rui")
    newest = desk.sql("select operator, action from operator_actions order by id desc limit 2")
    assert [tuple(row) for row in newest] == [("rui", "login"), ("rui", "login_failed")]
    assert not [line for line in lines if PASSWORDS["rui"] in line or "a-wrong-password" in line]


def test_an_address_that_guesses_has_to_wait_and_others_need_not(desk: Office, browser: Browser) -> None:
    guesses = [browser.logs_in("ana", f"guess-number-{number}").status_code for number in range(LOGINS_PER_MINUTE)]
    assert set(guesses) == {401}
    right = browser.logs_in("ana")
    assert (right.status_code, right.headers["retry-after"]) == (429, "60")
    assert "Muitas tentativas" in right.text
    other = Browser(desk)
    assert other.logs_in("ana").status_code == 303
    other.http.close()
    # nor need another operator behind the same proxy
    assert browser.logs_in("rui").status_code == 303


def test_guesses_from_everywhere_at_one_account_and_from_one_network_at_all_have_their_rate(desk: Office) -> None:
    """Each of their addresses, and each name, stays below its own rate."""
    stranger, rui = Browser(desk), Browser(desk)

    def guesses(address: str, name: str) -> int:
        """How many are let through; the rate refills while they come."""
        for number in range(3 * WRONG_LOGINS_PER_MINUTE):
            stranger.http.headers["x-forwarded-for"] = address.format(number)
            if stranger.logs_in(name.format(number), "wrong").status_code == 429:
                return number
        raise AssertionError("they may go on for ever")

    try:
        assert guesses("198.51.{}.7", "bia") >= WRONG_LOGINS_PER_MINUTE
        # another account from there is as before, and a right password costs nobody anything
        rui.http.headers["x-forwarded-for"] = "198.51.3.7"
        assert rui.logs_in("rui").status_code == 303
        assert guesses("192.0.2.{}", "name-{}") >= WRONG_LOGINS_PER_MINUTE
        rui.http.cookies.clear()
        rui.http.headers["x-forwarded-for"] = "198.51.4.7"
        assert rui.logs_in("rui").status_code == 303
    finally:
        stranger.http.close()
        rui.http.close()


def test_an_origin_that_is_no_address_is_refused(browser: Browser) -> None:
    answer = browser.http.post("/ops/login", headers={"origin": "http://[evil"}, content="name=ana")
    assert answer.status_code == 403
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/ops/../leads",
        "/ops//evil.example",
        "/opsx",
        "/leads",
        "javascript:alert(1)",
        "/ops\r\nset-cookie: a=b",
        "/ops/leads\n",
        "/ops@evil.example",
        "/ops/login",
        "/ops/logout",
        "/ops/leads?q=" + "a" * 1000,
        "/ops#x",
        "",
    ],
)
def test_a_login_leads_nowhere_but_to_our_own_pages(wanted: str) -> None:
    assert way(wanted) == "/ops"


def test_a_hostile_way_is_not_followed_by_the_service_either(browser: Browser) -> None:
    assert browser.logs_in(way="//evil.example\r\nx-evil: 1").headers["location"] == "/ops"
    assert browser.get("/ops/login?next=//evil.example").headers["location"] == "/ops"


def test_a_login_form_of_another_browser_logs_nobody_in(desk: Office, browser: Browser) -> None:
    foreign = field(browser.get("/ops/login"), "csrf")
    victim = Browser(desk)
    victim.get("/ops/login")
    sent = victim.post("/ops/login", {"name": "ana", "password": PASSWORDS["ana"], "csrf": foreign})
    assert (sent.status_code, "ops_session" in victim.http.cookies) == (403, False)
    victim.http.close()


@pytest.mark.parametrize(("proto", "secure"), [(None, False), ("https", True), ("http", False), ("https, http", True)])
def test_the_cookie_is_for_our_pages_alone_and_secure_behind_tls(
    browser: Browser, proto: str | None, secure: bool
) -> None:
    answer = browser.logs_in(x_forwarded_proto=proto or "")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("ops_session="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "path=/ops", "samesite=lax"} <= parts
    assert ("secure" in parts) is secure


# a session


def test_a_cookie_is_good_for_its_time_and_its_secret() -> None:
    clock = [1_000_000.0]

    def sessions(secret: str = "secret", lasting: float = 12) -> Sessions:
        return Sessions(secret, timedelta(hours=lasting), clock=lambda: clock[0])

    ours = sessions()
    cookie = ours.begin("Ana Paula", 3)
    read = ours.read(cookie)
    assert read is not None and (read.operator, read.epoch) == ("Ana Paula", 3)
    assert sessions().read(cookie) == read, "another replica knows it too"
    assert sessions(secret="other").read(cookie) is None
    clock[0] += 12 * 3600
    assert ours.read(cookie) == read
    clock[0] += 1
    assert ours.read(cookie) is None


def test_the_command_makes_the_hash_that_the_first_operators_are_given_by(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(word: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "webhook.ops.password"]
        return subprocess.run(command, input=f"{word}\n", text=True, capture_output=True)

    good, short, common = made("tres-tigres-tristes-9"), made("curta"), made("senha-123456-senha")
    assert (good.returncode, short.returncode, common.returncode, short.stdout + common.stdout) == (0, 2, 2, "")
    monkeypatch.setenv("OPS_OPERATORS", f"ana:{good.stdout.strip()},rui:senha-do-rui-1234")
    operators = settings.read(settings.Ops).ops_operators
    assert operators["ana"].get_secret_value() == good.stdout.strip()
    known = Credentials(epoch=1, password_hash=good.stdout.strip())
    tries = [
        ("tres-tigres-tristes-9", known),
        ("senha-do-rui-1234", known),
        (good.stdout.strip(), known),
        ("tres-tigres-tristes-9", None),
        ("tres-tigres-tristes-9", Credentials(epoch=1, password_hash=None)),
    ]
    assert [asyncio.run(right(*each)) for each in tries] == [True, False, False, False, False]


def test_nobody_makes_a_cookie_of_an_others() -> None:
    sessions = Sessions("secret", timedelta(hours=1))
    mine, other = sessions.begin("ana", 1), sessions.begin("rui", 1)
    name, epoch, rest = mine.split(".", 2)
    changed = [
        f"{other.split('.')[0]}.{epoch}.{rest}",
        f"{name}.2.{rest}",
        mine[:-1],
        mine + "x",
        mine.replace(".", "", 1),
        "",
        ".",
        "....",
        "é.x.y",
        "====.x.y.z",
        name,
        "A" * 5000,
    ]
    assert [sessions.read(cookie) for cookie in changed] == [None] * len(changed)
    tokens = [read.token for each in (mine, sessions.begin("ana", 1)) if (read := sessions.read(each))]
    assert sessions.bound(tokens[0]) != sessions.bound(tokens[1])


def test_after_logging_out_a_copy_of_the_cookie_opens_nothing(desk: Office, ana: Browser) -> None:
    cookie = ana.http.cookies["ops_session"]
    left = ana.post("/ops/logout", {"csrf": field(ana.get("/ops"), "csrf")})
    assert "Você saiu." in ana.after(left)
    assert "ops_session" not in ana.http.cookies
    assert ana.get("/ops", cookie=f"ops_session={cookie}").status_code == 303


@contextmanager
def replica(desk: Office, runner: asyncio.Runner) -> Iterator[httpx.Client]:
    """Another process of the service over the same store."""
    options = {"prefect": desk.prefect.api, "form_trusted_proxies": 1}
    with running(desk.service.url, runner, **options) as service:
        yield service.http


def test_a_logout_holds_in_every_replica_and_in_those_that_start_later(
    desk: Office, runner: asyncio.Runner, ana: Browser
) -> None:
    rui = Browser(desk)
    assert rui.logs_in("rui").status_code == 303
    cookie, others = (f"ops_session={browser.http.cookies['ops_session']}" for browser in (ana, rui))

    def opens(http: httpx.Client, cookie: str) -> int:
        return http.get("/ops", headers={"cookie": cookie}).status_code

    with replica(desk, runner) as second:
        assert (opens(second, cookie), opens(second, others)) == (200, 200)
        ana.post("/ops/logout", {"csrf": field(ana.get("/ops"), "csrf")})
        assert (opens(second, cookie), opens(second, others)) == (303, 200)
        # nor does it lead past the login, nor act
        login = second.get("/ops/login", headers={"cookie": cookie})
        assert (login.status_code, "Senha" in login.text) == (200, True)
        lead = desk.lead()
        assert second.post(f"/ops/leads/{lead}/take-over", headers={"cookie": cookie}).status_code == 303
    with replica(desk, runner) as restarted:
        assert (opens(restarted, cookie), opens(restarted, others)) == (303, 200)
    rui.http.close()
    kept = desk.sql("select session from ended_sessions")
    assert kept and not [row for row in kept if row["session"] in cookie]


def test_while_the_store_cannot_say_who_is_logged_out_nobody_is_let_in_and_strangers_cost_it_nothing(
    desk: Office, ana: Browser
) -> None:
    stranger = Browser(desk)
    desk.sql("alter function ops_session(text, int, text) rename to ops_session_away")
    try:
        answer, forged = ana.get("/ops/leads"), stranger.get("/ops", cookie="ops_session=YW5h.token.x.y")
    finally:
        desk.sql("alter function ops_session_away(text, int, text) rename to ops_session")
        stranger.http.close()
    assert (answer.status_code, "Sair" in answer.text) == (503, False)
    assert "Serviço temporariamente indisponível" in seen(answer)
    assert (forged.status_code, forged.headers["location"].split("?")[0]) == (303, "/ops/login")
    assert ana.get("/ops/leads").status_code == 200


# forms


@pytest.mark.parametrize(
    ("headers", "token"),
    [({"origin": "https://evil.example"}, True), ({"origin": "null"}, True), ({"origin": ""}, True), ({}, False)],
    ids=["a foreign origin", "a hidden origin", "no origin", "no token"],
)
def test_a_foreign_page_makes_a_browser_do_nothing(
    desk: Office, ana: Browser, headers: dict[str, str], token: bool
) -> None:
    lead = desk.lead()
    csrf = field(ana.get("/ops"), "csrf") if token else ""
    for action in ("take-over", "give-back", "write", "remind", "contacted", "export", "erase"):
        fields = {"csrf": csrf, "confirmation": "APAGAR", "text": "oi", "key": "k" * 12}
        assert ana.post(f"/ops/leads/{lead}/{action}", fields, **headers).status_code == 403, action
    assert desk.actions(lead) == []
    assert desk.sql("select taken_over_at from leads where id = $1::text::uuid", lead)[0]["taken_over_at"] is None


def test_a_token_of_another_session_is_none(desk: Office, ana: Browser) -> None:
    rui = Browser(desk)
    rui.logs_in("rui")
    lead = desk.lead()
    sent = ana.post(f"/ops/leads/{lead}/take-over", {"csrf": field(rui.get("/ops"), "csrf")})
    rui.http.close()
    assert (sent.status_code, desk.actions(lead)) == (403, [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"text=" + b"a" * FORM_LIMIT, 413),
        (b"&".join(b"a=%d" % n for n in range(30)), 400),
        (b"\xff\xfe", 403),
        (b"", 403),
    ],
    ids=["too long", "too many fields", "no text", "nothing"],
)
def test_a_body_that_is_no_form_of_ours_is_refused_kindly(ana: Browser, body: bytes, status: int) -> None:
    answer = ana.post(f"/ops/leads/{NOBODY}/write", body)
    assert (answer.status_code, "Voltar para o início" in seen(answer)) == (status, True)


# every answer


@pytest.mark.parametrize(
    "path",
    [
        "/ops",
        "/ops/",
        "/ops/leads",
        "/ops/login",
        f"/ops/leads/{NOBODY}",
        "/ops/leads/not-an-id",
        "/ops/leads/1/bills/2",
        "/ops/nowhere",
        "/ops/people",
        "/ops/invited/x",
        "/ops/static/../session.py",
        "/ops/static/nothing.css",
        f"/ops/leads/{NOBODY}/write",
    ],
)
def test_every_answer_forbids_what_it_does_not_need(ana: Browser, path: str) -> None:
    answer = ana.get(path)
    assert answer.status_code in (200, 303, 308, 404)
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_the_one_page_that_may_frame_these_is_the_demos_on_this_machine(desk: Office, ana: Browser) -> None:
    answer = ana.get("/ops")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    demo = settings.Ops(ops_framed_by="http://127.0.0.1:8090")
    headers = Desk(demo, desk.service.app.state.options, "").headers
    assert headers["content-security-policy"].endswith("frame-ancestors http://127.0.0.1:8090")
    assert "x-frame-options" not in headers


def test_pages_hold_nothing_that_their_policy_would_forbid(desk: Office, ana: Browser) -> None:
    for path in (
        "/ops",
        "/ops/dashboard",
        "/ops/leads",
        f"/ops/leads/{desk.lead()}",
        "/ops/people",
        "/ops/me",
        "/ops/log",
        "/ops/nowhere",
    ):
        page = ana.get(path).text
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", page), path


def test_style_and_script_may_be_kept_because_their_address_changes_with_them(ana: Browser) -> None:
    page = ana.get("/ops/leads").text
    address = re.search(r'href="(/ops/static/style\.css\?v=\w+)"', page)
    assert address
    style = ana.get(address[1])
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in style.headers["cache-control"]
