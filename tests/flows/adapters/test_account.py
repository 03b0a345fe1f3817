"""What WhatsApp says of the account is obeyed: what we start waits for it, replies go on, people see it and are told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.company import ClaimedNews, FailedRun, StoppedWorker
from tests.flows.adapters.conftest import ROOMY, Desk
from tests.flows.adapters.deliveries import Person, echoes, phone, says, someone, status, told

WELCOME = {"name": "boas_vindas", "language": "pt_BR", "body": ["Marina"], "buttons": []}
NAMED = {"message_template_name": "boas_vindas", "message_template_language": "pt_BR"}
RULES = ROOMY | {
    "templates": {
        "welcome": {"name": "boas_vindas", "language": "pt_BR"},
        "reopening": {"name": "retomar", "language": "pt_BR"},
    }
}
STATUS = "message_template_status_update"
BIZ = "RESTRICTED_BIZ_INITIATED_MESSAGING"


@pytest.fixture(autouse=True)
def account(desk: Desk) -> Iterator[None]:
    """An account of which nothing is known; afterwards again, because the store is shared."""
    desk.run(desk.store.set_starting_rules(RULES))
    told_all(desk)
    yield
    desk.run(desk.store.set_starting_rules(ROOMY))
    desk.change("delete from account_states")
    for table in ("news", "telling"):
        desk.change(f"delete from {table}")


def asked(desk: Desk, lead: UUID, kind: Any, **more: Any) -> tuple[str, str]:
    said = desk.run(desk.store.may_start(lead, kind, **more))
    return said.verdict, said.reason


def paused(desk: Desk, event: str = "PAUSED", **more: Any) -> None:
    desk.receive(told(STATUS, event=event, **NAMED, **more))


def test_a_paused_template_waits_and_goes_when_it_is_approved_again(desk: Desk) -> None:
    """Paused in mid-flight: wanted before, not sent after, and on its way as soon as Meta says so."""
    form = desk.form(Person(phone=phone()))
    claim = desk.claim(form.lead_id, "lead-activation")
    queued = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=WELCOME))
    assert queued.message_id is not None
    paused(desk)
    assert asked(desk, form.lead_id, "template") == ("go", "free")  # that one is another: the configured reopening
    assert desk.run(desk.store.begin_send(queued.message_id)).outcome == "later"
    assert desk.cell(
        "select not_before > now() + interval '10 minutes' from lead_messages where id = $1", queued.message_id
    )
    paused(desk, "APPROVED")
    assert desk.cell("select not_before <= now() from lead_messages where id = $1", queued.message_id)
    assert desk.run(desk.store.begin_send(queued.message_id)).outcome == "send"


def test_a_welcome_that_is_wanted_while_its_template_is_paused_is_kept_as_a_message(desk: Desk) -> None:
    paused(desk)
    form = desk.form(Person(phone=phone()))
    assert form.action == "start"
    assert asked(desk, form.lead_id, "welcome") == ("wait", "template_stopped")
    claim = desk.claim(form.lead_id, "lead-activation")
    waiting = desk.run(desk.store.company.account()).waiting
    queued = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=WELCOME))
    assert queued.message_id is not None
    assert desk.run(desk.store.begin_send(queued.message_id)).outcome == "later"
    assert desk.run(desk.store.company.account()).waiting == waiting + 1


@pytest.mark.parametrize("event", ["PAUSED", "REJECTED", "DISABLED", "PENDING", "IN_APPEAL", "DELETED"])
def test_whatever_meta_does_not_send_is_not_sent(desk: Desk, event: str) -> None:
    paused(desk, event)
    lead = desk.form(Person(phone=phone())).lead_id
    assert asked(desk, lead, "welcome") == ("wait", "template_stopped")


@pytest.mark.parametrize("event", ["APPROVED", "FLAGGED", "REINSTATED", "LOCKED", "LIMIT_EXCEEDED"])
def test_what_meta_sends_goes(desk: Desk, event: str) -> None:
    paused(desk, event)
    lead = desk.form(Person(phone=phone())).lead_id
    assert asked(desk, lead, "welcome") == ("go", "template")


def test_an_older_word_that_comes_late_changes_nothing(desk: Desk) -> None:
    paused(desk, "APPROVED")
    desk.receive(told(STATUS, event="PAUSED", at=datetime.now(UTC) - timedelta(hours=1), **NAMED))
    assert desk.run(desk.store.company.account()).stops == ()


def test_a_reminder_inside_the_window_needs_no_template_and_outside_waits_for_it(desk: Desk) -> None:
    lead = desk.parked(says(someone())).lead_id
    desk.receive(told(STATUS, event="PAUSED", message_template_name="retomar", message_template_language="pt_BR"))
    assert asked(desk, lead, "reminder") == ("go", "free")
    desk.change("update leads set last_inbound_at = now() - interval '2 days' where id = $1", lead)
    assert asked(desk, lead, "reminder") == ("wait", "template_stopped")


def test_a_flagged_number_sends_only_what_the_person_asked_for(desk: Desk) -> None:
    lead = desk.parked(says(someone())).lead_id
    desk.change("update leads set last_inbound_at = now() - interval '2 days' where id = $1", lead)
    fresh = desk.form(Person(phone=phone())).lead_id
    number = {"display_phone_number": "551131230000"}
    desk.receive(told("phone_number_quality_update", event="FLAGGED", **number))
    assert asked(desk, lead, "reminder") == ("wait", "number_flagged")
    assert asked(desk, fresh, "welcome") == ("go", "template")
    desk.receive(told("phone_number_quality_update", event="UNFLAGGED", **number))
    assert asked(desk, lead, "reminder") == ("go", "template")


def test_another_number_of_the_account_that_is_flagged_holds_up_nothing_once_ours_is_known(desk: Desk) -> None:
    lead = desk.parked(says(someone())).lead_id
    desk.change("update leads set last_inbound_at = now() - interval '2 days' where id = $1", lead)
    desk.receive(told("phone_number_quality_update", event="FLAGGED", display_phone_number="55 21 99876-0000"))
    assert asked(desk, lead, "reminder") == ("wait", "number_flagged"), "whose it is, nobody knows yet"
    for _ in range(2):
        desk.run(desk.store.company.note_own_number("551131230000"))
    assert asked(desk, lead, "reminder") == ("go", "template")
    account = desk.run(desk.store.company.account())
    assert account.stops == () and [(s.subject, s.fact) for s in account.states] == [("5521998760000", "quality")]
    assert [(n.kind, n.subject) for n in desk.untold()] == [("number", "5521998760000")], "people are told all the same"
    desk.receive(told("phone_number_quality_update", event="FLAGGED", display_phone_number="+55 11 3123-0000"))
    assert asked(desk, lead, "reminder") == ("wait", "number_flagged")


def test_a_restricted_account_starts_nothing_until_its_restriction_ends(desk: Desk) -> None:
    lead = desk.form(Person(phone=phone())).lead_id
    ends = datetime.now(UTC) + timedelta(days=3)
    info = [{"restriction_type": BIZ, "expiration": str(int(ends.timestamp()))}]
    desk.receive(told("account_update", event="ACCOUNT_RESTRICTION", restriction_info=info))
    said = desk.run(desk.store.may_start(lead, "welcome"))
    assert (said.verdict, said.reason) == ("wait", "account_restricted")
    assert said.until is not None and abs(said.until - ends) < timedelta(seconds=2)
    desk.change(
        "update account_states set detail = jsonb_set(detail, array['until', fact], to_jsonb(now() - interval '1 minute'))"
    )
    assert asked(desk, lead, "welcome") == ("go", "template")


def test_a_disabled_account_stops_reminders_too_and_never_an_operators_message(desk: Desk) -> None:
    lead = desk.parked(says(someone())).lead_id
    desk.receive(told("account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"}))
    assert asked(desk, lead, "reminder") == ("wait", "account_disabled")
    assert asked(desk, lead, "message") == ("go", "free")
    assert desk.run(desk.operations.remind_now(lead, "ana")).outcome == "account_waits"
    desk.receive(
        told("account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "REINSTATE"}, at=datetime.now(UTC))
    )
    assert asked(desk, lead, "reminder") == ("go", "free")


def test_the_limit_of_people_a_day_is_kept(desk: Desk) -> None:
    before = desk.run(desk.store.company.account()).started
    desk.welcomed(desk.form(Person(phone=phone())).lead_id)
    lead = desk.form(Person(phone=phone())).lead_id
    started = desk.run(desk.store.company.account()).started
    assert started == before + 1
    desk.receive(told("business_capability_update", max_daily_conversations_per_business=started + 1))
    assert asked(desk, lead, "welcome") == ("go", "template")
    desk.receive(told("business_capability_update", max_daily_conversations_per_business=started))
    assert asked(desk, lead, "welcome") == ("wait", "messaging_limit")
    desk.receive(told("business_capability_update", max_daily_conversations_per_business="TIER_UNLIMITED"))
    assert asked(desk, lead, "welcome") == ("go", "template")


def test_replies_go_out_whatever_the_account_is(desk: Desk) -> None:
    desk.receive(told("account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"}))
    claim = desk.conversation(says(someone()))
    assert desk.run(desk.store.begin_send(desk.answer(claim))).outcome == "send"


def test_a_person_says_that_it_is_mended_and_what_waited_is_tried(desk: Desk) -> None:
    form = desk.form(Person(phone=phone()))
    claim = desk.claim(form.lead_id, "lead-activation")
    queued = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=WELCOME)).message_id
    paused(desk)
    assert desk.run(desk.store.begin_send(queued)).outcome == "later"
    company = desk.store.company
    assert desk.run(company.account_mended("ana", "template", "boas_vindas:pt_BR", "status")).outcome == "done"
    assert desk.run(company.account_mended("ana", "template", "boas_vindas:pt_BR", "status")).outcome == "nothing"
    assert desk.run(desk.store.begin_send(queued)).outcome == "send"
    assert desk.run(desk.operations.actions(1))[0].action == "account_mended"


# told


def claim_news(desk: Desk, every: float = 300, patience: float = 240) -> ClaimedNews | None:
    every_, patience_ = timedelta(seconds=every), timedelta(seconds=patience)
    found: ClaimedNews | None = desk.run(desk.store.company.claim_news(every_, patience_))
    return found


def told_all(desk: Desk) -> None:
    while (claimed := claim_news(desk, 0)) is not None:
        desk.run(desk.store.company.told_news(claimed.claim))


def test_serious_news_are_told_once_and_plain_ones_never(desk: Desk) -> None:
    paused(desk, "APPROVED")
    paused(desk)
    claimed = claim_news(desk)
    assert claimed is not None and not claimed.unsure
    assert [(n.kind, n.subject, n.what) for n in claimed.news] == [("template", "boas_vindas:pt_BR", "PAUSED")]
    desk.run(desk.store.company.told_news(claimed.claim))
    assert claim_news(desk) is None
    assert [row.what for row in desk.run(desk.store.company.account()).news] == ["PAUSED", "APPROVED"]


def handed_over(desk: Desk) -> UUID:
    claim = desk.conversation(says(someone()))
    desk.change("insert into handoffs (lead_id, reason) values ($1, 'asked_for_person')", claim.lead_id)
    return claim.lead_id


def test_hand_overs_gather_for_a_while_and_are_one_message_without_those_somebody_took_up(desk: Desk) -> None:
    first = handed_over(desk)
    claimed = claim_news(desk)
    assert claimed is not None
    assert [(n.kind, n.subject, n.what) for n in claimed.news] == [("handoff", str(first), "asked_for_person")]
    desk.run(desk.store.company.told_news(claimed.claim))
    one, other, taken = handed_over(desk), handed_over(desk), handed_over(desk)
    assert claim_news(desk) is None, "less than five minutes after the last message"
    desk.change("update handoffs set acknowledged_at = now() where lead_id = $1", taken)
    desk.change("update telling set told_at = now() - interval '301 seconds'")
    claimed = claim_news(desk)
    assert claimed is not None and {n.subject for n in claimed.news} == {str(one), str(other)}
    desk.run(desk.store.company.told_news(claimed.claim))
    assert claim_news(desk, 0) is None


def test_what_cannot_wait_takes_what_gathers_along(desk: Desk) -> None:
    desk.change("update telling set told_at = now()")
    handed_over(desk)
    assert claim_news(desk) is None
    paused(desk)
    claimed = claim_news(desk)
    assert claimed is not None and {n.kind for n in claimed.news} == {"handoff", "template"}


def test_of_many_replicas_one_gets_the_message(desk: Desk) -> None:
    handed_over(desk)
    call = desk.store.company.claim_news
    found = desk.together(*(call(timedelta(0), timedelta(minutes=4)) for _ in range(8)))
    assert sum(each is not None for each in found) == 1


def test_a_message_of_unknown_fate_is_repeated_under_its_id_and_counts_as_told_when_nobody_knows_that(
    desk: Desk,
) -> None:
    """Prefect takes an event once by its id, but remembers ids for minutes."""
    handed_over(desk)
    first = claim_news(desk, 0)
    assert first is not None and not first.unsure
    assert claim_news(desk, 0) is None, "whoever has it may still be at it"
    desk.change("update telling set tried_at = now() - interval '21 seconds'")
    handed_over(desk)
    again = claim_news(desk, 0)
    assert again is not None and again.unsure
    assert (again.claim, again.news) == (first.claim, first.news), "the same, whatever else happened since"
    desk.run(desk.store.company.put_off_news(again.claim, unsure=True))
    desk.change("update telling set since = now() - interval '241 seconds'")
    later = claim_news(desk, 0)
    assert later is not None and later.claim != first.claim
    assert not {n.id for n in later.news} & {n.id for n in first.news}


def test_what_certainly_did_not_go_out_is_tried_for_hours(desk: Desk) -> None:
    handed_over(desk)
    first = claim_news(desk, 0)
    assert first is not None
    desk.run(desk.store.company.put_off_news(first.claim, unsure=False))
    desk.change("update telling set since = now() - interval '9 hours'")
    again = claim_news(desk, 0)
    assert again is not None and again.claim == first.claim and not again.unsure


def test_a_failed_run_is_news_once_and_again_when_it_fails_again(desk: Desk) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    run = FailedRun(at=at, subject=f"daily-report:{uuid4()}", what="FAILED")
    for each in (run, run, run.model_copy(update={"at": at + timedelta(seconds=9)})):
        desk.run(desk.store.company.note_failed_runs([each]))
    assert [(n.kind, n.subject) for n in desk.untold()] == [("run", run.subject)] * 2


def test_a_worker_that_died_and_that_none_is_left_are_news_once_each(desk: Desk) -> None:
    died = StoppedWorker(at=datetime.now(UTC), subject="host-12")
    note = desk.store.company.note_workers
    for alive in (1, 1, 0, 0, 2, 2):
        desk.run(note([died], alive))
    assert [(n.subject, n.what) for n in desk.untold()] == [("host-12", "stopped"), ("", "none"), ("", "alive")]
    desk.together(*(note([], 0) for _ in range(6)))
    assert [n.what for n in desk.untold()][3:] == ["none"]


@pytest.mark.parametrize("way", ["status", "answer", "account error"])
def test_a_fault_of_the_account_is_news_once_an_hour_whichever_way_it_comes(desk: Desk, way: str) -> None:
    for _ in range(3):
        message = desk.answer(desk.conversation(says(someone())))
        assert message is not None
        assert desk.run(desk.store.begin_send(message)).outcome == "send"
        if way == "status":
            desk.receive(status(f"wamid.{uuid4().hex}", "failed", tracker=message, code=131042))
        elif way == "answer":
            desk.run(desk.store.record_send(message, "mend", attempt=1, code=131042, after_seconds=60))
        else:
            desk.run(
                desk.store.receive([{"kind": "account_error", "key": f"e:{uuid4()}", "error_code": 131042, "raw": {}}])
            )
    assert [(n.kind, n.what) for n in desk.untold()] == [("fault", "131042")]
    desk.change("update news set at = at - interval '2 hours'")
    desk.run(desk.store.receive([{"kind": "account_error", "key": f"e:{uuid4()}", "error_code": 131042, "raw": {}}]))
    assert len(desk.untold()) == 2


def test_a_rate_limit_is_nobodys_to_mend(desk: Desk) -> None:
    desk.run(desk.store.receive([{"kind": "account_error", "key": f"e:{uuid4()}", "error_code": 130429, "raw": {}}]))
    assert desk.untold() == []


# a person answers from the phone app


def test_an_answer_from_the_phone_app_takes_the_conversation_over_and_is_shown(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    (dispatch,) = desk.receive(echoes(ana, "Aqui é o Rui, já te ligo"))
    assert (dispatch.lead_id, dispatch.action) == (claim.lead_id, "resume")
    sheet = desk.run(desk.operations.sheet(claim.lead_id))
    assert sheet.taken_over_by == "celular"
    newest = sheet.messages[-1]
    assert (newest.who, newest.author, newest.text, newest.delivery_status) == (
        "agent",
        "celular",
        "Aqui é o Rui, já te ligo",
        "sent",
    )
    assert desk.run(desk.operations.take_over(claim.lead_id, "ana", held_by="celular")).outcome == "done"
    assert desk.run(desk.operations.give_back(claim.lead_id, "ana", answer=False)).outcome == "done"


def test_it_stops_the_assistant_in_the_middle_of_a_turn(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    unsent = desk.answer(claim)
    desk.receive(echoes(ana, "eu respondo"))
    assert desk.run(desk.store.begin_send(unsent)).outcome == "failed"
    assert desk.run(desk.operations.sheet(claim.lead_id)).taken_over_by == "celular"


def test_one_to_somebody_whom_nobody_knows_is_a_lead_that_a_person_has(desk: Desk) -> None:
    rui = someone()
    desk.receive(echoes(rui, "Bom dia"))
    sheet = desk.run(desk.operations.sheet(desk.lead_of(rui)))
    assert (sheet.taken_over_by, [m.text for m in sheet.messages]) == ("celular", ["Bom dia"])


def test_our_own_message_is_no_echo_and_an_operator_keeps_what_they_have(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    wamid = desk.sent(desk.answer(claim))
    desk.receive(echoes(ana, "Qual é a sua cidade?", wamid=wamid))
    assert desk.run(desk.operations.sheet(claim.lead_id)).taken_over_by is None
    lead = desk.taken_over(says(rui := someone()))
    desk.receive(echoes(rui, "oi"))
    assert desk.run(desk.operations.sheet(lead)).taken_over_by == "ana"


def test_an_erasure_takes_what_was_written_from_the_phone_app_and_it_does_not_come_back(desk: Desk) -> None:
    ana = someone()
    lead = desk.parked(says(ana)).lead_id
    echo = echoes(ana, "eu respondo")
    desk.receive(echo)
    desk.change("delete from webhook_events where event_key = $1", echo[0]["key"])
    desk.run(desk.operations.erase(lead, "ana"))
    assert desk.run(desk.store.receive(echo)).stored == 0
    assert desk.leads_of(ana) == set()


# through which advertisement


def test_the_advertisement_stays_with_the_lead_and_is_reported(desk: Desk) -> None:
    ana, headline = someone(), f"Economize {uuid4().hex[:6]}"
    ad = {
        "source_type": "ad",
        "source_id": "1200",
        "source_url": "https://fb.me/x",
        "headline": headline,
        "body": "Só hoje",
        "ctwa_clid": "clid-1",
    }
    lead = desk.receive(says(ana, type="text", text={"body": "Quero saber"}, referral=ad))[0].lead_id
    sheet = desk.run(desk.operations.sheet(lead))
    assert [(r.headline, r.source_id, r.ctwa_clid) for r in sheet.referrals] == [(headline, "1200", "clid-1")]
    report = desk.run(
        desk.operations.report(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(minutes=1))
    )
    assert report.referrals[headline] == 1
    (row,) = desk.run(desk.operations.export(lead, "ana"))["lead_referrals"]
    assert row["body"] == "Só hoje"
