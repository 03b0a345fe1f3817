"""The operators in the store: who may do what, and that a login ends everywhere at once when it has to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from flows.adapters.store.leads import LeadStore
from flows.adapters.store.people import People, Role
from flows.errors import Fix
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import Person, says
from tests.supabase_double import ANON_KEY

LASTS = timedelta(hours=12)
HASH = "$argon2id$v=19$m=19456,t=2,p=1$YSBzYWx0IGZvciBhIHRlc3Q$"


def digest() -> str:
    return hashlib.sha256(uuid4().bytes).hexdigest()


def a_hash() -> str:
    """As argon2 writes one; what it hashes nobody asks here."""
    return HASH + digest()


@pytest.fixture(autouse=True)
def nobody(desk: Desk) -> None:
    desk.change("delete from operators")


def people(desk: Desk) -> People:
    return desk.store.people


def comes(desk: Desk, name: str, role: Role = Role.ADMINISTERS) -> str:
    """Somebody was invited and has chosen a password."""
    link = digest()
    assert desk.run(people(desk).invite("chefe", name, role, link, LASTS)) == "done"
    assert desk.run(people(desk).join(link, a_hash())) == name
    return name


def changes(desk: Desk, name: str, what: Any, **more: Any) -> str:
    return desk.run(people(desk).change("chefe", name, what, **more))


def role_of(desk: Desk, name: str, epoch: int, session: str | None = None) -> Role | None:
    return desk.run(people(desk).session(name, epoch, session or digest()))


def epoch_of(desk: Desk, name: str) -> int:
    return desk.run(people(desk).credentials(name)).epoch


def test_the_first_ones_are_made_where_there_is_nobody_and_never_again(desk: Desk) -> None:
    given = {"ana": a_hash(), "Bia Luz": a_hash()}
    together = desk.together(*(people(desk).first(given) for _ in range(4)))
    assert sorted(together) == [(0, 2), (0, 2), (0, 2), (2, 2)], "services that start at once"
    assert {(p.name, p.role, p.logs_in) for p in desk.run(people(desk).all())} == {
        ("ana", Role.ADMINISTERS, True),
        ("Bia Luz", Role.ADMINISTERS, True),
    }
    assert desk.run(people(desk).first({"eva": a_hash()})) == (0, 2)
    assert desk.run(people(desk).first({})) == (0, 2)


def test_a_link_is_good_once_for_its_time_and_for_who_may_log_in(desk: Desk) -> None:
    link, store = digest(), people(desk)
    assert desk.run(store.invite("ana", "rui", Role.ANSWERS, link, LASTS)) == "done"
    (rui,) = desk.run(store.all())
    assert (rui.invited, rui.logs_in, rui.link_stands, rui.created_by) == (True, False, True, "ana")
    assert desk.run(store.credentials("rui")).password_hash is None
    assert desk.run(store.team()) == [], "who has not come yet is given no conversation"
    assert (desk.run(store.invited(link)), desk.run(store.invited(digest()))) == ("rui", None)
    chosen = a_hash()
    assert desk.run(store.join(link, chosen)) == "rui"
    assert desk.run(store.join(link, chosen)) == "rui", "the same call, whose answer got lost"
    assert (desk.run(store.invited(link)), desk.run(store.join(link, a_hash()))) == (None, None)
    assert desk.run(store.credentials("rui")).password_hash == chosen
    assert desk.run(store.team()) == ["rui"]

    late = digest()
    assert changes(desk, "rui", "new_link", link=late, lasting=timedelta(0)) == "done"
    assert (desk.run(store.invited(late)), desk.run(store.join(late, a_hash()))) == (None, None)
    other = digest()
    changes(desk, "rui", "new_link", link=other, lasting=LASTS)
    comes(desk, "ana")
    changes(desk, "rui", "disable")
    assert (desk.run(store.invited(other)), desk.run(store.join(other, a_hash()))) == (None, None)
    changes(desk, "rui", "enable")
    assert desk.run(store.invited(other)) is None, "what was handed over before is over"


def test_a_name_is_one_persons_however_it_is_spelt(desk: Desk) -> None:
    comes(desk, "Ana")
    assert desk.run(people(desk).invite("x", "aNA", Role.READS, digest(), LASTS)) == "taken"
    changes(desk, comes(desk, "rui"), "disable")
    assert desk.run(people(desk).invite("x", "rui", Role.READS, digest(), LASTS)) == "taken"


@pytest.mark.parametrize(
    "what",
    [{"what": "set_role", "role": Role.READS}, {"what": "disable"}, {"what": "end_logins"}],
    ids=lambda given: given["what"],
)
def test_a_change_of_what_somebody_may_ends_all_their_logins_and_nobody_elses(desk: Desk, what: dict[str, Any]) -> None:
    comes(desk, "ana")
    epochs = {name: epoch_of(desk, comes(desk, name)) for name in ("rui", "eva")}
    assert role_of(desk, "rui", epochs["rui"]) is Role.ADMINISTERS
    assert changes(desk, "rui", **what) == "done"
    assert role_of(desk, "rui", epochs["rui"]) is None
    assert role_of(desk, "eva", epochs["eva"]) is Role.ADMINISTERS
    assert epoch_of(desk, "rui") > epochs["rui"]


def test_another_password_ends_the_other_logins_and_only_for_who_is_still_logged_in(desk: Desk) -> None:
    epoch, chosen = epoch_of(desk, comes(desk, "ana")), a_hash()
    renewed = desk.run(people(desk).renew("ana", epoch, chosen))
    assert desk.run(people(desk).renew("ana", epoch, chosen)) == renewed, "the same call, whose answer got lost"
    assert (role_of(desk, "ana", epoch), role_of(desk, "ana", renewed)) == (None, Role.ADMINISTERS)
    assert desk.run(people(desk).renew("ana", epoch, a_hash())) is None
    assert desk.run(people(desk).credentials("ana")).password_hash == chosen
    ended = desk.run(people(desk).renew("ana", renewed))
    assert ended == renewed + 1 and desk.run(people(desk).credentials("ana")).password_hash == chosen


def test_somebody_who_can_log_in_always_administers(desk: Desk) -> None:
    comes(desk, "ana")
    desk.run(people(desk).invite("ana", "eva", Role.ADMINISTERS, digest(), LASTS))
    for what in ({"what": "disable"}, {"what": "set_role", "role": Role.ANSWERS}):
        assert changes(desk, "ana", **what) == "last_administrator", "eva has no password yet"
    comes(desk, "rui")
    both = desk.together(*(people(desk).change("x", name, "disable") for name in ("ana", "rui")))
    assert sorted(both) == ["done", "last_administrator"], "each by the other, at once"
    assert changes(desk, "nobody", "disable") == "nobody"
    assert changes(desk, "eva", "set_role", role=Role.ADMINISTERS) == "nothing"
    (gone,) = (p.name for p in desk.run(people(desk).all()) if p.disabled_at)
    assert changes(desk, gone, "new_link", link=digest(), lasting=LASTS) == "disabled"


def test_whoever_has_the_machine_gets_in_again(desk: Desk) -> None:
    epoch, link = epoch_of(desk, comes(desk, "Ana")), digest()
    desk.change("update operators set disabled_at = now(), role = 'reads'")
    assert desk.run(people(desk).rescue("the command", "ana", link, LASTS)) == "Ana"
    assert desk.run(people(desk).join(link, a_hash())) == "Ana"
    assert role_of(desk, "Ana", epoch) is None
    assert role_of(desk, "Ana", epoch_of(desk, "Ana")) is Role.ADMINISTERS
    new = digest()
    assert desk.run(people(desk).rescue("the command", "eva", new, LASTS)) == "eva"
    assert desk.run(people(desk).invited(new)) == "eva"


def test_what_they_do_to_each_other_is_recorded_and_found_by_who_did_it(desk: Desk) -> None:
    chief, rui = f"chefe {digest()[:8]}", f"rui {digest()[:8]}"
    link = digest()
    desk.run(people(desk).invite(chief, rui, Role.ANSWERS, link, LASTS))
    desk.run(people(desk).join(link, a_hash()))
    desk.run(people(desk).change(chief, rui, "set_role", role=Role.READS))
    desk.run(people(desk).logged_in(rui))
    assert [(row.action, row.details) for row in desk.run(desk.operations.actions(operator=chief))] == [
        ("set_role", {"operator": rui, "role": "reads"}),
        ("invite", {"operator": rui, "role": "answers"}),
    ]
    newest, oldest = desk.run(desk.operations.actions(operator=rui))
    assert (newest.action, oldest.action) == ("login", "choose_password")
    assert desk.run(desk.operations.actions(1, operator=rui)) == (newest,)
    assert desk.run(desk.operations.actions(operator=rui, before=newest.id)) == (oldest,)
    assert desk.rows("select last_login_at from operators where name = $1", rui)[0][0] is not None
    text = str(desk.rows("select operator_actions::text from operator_actions where operator in ($1, $2)", chief, rui))
    assert link not in text and HASH not in text


def test_an_action_shows_the_leads_name_as_it_is_now_and_none_of_who_was_erased(desk: Desk) -> None:
    who, operator = Person(bsuid=f"BR.{uuid4().hex}"), f"ana {digest()[:8]}"
    desk.receive(says(who))
    lead = desk.lead_of(who)
    desk.run(desk.operations.take_over(lead, operator))
    desk.change("update leads set name = 'Marina Prado' where id = $1", lead)
    (row,) = desk.run(desk.operations.actions(operator=operator))
    assert (row.lead_name, row.lead_known) == ("Marina Prado", True)
    desk.run(desk.operations.erase(lead, operator))
    rows = desk.run(desk.operations.actions(operator=operator))
    assert [(each.action, each.lead_id, each.lead_name, each.lead_known) for each in rows] == [
        ("erase", lead, None, False),
        ("take_over", lead, None, False),
    ]
    assert not desk.rows("select 1 from operator_actions a where a::text like '%Prado%'"), "read, never kept"


def test_who_left_goes_with_the_last_of_what_they_did(desk: Desk) -> None:
    comes(desk, "ana")
    left, never = comes(desk, f"rui {digest()[:8]}"), f"eva {digest()[:8]}"
    desk.run(people(desk).invite("ana", never, Role.READS, digest(), LASTS))
    changes(desk, left, "disable")
    desk.change("update operators set disabled_at = now() - interval '400 days' where disabled_at is not null")
    desk.change("update operators set link_until = now() - interval '400 days' where password_hash is null")

    def names() -> set[str]:
        desk.run(desk.store.company.forget("actions", 365))
        return {each.name for each in desk.run(people(desk).all())}

    assert names() == {"ana", left}, "their rows name them still"
    desk.change("alter table operator_actions disable trigger operator_actions_stay")
    desk.change("delete from operator_actions where operator = $1", left)
    desk.change("alter table operator_actions enable trigger operator_actions_stay")
    assert names() == {"ana"}


@pytest.mark.parametrize("what", [{"what": "disable"}, {"what": "set_role", "role": Role.READS}], ids=["gone", "reads"])
def test_who_waits_for_somebody_that_may_not_answer_any_more_is_back_in_the_queue(
    desk: Desk, what: dict[str, Any]
) -> None:
    comes(desk, "ana")
    leads = {}
    for name in (comes(desk, f"rui {digest()[:8]}", Role.ANSWERS), comes(desk, f"eva {digest()[:8]}", Role.ANSWERS)):
        who = Person(bsuid=f"BR.{uuid4().hex}")
        desk.receive(says(who))
        leads[name] = desk.lead_of(who)
        desk.run(desk.operations.take_over(leads[name], name))
        desk.change(
            "insert into handoffs (lead_id, reason, summary) values ($1, 'asked_for_person', '{}')", leads[name]
        )
    rui, eva = leads
    held = "select taken_over_by from leads where id = $1"
    desk.run(desk.operations.lapse(timedelta(hours=4)))
    assert desk.cell(held, leads[rui]) == rui
    changes(desk, rui, **what)
    desk.run(desk.operations.lapse(timedelta(hours=4)))
    assert (desk.cell(held, leads[rui]), desk.cell(held, leads[eva])) == (None, eva)


# logins that were logged out


def test_a_login_is_ended_for_whoever_asks_and_no_other_is(desk: Desk) -> None:
    epoch, ours, other = epoch_of(desk, comes(desk, "ana")), digest(), digest()
    assert role_of(desk, "ana", epoch, ours) is Role.ADMINISTERS
    desk.together(*(people(desk).end_session(ours, LASTS) for _ in range(3)))
    assert (role_of(desk, "ana", epoch, ours), role_of(desk, "ana", epoch, other)) == (None, Role.ADMINISTERS)
    # a second one does not shorten the first
    desk.run(people(desk).end_session(ours, timedelta(0)))
    assert role_of(desk, "ana", epoch, ours) is None
    assert desk.cell("select count(*) from ended_sessions where session = $1", ours) == 1


def test_a_login_that_is_over_by_itself_is_forgotten_at_the_next_logout(desk: Desk) -> None:
    over = digest()
    desk.run(people(desk).end_session(over, LASTS))
    desk.change("update ended_sessions set until = now() - interval '1 second' where session = $1", over)
    desk.run(people(desk).end_session(digest(), LASTS))
    assert desk.cell("select count(*) from ended_sessions where session = $1", over) == 0


def test_a_token_itself_is_not_kept(desk: Desk) -> None:
    with pytest.raises(Fix, match="23514"):
        desk.run(people(desk).end_session("the-token-of-a-cookie", LASTS))
    with pytest.raises(Fix, match="23514"):
        desk.run(people(desk).invite("ana", "rui", Role.READS, "the-token-of-a-link", LASTS))


def test_who_asks_at_every_request_reads_indexes_however_many_there_are(desk: Desk) -> None:
    desk.change(
        "insert into ended_sessions select encode(sha256(n::text::bytea), 'hex'), now() + interval '1 hour'"
        " from generate_series(1, 5000) n on conflict do nothing"
    )
    desk.change("analyze ended_sessions")
    question = "explain select exists (select 1 from ended_sessions where session = $1 and until > now())"
    plan = "\n".join(row[0] for row in desk.rows(question.replace("$1", f"'{digest()}'")))
    assert "ended_sessions_pkey" in plan and "Seq Scan" not in plan


LOOKS: list[tuple[str, Callable[[People], Awaitable[Any]]]] = [
    ("first", lambda p: p.first({"x": HASH})),
    ("all", lambda p: p.all()),
    ("invite", lambda p: p.invite("x", "y", Role.ADMINISTERS, "0" * 64, LASTS)),
    ("change", lambda p: p.change("x", "y", "disable")),
    ("rescue", lambda p: p.rescue("x", "y", "0" * 64, LASTS)),
    ("credentials", lambda p: p.credentials("x")),
    ("invited", lambda p: p.invited("0" * 64)),
    ("join", lambda p: p.join("0" * 64, HASH)),
    ("renew", lambda p: p.renew("x", 1)),
    ("identified", lambda p: p.identified("x")),
    ("logged_in", lambda p: p.logged_in("x")),
    ("session", lambda p: p.session("x", 1, "0" * 64)),
    ("end_session", lambda p: p.end_session("0" * 64, LASTS)),
]


def test_every_function_is_tried_with_the_anonymous_key() -> None:
    assert {name for name, _ in LOOKS} == {n for n in vars(People) if not n.startswith("_")} - {"team"}  # asks `all`


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in LOOKS])
def test_the_anonymous_key_opens_none_of_it(
    supabase_url: str, runner: asyncio.Runner, call: Callable[[People], Awaitable[Any]]
) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase(supabase_url, ANON_KEY) as store:
            await call(store.people)

    with pytest.raises(Fix, match="42501"):
        runner.run(scenario())
