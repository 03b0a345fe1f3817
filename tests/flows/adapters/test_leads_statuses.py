"""Sending and its outcome: a message's row never steps back, is never sent twice, and is never forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.errors import OptedOut
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import prefers, says, someone, status


def reply(desk: Desk) -> UUID:
    """A reply that waits to be sent."""
    message = desk.answer(desk.conversation(says(someone())))
    assert message is not None
    return message


def now_is(desk: Desk, message: UUID) -> str:
    return desk.run(desk.store.message_state(message)).status


def record(desk: Desk, message: UUID, outcome: Any, attempt: int = 1, **more: Any) -> str:
    return desk.run(desk.store.record_send(message, outcome, attempt=attempt, **more)).status


def wamid() -> str:
    return f"wamid.out.{uuid4().hex}"


@pytest.mark.parametrize(
    ("arriving", "ends"),
    [
        (["sent", "delivered", "read"], "read"),
        (["delivered", "sent"], "delivered"),
        (["read", "delivered", "sent"], "read"),
        (["sent", "played"], "played"),
        (["delivered", ("failed", 131026)], "delivered"),
        (["read", ("failed", 131000)], "read"),
        ([("failed", 131026)], "failed"),
        ([("failed", 131026), "delivered"], "delivered"),
        ([("failed", 131026), "sent"], "failed"),
        (["sent", ("failed", 131047)], "queued"),
        ([("failed", None)], "failed"),
        (["deleted", "sent"], "sent"),
    ],
)
def test_statuses_in_any_order_end_where_the_person_is(desk: Desk, arriving: list[Any], ends: str) -> None:
    """docs/whatsapp.md 3.1: advance by rank; failed after delivered means one device of several."""
    message = reply(desk)
    sent = desk.sent(message)
    for item in arriving:
        name, code = item if isinstance(item, tuple) else (item, None)
        desk.receive(status(sent, name, code=code))
    assert now_is(desk, message) == ends


@pytest.mark.parametrize(
    "tracker", [None, "outbox:8841", "", "6c84fb90-12c4-41e1-840d-725aa3c3b3a7", "00000000-0000-0000-0000-00000000000g"]
)
def test_a_status_of_nothing_of_ours_is_stored_and_changes_nothing(desk: Desk, tracker: str | None) -> None:
    # many times: what a prepared statement does changes after some calls
    for _ in range(8):
        delivered = desk.run(desk.store.receive(status(wamid(), "delivered", tracker=tracker)))
        assert (delivered.stored, delivered.refused, delivered.dispatch) == (1, 0, ())


def test_a_status_is_found_by_its_wamid_whatever_its_tracker_says(desk: Desk) -> None:
    ours, other = reply(desk), reply(desk)
    sent = desk.sent(ours)
    desk.sent(other)
    for tracker in (None, "outbox:1", other):
        desk.receive(status(sent, {None: "sent", "outbox:1": "delivered"}.get(tracker, "read"), tracker=tracker))
    assert (now_is(desk, ours), now_is(desk, other)) == ("read", "accepted")


def test_a_status_of_an_inbound_message_is_ignored(desk: Desk) -> None:
    ana = someone()
    desk.receive(says(ana, wamid=(theirs := f"wamid.in.{uuid4()}")))
    desk.receive(status(theirs, "failed", code=131026))
    assert len(desk.unanswered(desk.lead_of(ana))) == 1


def test_a_status_that_overtakes_the_answer_of_its_call_is_not_undone_by_it(desk: Desk) -> None:
    message, sent = reply(desk), wamid()
    desk.run(desk.store.begin_send(message))
    desk.receive(status(sent, "delivered", tracker=message))
    assert record(desk, message, "accepted", wamid=sent) == "delivered"
    desk.receive(status(sent, "read"))
    assert now_is(desk, message) == "read"


@pytest.mark.parametrize(("code", "ends"), [(131026, "failed"), (130429, "queued")])
def test_a_failure_that_overtakes_the_answer_of_its_call_is_not_undone_by_it(desk: Desk, code: int, ends: str) -> None:
    message, sent = reply(desk), wamid()
    desk.run(desk.store.begin_send(message))
    desk.receive(status(sent, "failed", tracker=message, code=code))
    assert record(desk, message, "accepted", wamid=sent) == ends
    # a `sent` of the failed attempt may come last of all
    desk.receive(status(sent, "sent", tracker=message))
    assert now_is(desk, message) == ends


@pytest.mark.parametrize("code", [2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004])
def test_a_message_refused_for_now_by_status_is_wanted_again_later(desk: Desk, code: int) -> None:
    message = reply(desk)
    desk.receive(status(desk.sent(message), "failed", code=code))
    state = desk.run(desk.store.message_state(message))
    assert (state.status, state.error_code) == ("queued", code)
    assert timedelta(seconds=10) < state.not_before - datetime.now(UTC) < timedelta(seconds=20)
    second = desk.sent(message)
    desk.receive(status(second, "failed", code=code))
    later = desk.run(desk.store.message_state(message))
    assert later.not_before - datetime.now(UTC) > timedelta(seconds=50)
    third = desk.sent(message)
    desk.receive(status(third, "delivered"))
    assert now_is(desk, message) == "delivered"


def test_a_message_refused_for_now_again_and_again_fails_in_the_end(desk: Desk) -> None:
    message = reply(desk)
    for _ in range(4):
        desk.receive(status(desk.sent(message), "failed", code=131000))
    assert now_is(desk, message) == "failed"


def test_the_failure_of_an_earlier_attempt_does_not_touch_the_later_one(desk: Desk) -> None:
    """The first call's outcome was unknown and it was repeated; both carry the same tracker."""
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    assert record(desk, message, "unknown") == "uncertain"
    desk.run(desk.store.begin_send(message, again=1))
    record(desk, message, "accepted", wamid=wamid())
    desk.receive(status(wamid(), "failed", tracker=message, code=131000))
    assert now_is(desk, message) == "accepted"


