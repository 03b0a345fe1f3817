"""Working: one flow run per lead, fenced by its claim; a turn is all or nothing; a run parks only when all is said."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from flows.domain import Consent, Content, Handoff, Offer, Outcome, Reply, Stage, Why
from flows.errors import OptedOut, Superseded
from tests.flows.adapters.conftest import LEASE, Desk, in_hours
from tests.flows.adapters.deliveries import Person, phone, prefers, says, someone


def offer(position: int, plan_id: int) -> Offer:
    return Offer(
        position=position,
        plan_id=plan_id,
        name=f"Plano {plan_id}",
        utility="Neoenergia",
        discount="0.1450",
        fidelity_months=12,
        benefits=("sem obras",),
    )


def expire(desk: Desk, run_id: Any) -> None:
    desk.rows("update runs set lease_expires_at = now() - interval '1 second' where id = $1", run_id)


def every_change(desk: Desk, claim: Any, messages: Any) -> dict[str, Any]:
    """Every call that a claim permits."""
    return {
        "commit": desk.store.commit_turn(claim, messages, Reply(content=Content(text="Oi"))),
        "park": desk.store.park(claim, in_hours(2)),
        "queue": desk.store.queue(claim, f"reminder:{claim.run_id}:9", text="Oi"),
        "finish": desk.store.finish(claim, Outcome.SILENT, unless_unanswered=False),
    }


async def after(desk: Desk, others: int, call: Coroutine[Any, Any, Any]) -> Any:
    for _ in range(others):
        await desk.store.ping()
    return await call


# claims


def test_a_claim_is_refused_while_another_flow_run_is_alive(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    assert desk.run(desk.store.claim("conversation", claim.lead_id, uuid4(), LEASE)) == "superseded"


def test_one_of_many_flow_runs_gets_the_lead(desk: Desk) -> None:
    for _ in range(5):
        (dispatch,) = desk.receive(says(someone()))
        claims = desk.together(*(desk.store.claim("conversation", dispatch.lead_id, uuid4(), LEASE) for _ in range(8)))
        assert sum(claim == "superseded" for claim in claims) == 7


def test_a_lost_lease_is_taken_over_and_the_old_worker_can_change_nothing(desk: Desk) -> None:
    old = desk.conversation(says(someone(), "oi"))
    messages = desk.unanswered(old.lead_id)
    expire(desk, old.run_id)
    new = desk.claim(old.lead_id)
    assert (new.run_id, new.woken) == (old.run_id, False) and new.claim > old.claim
    for name, call in every_change(desk, old, messages).items():
        with pytest.raises(Superseded):
            desk.run(call)
            pytest.fail(f"{name} was allowed")
    assert desk.unanswered(old.lead_id) == messages
    assert desk.run(desk.store.renew([old, new], LEASE)) == {new.run_id}


def test_the_same_flow_run_may_claim_anew_and_fences_its_former_self(desk: Desk) -> None:
    flow_run = uuid4()
    (dispatch,) = desk.receive(says(someone()))
    first = desk.claim(dispatch.lead_id, flow_run_id=flow_run)
    second = desk.claim(dispatch.lead_id, flow_run_id=flow_run)
    assert second.run_id == first.run_id
    assert desk.run(desk.store.renew([first], LEASE)) == set()
    assert desk.run(desk.store.renew([second], LEASE)) == {second.run_id}


def test_renewing_extends_only_what_is_held(desk: Desk) -> None:
    held, lost, done = (desk.conversation(says(someone())) for _ in range(3))
    expire(desk, lost.run_id)
    desk.claim(lost.lead_id)
    desk.run(desk.store.finish(done, Outcome.SILENT, unless_unanswered=False))
    assert desk.run(desk.store.renew([held, lost, done], timedelta(hours=1))) == {held.run_id}
    assert desk.state_of(held.run_id)["lease_expires_at"] > in_hours(0.9)
    assert desk.run(desk.store.renew([], LEASE)) == set()


def test_a_flow_run_whose_work_is_done_is_told_so(desk: Desk) -> None:
    flow_run = uuid4()
    (dispatch,) = desk.receive(says(ana := someone()))
    claim = desk.claim(dispatch.lead_id, flow_run_id=flow_run)
    desk.answer(claim)
    assert desk.run(desk.store.finish(claim, Outcome.SILENT))
    assert desk.run(desk.store.claim("conversation", claim.lead_id, flow_run, LEASE)) == "finished"
    assert desk.run(desk.store.claim("conversation", uuid4(), uuid4(), LEASE)) == "finished"
    # unless something is unanswered again: then it may as well do it
    desk.receive(says(ana))
    assert desk.claim(claim.lead_id, flow_run_id=flow_run).run_id != claim.run_id


def test_a_claim_says_what_the_run_was_doing(desk: Desk) -> None:
    ana = someone()
    first = desk.parked(says(ana))
    flow_run = desk.state_of(first.run_id)["flow_run_id"]
    desk.receive(says(ana))
    again = desk.claim(first.lead_id, flow_run_id=flow_run)
    assert (again.wait, again.woken, again.reminders) == (1, True, 0)
    assert again.wake_due_at > in_hours(1.9)
    assert (again.stage, again.turns) == (Stage.INITIAL, 0)
    message = desk.answer(again, stage=Stage.AWAITING_BILL, why=Why())
    expire(desk, again.run_id)
    third = desk.claim(first.lead_id)
    assert (third.stage, third.turns) == (Stage.AWAITING_BILL, 1)
    assert [unsent.id for unsent in third.unsent] == [message]
    assert third.woken is False


# turns


def test_a_turn_marks_its_messages_and_records_its_reply(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, "oi"), says(ana, "tudo bem?"))
    answered = desk.unanswered(claim.lead_id)
    desk.receive(says(ana, "mais uma"))
    reply = Reply(content=Content(text="Olá!"), stage=Stage.AWAITING_PLACE, qualification="IN_PROGRESS")
    message = desk.run(desk.store.commit_turn(claim, answered, reply))
    assert [m.text for m in desk.unanswered(claim.lead_id)] == ["mais uma"]
    assert [unsent.id for unsent in desk.run(desk.store.drain(claim.lead_id)).unsent] == [message]
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert (lead.stage, lead.qualification) == (Stage.AWAITING_PLACE, "IN_PROGRESS")
    by = desk.rows("select distinct answered_by from lead_messages where id = any($1)", [m.id for m in answered])
    assert [row["answered_by"] for row in by] == [message]


def test_a_turn_committed_twice_is_one_reply(desk: Desk) -> None:
    """The answer to the first call may get lost with its connection; the transport then calls again."""
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    reply = Reply(
        content=Content(text="Veja os planos"),
        offers=(offer(1, 7), offer(2, 8)),
        opt_out=True,
        handoff=Handoff(reason="needs_review"),
        memory={"tries": 1},
    )
    first = desk.run(desk.store.commit_turn(claim, messages, reply))
    second = desk.run(desk.store.commit_turn(claim, messages, reply))
    assert first == second
    together = desk.together(*(desk.store.commit_turn(claim, messages, reply) for _ in range(4)))
    assert set(together) == {first}
    for table, count in {"lead_plan_offers": 2, "lead_consents": 1, "handoffs": 1}.items():
        assert desk.cell(f"select count(*) from {table} where lead_id = $1", claim.lead_id) == count, table
    assert (
        desk.cell("select count(*) from lead_messages where lead_id = $1 and message_direction = 'bot'", claim.lead_id)
        == 1
    )


def test_a_silent_turn_committed_twice_changes_nothing_the_second_time(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    silent = Reply(content=None, opt_out=True, memory={"a": 1})
    assert desk.run(desk.store.commit_turn(claim, messages, silent)) is None
    assert desk.run(desk.store.commit_turn(claim, messages, silent)) is None
    assert desk.cell("select count(*) from lead_consents where lead_id = $1", claim.lead_id) == 1
    assert desk.unanswered(claim.lead_id) == ()


def test_a_turn_that_cannot_be_stored_leaves_its_messages_unanswered(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    with pytest.raises(Exception, match="commit_turn"):
        desk.run(
            desk.store.commit_turn(claim, messages, Reply(content=Content(text="Oi"), facts={"state": "Pernambuco"}))
        )
    assert desk.unanswered(claim.lead_id) == messages
    assert desk.run(desk.store.drain(claim.lead_id)).unsent == ()


def test_facts_change_what_they_name_and_none_changes_nothing(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, facts={"city": "Recife", "state": "PE", "ibge_code": 2611606, "client_type": "natural"})
    desk.receive(says(ana))
    desk.answer(claim, facts={"name": "Ana", "city": None, "ibge_code": None})
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert (lead.name, lead.city, lead.state, lead.ibge_code, lead.client_type) == (
        "Ana",
        "Recife",
        "PE",
        2611606,
        "natural",
    )


def test_memory_is_the_whole_of_what_is_remembered_and_none_leaves_it(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    for given, kept in (
        (
            {"asked": "place", "bill": {"total": "1.50", "month": None}},
            {"asked": "place", "bill": {"total": "1.50", "month": None}},
        ),
        ({"times": 2}, {"times": 2}),
        (None, {"times": 2}),
        ({}, {}),
    ):
        desk.answer(claim, memory=given)
        assert desk.run(desk.store.lead(claim.lead_id)).memory == kept
        desk.receive(says(ana))


def test_consent_to_be_told_of_news_is_kept_with_its_place(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    for given in (True, False, None):
        consent = None if given is None else Consent(ibge_code=2611606, given=given)
        desk.answer(claim, consent=consent, memory={"notice": given})
        desk.receive(says(ana))
    kept = desk.rows("select * from lead_consents where lead_id = $1 order by created_at", claim.lead_id)
    assert [(row["kind"], row["granted"], row["ibge_code"]) for row in kept] == [
        ("coverage_notice", True, 2611606),
        ("coverage_notice", False, 2611606),
    ]


def test_offers_are_what_was_shown_last_and_a_choice_is_traced(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, offers=(offer(1, 7), offer(2, 8)))
    desk.receive(says(ana, "2"))
    desk.answer(claim, offers=(offer(1, 9), offer(2, 8)), chosen=8)
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert [(o.position, o.plan_id, str(o.discount), o.benefits) for o in lead.offers] == [
        (1, 9, "0.145", ("sem obras",)),
        (2, 8, "0.145", ("sem obras",)),
    ]
    chosen = desk.rows(
        "select plan_id from lead_plan_offers where lead_id = $1 and chosen_at is not null", claim.lead_id
    )
    assert [row["plan_id"] for row in chosen] == [8]


def test_a_hand_over_is_wanted_once_until_somebody_took_it(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, handoff=Handoff(reason="asked_for_person", summary={"city": "Recife"}))
    desk.receive(says(ana))
    desk.answer(claim, handoff=Handoff(reason="asked_for_person", summary={"city": "Olinda"}))
    rows = desk.rows("select * from handoffs where lead_id = $1", claim.lead_id)
    assert len(rows) == 1
    assert desk.cell("select human_requested_at from leads where id = $1", claim.lead_id) is not None
    desk.rows("update handoffs set acknowledged_at = now() where lead_id = $1", claim.lead_id)
    desk.receive(says(ana))
    desk.answer(claim, handoff=Handoff(reason="asked_for_person"))
    assert desk.cell("select count(*) from handoffs where lead_id = $1", claim.lead_id) == 2


def test_an_opt_out_is_kept_with_its_proof(desk: Desk) -> None:
    claim = desk.conversation(says(someone(), "parar"))
    desk.answer(claim, opt_out=True, stage=Stage.OPTED_OUT)
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert lead.opted_out_at is not None and lead.stage is Stage.OPTED_OUT
    (consent,) = desk.rows("select * from lead_consents where lead_id = $1", claim.lead_id)
    assert (consent["kind"], consent["granted"]) == ("whatsapp_contact", False)


def test_the_stages_of_a_lead_are_a_history(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.answer(claim, stage=Stage.AWAITING_PLACE)
    desk.run(desk.store.set_stage(claim.lead_id, Stage.AWAITING_BILL))
    desk.run(desk.store.set_stage(claim.lead_id, Stage.AWAITING_BILL))
    steps = desk.rows("select from_state, to_state from lead_status where lead_id = $1 order by id", claim.lead_id)
    assert [tuple(step) for step in steps] == [
        (None, "INITIAL"),
        ("INITIAL", "AWAITING_PLACE"),
        ("AWAITING_PLACE", "AWAITING_BILL"),
    ]


def test_the_same_bill_is_known_when_it_comes_again(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(*(says(ana) for _ in range(4)))
    messages = desk.unanswered(claim.lead_id)
    bill = {"path": "a/b.pdf", "sha256": "ab" * 32, "mime_type": "application/pdf", "size": 1, "keep_days": 90}
    kept = desk.together(*(desk.store.keep_bill(claim.lead_id, message.id, **bill) for message in messages))
    assert len({k.bill_id for k in kept}) == 1 and sorted(k.known for k in kept) == [False, True, True, True]
    assert desk.run(desk.store.lead(claim.lead_id)).bills == 1


# messages that nobody asked for


def test_a_key_is_one_message_for_ever(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    claim = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    key = f"reminder:{claim.run_id}:1"
    queued = desk.together(*(desk.store.queue(claim, key, text="Oi", content=Content(text="Oi")) for _ in range(6)))
    assert len({q.message_id for q in queued}) == 1 and sum(q.new for q in queued) == 1
    assert desk.state_of(claim.run_id)["reminders"] == 1
    desk.sent(queued[0].message_id)
    again = desk.run(desk.store.queue(claim, key, text="Oi"))
    assert (again.message_id, again.new) == (queued[0].message_id, False)
    assert desk.run(desk.store.begin_send(again.message_id)).outcome == "settled"


def test_a_failed_message_is_wanted_again_under_its_key(desk: Desk) -> None:
    claim = desk.claim(desk.form(Person(phone=phone())).lead_id, "lead-activation")
    message = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template={"name": "t"})).message_id
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "failed", attempt=1, code=132001))
    desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template={"name": "t"}))
    out = desk.run(desk.store.begin_send(message))
    assert (out.outcome, out.attempts) == ("send", 1)


def test_nothing_is_queued_for_somebody_who_stopped_us(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.receive(prefers(ana, "stop"))
    with pytest.raises(OptedOut):
        desk.run(desk.store.queue(claim, f"reminder:{claim.run_id}:1", text="Oi"))
    with pytest.raises(OptedOut):
        desk.run(desk.store.queue_for_lead(claim.lead_id, f"reminder:manual:{uuid4()}", text="Oi"))


def test_a_reminder_waits_for_what_is_unanswered(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    key = f"reminder:{claim.run_id}:1"
    refused = desk.run(desk.store.queue(claim, key, text="Oi"))
    assert (refused.outcome, refused.message_id) == ("answer_first", None)
    answer = desk.answer(claim)
    assert desk.run(desk.store.queue(claim, key, text="Oi")).outcome == "unsent_first"
    desk.sent(answer)
    assert desk.run(desk.store.queue(claim, key, text="Oi")).outcome == "queued"


def test_a_message_by_hand_is_one_under_its_key(desk: Desk) -> None:
    lead = desk.parked(says(someone())).lead_id
    key = f"reminder:manual:{uuid4()}"
    first = desk.run(desk.store.queue_for_lead(lead, key, text="Oi", content=Content(text="Oi")))
    assert first is not None and desk.run(desk.store.queue_for_lead(lead, key, text="Oi")) is None


# parking and finishing


def test_a_run_does_not_park_while_something_is_unanswered_or_unsent(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    assert desk.run(desk.store.park(claim, in_hours(2))) is None
    message = desk.answer(claim)
    assert desk.run(desk.store.park(claim, in_hours(2))) is None
    desk.run(desk.store.begin_send(message))
    assert desk.run(desk.store.park(claim, in_hours(2))) is None
    desk.run(desk.store.record_send(message, "unknown", attempt=1))
    assert desk.run(desk.store.park(claim, in_hours(2))) is None
    desk.run(desk.store.begin_send(message, again=1))
    desk.run(desk.store.record_send(message, "accepted", attempt=1, wamid=f"wamid.{uuid4()}"))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1


def test_a_message_that_was_put_off_does_not_keep_a_run_awake(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    message = desk.answer(claim)
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "refused", attempt=1, code=130429, after_seconds=600))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1


def test_each_wait_has_its_number(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    flow_run = desk.state_of(claim.run_id)["flow_run_id"]
    for wait in (2, 3):
        desk.receive(says(ana))
        claim = desk.claim(claim.lead_id, flow_run_id=flow_run)
        desk.sent(desk.answer(claim))
        assert desk.run(desk.store.park(claim, in_hours(2))) == wait


def test_parking_or_finishing_twice_is_parking_or_finishing_once(desk: Desk) -> None:
    """The first answer may have been lost with its connection."""
    claim = desk.parked(says(someone()))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1
    other = desk.conversation(says(someone()))
    desk.sent(desk.answer(other))
    assert desk.run(desk.store.finish(other, Outcome.SILENT)) and desk.run(desk.store.finish(other, Outcome.SILENT))


def test_a_parked_run_can_do_nothing_but_wait(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    assert desk.run(desk.store.renew([claim], LEASE)) == set()
    with pytest.raises(Superseded):
        desk.run(desk.store.queue(claim, f"reminder:{claim.run_id}:1", text="Oi"))


def test_a_run_does_not_finish_while_something_is_unanswered(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    assert not desk.run(desk.store.finish(claim, Outcome.SILENT))
    desk.answer(claim)
    assert desk.run(desk.store.finish(claim, Outcome.SILENT))
    assert desk.state_of(claim.run_id)["outcome"] == "silent"


@pytest.mark.parametrize("ending", ["park", "finish"])
def test_a_message_at_the_moment_of_rest_is_seen_or_wakes_and_never_neither(desk: Desk, ending: str) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    outcomes = {"seen": 0, "woken": 0}
    for number in range(24):
        desk.sent(desk.answer(claim))
        rest = desk.store.park(claim, in_hours(2)) if ending == "park" else desk.store.finish(claim, Outcome.SILENT)
        message = desk.store.receive(says((ana, ana.hidden)[number % 2], str(number)))
        if number == 0:
            rested, delivered = desk.run(rest), desk.run(message)
        elif number == 1:
            delivered, rested = desk.run(message), desk.run(rest)
        else:
            # the message is the longer call: it gets a head start of none to seven others
            rested, delivered = desk.together(after(desk, number % 8, rest), message)
        (dispatch,) = delivered.dispatch or (None,)
        assert bool(rested) == (dispatch is not None), "neither seen nor woken, or both"
        assert len(desk.unanswered(claim.lead_id)) == 1
        if dispatch is None:
            outcomes["seen"] += 1
        else:
            outcomes["woken"] += 1
            assert dispatch.action == ("resume" if ending == "park" else "start")
            claim = desk.claim(claim.lead_id, flow_run_id=dispatch.flow_run_id)
    assert all(outcomes.values()), f"the race went one way only: {outcomes}"
