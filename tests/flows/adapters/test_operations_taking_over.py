"""A person takes a conversation over: the assistant is silent at once, and goes on where it should when it is given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from flows.domain import Content, Outcome, Reply
from flows.errors import Superseded
from tests.flows.adapters.conftest import LEASE, Desk, in_hours
from tests.flows.adapters.deliveries import Person, new_user_id, says, shares_number, someone, taps


def silently(desk: Desk, lead_id: UUID) -> None:
    """The conversation's run marks what came as answered, says nothing and ends, as for a lead with a person."""
    claim = desk.claim(lead_id)
    assert desk.answer(claim, content=None) is None
    assert desk.run(desk.store.finish(claim, Outcome.TAKEN_OVER))


# taking over


def test_a_waiting_conversation_wakes_when_a_person_takes_over(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    acted = desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert acted.outcome == "done"
    assert (acted.dispatch.action, acted.dispatch.reason) == ("resume", "message")
    assert acted.dispatch.run_id == claim.run_id
    assert desk.state_of(claim.run_id)["status"] == "waking"
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert lead.taken_over_at is not None and datetime.now(UTC) - lead.taken_over_at < timedelta(minutes=1)
    assert desk.actions(claim.lead_id) == [("ana", "take_over")]


def test_a_run_at_work_loses_its_claim_when_a_person_takes_over(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    acted = desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert (acted.outcome, acted.dispatch) == ("done", None)
    with pytest.raises(Superseded):
        desk.answer(claim)
    assert len(desk.unanswered(claim.lead_id)) == 1
    again = [d for d in desk.run(desk.store.due(limit=100_000)) if d.run_id == claim.run_id]
    assert [(d.action, d.reason) for d in again] == [("revive", "lease")]


def test_a_lead_without_a_run_can_be_taken_over(desk: Desk) -> None:
    lead_id = desk.form(someone()).lead_id
    assert desk.run(desk.operations.take_over(lead_id, "ana")).outcome == "done"
    assert desk.run(desk.store.lead(lead_id)).taken_over_at is not None


def test_the_first_of_two_operators_has_the_lead(desk: Desk) -> None:
    lead_id = desk.form(someone()).lead_id
    take = desk.operations.take_over
    ours, theirs = desk.together(take(lead_id, "ana"), take(lead_id, "bia"))
    assert sorted([ours.outcome, theirs.outcome]) == ["done", "taken_over"]
    winner = "ana" if ours.outcome == "done" else "bia"
    assert desk.actions(lead_id) == [(winner, "take_over")]
    assert desk.run(take(lead_id, winner)).outcome == "done"  # a repeated call changes and records nothing
    assert desk.actions(lead_id) == [(winner, "take_over")]


@pytest.mark.parametrize("round_number", range(4))
def test_a_take_over_in_the_middle_of_a_turn_leaves_a_whole_turn_or_none(desk: Desk, round_number: int) -> None:
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    commit = desk.store.commit_turn(claim, messages, Reply(content=Content(text="Qual é a sua cidade?")))
    take = desk.operations.take_over(claim.lead_id, "ana")
    calls = (commit, take) if round_number % 2 else (take, commit)
    outcomes = desk.together(*calls, errors=True)
    committed = outcomes[0 if round_number % 2 else 1]
    replies = desk.cell(
        "select count(*) from lead_messages where lead_id = $1 and run_id = $2", claim.lead_id, claim.run_id
    )
    if isinstance(committed, UUID):
        assert (len(desk.unanswered(claim.lead_id)), replies) == (0, 1)
    else:
        assert isinstance(committed, Superseded)
        assert (len(desk.unanswered(claim.lead_id)), replies) == (1, 0)
    with pytest.raises(Superseded):
        desk.run(desk.store.park(claim, in_hours(2)))


def test_a_message_still_starts_a_run_while_a_person_speaks(desk: Desk) -> None:
    """The flow looks for a stop and for a wish to be forgotten, and says nothing else."""
    ana = someone()
    desk.taken_over(says(ana))
    (dispatch,) = desk.receive(says(ana, "parar"))
    assert dispatch.action == "start"


def test_a_lease_that_runs_on_does_not_bring_a_lost_claim_back(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert desk.run(desk.store.renew([claim], LEASE)) == set()


# giving back


def test_the_assistant_answers_what_no_person_did(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    for text in ("antes", "depois"):
        desk.receive(says(ana, text))
        silently(desk, lead_id)
        if text == "antes":
            desk.run(desk.operations.write(lead_id, "ana", "k", "Respondi."))
            desk.sent(desk.claim(lead_id).unsent[0].id)
            desk.end(lead_id)
    desk.receive(says(ana, type="reaction", reaction={"emoji": "👍", "message_id": "wamid.x"}))
    acted = desk.run(desk.operations.give_back(lead_id, "ana", answer=True))
    assert (acted.outcome, acted.dispatch.action) == ("done", "start")
    assert [message.text for message in desk.unanswered(lead_id)] == ["depois"]
    assert desk.run(desk.store.lead(lead_id)).taken_over_at is None
    details = desk.run(desk.operations.sheet(lead_id)).actions[0].details
    assert details == {"answer": True, "reopened": 1}


def test_the_message_that_the_assistant_was_about_to_answer_is_answered_after_all(desk: Desk) -> None:
    claim = desk.conversation(says(someone(), "quanto custa?"))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    flow_run = desk.state_of(claim.run_id)["flow_run_id"]
    again = desk.claim(claim.lead_id, flow_run_id=flow_run)
    desk.answer(again, content=None)
    assert desk.run(desk.store.finish(again, Outcome.TAKEN_OVER))
    desk.run(desk.operations.give_back(claim.lead_id, "ana", answer=True))
    assert [message.text for message in desk.unanswered(claim.lead_id)] == ["quanto custa?"]


def test_a_reply_that_was_put_off_does_not_leave_after_the_take_over(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    reply = desk.answer(claim)
    assert desk.run(desk.store.begin_send(reply)).outcome == "send"
    desk.run(desk.store.record_send(reply, "refused", attempt=1, code=131056, after_seconds=0))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert desk.run(desk.store.begin_send(reply)).outcome == "failed"
    shown = {m.id: m.delivery_status for m in desk.run(desk.operations.sheet(claim.lead_id)).messages}
    assert shown[reply] == "withdrawn"


def test_a_reply_of_unknown_outcome_is_not_repeated_after_the_take_over(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    reply = desk.answer(claim)
    assert desk.run(desk.store.begin_send(reply)).outcome == "send"
    desk.run(desk.store.record_send(reply, "unknown", attempt=1))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert desk.run(desk.store.begin_send(reply, again=1)).outcome == "failed"


def test_what_the_assistant_says_after_the_take_over_leaves(desk: Desk) -> None:
    """Only the confirmation of a stop or an erasure, which the flow sees to."""
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "pare"))
    confirmation = desk.answer(desk.claim(lead_id), opt_out=True)
    assert desk.run(desk.store.begin_send(confirmation)).outcome == "send"


def test_a_withdrawn_reply_is_thought_of_anew_when_the_lead_is_given_back(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    withdrawn = desk.answer(claim)
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert desk.unanswered(claim.lead_id) == ()
    desk.run(desk.operations.give_back(claim.lead_id, "ana", answer=True))
    assert len(desk.unanswered(claim.lead_id)) == 1
    reply = desk.answer(desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"]))
    assert reply not in (None, withdrawn)
    desk.sent(reply)


def test_given_back_without_an_answer_the_assistant_waits_for_the_next_message(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "oi?"))
    silently(desk, lead_id)
    acted = desk.run(desk.operations.give_back(lead_id, "ana", answer=False))
    assert (acted.outcome, acted.dispatch) == ("done", None)
    assert desk.unanswered(lead_id) == ()


def test_a_message_that_comes_as_the_lead_is_given_back_is_answered(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "oi?"))
    claim = desk.claim(lead_id)  # at work, has not marked it yet
    assert desk.run(desk.operations.give_back(lead_id, "ana", answer=False)).outcome == "done"
    assert not desk.run(desk.store.finish(claim, Outcome.TAKEN_OVER))  # refused: the run answers first


def test_a_run_that_saw_the_lead_taken_over_cannot_silence_what_was_reopened(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "um"))
    claim = desk.claim(lead_id)
    desk.answer(claim, content=None)
    desk.receive(says(ana, "dois"))
    messages = desk.unanswered(lead_id)
    desk.run(desk.operations.give_back(lead_id, "ana", answer=True))
    with pytest.raises(Superseded):
        desk.run(desk.store.commit_turn(claim, messages, Reply(content=None)))
    assert [message.text for message in desk.unanswered(lead_id)] == ["um", "dois"]


@pytest.mark.parametrize("column", ["opted_out_at = now()", "last_inbound_at = now() - interval '1 day'"])
def test_nothing_is_reopened_for_a_lead_who_may_not_be_answered(desk: Desk, column: str) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "oi?"))
    silently(desk, lead_id)
    desk.change(f"update leads set {column} where id = $1", lead_id)
    acted = desk.run(desk.operations.give_back(lead_id, "ana", answer=True))
    assert (acted.outcome, acted.dispatch, desk.unanswered(lead_id)) == ("done", None, ())


def test_only_a_taken_over_lead_is_given_back(desk: Desk) -> None:
    lead_id = desk.form(someone()).lead_id
    assert desk.run(desk.operations.give_back(lead_id, "ana", answer=True)).outcome == "not_taken_over"


# what nobody has answered


def unheard(desk: Desk, lead_id: UUID) -> list[str]:
    sheet = desk.run(desk.operations.sheet(lead_id))
    return [message.text for message in sheet.messages if message.unheard]


def listed(desk: Desk, lead_id: UUID) -> datetime | None:
    """Since when the list says that the lead waits for an answer."""
    (row,) = desk.run(desk.operations.leads(search=str(lead_id))).rows
    return row.unheard_at


def test_what_comes_while_a_person_has_the_lead_waits_for_that_person(desk: Desk) -> None:
    ana, ops = someone(), desk.operations
    before = desk.run(ops.gauges()).unheard
    lead_id = desk.taken_over(says(ana, "antes, e respondido"))
    assert (unheard(desk, lead_id), listed(desk, lead_id)) == ([], None)
    for text in ("um", "dois"):
        desk.receive(says(ana, text))
        silently(desk, lead_id)
    desk.receive(says(ana, type="reaction", reaction={"emoji": "👍", "message_id": "wamid.x"}))
    desk.receive(says(ana, "três"))  # no run has seen it yet
    assert unheard(desk, lead_id) == ["um", "dois", "três"]
    first = next(m.at for m in desk.run(ops.sheet(lead_id)).messages if m.text == "um")
    assert listed(desk, lead_id) == first
    (row,) = [each for each in desk.run(ops.queue("rui", "others", 5000)).rows if each.lead_id == lead_id]
    assert (row.held_by, row.unheard, row.since) == ("ana", 3, first)
    assert desk.run(ops.gauges()).unheard == before + 1

    silently(desk, lead_id)
    desk.run(ops.write(lead_id, "ana", "k", "Estou aqui."))
    assert (unheard(desk, lead_id), listed(desk, lead_id)) == ([], None)
    assert desk.run(ops.gauges()).unheard == before
    desk.change("update lead_messages set delivery_status = 'failed' where lead_id = $1 and author = 'ana'", lead_id)
    assert unheard(desk, lead_id) == ["um", "dois", "três"], "an answer that did not arrive is none"
    desk.change("update leads set opted_out_at = now() where id = $1", lead_id)
    assert unheard(desk, lead_id) == [], "nobody may answer who stopped our messages"


def test_the_reply_that_a_take_over_withdrew_is_a_persons_to_give(desk: Desk) -> None:
    claim = desk.conversation(says(someone(), "quanto custa?"))
    desk.answer(claim)
    assert unheard(desk, claim.lead_id) == []
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert unheard(desk, claim.lead_id) == ["quanto custa?"]


def test_the_assistants_question_about_erasing_is_no_answer_to_what_came_before_it(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "alguém aí?"))
    silently(desk, lead_id)
    desk.receive(says(ana, "apague meus dados"))
    desk.sent(desk.answer(desk.claim(lead_id)))
    assert unheard(desk, lead_id) == ["alguém aí?"]


