"""The doctor and the lead store: each thing broken one by one, and the line that names it with its cure."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deployments.doctor.notes import LineStatus
from deployments.doctor.postgres import shown
from flows.adapters.store import database
from flows.adapters.store.functions import Function
from tests.deployments.examined import RIGHT, Seen, look
from tests.http_double import DROPS, Answer, HttpDouble, Request, answer
from tests.identity_double import CLIENT, SECRET, IdentityDouble
from tests.pooler_double import Pooler


def examined(url: str, bills: Path, **environment: str | None) -> Seen:
    return look("store", RIGHT | {"DATABASE_URL": url, "BILLS_DIR": str(bills)} | environment)


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def sql(runner: asyncio.Runner, url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    runner.run(run())


def test_a_migrated_store_is_right_in_every_line(migrated: str, bills: Path) -> None:
    seen = examined(migrated, bills)
    assert seen.only(LineStatus.FAIL) == []
    for subject in ("database", "migrations", "strangers", "calls", "bills"):
        assert subject in seen.only(LineStatus.OK)
    assert bills.stat().st_mode & 0o077 == 0


def test_an_identity_provider_is_asked_whether_it_is_the_one_that_is_configured(migrated: str, bills: Path) -> None:
    with IdentityDouble() as provider:
        given = {"OIDC_ISSUER": provider.url, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET}
        examined(migrated, bills, **given).has("ok", "identity", provider.url)
        provider.issuer = "https://accounts.example"
        examined(migrated, bills, **given).has("FAIL", "identity", "names itself otherwise", "OIDC_ISSUER")
    examined(migrated, bills, **given).has("FAIL", "identity", "does not answer", "OIDC_ISSUER")
    assert "identity" not in [line.subject for line in examined(migrated, bills).lines]


def test_an_empty_database_is_told_to_migrate(postgres: str, runner: asyncio.Runner, bills: Path) -> None:
    url = postgres.replace("/serena?", "/never_migrated?")
    runner.run(database.ensure_database(url))
    seen = examined(url, bills)
    seen.has("FAIL", "migrations", "none of", "deployments.migrate")
    seen.has("skip", "calls", "skipped: the store has to be mended first")
    seen.has("ok", "bills", "writable")


NEWEST = sorted(database.MIGRATIONS.glob("*.sql"))[-1]
_ROW = f"where name = '{NEWEST.stem}'"
_DIGEST = hashlib.sha256(NEWEST.read_bytes()).hexdigest()
_COUNT = len(list(database.MIGRATIONS.glob("*.sql")))
# what breaks it, what mends it again, and the line
BREAKAGES = [
    (
        f"delete from lead_store_migrations {_ROW}",
        f"insert into lead_store_migrations (name, sha256) values ('{NEWEST.stem}', '{_DIGEST}')",
        ("FAIL", "migrations", f"1 of {_COUNT} pending: {NEWEST.stem}", "deployments.migrate"),
    ),
    (
        f"update lead_store_migrations set sha256 = 'x' {_ROW}",
        f"update lead_store_migrations set sha256 = '{_DIGEST}' {_ROW}",
        ("FAIL", "migrations", f"changed after they were applied: {NEWEST.stem}", "new migration"),
    ),
    (
        "insert into lead_store_migrations (name, sha256) values ('20991231000001_later', 'x')",
        "delete from lead_store_migrations where name like '2099%'",
        ("warn", "migrations", "newer than this program by 20991231000001_later", "upgrade"),
    ),
    (
        "insert into lead_store_migrations (name, sha256) values ('20261122000001_tables', 'x')",
        "delete from lead_store_migrations where name like '20261122%'",
        ("FAIL", "migrations", "before the first release", "LOCAL_DATA_DIR"),
    ),
    (
        "alter table leads disable row level security",
        "alter table leads enable row level security",
        ("FAIL", "strangers", "1 table(s) without row level security", "security.sql"),
    ),
    (
        "grant execute on function ping() to public",
        "revoke execute on function ping() from public",
        ("FAIL", "strangers", "1 function(s) that anyone may call", "security.sql"),
    ),
]


@pytest.mark.parametrize(("broken", "mended", "wanted"), BREAKAGES, ids=[row[2][2][:24] for row in BREAKAGES])
def test_a_broken_database_is_named_with_its_cure(
    broken: str, mended: str, wanted: tuple[str, str, str, str], url: str, runner: asyncio.Runner, bills: Path
) -> None:
    sql(runner, url, broken)
    try:
        examined(url, bills).has(*wanted)
    finally:
        sql(runner, url, mended)


def test_a_database_that_the_supabase_cli_migrated_is_recognised(
    fresh: str, runner: asyncio.Runner, bills: Path
) -> None:
    names = [file.stem.split("_", 1) for file in database.MIGRATIONS.glob("*.sql")]
    rows = ", ".join(f"('{version}', '{name}')" for version, name in names)
    sql(
        runner,
        fresh,
        (
            "drop table lead_store_migrations; create schema supabase_migrations;"
            "create table supabase_migrations.schema_migrations (version text primary key, name text);"
            f"insert into supabase_migrations.schema_migrations values {rows}"
        ),
    )
    examined(fresh, bills).has("ok", "migrations", f"all {len(names)} applied")


def test_who_can_log_in_at_the_operators_pages_is_said(fresh: str, runner: asyncio.Runner, bills: Path) -> None:
    examined(fresh, bills).has("ok", "operators", "none yet")
    examined(fresh, bills, OPS_OPERATORS=None).has("warn", "operators", "do not exist", "webhook.ops.people")
    one = "insert into operators (name, role, password_hash, created_by) values ('{}', '{}', {}, 'x')"
    sql(runner, fresh, one.format("ana", "answers", "'$argon2id$'") + ";" + one.format("eva", "administers", "null"))
    examined(fresh, bills).has("FAIL", "operators", "nobody who can log in administers", "webhook.ops.people")
    sql(runner, fresh, one.format("rui", "administers", "'$argon2id$'"))
    examined(fresh, bills).has(
        "ok", "operators", "2 can log in at /ops, 1 of them administer; OPS_OPERATORS is ignored"
    )


def test_messages_that_wait_too_long_are_said(fresh: str, runner: asyncio.Runner, bills: Path) -> None:
    sql(
        runner,
        fresh,
        (
            "with one as (insert into leads (phone_number) values ('+5581999990001') returning id)"
            " insert into lead_messages (lead_id, message_direction, message_type, message_content, wamid, created_at)"
            " select id, 'user', 'text', 'oi', 'wamid.1', now() - interval '5 minutes' from one"
        ),
    )
    examined(fresh, bills).has("warn", "waiting", "1 message(s) unanswered, the oldest for 300 s", "worker")


@pytest.mark.parametrize(
    ("url", "what", "mend"),
    [
        ("postgresql://serena:pw@127.0.0.1:9/leads", "leads at 127.0.0.1:9 cannot be reached", "host and port"),
        (
            "postgresql://serena:pw@no.such.host.invalid/leads",
            "leads at no.such.host.invalid cannot be reached",
            "host and port",
        ),
        ("mysql://serena:pw@127.0.0.1/leads", "not a Postgres address", "postgresql://"),
    ],
)
def test_a_database_out_of_reach_is_one_line(url: str, what: str, mend: str, bills: Path) -> None:
    seen = examined(url, bills)
    seen.has("FAIL", "database", what, mend)
    assert seen.only(LineStatus.FAIL) == ["database"]
    seen.has("skip", "calls", "skipped: ")


def test_a_pooler_by_transaction_is_told_from_one_by_session(migrated: str, bills: Path) -> None:
    with Pooler(migrated, by_transaction=True) as pooler:
        seen = examined(pooler.url, bills)
        seen.has("FAIL", "database", "a pooler by transaction", "port 5432")
        seen.has("skip", "calls", "skipped: ")
    with Pooler(migrated) as pooler:
        assert examined(pooler.url, bills).only(LineStatus.FAIL) == []


def test_a_store_that_can_only_be_read_is_said(fresh: str, runner: asyncio.Runner, bills: Path) -> None:
    sql(runner, fresh, f"alter database {fresh.split('?')[0].rsplit('/', 1)[1]} set default_transaction_read_only = on")
    examined(fresh, bills).has("FAIL", "calls", "25006", "up and reachable")


def test_a_database_that_does_not_exist_or_refuses_us_is_said(
    postgres: str, runner: asyncio.Runner, bills: Path
) -> None:
    examined(postgres.replace("/serena?", "/nobody_made_it?"), bills).has(
        "FAIL", "database", "no such database", "--create"
    )
    stranger = postgres.replace("postgres@", "nobody_at_all@")
    examined(stranger, bills).has("FAIL", "database", "refuses user or password", "DATABASE_URL")


def test_without_any_store_the_embedded_one_has_to_be_made_first(tmp_path: Path, bills: Path) -> None:
    seen = examined("", bills, DATABASE_URL=None, LOCAL_DATA_DIR=str(tmp_path))
    seen.has("FAIL", "store", "no embedded database", "deployments.migrate")


def test_bills_that_others_can_read_are_a_failure(migrated: str, bills: Path) -> None:
    (bills / "lead").mkdir(parents=True)
    (bills / "lead").chmod(0o755)
    bills.chmod(0o755)
    examined(migrated, bills).has("FAIL", "bills", "other users of this machine can read", "chmod")
    (bills / "lead").chmod(0o700)
    examined(migrated, bills).has("ok", "bills", "only this user")


def test_a_directory_for_bills_that_is_none_is_a_failure(migrated: str, bills: Path) -> None:
    bills.write_text("a file")
    examined(migrated, bills).has("FAIL", "bills", "BILLS_DIR", "chown")


def jwt(role: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.signature-of-it"


class Project(HttpDouble):
    """A Supabase project's REST interface and its bucket, as far as the doctor asks."""

    def __init__(self) -> None:
        super().__init__()
        self.functions = [function.value for function in Function]
        self.bucket = answer({"id": "bills", "name": "bills", "public": False})
        self.call = answer(None)

    def usual(self, request: Request) -> Answer:
        if request.headers.get("apikey") != jwt("service_role"):
            return answer({"message": "Invalid API key"}, 401)
        if request.path == "/rest/v1/":
            return answer({"swagger": "2.0", "paths": {"/": {}} | {f"/rpc/{name}": {} for name in self.functions}})
        if request.path.startswith("/rest/v1/rpc/"):
            if request.path.endswith("/ops_account"):
                return answer({"states": [], "news": [], "waiting": 0, "started": 0})
            if request.path.endswith("/ops_operators"):
                return answer([])
            return answer({}) if request.path.endswith("/ops_gauges") else self.call
        return self.bucket if request.path == "/storage/v1/bucket/bills" else Answer(404)


