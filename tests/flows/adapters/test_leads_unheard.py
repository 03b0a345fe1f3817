"""What was not delivered was not said: it waits for a mend, reaches a person, or is said again when the lead writes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Claim
from flows.adapters.whatsapp.codes import CODES, NeedsFix, classify
from flows.domain import Handoff, Offer, Outcome, Stage, Why
from flows.errors import GiveUp, OptedOut, TryAgain, Unreachable, WindowClosed
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import Person, says, someone, status

ASKS: dict[type[Exception], str] = {
    TryAgain: "again",
    NeedsFix: "mend",
    WindowClosed: "closed",
    Unreachable: "gone",
    OptedOut: "opted_out",
    GiveUp: "give_up",
}


def test_the_store_and_the_sender_read_every_code_alike(desk: Desk) -> None:
    chance = random.Random(131047)
    codes = [*CODES, *range(195, 305), *range(131_990, 133_010), *(chance.randrange(200_000) for _ in range(500))]
    asks = desk.rows("select code, failure_asks(code) as asks from unnest($1::int[]) code", codes)
    assert {row["code"]: row["asks"] for row in asks} == {code: ASKS[type(classify(code, None))] for code in codes}


PLANS = tuple(
    Offer(position=n, plan_id=500 + n, name=f"Plano {n}", utility="Neoenergia", discount="0.15", fidelity_months=0)
    for n in (1, 2, 3)
)


def why(before: dict[str, Any]) -> Why:
    return Why(by="rules", voice="reviewed", seconds=0.1, before=before)


def said(desk: Desk, claim: Claim, before: dict[str, Any], after: dict[str, Any], **reply: Any) -> tuple[UUID, str]:
    """One turn of the assistant, accepted by WhatsApp: the reply's id and its wamid."""
    message = desk.answer(claim, memory=after, why=why(before), **reply)
    assert message is not None
    return message, desk.sent(message)


def memory(desk: Desk, lead: UUID) -> dict[str, Any]:
    return desk.run(desk.store.lead(lead)).memory


def texts(desk: Desk, lead: UUID) -> list[str]:
    return [message.text for message in desk.unanswered(lead)]


def handed(desk: Desk, lead: UUID) -> list[str]:
    return [
        row["reason"]
        for row in desk.rows("select reason from handoffs where lead_id = $1 and acknowledged_at is null", lead)
    ]


def shown_plans(desk: Desk) -> tuple[Person, Claim, str]:
    """A lead who wrote, was asked, answered, and was shown three plans; the wamid of that last reply."""
    claim = desk.conversation(says(ana := someone(), "oi"))
    said(desk, claim, {}, {"greeted": True, "asked": "place"}, stage=Stage.AWAITING_PLACE)
    desk.receive(says(ana, "Recife"))
    before, after = {"greeted": True, "asked": "place"}, {"greeted": True, "asked": "plan"}
    _, wamid = said(desk, claim, before, after, stage=Stage.PLANS_SENT, offers=PLANS)
    return ana, claim, wamid


# an account's fault


@pytest.mark.parametrize("code", [131042, 131031, 368, 190, 131048, 132015, 131009])
def test_a_fault_that_a_person_mends_puts_the_message_off_and_is_said(desk: Desk, code: int) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.change("delete from news")  # another test's may be of the same code, which is said once
    desk.receive(status(wamid, "failed", code=code))
    assert [(news.kind, news.what) for news in desk.untold()] == [("fault", str(code))]
    (waiting,) = desk.run(desk.store.drain(claim.lead_id)).unsent
    assert waiting.status == "queued"
    assert timedelta(seconds=30) < waiting.not_before - datetime.now(UTC) <= timedelta(seconds=61)
    # it is going to be said, so nothing is taken back, and nobody else has to say it
    desk.receive(says(ana, "e aí?"))
    assert (memory(desk, claim.lead_id)["asked"], texts(desk, claim.lead_id)) == ("plan", ["e aí?"])
    assert handed(desk, claim.lead_id) == []
    desk.receive(status(desk.sent(waiting.id), "delivered"))
    assert desk.run(desk.store.message_state(waiting.id)).status == "delivered"


def test_a_template_too_waits_for_the_mend_and_goes_out_by_the_dispatcher(desk: Desk) -> None:
    ana = someone()
    desk.form(ana)
    claim = desk.claim(desk.lead_of(ana), "lead-activation")
    template = {"name": "t", "language": "pt_BR", "body": [], "buttons": []}
    message = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=template)).message_id
    wamid = desk.sent(message)
    assert desk.run(desk.store.finish(claim, Outcome.SENT))
    desk.receive(status(wamid, "failed", code=131042))
    desk.change("update lead_messages set not_before = now() - interval '1 second' where id = $1", message)
    due = desk.run(desk.store.due(limit=1_000_000))
    assert [one.run_id for one in due if one.lead_id == claim.lead_id] == [claim.run_id]