def test_what_is_left_at_a_give_back_is_shown_until_somebody_says_something(desk: Desk) -> None:
    ana, ops = someone(), desk.operations
    lead_id = desk.taken_over(says(ana))
    for text in ("um", "dois"):
        desk.receive(says(ana, text))
        silently(desk, lead_id)
    acted = desk.run(ops.give_back(lead_id, "ana", answer=False))
    assert (acted.outcome, acted.left, acted.dispatch) == ("done", 2, None)
    assert unheard(desk, lead_id) == ["um", "dois"] and listed(desk, lead_id) is not None
    assert desk.run(ops.sheet(lead_id)).actions[0].details == {"answer": False, "reopened": 0, "left": 2}
    assert lead_id not in [row.lead_id for row in desk.run(ops.queue("ana", limit=5000)).rows], "nobody has it any more"
    desk.receive(says(ana, "oi?"))
    desk.answer(desk.claim(lead_id))
    assert (unheard(desk, lead_id), listed(desk, lead_id)) == ([], None)


def test_what_was_left_once_can_be_given_to_the_assistant_after_all(desk: Desk) -> None:
    ana, ops = someone(), desk.operations
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "quanto custa?"))
    silently(desk, lead_id)
    assert desk.run(ops.give_back(lead_id, "ana", answer=False)).left == 1
    desk.run(ops.take_over(lead_id, "bia"))
    assert unheard(desk, lead_id) == ["quanto custa?"]
    acted = desk.run(ops.give_back(lead_id, "bia", answer=True))
    assert (acted.left, unheard(desk, lead_id)) == (0, [])
    assert [message.text for message in desk.unanswered(lead_id)] == ["quanto custa?"]


