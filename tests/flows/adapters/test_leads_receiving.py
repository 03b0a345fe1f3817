"""Receiving: every delivery is stored once, whatever comes beside it, and says what its conversations need."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from flows.domain import Content, Reply
from tests.flows.adapters.conftest import Desk, in_hours
from tests.flows.adapters.deliveries import Person, phone, says, someone, status, taps


def texts(desk: Desk, lead_id: Any) -> list[str]:
    return [message.text for message in desk.unanswered(lead_id)]


def test_a_first_message_makes_a_lead_and_starts_its_conversation(desk: Desk) -> None:
    marina = someone()
    (dispatch,) = desk.receive(says(marina, "Quero economizar", name="Marina Alves"))
    assert (dispatch.action, dispatch.flow, dispatch.flow_run_id) == ("start", "conversation", None)
    lead = desk.run(desk.store.lead(dispatch.lead_id))
    assert (lead.wa_user_id, lead.phone_number, lead.name) == (marina.bsuid, marina.phone, "Marina Alves")
    assert texts(desk, lead.id) == ["Quero economizar"]


@pytest.mark.parametrize("name", ["🌻", "Serena 😀", "João 2", "."])
def test_a_profile_name_that_is_no_name_is_not_used_as_one(desk: Desk, name: str) -> None:
    (dispatch,) = desk.receive(says(someone(), name=name))
    assert desk.run(desk.store.lead(dispatch.lead_id)).name is None


def test_several_people_in_one_delivery_get_one_run_each(desk: Desk) -> None:
    people = [someone() for _ in range(5)]
    found = desk.receive(*(says(person) for person in people), *(says(person) for person in people))
    assert [d.action for d in found] == ["start"] * 5
    assert {d.lead_id for d in found} == {desk.lead_of(person) for person in people}


def test_messages_are_handed_out_in_the_order_they_came(desk: Desk) -> None:
    marina = someone()
    desk.receive(*(says(marina, word) for word in ("oi", "tudo bem?", "moro em Recife")))
    assert texts(desk, desk.lead_of(marina)) == ["oi", "tudo bem?", "moro em Recife"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"at": "ontem"}, id="unreadable-time"),
        pytest.param({"phone": "+0"}, id="impossible-phone"),
        pytest.param({"type": None}, id="no-type"),
        pytest.param({"wants_answer": "talvez"}, id="not-a-boolean"),
    ],
)
def test_an_event_the_store_cannot_apply_is_kept_aside_and_its_siblings_live(
    desk: Desk, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise one poisoned item brings its whole batch back for days (docs/whatsapp.md 1.3)."""
    first, bad, last = someone(), someone(), someone()
    (broken,) = says(bad, "isto não entra")
    delivered = desk.run(desk.store.receive([*says(first), broken | damage, *says(last)]))
    assert (delivered.stored, delivered.duplicates, delivered.refused) == (3, 0, 1)
    assert {d.lead_id for d in delivered.dispatch} == {desk.lead_of(first), desk.lead_of(last)}
    (kept,) = desk.rows("select * from webhook_events where event_key = $1", broken["key"])
    assert kept["kind"] == "refused" and "isto não entra" in kept["payload"]
    assert "refused" in caplog.text and "isto não entra" not in caplog.text
    assert not desk.leads_of(bad)


def test_a_delivery_that_fails_as_a_whole_leaves_nothing_behind(desk: Desk) -> None:
    marina = someone()
    (keyless,) = says(someone())
    with pytest.raises(Exception, match="receive_delivery"):
        desk.receive(says(marina), [keyless | {"key": None}])
    assert not desk.leads_of(marina)
    assert [d.action for d in desk.receive(says(marina))] == ["start"]


def test_a_repeated_delivery_is_counted_and_changes_nothing(desk: Desk) -> None:
    marina = someone()
    delivery = says(marina, "uma vez só")
    desk.receive(delivery)
    again = desk.run(desk.store.receive(delivery))
    assert (again.stored, again.duplicates, again.dispatch) == (0, 1, ())
    assert texts(desk, desk.lead_of(marina)) == ["uma vez só"]


