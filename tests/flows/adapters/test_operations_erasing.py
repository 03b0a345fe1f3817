"""A person's data: handed out in full, deleted for good, and not brought back by what comes late; nobody else gets in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Claim
from flows.domain import BillReading, Content, Handoff, Offer, Outcome, Reply, Stage, Why
from flows.errors import Superseded
from tests.flows.adapters.conftest import Desk, in_hours
from tests.flows.adapters.deliveries import Events, Person, bsuid, new_user_id, phone, prefers, says, someone, status
from tests.webhook import change, delivery
from webhook.payload import events

WHY = Why(by="gpt-4.1", seconds=1.5, tokens_in=900, tokens_out=80)
TABLES = (
    "leads",
    "lead_user_ids",
    "lead_consents",
    "lead_forms",
    "lead_referrals",
    "lead_messages",
    "energy_bills",
    "sent_files",
    "lead_plan_offers",
    "lead_status",
    "handoffs",
    "lead_notes",
    "lead_contacts",
    "runs",
    "turns",
    "operator_actions",
    "crm_events",
    "webhook_events",
)


class Story:
    """One lead with a row in every table: form, messages, statuses, bill, offers, hand-over, turn, preference."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.person = desk, someone()
        self.name = f"Zuleica{uuid4().hex[:10]}"
        self.form = desk.form(self.person, name=self.name, email=f"{self.name}@example.org")
        self.lead_id = self.form.lead_id
        self.deliveries: list[Events] = []
        ad = {"source_type": "ad", "source_id": "1", "headline": f"Oi, {self.name}"}
        self.delivered(says(self.person, type="text", text={"body": f"sou {self.name}"}, referral=ad))
        self.claim: Claim = desk.claim(self.lead_id)
        offer = Offer(
            plan_id=7, name="Plano", utility="CEMIG", discount="0.14", fidelity_months=0, position=1, benefits=("a",)
        )
        message = desk.answer(
            self.claim,
            stage=Stage.AWAITING_BILL,
            offers=(offer,),
            handoff=Handoff(reason="needs_review"),
            why=WHY.model_copy(update={"before": {"notes": [{"about": "tenant", "text": self.name}]}}),
        )
        self.wamid = desk.sent(message)
        for name in ("sent", "delivered"):
            self.delivered(status(self.wamid, name, tracker=message))
        self.delivered(prefers(self.person, "resume"))
        bill = desk.run(
            desk.store.keep_bill(
                self.lead_id,
                self.message_id,
                path=self.path,
                sha256=self.path,
                mime_type="image/jpeg",
                size=9,
                keep_days=30,
            )
        )
        desk.run(desk.store.record_reading(bill.bill_id, BillReading(outcome="review"), self.printed))
        desk.rows(
            "insert into sent_files (message_id, lead_id, storage_path, mime_type, size_bytes, name, delete_after)"
            " values ($1, $2, $3, 'application/pdf', 9, $4, now() + interval '1 day') returning 1",
            self.message_id,
            self.lead_id,
            self.sent_path,
            f"{self.name}.pdf",
        )
        desk.run(desk.operations.note(self.lead_id, "ana", "a-key", f"{self.name} prefere a noite"))
        desk.run(desk.operations.contacted(self.lead_id, "ana", "call_back", call_back_at=in_hours(20)))
        desk.run(desk.operations.record("ana", "see_bill", self.lead_id))

    def delivered(self, delivery: Events) -> None:
        self.desk.receive(delivery)
        self.deliveries.append(delivery)

    @property
    def path(self) -> str:
        return f"{self.lead_id}/bill.jpg"

    @property
    def printed(self) -> dict[str, str]:
        """What stands on the bill."""
        numbers = ("installation_number", "client_number", "contract_account")
        return {"holder_name": self.name} | {name: f"{name} {self.lead_id}" for name in numbers}

    @property
    def sent_path(self) -> str:
        return f"{self.lead_id}/sent-key.pdf"

    @property
    def message_id(self) -> UUID:
        return self.desk.cell(
            "select id from lead_messages where lead_id = $1 and message_direction = 'user'", self.lead_id
        )

    def erase(self) -> Any:
        return self.desk.run(self.desk.operations.erase(self.lead_id, "ana", "keyed-hash"))

    def traces(self) -> dict[str, int]:
        """Rows of any table that hold an identifier, the name or a message id of this person."""
        words = [*self.printed.values(), self.person.wa_id or "", self.person.bsuid or "", self.wamid]
        words += [event["wamid"] for delivery in self.deliveries for event in delivery if event.get("wamid")]
        found = {}
        for row in self.desk.rows("select tablename as name from pg_tables where schemaname = 'public'"):
            count = self.desk.cell(
                f"select count(*) from {row['name']} t where t::text like any($1)", [f"%{word}%" for word in words]
            )
            if count:
                found[row["name"]] = count
        return found