def test_what_the_assistant_answers_after_all_is_not_left(desk: Desk) -> None:
    ana, ops = someone(), desk.operations
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "um"))
    silently(desk, lead_id)
    assert desk.run(ops.give_back(lead_id, "ana", answer=True)).left == 0
    desk.run(ops.take_over(lead_id, "ana"))
    silently(desk, lead_id)
    desk.change("update leads set last_inbound_at = now() - interval '1 day' where id = $1", lead_id)
    assert desk.run(ops.give_back(lead_id, "ana", answer=True)).left == 1, (
        "the window is closed: nothing can be answered"
    )


def test_who_waits_for_a_person_is_looked_up_among_the_taken_over_alone(desk: Desk) -> None:
    """With 100,000 leads, a look at each for the overview would be felt."""
    query = "select count(*) from leads l where l.taken_over_at is not null and exists (select 1 from unheard_of(l.id))"

    async def plan() -> str:
        async with desk.connection.transaction():
            await desk.connection.execute("set local enable_seqscan = off")
            return "\n".join(row[0] for row in await desk.connection.fetch(f"explain {query}"))

    assert "leads_taken_over" in desk.run(plan())


# from one person to another


def test_whoever_has_not_taken_over_neither_writes_nor_gives_back_and_learns_who_has(desk: Desk) -> None:
    lead_id = desk.taken_over(says(someone()), operator="ana")
    ops = desk.operations
    refused = [desk.run(ops.write(lead_id, "bia", "k", "Oi!")), desk.run(ops.give_back(lead_id, "bia", answer=True))]
    assert [(acted.outcome, acted.held_by, acted.dispatch) for acted in refused] == [
        ("not_taken_over", "ana", None)
    ] * 2
    assert desk.run(desk.store.lead(lead_id)).taken_over_at is not None
    assert desk.cell("select count(*) from lead_messages where lead_id = $1 and author is not null", lead_id) == 0
    assert desk.actions(lead_id) == [("ana", "take_over")]