def test_the_same_delivery_on_many_connections_is_stored_once_and_starts_one_run(desk: Desk) -> None:
    for _ in range(5):
        marina = someone()
        delivery = says(marina, "oi")
        answers = desk.together(*(desk.store.receive(delivery) for _ in range(8)))
        assert sum(a.stored for a in answers) == 1 and sum(a.duplicates for a in answers) == 7
        assert [d.action for a in answers for d in a.dispatch] == ["start"]
        assert texts(desk, desk.lead_of(marina)) == ["oi"]


def test_a_redelivery_after_the_raw_events_were_purged_is_still_one_message(desk: Desk) -> None:
    marina = someone()
    claim = desk.conversation(delivery := says(marina))
    desk.answer(claim)
    desk.run(desk.connection.execute("delete from webhook_events where event_key = $1", delivery[0]["key"]))
    assert desk.receive(delivery) == []
    assert desk.unanswered(claim.lead_id) == ()


def test_two_hundred_random_deliveries_of_twenty_people_make_twenty_leads(desk: Desk) -> None:
    """In parallel, in any order, each naming the person differently: one lead and one run each, and no deadlock."""
    dice = random.Random(8711)
    people = [someone() for _ in range(20)]
    before = desk.cell("select deadlocks from pg_stat_database where datname = current_database()")
    # The first word of each names both identifiers, for nothing could link them otherwise; then it is anybody's guess.
    deliveries = [says(person, "olá") for person in people]
    spoken: dict[Person, list[str]] = {person: ["olá"] for person in people}
    desk.together(*(desk.store.receive(events) for events in dice.sample(deliveries, 20)))
    deliveries = []
    for number in range(200):
        batch = []
        for person in dice.sample(people, dice.randint(1, 6)):
            word = f"{number}-{people.index(person)}"
            spoken[person].append(word)
            batch += says(dice.choice([person, person.hidden, person.old_style]), word)
        deliveries.append(batch)
    deliveries += dice.sample(deliveries, 40)
    dice.shuffle(deliveries)
    starts = []
    for first in range(0, len(deliveries), 16):
        answers = desk.together(*(desk.store.receive(events) for events in deliveries[first : first + 16]))
        starts += [dispatch for answer in answers for dispatch in answer.dispatch]
    assert starts == []  # the runs of the first word are still wanted
    assert len(desk.leads_of(*people)) == 20
    for person in people:
        assert sorted(texts(desk, desk.lead_of(person))) == sorted(spoken[person])
    assert desk.cell("select count(*) from runs where lead_id = any($1)", list(desk.leads_of(*people))) == 20
    assert desk.cell("select deadlocks from pg_stat_database where datname = current_database()") == before


def test_first_messages_that_name_one_person_in_every_way_make_one_lead_and_one_start(desk: Desk) -> None:
    for round_ in range(6):
        people = [someone() for _ in range(4)]
        # the form lead of half of them is there before; WhatsApp's digits lack the ninth for the others
        for person in people[:2]:
            desk.form(person)
        both = [says(p, f"ambos {round_}") for p in people]
        shy = [says(p.hidden, f"bsuid {round_}") for p in people]
        again = [says(p, f"de novo {round_}") for p in people]
        deliveries = [
            both[0] + shy[1] + both[2],
            shy[0] + both[1] + both[3],
            shy[2] + again[0] + shy[3],
            again[1] + again[3] + again[2],
        ]
        random.Random(round_).shuffle(deliveries)
        answers = desk.together(*(desk.store.receive(events) for events in deliveries))
        assert len(desk.leads_of(*people)) == 4
        leads = [desk.lead_of(person) for person in people]
        assert [len(texts(desk, lead)) for lead in leads] == [3, 3, 3, 3]
        open_runs = "select count(*) from runs where lead_id = $1 and flow = 'conversation' and status <> 'finished'"
        assert [desk.cell(open_runs, lead) for lead in leads] == [1, 1, 1, 1]
        assert sum(d.action == "start" for a in answers for d in a.dispatch) == 4


@pytest.mark.parametrize("desk", ["postgres"], indirect=True)
def test_a_thousand_people_in_one_delivery_fit_in_several_parallel_transactions(desk: Desk) -> None:
    """Meta may put 1,000 updates into one request; the server's lock table must not be what limits us."""
    sizes = [1000, 400, 400]
    crowds = [[event for _ in range(size) for event in says(someone())] for size in sizes]
    answers = desk.together(*(desk.store.receive(crowd) for crowd in crowds))
    assert [len(answer.dispatch) for answer in answers] == sizes