@pytest.fixture
def project() -> Iterator[Project]:
    with Project() as project:
        yield project


def supabase(project: Project, **environment: str | None) -> Seen:
    usual = {"DATABASE_URL": None, "SUPABASE_URL": project.url, "SUPABASE_KEY": jwt("service_role")}
    return look("store", RIGHT | usual | environment)


def test_a_right_supabase_project_is_right_in_every_line(project: Project) -> None:
    seen = supabase(project)
    assert seen.only(LineStatus.OK) == ["project", "functions", "calls", "operators", "waiting", "bills"]
    assert seen.only(LineStatus.SKIP) == ["strangers", "migrations"]
    assert len(seen.lines) == 8


def test_with_both_supabase_and_its_postgres_the_migrations_are_compared(
    project: Project, migrated: str, bills: Path
) -> None:
    seen = supabase(project, DATABASE_URL=migrated, BILLS_DIR=str(bills))
    seen.has("ok", "migrations", "applied")
    seen.has("ok", "bills", "writable")


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (jwt("anon"), "is the anon key"),
        ("sb_publishable_abcdef", "is the publishable key"),
        (jwt("authenticated"), "is the authenticated key"),
        ("sb_secret_of_another_project", "refuses SUPABASE_KEY (HTTP 401)"),
    ],
)
def test_a_key_that_may_not_call_the_store_is_named(key: str, what: str, project: Project) -> None:
    supabase(project, SUPABASE_KEY=key).has("FAIL", "project", what, "service role")


