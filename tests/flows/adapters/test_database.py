"""Migrations: applied once, by whoever comes first, never changed afterwards; and nobody but the service role gets in."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from flows.adapters.store import database
from flows.adapters.store.database import MIGRATIONS, ensure_database, migrate, start_embedded, stop_embedded
from flows.adapters.store.functions import Function
from flows.adapters.store.leads import LeadStore
from flows.errors import Fix
from tests.statements import asked
from tests.supabase_double import like_a_new_project

NAMES = [file.stem for file in sorted(MIGRATIONS.glob("*.sql"))]


_BODIES = """
select proname as name, prosrc as body from pg_proc p where pronamespace = 'public'::regnamespace
   and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""


@pytest.fixture
def empty(postgres: str, runner: asyncio.Runner) -> str:
    """A database of the test's own, without anything in it."""
    url = postgres.replace("/serena?", f"/e{uuid4().hex[:12]}?")
    runner.run(ensure_database(url))
    return url


def test_migrations_are_applied_in_order_and_once(empty: str, runner: asyncio.Runner) -> None:
    assert runner.run(migrate(empty)) == NAMES
    assert runner.run(migrate(empty)) == []
    rows = runner.run(asked(empty, "select name from lead_store_migrations order by applied_at, name"))
    assert [row["name"] for row in rows] == NAMES


def test_migrations_from_several_processes_at_once_are_applied_by_one(empty: str, runner: asyncio.Runner) -> None:
    async def scenario() -> list[list[str]]:
        return await asyncio.gather(*(migrate(empty) for _ in range(4)))

    assert sorted(runner.run(scenario())) == [[], [], [], NAMES]


def test_every_statement_may_run_again(empty: str, runner: asyncio.Runner) -> None:
    """The Supabase CLI may have applied the same files before, and keeps its own book of them."""
    runner.run(migrate(empty))
    runner.run(asked(empty, "drop table lead_store_migrations"))
    assert runner.run(migrate(empty)) == NAMES


def test_a_changed_file_is_refused(empty: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    directory = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, directory)
    runner.run(migrate(empty, directory))
    changed = directory / f"{NAMES[2]}.sql"
    changed.write_text(changed.read_text() + "-- one more thing\n")
    with pytest.raises(Fix, match=NAMES[2]):
        runner.run(migrate(empty, directory))


@pytest.mark.parametrize("book", ["our own book", "the Supabase CLI's"])
def test_a_database_from_before_the_first_release_is_refused(empty: str, runner: asyncio.Runner, book: str) -> None:
    if book == "our own book":
        made = (
            "create table lead_store_migrations (name text primary key, sha256 text not null);"
            "insert into lead_store_migrations values ('20261122000001_tables', 'x')"
        )
    else:
        made = (
            "create schema supabase_migrations;"
            "create table supabase_migrations.schema_migrations (version text primary key, name text);"
            "insert into supabase_migrations.schema_migrations values ('20261122000001', 'tables')"
        )

    async def scenario() -> None:
        connection = await asyncpg.connect(empty)
        await connection.execute(made)
        await connection.close()
        await migrate(empty)

    with pytest.raises(Fix, match="before the first release.* to a new place and migrate that; docs/operating.md"):
        runner.run(scenario())
    assert runner.run(asked(empty, "select to_regclass('public.leads') as leads"))[0]["leads"] is None


def test_every_function_is_called_by_the_program_or_by_another(empty: str, runner: asyncio.Runner) -> None:
    """And every one that the program calls is there: what nobody calls is an old version that nobody took away."""
    runner.run(migrate(empty))
    made = {row["name"]: row["body"] for row in runner.run(asked(empty, _BODIES))}
    assert {function.value for function in Function} <= set(made)
    triggers = {row["name"] for row in runner.run(asked(empty, "select tgfoid::regproc::text as name from pg_trigger"))}
    idle = [
        name
        for name in set(made) - {function.value for function in Function} - triggers
        if not any(re.search(rf"\b{name}\(", body) for other, body in made.items() if other != name)
    ]
    assert idle == []


def test_a_new_file_is_applied_alone(empty: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    directory = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, directory)
    runner.run(migrate(empty, directory))
    (directory / "29991231000000_later.sql").write_text("create table later (id int);")
    assert runner.run(migrate(empty, directory)) == ["29991231000000_later"]