# said again


@pytest.mark.parametrize("code", [131026, 131049, 130472, None])
def test_what_failed_is_forgotten_and_said_again_when_the_lead_writes(desk: Desk, code: int | None) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.receive(status(wamid, "failed", code=code))
    assert texts(desk, claim.lead_id) == [], "nothing is repeated by itself to who cannot be reached"
    desk.receive(says(ana, "alô?"))
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert texts(desk, claim.lead_id) == ["Recife", "alô?"]
    assert (lead.memory["asked"], lead.stage, lead.offers) == ("place", Stage.AWAITING_PLACE, ())
    message, wamid = said(desk, claim, lead.memory, {"greeted": True, "asked": "plan"}, offers=PLANS)
    desk.receive(status(wamid, "delivered"))
    desk.receive(says(ana, "o 2"))
    assert (texts(desk, claim.lead_id), len(desk.run(desk.store.lead(claim.lead_id)).offers)) == (["o 2"], 3)


def test_several_that_failed_lead_back_to_before_the_first(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone(), "oi"))
    _, first = said(desk, claim, {}, {"greeted": True, "asked": "place"})
    desk.receive(says(ana, "Recife"))
    _, second = said(desk, claim, {"greeted": True, "asked": "place"}, {"greeted": True, "asked": "bill"})
    desk.receive(status(first, "failed", code=131026), status(second, "failed", code=131026))
    desk.receive(says(ana, "oi?"))
    assert (memory(desk, claim.lead_id), texts(desk, claim.lead_id)) == ({}, ["oi", "Recife", "oi?"])


def test_what_reached_a_device_after_all_was_said(desk: Desk) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.receive(status(wamid, "failed", code=131026))
    desk.receive(status(wamid, "delivered"))
    desk.receive(says(ana, "o 2"))
    assert (texts(desk, claim.lead_id), memory(desk, claim.lead_id)["asked"]) == (["o 2"], "plan")


def test_the_news_of_a_failure_may_come_after_the_leads_next_words(desk: Desk) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.receive(says(ana, "alô?"))
    desk.receive(status(wamid, "failed", code=131026))
    assert (texts(desk, claim.lead_id), memory(desk, claim.lead_id)["asked"]) == (["Recife", "alô?"], "place")


def test_a_template_or_reminder_in_between_does_not_make_the_reply_heard(desk: Desk) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.receive(status(wamid, "failed", code=131026))
    template = {"name": "t", "language": "pt_BR", "body": [], "buttons": []}
    for key in ("window", "reminder"):
        queued = desk.run(desk.store.queue(claim, f"{key}:{uuid4()}", text="", template=template))
        desk.receive(status(desk.sent(queued.message_id), "delivered"))
    desk.receive(says(ana, "voltei"))
    assert texts(desk, claim.lead_id) == ["Recife", "voltei"]


def test_a_stop_stays_a_stop_though_its_confirmation_was_not_heard(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone(), "sair"))
    _, wamid = said(desk, claim, {}, {"greeted": True}, stage=Stage.OPTED_OUT, opt_out=True)
    desk.receive(status(wamid, "failed", code=131026))
    desk.receive(says(ana, "oi"))
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert (lead.stage, lead.opted_out_at is not None, texts(desk, claim.lead_id)) == (Stage.OPTED_OUT, True, ["oi"])


def test_who_was_greeted_in_vain_is_greeted_whatever_comes_first(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone(), "oi"))
    _, wamid = said(desk, claim, {}, {"greeted": True})
    desk.receive(status(wamid, "failed", code=131026))
    desk.receive(says(ana, type="sticker", sticker={"id": "1", "mime_type": "image/webp"}))
    assert [message.type for message in desk.unanswered(claim.lead_id)] == ["text", "sticker"]
    assert memory(desk, claim.lead_id) == {}