def test_somebody_without_whatsapp_is_marked_unreachable_until_they_write(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.receive(status(desk.sent(desk.answer(claim)), "failed", code=131026))
    column = "select unreachable_code from leads where id = $1"
    assert desk.cell(column, claim.lead_id) == 131026
    desk.receive(says(ana, "cheguei"))
    assert desk.cell(column, claim.lead_id) is None


def test_a_failure_with_131050_is_an_opt_out(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.receive(status(desk.sent(desk.answer(claim)), "failed", code=131050))
    assert desk.run(desk.store.lead(claim.lead_id)).opted_out_at is not None
    with pytest.raises(OptedOut):
        desk.run(desk.store.queue(claim, f"reminder:{claim.run_id}:1", text="Oi"))


def test_the_same_status_twice_is_one(desk: Desk) -> None:
    message = reply(desk)
    event = status(desk.sent(message), "delivered")
    answers = desk.together(*(desk.store.receive(event) for _ in range(6)))
    assert sum(answer.stored for answer in answers) == 1


def test_one_of_many_senders_is_told_to_send(desk: Desk) -> None:
    message = reply(desk)
    outcomes = [out.outcome for out in desk.together(*(desk.store.begin_send(message) for _ in range(8)))]
    assert sorted(outcomes) == ["send"] + ["unknown"] * 7


def test_a_settled_message_is_not_sent_again(desk: Desk) -> None:
    message = reply(desk)
    desk.sent(message)
    assert desk.run(desk.store.begin_send(message)).outcome == "settled"
    assert desk.run(desk.store.begin_send(message, again=1)).outcome == "settled"


def test_a_failed_message_says_its_code(desk: Desk) -> None:
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    assert record(desk, message, "failed", code=131009) == "failed"
    again = desk.run(desk.store.begin_send(message, again=1))
    assert (again.outcome, again.error_code) == ("failed", 131009)


def test_a_refused_message_is_queued_for_later(desk: Desk) -> None:
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    assert record(desk, message, "refused", code=131056, after_seconds=40) == "queued"
    state = desk.run(desk.store.message_state(message))
    assert timedelta(seconds=30) < state.not_before - datetime.now(UTC) <= timedelta(seconds=41)
    out = desk.run(desk.store.begin_send(message))
    assert (out.outcome, out.attempts) == ("send", 2)


def test_a_message_of_unknown_outcome_is_repeated_only_on_purpose(desk: Desk) -> None:
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    assert desk.run(desk.store.begin_send(message)).outcome == "unknown"  # while the first call is under way
    assert record(desk, message, "unknown") == "uncertain"
    assert desk.run(desk.store.begin_send(message)).outcome == "unknown"
    assert desk.run(desk.store.begin_send(message, again=1)).outcome == "send"
    record(desk, message, "unknown", attempt=2)
    desk.receive(status(wamid(), "sent", tracker=message))
    assert desk.run(desk.store.begin_send(message, again=1)).outcome == "settled"


def test_of_all_who_waited_for_a_status_in_vain_one_repeats_the_message(desk: Desk) -> None:
    """A worker that stood still longer than its lease waits on, beside the one that took its run."""
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    record(desk, message, "unknown")
    repeats = desk.together(*(desk.store.begin_send(message, again=1) for _ in range(4)))
    assert sorted(out.outcome for out in repeats) == ["send"] + ["unknown"] * 3
    record(desk, message, "unknown", attempt=2)
    assert desk.run(desk.store.begin_send(message, again=1)).outcome == "unknown"
    assert desk.run(desk.store.begin_send(message, again=2)).outcome == "send"


@pytest.mark.parametrize("late", ["refused", "mend", "unknown", "failed", "unreachable", "opted_out"])
def test_what_became_of_an_earlier_attempt_says_nothing_of_the_one_under_way(desk: Desk, late: Any) -> None:
    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.begin_send(message, again=1))
    assert record(desk, message, late, code=130429, after_seconds=0) == "sending"
    assert desk.run(desk.store.begin_send(message)).outcome == "unknown"
    assert record(desk, message, "accepted", wamid=wamid()) == "accepted"


def test_a_status_can_be_told_from_when_on_a_webhook_is_there_without_a_break(desk: Desk) -> None:
    def heard(looked: str | None = None) -> datetime | None:
        if looked:
            desk.change(
                "update dispatching set since = now() - interval '1 hour', looked_at = now() - $1::text::interval",
                looked,
            )
        return desk.run(desk.store.message_state(message)).heard_since

    message = reply(desk)
    desk.run(desk.store.begin_send(message))
    desk.change("delete from dispatching")
    sent = heard()
    assert sent is not None, "a flow that is run by hand waits from the sending on"
    desk.run(desk.store.due())
    assert heard("1 second") == sent
    assert heard("1 minute") is None
    desk.run(desk.store.due())
    back = heard()
    assert back is not None and back > sent
    desk.run(desk.store.due())
    assert heard() == back
    assert heard("-1 hour") is None, "the clock was set back"


@pytest.mark.parametrize("outcome", ["refused", "unknown", "failed", "unreachable", "opted_out"])
def test_no_late_word_takes_back_what_was_delivered(desk: Desk, outcome: Any) -> None:
    message = reply(desk)
    desk.receive(status(desk.sent(message), "delivered"))
    assert record(desk, message, outcome, code=131000) == "delivered"


def test_a_refusal_for_the_person_is_kept_with_the_person(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    message = desk.answer(claim)
    desk.run(desk.store.begin_send(message))
    record(desk, message, "unreachable", code=131026)
    assert desk.cell("select unreachable_code from leads where id = $1", claim.lead_id) == 131026


def test_an_outgoing_message_says_to_whom_and_what(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    out = desk.run(desk.store.begin_send(desk.answer(claim)))
    assert (out.bsuid, out.phone, out.content.text, out.template) == (
        ana.bsuid,
        ana.phone,
        "Qual é a sua cidade?",
        None,
    )
    assert out.last_inbound_at is not None and out.attempts == 1


@pytest.mark.parametrize("kind", ["template", "reminder"])
def test_what_nobody_asked_for_does_not_leave_after_a_stop(desk: Desk, kind: str) -> None:
    """It was wanted before the person said stop, and put off; a stop stops at once (docs/domain.md 8.2)."""
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.sent(desk.answer(claim))
    key, text = f"{'template' if kind == 'template' else 'reminder:manual'}:{uuid4()}", "Oi"
    template = {"name": "t", "language": "pt_BR", "body": [], "buttons": []} if kind == "template" else None
    queued = desk.started(claim.lead_id, key, text, template)
    desk.receive(says(ana, "parar"))
    goodbye = desk.answer(claim)
    desk.receive(prefers(ana, "stop"))
    refused = desk.run(desk.store.begin_send(queued))
    assert (refused.outcome, refused.error_code) == ("failed", 131050)
    # the answer to what the person wrote still goes out, above all the goodbye
    assert desk.run(desk.store.begin_send(goodbye)).outcome == "send"


def test_the_systems_stop_and_resume_count(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.receive(prefers(ana, "stop"))
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert lead.opted_out_at is not None and lead.stage == "OPTED_OUT"
    desk.receive(prefers(ana, "resume", at=datetime.now(UTC) + timedelta(seconds=5)))
    lead = desk.run(desk.store.lead(claim.lead_id))
    assert lead.opted_out_at is None and lead.stage != "OPTED_OUT"
    consents = desk.rows("select granted from lead_consents where lead_id = $1 order by created_at", claim.lead_id)
    assert [row["granted"] for row in consents] == [False, True]


@pytest.mark.parametrize("how", ["hidden", "old_style"])
def test_a_stop_is_understood_by_user_id_or_phone_alone(desk: Desk, how: str) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.receive(prefers(getattr(ana, how), "stop"))
    assert desk.run(desk.store.lead(claim.lead_id)).opted_out_at is not None


def test_a_resume_that_is_older_than_the_stop_is_not_obeyed(desk: Desk) -> None:
    ana, now = someone(), datetime.now(UTC)
    claim = desk.conversation(says(ana))
    desk.receive(prefers(ana, "stop", at=now))
    desk.receive(prefers(ana, "resume", at=now - timedelta(minutes=5)))
    assert desk.run(desk.store.lead(claim.lead_id)).opted_out_at is not None


def test_a_stop_of_a_stranger_makes_no_lead(desk: Desk) -> None:
    stranger = someone()
    assert desk.receive(prefers(stranger, "stop")) == []
    assert not desk.leads_of(stranger)


@pytest.mark.parametrize(
    ("stands", "arriving", "hears"),
    [
        ("accepted", ("sent", None), False),
        ("accepted", ("read", None), False),
        ("accepted", ("failed", 131000), True),
        ("uncertain", ("delivered", None), True),
        ("sending", ("sent", None), True),
    ],
)
def test_a_waiting_run_hears_of_an_outcome_it_waits_for_or_has_to_mend_and_of_no_other(
    desk: Desk, stands: str, arriving: tuple[str, int | None], hears: bool
) -> None:
    """Ticks come three a message, and each would make the run of a chat under way look into the store."""
    claim = desk.conversation(says(someone()))
    message, its, heard = desk.answer(claim), wamid(), []
    assert message is not None
    assert desk.run(desk.store.begin_send(message)).outcome == "send"
    if stands == "accepted":
        record(desk, message, "accepted", wamid=its)
    elif stands == "uncertain":
        record(desk, message, "unknown")
    name, code = arriving

    async def listen() -> None:
        def hear(*args: Any) -> None:
            heard.append(args[3])

        await desk.connection.add_listener("lead_news", hear)
        await desk.store.receive(status(its, name, code=code, tracker=message))
        await desk.connection.fetchval("select 1")
        await desk.connection.remove_listener("lead_news", hear)

    desk.run(listen())
    assert (str(claim.lead_id) in heard) is hears