def test_a_person_takes_a_conversation_from_another_and_what_came_before_is_not_forgotten(desk: Desk) -> None:
    ana, ops = someone(), desk.operations
    lead_id = desk.taken_over(says(ana), operator="ana")
    desk.receive(says(ana, "alguém aí?"))
    silently(desk, lead_id)
    acted = desk.run(ops.take_over(lead_id, "bia", held_by="ana"))
    assert (acted.outcome, acted.dispatch) == ("done", None)
    assert desk.run(ops.take_over(lead_id, "bia", held_by="ana")).outcome == "done"  # repeated: changes nothing
    assert desk.actions(lead_id) == [("bia", "take_over"), ("ana", "take_over")]
    assert desk.run(ops.sheet(lead_id)).actions[0].details == {"from": "ana"}
    late = desk.run(ops.write(lead_id, "ana", "k", "Oi!"))
    assert (late.outcome, late.held_by) == ("not_taken_over", "bia")
    assert desk.run(ops.give_back(lead_id, "bia", answer=True)).outcome == "done"
    assert [message.text for message in desk.unanswered(lead_id)] == ["alguém aí?"]


def test_a_conversation_is_taken_only_from_who_has_it(desk: Desk) -> None:
    """The page that was looked at may be an hour old."""
    ops, lead_id = desk.operations, desk.taken_over(says(someone()), operator="ana")
    first, second = desk.together(ops.take_over(lead_id, "bia", "ana"), ops.take_over(lead_id, "caio", "ana"))
    winner, loser = ("bia", second) if first.outcome == "done" else ("caio", first)
    assert (loser.outcome, loser.held_by) == ("taken_over", winner)
    assert desk.run(ops.sheet(lead_id)).taken_over_by == winner
    assert desk.run(ops.give_back(lead_id, winner, answer=False)).outcome == "done"
    late = desk.run(ops.take_over(lead_id, "ana", winner))
    assert (late.outcome, late.held_by) == ("not_taken_over", None)
    assert desk.run(desk.store.lead(lead_id)).taken_over_at is None


