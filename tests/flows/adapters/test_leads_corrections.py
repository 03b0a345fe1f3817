"""The person's own order, and what they change of what they said: deliveries overtake each other, messages are edited."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from flows.adapters.store.leads import Claim
from flows.assistant.assistant import Assistant
from flows.assistant.place.places import Place
from flows.domain import BillReceipt, Content, Coverage, InboundMessage, PlansUnavailable, Reply, Turn
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import Events, Person, edits, says, someone, takes_back

BEGAN = datetime.now(UTC) - timedelta(minutes=5)


def wamid() -> str:
    return f"wamid.in.{uuid4().hex}"


def at(second: int) -> datetime:
    return BEGAN + timedelta(seconds=second)


def unanswered(desk: Desk, who: Person) -> list[str]:
    return [message.text for message in desk.run(desk.store.drain(desk.lead_of(who))).messages]


def read(desk: Desk, who: Person) -> list[str]:
    """What the assistant reads of a conversation, as it reads it."""
    return [line.text for line in desk.run(desk.store.transcript(desk.lead_of(who)))]


def test_a_burst_is_in_the_order_of_the_person(desk: Desk) -> None:
    ana = someone()
    for second, text in ((2, "dois"), (3, "três"), (1, "um")):
        desk.receive(says(ana, text, at=at(second)))
    assert unanswered(desk, ana) == read(desk, ana) == ["um", "dois", "três"]


def test_within_one_second_the_order_is_that_of_arrival(desk: Desk) -> None:
    ana = someone()
    for text in ("a", "b", "c"):
        desk.receive(says(ana, text, at=at(1)))
    assert unanswered(desk, ana) == ["a", "b", "c"]


@pytest.mark.parametrize(("earlier", "later", "stopped"), [("yes", "no", False), ("no", "yes", True)])
def test_of_two_taps_the_later_counts_however_they_are_delivered(
    desk: Desk, earlier: str, later: str, stopped: bool
) -> None:
    claim = desk.conversation(says(ana := someone()))
    desk.sent(desk.answer(claim, memory={"greeted": True, "asked": "erase", "resume": "place"}))
    for second, tap in ((2, later), (1, earlier)):
        choice = {"type": "button_reply", "button_reply": {"id": f"erase:{tap}", "title": tap}}
        desk.receive(says(ana, type="interactive", interactive=choice, at=at(second)))
    assert decided(desk, ana).opt_out is stopped


class World:
    """Nobody asks it for more than a place."""

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        return PlansUnavailable()

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        raise AssertionError("a file was fetched")


def decided(desk: Desk, who: Person) -> Reply:
    """What the assistant makes of all that is unanswered, without a model."""
    lead = desk.run(desk.store.lead(desk.lead_of(who)))
    messages = desk.run(desk.store.drain(lead.id)).messages
    transcript = desk.run(desk.store.transcript(lead.id))
    return desk.run(Assistant().reply(Turn(lead, messages, transcript, datetime.now(UTC)), World()))


@pytest.mark.parametrize(
    ("earlier", "later", "fact", "value"),
    [
        ("minha conta é 45 reais", "minha conta é 450 reais", "invoice_amount", "450"),
        ("moro em Olinda", "moro em Recife", "ibge_code", "2611606"),
    ],
)
def test_of_two_words_on_one_thing_the_later_counts_however_they_are_delivered(
    desk: Desk, earlier: str, later: str, fact: str, value: str
) -> None:
    first, second = says(ana := someone(), earlier, at=at(1)), says(ana, later, at=at(2))
    desk.receive(second)
    desk.receive(first)
    facts = decided(desk, ana).facts
    assert str(facts[fact]).split(".")[0] == value


def after(desk: Desk, who: Person, *deliveries: Events) -> list[str]:
    for delivery in deliveries:
        desk.receive(delivery)
    return unanswered(desk, who)


def test_an_edit_takes_the_place_of_what_is_unanswered(desk: Desk) -> None:
    ana, original = someone(), wamid()
    said = says(ana, "minha conta é 45", wamid=original, at=at(1))
    assert after(desk, ana, said, says(ana, "em Recife", at=at(2)), edits(ana, original, "é 450", at=at(3))) == [
        "em Recife",
        "é 450",
    ]
    assert read(desk, ana) == ["em Recife", "é 450"]
    assert decided(desk, ana).memory


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_of_several_edits_the_last_one_stands_in_whatever_order_they_come(desk: Desk, order: tuple[int, ...]) -> None:
    ana, original = someone(), wamid()
    told = [
        says(ana, "45", wamid=original, at=at(1)),
        edits(ana, original, "450", at=at(2)),
        edits(ana, original, "455", at=at(3)),
    ]
    assert after(desk, ana, *(told[n] for n in order)) == ["455"]
    desk.receive(*(told[n] for n in order))  # Meta delivers again
    assert unanswered(desk, ana) == ["455"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_what_was_taken_back_is_gone_in_whatever_order_it_comes(desk: Desk, order: tuple[int, ...]) -> None:
    ana, original = someone(), wamid()
    told = [
        says(ana, "segredo um", wamid=original, at=at(1)),
        edits(ana, original, "segredo dois", at=at(2)),
        takes_back(ana, original, at=at(3)),
    ]
    assert after(desk, ana, *(told[n] for n in order)) == []
    lead = desk.lead_of(ana)
    assert desk.rows("select 1 from lead_messages where lead_id = $1 and message_content <> ''", lead) == []
    assert (
        desk.rows("select 1 from webhook_events where payload->>'id' = $1 and payload::text like '%segredo%'", original)
        == []
    )
    assert read(desk, ana) == []


def test_nobody_edits_or_takes_back_what_somebody_else_said(desk: Desk) -> None:
    ana, bia, original = someone(), someone(), wamid()
    desk.receive(says(ana, "meu", wamid=original, at=at(1)))
    desk.receive(takes_back(bia, original, at=at(2)), edits(bia, original, "seu", at=at(3)))
    assert (unanswered(desk, ana), unanswered(desk, bia)) == (["meu"], ["seu"])


def answered(desk: Desk, *deliveries: Events) -> Claim:
    claim = desk.conversation(*deliveries)
    desk.sent(desk.answer(claim))
    return claim


def test_an_edit_of_what_was_answered_is_a_new_message_and_a_withdrawal_of_it_is_nothing(desk: Desk) -> None:
    ana, original = someone(), wamid()
    answered(desk, says(ana, "45", wamid=original, at=at(1)))
    assert after(desk, ana, takes_back(ana, original, at=at(2))) == []
    assert after(desk, ana, edits(ana, original, "450", at=at(3))) == ["450"]
    assert "45" in read(desk, ana)


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "taken back"])
def test_what_changes_while_its_turn_is_decided_is_read_anew(desk: Desk, edited: bool) -> None:
    """The reply to the old words is recorded nowhere, and nothing of it is sent."""
    ana, original = someone(), wamid()
    claim = desk.conversation(says(ana, "oi", at=at(0)), says(ana, "45", wamid=original, at=at(1)))
    drained = desk.run(desk.store.drain(claim.lead_id)).messages
    desk.receive(edits(ana, original, "450", at=at(2)) if edited else takes_back(ana, original, at=at(2)))
    assert desk.run(desk.store.commit_turn(claim, drained, Reply(content=Content(text="quarenta e cinco")))) is None
    assert unanswered(desk, ana) == (["oi", "450"] if edited else ["oi"])
    assert desk.answer(claim) is not None
    assert unanswered(desk, ana) == []


def test_who_takes_back_the_only_thing_they_said_is_left_in_peace(desk: Desk) -> None:
    ana, original = someone(), wamid()
    claim = desk.conversation(says(ana, "oi", wamid=original, at=at(1)))
    drained = desk.run(desk.store.drain(claim.lead_id)).messages
    desk.receive(takes_back(ana, original, at=at(2)))
    assert desk.run(desk.store.commit_turn(claim, drained, Reply(content=Content(text="Olá!")))) is None
    assert desk.run(desk.store.drain(claim.lead_id)).unsent == ()


def test_who_edits_first_of_all_is_answered(desk: Desk) -> None:
    (dispatch,) = desk.receive(edits(ana := someone(), wamid(), "oi, tudo bem?"))
    assert (dispatch.action, unanswered(desk, ana)) == ("start", ["oi, tudo bem?"])


def test_what_was_edited_while_a_person_has_the_lead_does_not_wait_twice(desk: Desk) -> None:
    ana, original = someone(), wamid()
    lead = desk.taken_over(says(ana, "oi"))
    desk.receive(says(ana, "45", wamid=original, at=at(1)), edits(ana, original, "450", at=at(2)))
    desk.answer(desk.claim(lead), content=None)
    (row,) = [row for row in desk.run(desk.operations.queue("ana", "mine", 5000)).rows if row.lead_id == lead]
    assert row.unheard == 1
    given = desk.run(desk.operations.give_back(lead, "ana", answer=True))
    assert (given.outcome, unanswered(desk, ana)) == ("done", ["450"])