def test_a_broken_project_is_named_with_its_cure(project: Project) -> None:
    project.functions.remove("ping")
    supabase(project).has("FAIL", "functions", "missing: ping", "docs/supabase.md")
    project.functions.append("ping")
    project.call = Answer(503)
    supabase(project).has("FAIL", "calls", "Supabase could not run take_a_write (HTTP 503)", "up and reachable")
    project.call = answer(None)
    project.bucket = answer({"id": "bills", "name": "bills", "public": True})
    supabase(project).has("FAIL", "bills", "is public", "docs/supabase.md")
    project.bucket = answer({"statusCode": "404", "error": "Bucket not found", "message": "Bucket not found"}, 400)
    supabase(project).has("FAIL", "bills", "no bucket bills", "docs/supabase.md")


def test_a_project_out_of_reach_is_one_line(project: Project) -> None:
    project.then(DROPS)
    seen = supabase(project)
    seen.has("FAIL", "project", "127.0.0.1 cannot be reached", "resume it")
    seen.has("skip", "calls", "skipped: the store has to be mended first")
    seen.has("ok", "bills", "private")


def test_an_address_is_shown_without_user_and_password() -> None:
    assert shown("postgresql://ana:secret@db.example.com:5432/leads?x=1") == "leads at db.example.com:5432"
    assert shown("postgresql://postgres@/serena?host=/tmp/x") == "serena on a local socket"
    assert "secret" not in shown("postgresql://ana:secret@[broken/leads")


def test_wishes_to_be_told_that_nobody_can_keep_are_named(fresh: str, runner: asyncio.Runner, bills: Path) -> None:
    examined(fresh, bills, WHATSAPP_NOTICE_TEMPLATE_NAME=None).has("ok", "calls", "")
    sql(
        runner,
        fresh,
        "with l as (insert into leads (name) values ('x') returning id) insert into lead_consents (lead_id, kind, granted, ibge_code) "
        "select id, 'coverage_notice', true, 2611606 from l",
    )
    mend = ("warn", "notices", "1 wish(es) to be told of plans cannot be kept", "docs/meta.md 5")
    examined(fresh, bills, WHATSAPP_NOTICE_TEMPLATE_NAME=None).has(*mend)
    assert "notices" not in examined(fresh, bills).only(LineStatus.WARN)