def test_an_export_holds_everything_about_the_person_by_table(desk: Desk) -> None:
    story = Story(desk)
    export = desk.run(desk.operations.export(story.lead_id, "ana"))
    assert set(export) == set(TABLES)
    assert {table: len(export[table]) > 0 for table in TABLES} == dict.fromkeys(TABLES, True)
    assert export["leads"][0]["name"] == story.name
    assert {name: export["energy_bills"][0][name] for name in story.printed} == story.printed
    assert export["energy_bills"][0]["holder_name"] == story.name
    assert export["turns"][0]["why"]["before"]["notes"][0]["text"] == story.name
    assert [event["kind"] for event in export["webhook_events"]] == ["message", "status", "status", "user_preferences"]
    assert [action["action"] for action in export["operator_actions"]] == ["note", "contacted", "see_bill"]
    newest = desk.run(desk.operations.actions(1))[0]
    assert (newest.operator, newest.action, newest.lead_id) == ("ana", "export", story.lead_id)


def test_an_erasure_leaves_the_action_and_nothing_else(desk: Desk) -> None:
    story = Story(desk)
    assert set(story.traces()) == set(TABLES) - {
        "runs",
        "operator_actions",
        "lead_plan_offers",
        "lead_status",
        "handoffs",
        "lead_contacts",
        "lead_consents",
        "crm_events",
    }
    flow_run = desk.state_of(story.claim.run_id)["flow_run_id"]
    erased = story.erase()
    assert (erased.outcome, set(erased.files)) == ("done", {story.path, story.sent_path})
    assert erased.flow_runs == (flow_run,)
    assert story.traces() == {}
    tables = "select table_name as name from information_schema.columns where column_name = 'lead_id' and table_schema = 'public'"
    left = {
        row["name"]: desk.cell(f"select count(*) from {row['name']} where lead_id = $1", story.lead_id)
        for row in desk.rows(tables)
    }
    assert {name: count for name, count in left.items() if count} == {
        "operator_actions": 4,
        "erased_files": 2,
        "crm_events": 1,  # the CRM has to be told, by the id alone
    }
    newest = desk.run(desk.operations.actions(1))[0]
    assert (newest.operator, newest.action, newest.lead_id) == ("ana", "erase", story.lead_id)
    assert newest.details == {"person_hash": "keyed-hash", "messages": 2, "events": 4, "files": 2}


def test_an_erasure_leaves_everybody_else_alone(desk: Desk) -> None:
    story, other = Story(desk), Story(desk)
    before = other.traces()
    story.erase()
    assert other.traces() == before
    assert desk.run(desk.store.find_lead(bsuid=other.person.bsuid)).id == other.lead_id