def test_a_file_whose_answer_was_not_heard_is_not_called_known(desk: Desk) -> None:
    claim = desk.conversation(says(someone(), "a conta"))
    (message,) = desk.unanswered(claim.lead_id)

    def kept(message_id: UUID) -> bool:
        return desk.run(
            desk.store.keep_bill(
                claim.lead_id,
                message_id,
                path=f"{claim.lead_id}/a.pdf",
                sha256="a",
                mime_type="application/pdf",
                size=9,
                keep_days=30,
            )
        ).known

    assert (kept(message.id), kept(message.id)) == (False, False)
    desk.receive(says(desk_person := someone(), "outra"))
    assert kept(desk.unanswered(desk.lead_of(desk_person))[0].id)


# a person


@pytest.mark.parametrize(
    ("code", "told"), [(131049, True), (131026, True), (None, True), (131042, False), (130429, False), (131050, False)]
)
def test_a_reply_that_nobody_will_hear_is_given_to_a_person(desk: Desk, code: int | None, told: bool) -> None:
    ana, claim, wamid = shown_plans(desk)
    desk.receive(status(wamid, "failed", code=code))
    assert handed(desk, claim.lead_id) == (["not_delivered"] if told else [])
    desk.receive(says(ana, "oi"))
    assert handed(desk, claim.lead_id) == [], "it is said again"


@pytest.mark.parametrize(("outcome", "code"), [("failed", 131051), ("unreachable", 131026)])
def test_a_call_that_fails_for_good_is_as_good_as_a_status(desk: Desk, outcome: Any, code: int) -> None:
    claim = desk.conversation(says(ana := someone(), "oi"))
    message = desk.answer(claim, memory={"greeted": True}, why=why({}))
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, outcome, attempt=1, code=code))
    assert handed(desk, claim.lead_id) == ["not_delivered"]
    desk.receive(says(ana, "oi?"))
    assert (memory(desk, claim.lead_id), texts(desk, claim.lead_id)) == ({}, ["oi", "oi?"])


@pytest.mark.parametrize(("code", "told"), [(131049, True), (131026, False)])
def test_a_welcome_that_is_withheld_is_a_persons_and_a_number_without_whatsapp_is_not(
    desk: Desk, code: int, told: bool
) -> None:
    ana = someone()
    desk.form(ana)
    _, wamid = desk.welcomed(desk.lead_of(ana))
    desk.receive(status(wamid, "failed", code=code))
    assert handed(desk, desk.lead_of(ana)) == (["not_delivered"] if told else [])


def test_a_person_who_has_the_lead_needs_no_hand_over(desk: Desk) -> None:
    _, claim, wamid = shown_plans(desk)
    assert desk.run(desk.operations.take_over(claim.lead_id, "ana")).outcome == "done"
    desk.receive(status(wamid, "failed", code=131026))
    assert handed(desk, claim.lead_id) == []


def test_a_window_that_was_closed_brings_the_reply_back_to_the_worker(desk: Desk) -> None:
    _, claim, wamid = shown_plans(desk)
    desk.receive(status(wamid, "failed", code=131047))
    (waiting,) = desk.run(desk.store.drain(claim.lead_id)).unsent
    out = desk.run(desk.store.begin_send(waiting.id))
    assert (out.outcome, out.error_code) == ("send", 131047)
    desk.run(desk.store.record_send(waiting.id, "failed", attempt=1, code=131047))
    assert handed(desk, claim.lead_id) == [], "the worker may still have a template"
    desk.run(desk.store.hand_over(claim, "not_delivered", {"code": 131047}))
    desk.run(desk.store.hand_over(claim, "not_delivered", {"code": 131047}))
    assert handed(desk, claim.lead_id) == ["not_delivered"]
    assert Handoff(reason="not_delivered")


# taken over and given back


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_reply_that_failed_is_thought_of_anew_however_often_the_lead_is_given_back(desk: Desk, times: int) -> None:
    claim = desk.conversation(says(someone(), "oi"))
    lead = claim.lead_id
    run = desk.cell("select flow_run_id from runs where id = $1", claim.run_id)
    for turn in range(times):
        _, wamid = said(desk, claim, {}, {"greeted": True})
        desk.receive(status(wamid, "failed", code=131026))
        assert desk.run(desk.operations.take_over(lead, "ana")).outcome == "done"
        given = desk.run(desk.operations.give_back(lead, "ana", answer=True))
        assert (given.outcome, given.left, texts(desk, lead)) == ("done", 0, ["oi"]), turn
        assert memory(desk, lead) == {}
        claim = desk.claim(lead, flow_run_id=run)
    message = desk.answer(claim)
    assert message is not None
    desk.receive(status(desk.sent(message), "delivered"))
    assert (
        len(desk.rows("select 1 from lead_messages where lead_id = $1 and message_direction = 'bot'", lead))
        == times + 1
    )