@pytest.mark.parametrize(
    ("status_", "action"),
    [
        ("requested", "nothing"),
        ("active", "nothing"),
        ("parked", "resume"),
        ("waking", "nothing"),
        ("finished", "start"),
    ],
)
def test_what_a_new_message_needs_depends_on_the_run(desk: Desk, status_: str, action: str) -> None:
    marina = someone()
    claim = desk.parked(says(marina))
    run = desk.state_of(claim.run_id)
    desk.rows("update runs set status = $2 where id = $1", claim.run_id, status_)
    found = desk.receive(says(marina, "voltei"))
    assert [d.action for d in found] == ([action] if action != "nothing" else [])
    if action == "resume":
        assert (found[0].run_id, found[0].flow_run_id) == (claim.run_id, run["flow_run_id"])
        assert desk.state_of(claim.run_id)["status"] == "waking"
    if action == "start":
        assert found[0].run_id != claim.run_id and found[0].flow_run_id is None


def test_a_parked_run_is_resumed_by_exactly_one_of_many_deliveries(desk: Desk) -> None:
    for _ in range(5):
        marina = someone()
        claim = desk.parked(says(marina))
        answers = desk.together(*(desk.store.receive(says(marina, str(n))) for n in range(8)))
        assert [(d.action, d.run_id) for a in answers for d in a.dispatch] == [("resume", claim.run_id)]