def test_a_delivery_of_the_past_does_not_bring_a_person_back(desk: Desk) -> None:
    """Meta repeats a delivery for up to seven days (docs/whatsapp.md 1.3)."""
    story = Story(desk)
    story.erase()
    for told in story.deliveries:
        again = desk.run(desk.store.receive(told))
        assert (again.stored, again.duplicates, again.dispatch) == (0, len(told), ())
    assert story.traces() == {} and desk.leads_of(story.person) == set()


def test_nor_does_one_whose_raw_delivery_was_purged_before(desk: Desk) -> None:
    ana = someone()
    message = says(ana)
    lead_id = desk.parked(message).lead_id
    desk.change("delete from webhook_events where event_key = $1", message[0]["key"])
    desk.run(desk.operations.erase(lead_id, "ana"))
    assert desk.run(desk.store.receive(message)).stored == 0
    assert desk.leads_of(ana) == set()


@pytest.mark.parametrize("name", ["read", "played", "failed"])
def test_a_status_that_comes_after_the_erasure_is_not_kept(desk: Desk, name: str) -> None:
    story = Story(desk)
    story.erase()
    code = 131026 if name == "failed" else None
    late = status(story.wamid, name, code=code)
    late[0]["raw"]["recipient_id"] = story.person.wa_id
    assert desk.run(desk.store.receive(late)).stored == 0
    assert story.traces() == {}


def test_a_person_who_writes_again_after_the_erasure_is_somebody_new(desk: Desk) -> None:
    story = Story(desk)
    story.erase()
    (dispatch,) = desk.receive(says(story.person, "oi"))
    assert dispatch.action == "start" and dispatch.lead_id != story.lead_id
    assert desk.run(desk.store.lead(dispatch.lead_id)).name is None


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        pytest.param(lambda p: new_user_id(p.bsuid, bsuid()), True, id="user-id-update"),
        pytest.param(lambda p: prefers(p.hidden, "stop"), True, id="preference-by-bsuid"),
        pytest.param(lambda p: prefers(p.old_style, "stop"), True, id="preference-by-phone"),
        pytest.param(
            lambda p: says(Person(phone=phone()), type="system", system={"type": "customer_changed", "wa_id": p.wa_id}),
            True,
            id="another-system-message",
        ),
        pytest.param(lambda p: says(someone(), f"liga para 9{p.wa_id}"), False, id="digits-inside-others"),
    ],
)
def test_events_that_name_the_person_anywhere_go_too(desk: Desk, event: Callable[[Person], Events], gone: bool) -> None:
    ana = someone()
    lead_id = desk.parked(says(ana)).lead_id
    delivery = event(ana)
    desk.receive(delivery)
    keys = [item["key"] for item in delivery]
    assert desk.cell("select count(*) from webhook_events where event_key = any($1)", keys) == 1
    assert desk.run(desk.operations.erase(lead_id, "ana")).outcome == "done"
    assert desk.cell("select count(*) from webhook_events where event_key = any($1)", keys) == (0 if gone else 1)


def aside(person: Person, name: str) -> list[Events]:
    """Deliveries that nobody acts on, with the person's name in them: to another number, of a group, from nobody, and with
    a number where text should be."""

    def told(ours: str | None = None, **more: Any) -> Events:
        message = {
            "id": f"wamid.{uuid4().hex}",
            "from": person.wa_id,
            "from_user_id": person.bsuid,
            "type": "text",
            "timestamp": "1795300000",
            "text": {"body": f"sou {name}"},
        } | more
        contact = {"user_id": person.bsuid, "wa_id": person.wa_id, "profile": {"name": name}}
        item = {key: value for key, value in message.items() if value is not None}
        return events(delivery(change(messages=[item], contacts=[contact])), phone_number_id=ours)

    return [
        told("another"),
        told(group_id="g1"),
        told("another", **{"from": None, "from_user_id": None}),
        told("another", **{"from": int(person.wa_id or 0), "from_user_id": None}),
        told(type="reaction", reaction={"message_id": "wamid.nobody", "emoji": "👍"}),
        told(type="system", system={"type": "customer_changed", "wa_id": person.wa_id, "body": f"{name} changed"}),
    ]


