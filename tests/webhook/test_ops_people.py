"""The operators as the pages know them: who may open what, how somebody comes, and how what they may ends."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from flows.adapters.store.leads import LeadStore
from flows.adapters.store.people import Role
from tests.prefect_double import PrefectDouble
from tests.webhook.operators import PASSWORDS, Browser, Office, field, seen
from tests.webhook.service import listened_to, running
from webhook import ops
from webhook.ops import people
from webhook.ops.guard import LOGINS_PER_MINUTE, PageRoute
from webhook.ops.password import why_not
from webhook.ops.roles import LEAST

NOBODY = "00000000-0000-4000-8000-000000000000"
CHOSEN = "quatro-gatos-no-telhado"


@pytest.fixture(scope="module")
def team(desk: Office, ana: Browser) -> Iterator[dict[Role, Browser]]:
    """One of each role, logged in."""
    found = {Role.ADMINISTERS: ana}
    for role in (Role.READS, Role.ANSWERS):
        found[role] = comes(desk, ana, f"who {role.value}", role)
    yield found
    for role in (Role.READS, Role.ANSWERS):
        found[role].http.close()


def change(ana: Browser, what: str, name: str, **fields: str) -> httpx.Response:
    csrf = field(ana.get("/ops/people"), "csrf")
    return ana.post("/ops/people/change", {"csrf": csrf, "what": what, "name": name, **fields})


def link_in(page: httpx.Response) -> str:
    """The path of the link that a page shows."""
    found = re.search(r'value="http[^"]*(/ops/invited/[\w-]+)"', page.text)
    assert found, seen(page)
    return found[1]


def invited(ana: Browser, name: str, role: Role) -> str:
    csrf = field(ana.get("/ops/people"), "csrf")
    return link_in(ana.post("/ops/people", {"csrf": csrf, "name": name, "role": role.value}))


def chooses(browser: Browser, link: str, password: str = CHOSEN, again: str | None = None) -> httpx.Response:
    page = browser.get(link)
    fields = {"csrf": field(page, "csrf"), "token": field(page, "token")}
    return browser.post("/ops/invited", {**fields, "password": password, "again": again or password})


def comes(desk: Office, ana: Browser, name: str, role: Role) -> Browser:
    """Somebody new of this role, in a browser of their own."""
    browser = Browser(desk)
    assert chooses(browser, invited(ana, name, role)).status_code == 303
    assert browser.logs_in(name, CHOSEN).status_code == 303
    return browser


# what each may open


def test_every_route_has_its_least_role_and_no_role_is_of_a_route_that_is_gone(desk: Office) -> None:
    top = desk.service.app.routes
    routes = [*top, *(route for one in top if hasattr(one, "original_router") for route in one.original_router.routes)]
    below = [route for route in routes if isinstance(route, APIRoute) and route.path.startswith("/ops")]
    assert all(isinstance(route, PageRoute) for route in below)
    assert {f"{method} {route.path}" for route in below for method in route.methods} == LEAST.keys()
    with pytest.raises(KeyError):
        PageRoute("/ops/new", lambda: None, methods=["GET"])


@pytest.mark.parametrize("role", [Role.READS, Role.ANSWERS])
def test_nobody_opens_what_their_role_does_not_cover(team: dict[Role, Browser], role: Role) -> None:
    """Also with everything right in the form; whoever has the role is not kept out by it."""
    browser = team[role]
    fields = {"csrf": field(browser.get("/ops/me"), "csrf"), "key": "k" * 12, "confirmation": "APAGAR"}
    tried = 0
    for route, least in LEAST.items():
        method, path = route.split()
        path = re.sub(r"\{\w+(?::\w+)?\}", NOBODY, path)
        if least is None or least is Role.READS:
            continue
        answer = browser.get(path) if method == "GET" else browser.post(path, fields)
        covered = role.covers(least)
        assert (answer.status_code == 403, "Sem permissão" in answer.text) == (not covered, not covered), route
        tried += not covered
    assert tried >= 10


def test_a_page_shows_no_button_that_its_reader_may_not_press(desk: Office, team: dict[Role, Browser]) -> None:
    lead, held, wish = desk.lead(name="Marina", phone_number="+5581987650011"), desk.lead(name="Zuleica"), desk.lead()
    desk.handoff(lead)
    desk.handoff(wish, "erase_my_data")
    (message,) = desk.sql("select id from lead_messages where lead_id = $1::text::uuid", lead)
    desk.bill(lead, b"png", message_id=message["id"])
    desk.sql("update leads set call_back_at = now() + interval '1 hour' where id = $1::text::uuid", lead)
    desk.sql("insert into canned_replies (id, title, body, changed_by) values ($1, 'Oi', 'Oi!', 'ana')", uuid4())
    desk.sql(
        "insert into account_states (kind, subject, fact, value, at) values ('account', '1', 'status', 'DISABLED', now())"
    )
    desk.sql("insert into crm_events (kind, lead_id, given_up_at) values ('lead.created', $1::text::uuid, now())", lead)
    pages = ["/ops", "/ops/leads", "/ops/dashboard", "/ops/company", "/ops/replies", "/ops/me"]
    pages += [f"/ops/leads/{each}" for each in (lead, held, wish)]
    patterns = {route: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route)) for route in LEAST if "{rest" not in route}
    shown: dict[Role, set[str]] = {role: set() for role in Role}
    for role, browser in team.items():
        who = "ana" if role is Role.ADMINISTERS else f"who {role.value}"
        desk.sql("update leads set taken_over_at = now(), taken_over_by = $2 where id = $1::text::uuid", held, who)
        for path in pages:
            page = browser.get(path)
            assert page.status_code == 200, path
            text = html.unescape(page.text)
            asked = {f"POST {action}" for action in re.findall(r'method="post" action="([^"]+)"', text)}
            asked |= {f"GET {address}" for address in re.findall(r'(?:href|src)="(/ops[^"?#]*)', text)}
            for each in asked:
                route = next(route for route, pattern in patterns.items() if pattern.fullmatch(each))
                least = LEAST[route]
                assert least is None or role.covers(least), f"{path} shows {each} to who {role.value}"
                shown[role].add(route)
    assert shown[Role.READS] < shown[Role.ANSWERS] < shown[Role.ADMINISTERS]
    acting = {r for r, least in LEAST.items() if r.startswith("POST") and least in (Role.ANSWERS, Role.ADMINISTERS)}
    # these want an approved template, a page of their own, or nobody who answers
    elsewhere = re.compile(r"POST /ops/(people|leads/\{lead_id\}/(template|bills|erase|remind))")
    assert not {route for route in acting - shown[Role.ADMINISTERS] if not elsewhere.match(route)}


# how somebody comes


def test_who_is_invited_chooses_a_password_by_a_link_that_is_shown_once(desk: Office, ana: Browser) -> None:
    link = invited(ana, "Eva Luz", Role.ANSWERS)
    token = link.rpartition("/")[2]
    page = ana.get("/ops/people")
    assert token not in page.text and "convite à espera" in seen(page)
    kept = desk.sql("select o::text as row from operators o union all select a::text from operator_actions a")
    assert not [row for row in kept if token in row["row"]]
    eva, phone = Browser(desk), Browser(desk)
    try:
        assert eva.logs_in("Eva Luz", CHOSEN).status_code == 401
        assert [eva.get(link).status_code for _ in range(2)] == [200, 200], (
            "a chat that looks at a link uses nothing up"
        )
        for password, again, said in (
            ("curta", None, "12 caracteres"),
            ("eva-luz-eva-luz-1", None, "seu nome"),
            ("senha-123456-senha", None, "Muita gente"),
            (CHOSEN, CHOSEN + "!", "não são iguais"),
        ):
            answer = chooses(phone, link, password, again)
            assert (answer.status_code, said in seen(answer), password in answer.text) == (422, True, False), said
        assert "Senha guardada" in eva.after(chooses(eva, link))
        assert eva.get(link).status_code == 404
        assert eva.logs_in("Eva Luz", CHOSEN).status_code == 303
        # a link for another password: until it is used, the old one is good
        other = link_in(change(ana, "new_link", "Eva Luz"))
        assert eva.get("/ops/me").status_code == 200
        assert chooses(phone, other, "outra-frase-bem-longa").status_code == 303
        assert eva.get("/ops/me").status_code == 303, "what was open with the old one is over"
    finally:
        eva.http.close()
        phone.http.close()
    newest = "select operator, action, details->>'operator' from operator_actions order by id desc limit 9"
    done = {tuple(row) for row in desk.sql(newest)}
    assert {("ana", "invite", "Eva Luz"), ("ana", "new_link", "Eva Luz"), ("Eva Luz", "choose_password", None)} <= done


def test_who_tries_links_has_to_wait(desk: Office) -> None:
    stranger = Browser(desk)
    answers = [stranger.get(f"/ops/invited/{n}").status_code for n in range(LOGINS_PER_MINUTE + 1)]
    assert answers == [404] * LOGINS_PER_MINUTE + [429]
    stranger.http.close()


@pytest.mark.parametrize(
    ("headers", "token"),
    [({"origin": "https://evil.example"}, True), ({"origin": ""}, True), ({}, False)],
    ids=["a foreign origin", "no origin", "no token"],
)
def test_a_foreign_page_changes_nothing_of_the_team(
    desk: Office, ana: Browser, headers: dict[str, str], token: bool
) -> None:
    link = invited(ana, f"Novo {uuid4().hex[:8]}", Role.READS)
    before = desk.sql("select o::text from operators o order by name")
    csrf, own = (field(ana.get("/ops/people"), "csrf"), field(ana.get(link), "csrf")) if token else ("", "")
    given = {
        "name": "rui",
        "old": PASSWORDS["ana"],
        "password": CHOSEN,
        "again": CHOSEN,
        "token": link.rpartition("/")[2],
    }
    forms = [
        ("/ops/people", {"role": "reads", "name": "mallory"}),
        ("/ops/me/password", {}),
        ("/ops/me/end-logins", {}),
    ]
    forms += [("/ops/people/change", {"what": what}) for what in ("disable", "end_logins", "new_link")]
    for path, fields in [*forms, ("/ops/people/change", {"what": "set_role", "role": "reads"})]:
        assert ana.post(path, {**given, **fields, "csrf": csrf}, **headers).status_code == 403, path
    assert ana.post("/ops/invited", {**given, "csrf": own}, **headers).status_code == 403
    assert desk.sql("select o::text from operators o order by name") == before
    assert ana.get(link).status_code == 200


def test_a_name_is_none_or_taken(ana: Browser) -> None:
    csrf = field(ana.get("/ops/people"), "csrf")
    for name, role, status in (
        ("", "reads", 422),
        ("?", "reads", 422),
        ("a\u202eb", "reads", 422),
        ("x" * 61, "reads", 422),
        ("Ivo", "everything", 422),
        ("ANA", "reads", 409),
    ):
        answer = ana.post("/ops/people", {"csrf": csrf, "name": name, "role": role})
        assert (answer.status_code, "/ops/invited/" in answer.text) == (status, False), name


# how it ends


def test_a_role_and_an_access_change_at_once_in_every_open_browser(desk: Office, ana: Browser) -> None:
    ivo = comes(desk, ana, "ivo", Role.ANSWERS)
    again = Browser(desk)
    assert again.logs_in("ivo", CHOSEN).status_code == 303
    assert "Papel mudado" in ana.after(change(ana, "set_role", "ivo", role="reads"))
    assert [each.get("/ops/replies").status_code for each in (ivo, again)] == [303, 303]
    assert ivo.logs_in("ivo", CHOSEN).status_code == 303
    assert "Nova resposta" not in seen(ivo.get("/ops/replies"))
    assert "sessões desta pessoa terminaram" in ana.after(change(ana, "end_logins", "ivo"))
    assert ivo.get("/ops").status_code == 303
    assert "não entra mais" in ana.after(change(ana, "disable", "ivo"))
    assert ivo.logs_in("ivo", CHOSEN).status_code == 401
    assert "Não há ninguém da equipe" in ana.after(ana.does(desk.lead(), "assign", to="ivo"))
    assert "Já estava assim" in ana.after(change(ana, "disable", "ivo"))
    assert "pode entrar de novo" in ana.after(change(ana, "enable", "ivo"))
    assert ivo.logs_in("ivo", CHOSEN).status_code == 303
    for what, fields in (("erase", {}), ("set_role", {}), ("disable", {"role": "reads"})):
        assert "Já estava assim" in ana.after(change(ana, what, "ivo", **fields))
    assert ivo.get("/ops").status_code == 200
    for each in (ivo, again):
        each.http.close()


def test_ones_own_password_wants_the_old_one_and_ends_the_other_logins(desk: Office, ana: Browser) -> None:
    mine, other = comes(desk, ana, "mia", Role.READS), Browser(desk)
    assert other.logs_in("mia", CHOSEN).status_code == 303

    def changes(old: str, new: str, again: str | None = None) -> httpx.Response:
        fields = {"csrf": field(mine.get("/ops/me"), "csrf"), "old": old, "password": new, "again": again or new}
        return mine.post("/ops/me/password", fields)

    new = "cinco-barcos-no-cais"
    assert "A senha de agora não é esta" in mine.after(changes("uma-senha-errada", new))
    assert "12 caracteres" in mine.after(changes(CHOSEN, "curta"))
    assert "não são iguais" in mine.after(changes(CHOSEN, new, new + "x"))
    assert other.get("/ops").status_code == 200
    assert "Senha mudada" in mine.after(changes(CHOSEN, new))
    assert (mine.get("/ops").status_code, other.get("/ops").status_code) == (200, 303)
    assert (other.logs_in("mia", CHOSEN).status_code, other.logs_in("mia", new).status_code) == (401, 303)
    csrf = field(mine.get("/ops/me"), "csrf")
    assert "outras sessões terminaram" in mine.after(mine.post("/ops/me/end-logins", {"csrf": csrf}))
    assert (mine.get("/ops").status_code, other.get("/ops").status_code) == (200, 303)
    # guesses at the old one have the rate that guesses at the login have
    assert [changes(f"guess {n}", new).status_code for n in range(LOGINS_PER_MINUTE)][-1] == 429
    for each in (mine, other):
        each.http.close()


def test_the_last_who_administers_stays(desk: Office, ana: Browser) -> None:
    desk.sql("update operators set disabled_at = now() where role = 'administers' and name <> 'ana'")
    try:
        for what, more in (("disable", {}), ("set_role", {"role": "reads"})):
            assert "última pessoa que administra" in ana.after(change(ana, what, "ana", **more))
        assert ana.get("/ops/people").status_code == 200
    finally:
        desk.sql("update operators set disabled_at = null where role = 'administers'")


# what they did


def test_the_log_names_who_did_what_with_whom_as_they_are_called_now(desk: Office, ana: Browser) -> None:
    stays, goes = desk.lead(name="Marina Prado"), desk.lead(name="Zuleica Nunes")
    for lead in (stays, goes):
        assert ana.does(lead, "note", note="ligar amanhã").status_code == 303
    ana.does(goes, "erase", confirmation="APAGAR")
    desk.sql("update leads set name = 'Marina Alves' where id = $1::text::uuid", stays)
    for path in ("/ops/log", "/ops/log?who=ana", "/ops/dashboard"):
        page = seen(ana.get(path))
        assert "ana anotou Marina Alves" in page and f"apagou os dados apagado (lead {goes[:8]})" in page, path
        assert "Zuleica" not in page and "Prado" not in page
    assert "Marina" not in seen(ana.get("/ops/log?who=rui"))
    kept = desk.sql("select a::text as row from operator_actions a")
    assert not [row for row in kept if "Zuleica" in row["row"] or "Marina" in row["row"]]
    page = ana.get("/ops/log?before=3").text
    assert page.count("<time") <= 2 and "Mais novas" in page
    for odd in ("-1", "x", "9" * 30, "\u0663"):
        assert ana.http.get("/ops/log", params={"before": odd}).status_code == 200, odd


# how the first ones come


def test_the_environment_makes_the_first_ones_only_and_who_has_the_machine_opens_a_closed_service(
    fresh: str,
    runner: asyncio.Runner,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bills = tmp_path_factory.mktemp("bills")

    def rescued(name: str) -> str:
        assert people.main([name]) == 0
        found = re.search(r"http://\S+(/ops/invited/\S+)", capsys.readouterr().out)
        assert found
        return found[1]

    with pytest.MonkeyPatch.context() as patch, PrefectDouble() as prefect:
        patch.setenv("BILLS_DIR", str(bills))
        patch.setenv("DATABASE_URL", fresh)
        patch.delenv("OPS_OPERATORS", raising=False)  # another service of this module has them
        with running(fresh, runner, prefect=prefect.api) as service:
            assert service.http.get("/ops/login").status_code == 404
            link = rescued("Chefe")

            async def looks() -> None:
                """What the service does every minute."""
                async with LeadStore.postgres(fresh, connections=1, listen=False) as store:
                    moving = asyncio.create_task(ops._keep_moving(service.app.state.ops, store, every=0.02))
                    while service.app.state.ops.closed:
                        await asyncio.sleep(0.02)
                    moving.cancel()

            runner.run(asyncio.wait_for(looks(), 10))
            chief = Browser(Office(service, prefect, bills))
            assert chooses(chief, link).status_code == 303
            assert chief.logs_in("Chefe", CHOSEN).status_code == 303
            assert chief.get("/ops/people").status_code == 200
            chief.http.close()
        patch.setenv("OPS_OPERATORS", "eva:uma-frase-de-eva-99")
        with listened_to(caplog) as lines, running(fresh, runner, prefect=prefect.api) as service:
            assert [line for line in lines if "OPS_OPERATORS is ignored" in line]
            eva = Browser(Office(service, prefect, bills))
            assert eva.logs_in("eva", "uma-frase-de-eva-99").status_code == 401
            assert eva.logs_in("Chefe", CHOSEN).status_code == 303
            rescued("chefe")
            assert eva.get("/ops").status_code == 303, "known already: their logins end"
            eva.http.close()
    with pytest.raises(SystemExit):
        people.main(["?"])


@pytest.mark.parametrize(
    ("password", "name", "reason"),
    [
        ("elevencharz", "ana", "short"),
        ("x" * 501, "ana", "long"),
        ("ana.paula.1990", "Ana Paula", "name"),
        ("Password1234", "ana", "common"),
        ("P@ssw0rd1234!", "ana", "common"),
        ("qwertyuiop[]", "ana", "common"),
        ("SENHA-2026-senha", "ana", "common"),
        ("aaaaaaaaaaaa", "ana", "common"),
        ("123456789012", "ana", "common"),
        ("serena@2026!!", "ana", "common"),
        ("739184650283", "ana", "common"),
        (CHOSEN, "ana", None),
        ("correct horse battery", "rui", None),
        ("Tr7k-pq9-zzlm", "x", None),
        ("banana-azul-1990", "ana", None),
    ],
)
def test_a_password_is_long_and_neither_common_nor_the_name(password: str, name: str, reason: str | None) -> None:
    assert why_not(password, name) == reason