@pytest.mark.parametrize(
    "silent",
    [
        {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
        {"type": "sticker", "sticker": {"id": "7", "mime_type": "image/webp"}},
    ],
    ids=["reaction", "sticker"],
)
def test_what_wants_no_answer_wakes_nobody(desk: Desk, silent: dict[str, Any]) -> None:
    marina = someone()
    claim = desk.parked(says(marina))
    assert desk.receive(says(marina, **silent)) == []
    assert desk.state_of(claim.run_id)["status"] == "parked"
    assert desk.unanswered(claim.lead_id) == ()


def test_a_reaction_to_nothing_of_ours_does_not_open_the_window(desk: Desk) -> None:
    marina = someone()
    claim = desk.parked(says(marina, at=in_hours(-30)))
    before = desk.run(desk.store.lead(claim.lead_id)).last_inbound_at
    desk.receive(says(marina, type="reaction", reaction={"message_id": "wamid.x", "emoji": "👍"}))
    assert desk.run(desk.store.lead(claim.lead_id)).last_inbound_at == before


def test_a_late_redelivery_does_not_shrink_the_window(desk: Desk) -> None:
    """docs/whatsapp.md 5.5: the newest inbound timestamp must never move backwards."""
    marina, now = someone(), datetime.now(UTC).replace(microsecond=0)
    desk.receive(says(marina, "agora", at=now))
    desk.receive(says(marina, "de ontem", at=now - timedelta(hours=23)))
    assert desk.run(desk.store.lead(desk.lead_of(marina))).last_inbound_at == now


def test_a_timestamp_of_the_future_counts_as_now(desk: Desk) -> None:
    marina = someone()
    desk.receive(says(marina, at=in_hours(20)))
    lead = desk.run(desk.store.lead(desk.lead_of(marina)))
    assert lead.last_inbound_at <= datetime.now(UTC)
    assert desk.unanswered(lead.id)[0].sent_at <= datetime.now(UTC)


def test_a_message_without_a_time_is_taken_at_the_stores_clock(desk: Desk) -> None:
    marina = someone()
    (event,) = says(marina)
    desk.receive([event | {"at": None}])
    assert desk.unanswered(desk.lead_of(marina))[0].sent_at is not None


def test_a_message_says_everything_an_answer_needs(desk: Desk) -> None:
    marina = someone()
    image = {"id": "710", "mime_type": "image/jpeg", "sha256": "q7==", "caption": "minha conta"}
    place = {"latitude": -8.05, "longitude": -34.9, "name": "Casa"}
    desk.receive(
        says(marina, type="image", image=image), says(marina, type="location", location=place), taps(marina, "sim")
    )
    picture, where, tap = desk.unanswered(desk.lead_of(marina))
    assert (picture.type, picture.text, picture.media.id, picture.media.mime_type) == (
        "image",
        "minha conta",
        "710",
        "image/jpeg",
    )
    assert (where.location["latitude"], where.media) == (-8.05, None)
    assert (tap.type, tap.text, tap.payload) == ("button", "Ativar Perfil", "sim")


def test_the_transcript_is_the_last_lines_in_order(desk: Desk) -> None:
    marina = someone()
    claim = desk.conversation(says(marina, "um"), says(marina, "dois"))
    desk.answer(claim)
    desk.receive(says(marina, "três"))
    lines = desk.run(desk.store.transcript(claim.lead_id, limit=3))
    assert [(line.who, line.text) for line in lines] == [
        ("user", "dois"),
        ("bot", "Qual é a sua cidade?"),
        ("user", "três"),
    ]


def test_what_nobody_can_act_on_is_stored_and_wakes_nobody(desk: Desk) -> None:
    other = {
        "kind": "other",
        "key": f"h:{uuid4().hex}",
        "field": "standby",
        "reason": "unhandled_field",
        "raw": {"a": 1},
    }
    error = {"kind": "account_error", "key": f"e:{uuid4().hex}", "error_code": 130429, "raw": {"code": 130429}}
    new_kind = {"kind": "not of this version", "key": f"x:{uuid4().hex}", "raw": {}}
    delivered = desk.run(desk.store.receive([other, error, new_kind]))
    assert (delivered.stored, delivered.refused, delivered.dispatch) == (3, 0, ())


def test_batches_about_the_same_leads_in_opposite_order_do_not_deadlock(desk: Desk) -> None:
    """A batch holds messages of one lead and statuses of another's message; the next one the other way round."""
    before = desk.cell("select deadlocks from pg_stat_database where datname = current_database()")
    ana, bia = someone(), someone()
    claims = [desk.conversation(says(person)) for person in (ana, bia)]
    for _ in range(8):
        sent = [desk.answer(claim) for claim in claims]
        wamids = [desk.sent(message) for message in sent]
        calls = []
        for status_name in ("sent", "delivered", "read"):
            calls.append(desk.store.receive([*says(ana), *status(wamids[1], status_name, tracker=sent[1])]))
            calls.append(desk.store.receive([*says(bia), *status(wamids[0], status_name, tracker=sent[0])]))
        desk.together(*calls)
        assert [desk.run(desk.store.message_state(message)).status for message in sent] == ["read", "read"]
    assert desk.cell("select deadlocks from pg_stat_database where datname = current_database()") == before


def test_a_turn_is_committed_while_the_lead_writes_on_without_a_deadlock(desk: Desk) -> None:
    before = desk.cell("select deadlocks from pg_stat_database where datname = current_database()")
    ana = someone()
    claim = desk.conversation(says(ana))
    for _ in range(12):
        waiting = desk.unanswered(claim.lead_id)
        reply = Reply(content=Content(text="Certo"), facts={"city": "Recife"}, memory={"asked": "bill"})
        ids = desk.together(
            desk.store.commit_turn(claim, waiting, reply),
            *(desk.store.receive(says(same, "mais")) for same in (ana, ana.hidden, ana.old_style)),
        )
        wamid = f"wamid.out.{uuid4().hex}"
        desk.run(desk.store.begin_send(ids[0]))
        desk.together(
            desk.store.record_send(ids[0], "accepted", attempt=1, wamid=wamid),
            desk.store.receive([*says(ana), *status(wamid, "sent", tracker=ids[0])]),
            desk.store.receive(status(wamid, "delivered", tracker=ids[0])),
        )
        assert desk.run(desk.store.message_state(ids[0])).status == "delivered"
    assert desk.cell("select deadlocks from pg_stat_database where datname = current_database()") == before


def test_a_person_without_the_ninth_digit_is_found_by_either_number(desk: Desk) -> None:
    person = Person(phone=phone())
    desk.form(person)
    short = f"55{person.phone[3:5]}{person.phone[6:]}"
    desk.receive(says(person, wa_id=short))
    assert len(desk.leads_of(person)) == 1
    assert desk.cell("select wa_id from leads where phone_number = $1", person.phone) == short