def test_what_was_kept_aside_tells_nobodys_name_after_the_erasure(desk: Desk) -> None:
    ana, name = someone(), f"Zuleica{uuid4().hex[:10]}"
    lead_id = desk.parked(says(ana, f"oi, sou {name}", name=name)).lead_id
    for one in aside(ana, name):
        desk.receive(one)
    count = "select count(*) from webhook_events where payload::text like $1"
    assert desk.cell(count, f"%{ana.wa_id}%") >= 5
    desk.run(desk.operations.erase(lead_id, "ana"))
    for trace in (name, ana.bsuid, ana.wa_id):
        assert desk.cell(count, f"%{trace}%") == 0, trace


@pytest.mark.parametrize("first", ["acted on", "kept aside"])
def test_a_message_that_comes_again_by_the_other_way_brings_nobody_back(desk: Desk, first: str) -> None:
    """It was for another number, say, until the configuration named that one."""
    ana = someone()
    told = says(ana, "oi", wamid=(wamid := f"wamid.{uuid4().hex}"))
    kept = [{**told[0], "kind": "other", "key": f"xm:{wamid}"}]
    lead_id = desk.parked(says(ana, "antes")).lead_id
    desk.receive(told if first == "acted on" else kept)
    desk.run(desk.operations.erase(lead_id, "ana"))
    assert desk.receive(kept if first == "acted on" else told) == []
    assert desk.cell("select count(*) from webhook_events where event_key like $1", f"%{wamid}") == 0
    assert not desk.leads_of(ana)


def test_a_number_without_its_ninth_digit_is_the_same_number(desk: Desk) -> None:
    """WhatsApp tells of older accounts without it (docs/whatsapp.md 4.3)."""
    ana = someone()
    old = (ana.wa_id or "")[:4] + (ana.wa_id or "")[5:]
    lead_id = desk.parked(says(ana, wa_id=old)).lead_id
    card = {"type": "customer_changed", "wa_id": old}
    desk.receive(says(Person(phone=phone()), type="system", system=card))
    desk.run(desk.operations.erase(lead_id, "ana"))
    assert desk.cell("select count(*) from webhook_events where payload::text like $1", f"%{old}%") == 0


def test_the_same_erasure_once_more_names_the_files_again(desk: Desk) -> None:
    """The answer to the first call may get lost, and with it the only word of which files to delete."""
    story = Story(desk)
    first, again = story.erase(), story.erase()
    assert (again.outcome, again.files) == ("done", first.files)
    assert (
        desk.cell("select count(*) from operator_actions where lead_id = $1 and action = 'erase'", story.lead_id) == 1
    )
    assert desk.run(desk.operations.erase(story.lead_id, "bia")).outcome == "no_such_lead"


def test_the_retention_names_the_files_of_erased_people_until_they_are_gone(desk: Desk) -> None:
    story = Story(desk)
    story.erase()
    assert story.path in desk.forgets_bills() and story.path in desk.forgets_bills()
    desk.run(desk.store.company.files_removed([story.path]))
    assert story.path not in desk.forgets_bills()


def test_hashes_of_erased_deliveries_go_when_deliveries_of_their_age_do(desk: Desk) -> None:
    story = Story(desk)
    story.erase()
    count = "select count(*) from erased_events"
    before = desk.cell(count)
    desk.run(desk.store.company.forget("events", 8))
    assert desk.cell(count) == before >= 4
    desk.change("update erased_events set erased_at = now() - interval '9 days'")
    desk.run(desk.store.company.forget("events", 8))
    assert desk.cell(count) == 0