def test_a_message_that_was_taken_is_not_refused_when_its_form_comes_again_after_a_change_of_hands(desk: Desk) -> None:
    ops, lead_id = desk.operations, desk.taken_over(says(someone()), operator="ana")
    assert desk.run(ops.write(lead_id, "ana", "k", "Oi!")).outcome == "done"
    desk.run(ops.take_over(lead_id, "bia", held_by="ana"))
    assert desk.run(ops.write(lead_id, "ana", "k", "Oi!")).outcome == "done"
    assert desk.cell("select count(*) from lead_messages where lead_id = $1 and author is not null", lead_id) == 1


# merging


def test_a_take_over_stays_when_two_leads_turn_out_to_be_one_person(desk: Desk) -> None:
    """The form's lead was taken over; the person then writes under a BSUID of their own, and a run is at work for it."""
    ana = someone()
    form = desk.form(ana).lead_id
    desk.run(desk.operations.take_over(form, "ana"))
    claim = desk.conversation(says(ana.hidden))
    desk.receive(shares_number(ana.hidden, ana.phone or ""))
    (merged,) = desk.leads_of(ana)
    assert merged == claim.lead_id
    sheet = desk.run(desk.operations.sheet(merged))
    assert sheet.taken_over_by == "ana" and sheet.taken_over_at is not None
    assert desk.actions(merged) == [("ana", "take_over")]
    with pytest.raises(Superseded):
        desk.answer(claim)


def test_a_merge_wakes_the_run_that_waits_when_the_other_lead_was_taken_over(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana).lead_id
    payload, wamid = desk.welcomed(form)
    desk.run(desk.operations.take_over(form, "ana"))
    claim = desk.parked(says(ana.hidden))
    desk.receive(taps(ana.hidden, payload, on=wamid))
    assert desk.leads_of(ana) == {claim.lead_id}
    assert desk.state_of(claim.run_id)["status"] == "waking"
    assert desk.run(desk.store.lead(claim.lead_id)).taken_over_at is not None


def test_turns_and_actions_move_with_a_changed_user_id(desk: Desk) -> None:
    old, new = someone(), Person(bsuid=f"BR.{uuid4().int}")
    kept, dropped = desk.parked(says(old)).lead_id, desk.taken_over(says(new), operator="bia")
    desk.receive(new_user_id(old.bsuid, new.bsuid))
    assert desk.leads_of(old, new) == {kept}
    assert desk.actions(kept) == [("bia", "take_over")]
    assert desk.cell("select count(*) from operator_actions where lead_id = $1", dropped) == 0
    assert desk.run(desk.operations.sheet(kept)).taken_over_by == "bia"