def test_a_file_that_fails_leaves_nothing_of_itself(empty: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    (tmp_path / "1_good.sql").write_text("create table good (id int);")
    (tmp_path / "2_bad.sql").write_text("create table half (id int); select 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        runner.run(migrate(empty, tmp_path))
    tables = runner.run(asked(empty, "select tablename from pg_tables where schemaname = 'public'"))
    assert {row["tablename"] for row in tables} == {"good", "lead_store_migrations"}


def test_an_installation_without_migrations_is_refused(empty: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    with pytest.raises(Fix, match="installation"):
        runner.run(migrate(empty, tmp_path))


def test_a_missing_database_is_created_by_one_of_many(postgres: str, runner: asyncio.Runner) -> None:
    url = postgres.replace("/serena?", f"/n{uuid4().hex[:12]}?")

    async def scenario() -> None:
        await asyncio.gather(*(ensure_database(url) for _ in range(4)))

    runner.run(scenario())
    assert runner.run(asked(url, "select 1 as one"))[0]["one"] == 1


def test_the_embedded_server_starts_in_an_empty_directory_and_is_shared(
    tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner
) -> None:
    directory = tmp_path_factory.mktemp("embedded") / "not" / "there"
    url = start_embedded(directory)
    assert start_embedded(directory) == url
    runner.run(ensure_database(url))
    assert runner.run(migrate(url)) == NAMES

    async def scenario() -> None:
        async with LeadStore.postgres(url) as store:
            await store.ping()

    runner.run(scenario())
    stop_embedded(directory)
    with pytest.raises(OSError):
        runner.run(asked(url, "select 1 as one"))


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("postgresql://postgres:@/postgres?host=/tmp/x", "postgresql://postgres@/leads?host=/tmp/x"),
        ("postgresql://postgres:@127.0.0.1:5432/postgres", "postgresql://postgres@127.0.0.1:5432/leads?"),
    ],
)
def test_another_database_of_the_same_server_has_this_url(uri: str, url: str) -> None:
    assert database.url_of(uri, "leads") == url


# Row level security, in a database like a new Supabase project: everything is granted to everyone by default.

_TABLES = "select format('%I', tablename) as name from pg_tables where schemaname = 'public' order by 1"
_FUNCTIONS = """
select format('%s(%s)', p.oid::regproc,
              (select string_agg('null::' || format_type(t, null), ', ' order by n)
                 from unnest(p.proargtypes::oid[]) with ordinality a(t, n))) as call, p.proname as name
  from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' order by 1
"""


@pytest.fixture(scope="module")
def project(postgres: str, runner: asyncio.Runner) -> str:
    url = postgres.replace("/serena?", f"/p{uuid4().hex[:12]}?")
    runner.run(ensure_database(url))
    runner.run(like_a_new_project(url))
    runner.run(migrate(url))
    return url


async def _as(url: str, role: str, statement: str) -> str | None:
    """The SQLSTATE that the statement is refused with for this role; None when it is allowed."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"set role {role}")
        await connection.execute(statement)
    except asyncpg.PostgresError as exc:
        return str(exc.sqlstate)
    finally:
        await connection.close()
    return None


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_the_public_can_neither_read_a_table_nor_call_a_function(
    project: str, runner: asyncio.Runner, role: str
) -> None:
    tables = [row["name"] for row in runner.run(asked(project, _TABLES))]
    calls = [row["call"] for row in runner.run(asked(project, _FUNCTIONS))]
    assert len(tables) >= 15 and len(calls) >= 70
    assert {"operator_actions", "operators", "ended_sessions"} <= set(tables)
    for table in tables:
        for statement in (f"select * from {table}", f"delete from {table}", f"insert into {table} default values"):
            assert runner.run(_as(project, role, statement)) == "42501", statement
    for call in calls:
        assert runner.run(_as(project, role, f"select {call}")) == "42501", call


def test_every_table_has_row_level_security_and_no_policy(project: str, runner: asyncio.Runner) -> None:
    """So that a careless grant alone still opens nothing."""
    rows = runner.run(
        asked(
            project,
            "select relname, relrowsecurity from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
        )
    )
    assert [row["relname"] for row in rows if not row["relrowsecurity"]] == []
    assert runner.run(asked(project, "select * from pg_policies")) == []


def test_the_service_role_can_use_everything(project: str, runner: asyncio.Runner) -> None:
    for table in (row["name"] for row in runner.run(asked(project, _TABLES))):
        assert runner.run(_as(project, "service_role", f"select * from {table}")) is None, table
    for row in runner.run(asked(project, _FUNCTIONS)):
        # called with nulls it may well fail, but never for want of permission
        assert runner.run(_as(project, "service_role", f"select {row['call']}")) != "42501", row["name"]


def test_a_project_that_grants_nothing_by_itself_still_serves_the_service_role(
    empty: str, runner: asyncio.Runner
) -> None:
    """As every Supabase project does since 2026: what the migrations do not grant, the program cannot reach."""
    runner.run(like_a_new_project(empty, exposed=False))
    runner.run(migrate(empty))
    test_the_service_role_can_use_everything(empty, runner)


def test_a_function_looks_only_into_our_schema(project: str, runner: asyncio.Runner) -> None:
    """Otherwise a caller's search_path could put tables of theirs in the place of ours."""
    rows = runner.run(
        asked(
            project,
            "select proname from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'"
            " and provolatile <> 'i' and proname <> 'ping'"  # these look into no table
            " and not coalesce(proconfig::text like '%search_path=public, pg_temp%', false)",
        )
    )
    assert [row["proname"] for row in rows] == []


def test_a_directory_too_long_for_a_socket_says_what_to_set(tmp_path: Path) -> None:
    """In a process of its own: where sockets go besides the data is read from TMPDIR once."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    code = "import sys, pathlib; from flows.adapters.store.database import start_embedded; start_embedded(pathlib.Path(sys.argv[1]))"
    env = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"} | {"TMPDIR": str(deep)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(deep / "postgres")], env=env, text=True, capture_output=True, timeout=120
    )
    assert done.returncode == 1
    assert "set LOCAL_DATA_DIR, or TMPDIR, to a shorter path" in done.stderr