def test_a_merged_lead_is_erased_with_what_it_was_before(desk: Desk) -> None:
    story, ana = Story(desk), someone()
    desk.parked(says(ana))
    desk.receive(new_user_id(story.person.bsuid, ana.bsuid))
    (lead_id,) = desk.leads_of(story.person, ana)
    desk.run(desk.operations.erase(lead_id, "ana"))
    assert desk.leads_of(story.person, ana) == set()
    assert desk.cell("select count(*) from webhook_events where payload::text like $1", f"%{ana.bsuid}%") == 0


# while a worker is at it


@pytest.mark.parametrize("round_number", range(3))
def test_an_erasure_in_the_middle_of_a_turn_leaves_nothing(desk: Desk, round_number: int) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    reply = Reply(content=Content(text="Qual é a sua cidade?"))
    commit = desk.store.commit_turn(claim, desk.unanswered(claim.lead_id), reply)
    erase = desk.operations.erase(claim.lead_id, "ana")
    outcomes = desk.together(*((commit, erase) if round_number % 2 else (erase, commit)), errors=True)
    assert not [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Superseded)]
    assert desk.leads_of(ana) == set()
    assert desk.cell("select count(*) from lead_messages where lead_id = $1", claim.lead_id) == 0


def test_a_redelivery_at_the_moment_of_the_erasure_brings_nobody_back(desk: Desk) -> None:
    ana = someone()
    message = says(ana)
    lead_id = desk.parked(message).lead_id
    erase = desk.operations.erase(lead_id, "ana")
    outcomes = desk.together(erase, *(desk.store.receive(message) for _ in range(4)))
    assert [delivered.stored for delivered in outcomes[1:]] == [0] * 4
    assert desk.leads_of(ana) == set()


def test_what_a_worker_still_has_in_hand_ends_quietly(desk: Desk) -> None:
    """Each call of the flow after the lead is gone: refused as superseded, or without any effect."""
    ana = someone()
    claim = desk.conversation(says(ana))
    message = desk.answer(claim)
    assert message is not None
    desk.run(desk.store.begin_send(message))
    inbound = desk.cell("select id from lead_messages where lead_id = $1 and wamid is not null", claim.lead_id)
    early = status("wamid.early." + claim.lead_id.hex, "sent")
    early[0]["raw"]["recipient_id"] = ana.wa_id
    early[0]["wamid"] = "wamid.early." + claim.lead_id.hex
    flow_run = desk.state_of(claim.run_id)["flow_run_id"]
    desk.run(desk.operations.erase(claim.lead_id, "ana"))
    desk.receive(early)  # its wamid is unknown yet
    store = desk.store
    sent = desk.run(
        store.record_send(message, "accepted", attempt=1, wamid=early[0]["wamid"], wa_id=ana.wa_id, bsuid=ana.bsuid)
    )
    assert sent.status == desk.run(store.message_state(message)).status == "failed"
    assert desk.cell("select count(*) from webhook_events where payload::text like $1", f"%{ana.wa_id}%") == 0
    assert desk.run(store.begin_send(message, again=1)).outcome == "settled"
    path = f"{claim.lead_id}/late.jpg"
    kept = desk.run(
        store.keep_bill(claim.lead_id, inbound, path=path, sha256="s", mime_type="image/jpeg", size=1, keep_days=30)
    )
    assert not kept.known and path in desk.forgets_bills()
    desk.run(store.record_reading(kept.bill_id, BillReading(outcome="review"), {}))
    desk.run(store.note_transcription(inbound, "oi"))
    assert desk.run(desk.operations.turns(claim.run_id)) == ()
    for call in (
        store.park(claim, in_hours(2)),
        store.finish(claim, Outcome.SILENT),
        store.commit_turn(claim, [], Reply(content=None)),
    ):
        with pytest.raises(Superseded):
            desk.run(call)
    assert desk.run(store.drain(claim.lead_id)).messages == ()
    assert desk.run(store.claim("conversation", claim.lead_id, flow_run, in_hours(1) - datetime.now(UTC))) == "finished"
    assert desk.leads_of(ana) == set()
