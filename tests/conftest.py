"""What tests share: a real embedded Postgres, and for the story the whole stack with short durations."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# A developer's .env or running stack must not leak into tests; Prefect reads its part at import.
for name in [
    n for n in os.environ if n.startswith(("PREFECT_", "WHATSAPP_", "SUPABASE_", "SERENA_", "OPENAI_", "DATABASE_URL"))
]:
    del os.environ[name]

# What a test sends must not depend on the hour at which it runs; a session's forms are more than a real hour's.
os.environ |= {"QUIET_HOURS": "off", "WELCOMES_PER_HOUR": "1000000"}

from flows import settings  # noqa: E402
from flows.adapters.store import database  # noqa: E402
from tests.statements import asked  # noqa: E402
from tests.world import World  # noqa: E402

if TYPE_CHECKING:
    from deployments.local.stack import Stack

settings.Group.model_config["env_file"] = None


# Which of the three stacks a file's tests run on, so that each takes about as long; the first where none is said.
STACKS = {
    "tests/test_story.py": "story",
    "tests/test_silence_story.py": "story",
    "tests/test_breaking_story.py": "story",
    "tests/test_commands.py": "commands",
    "tests/test_operating_story.py": "commands",
    "tests/deployments/test_apply.py": "commands",
}

# These share a process, because both judge how every labelled sentence is heard, and it keeps what it heard.
TOGETHER = {"tests/test_evals.py": "heard", "tests/flows/assistant/hear/test_measured.py": "heard"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n 4 --dist loadgroup`: the tests on the whole stack come first, because they take longest, a third of
    them in each of three processes, which often wait; the fourth does the rest meanwhile. The store's contract shares a
    process; the rest go by file, so that each file's fixtures are made once."""
    for item in items:
        fixtures, file = getattr(item, "fixturenames", ()), item.nodeid.partition("::")[0]
        shared = "desk" in fixtures or "contract_database" in fixtures
        group = STACKS.get(file, "stack") if "stack" in fixtures else "desk" if shared else TOGETHER.get(file, file)
        item.add_marker(pytest.mark.xdist_group(group))
        if "stack" in fixtures:
            # What Prefect's clients leave open is found at some later moment, in whichever of these tests.
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
    items.sort(key=lambda item: "stack" not in getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and not all("@" in item.nodeid for item in session.items):
        # Every process would make every fixture, a whole stack among them.
        raise pytest.UsageError(
            "pytest-xdist did not group the tests: are its version and pytest's in requirements.txt?"
        )


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for everything that lives longer than a test."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded server. It is stopped here, because pytest-xdist kills a process that takes long to end."""
    directory = tmp_path_factory.mktemp("postgres") / "data"
    yield database.start_embedded(directory)
    database.stop_embedded(directory)


@pytest.fixture(scope="session")
def made(postgres: str) -> Callable[[str], str]:
    """Makes a migrated, empty database of this name and gives its URL: a copy of one, which costs a fraction of migrating."""

    def run(work: Coroutine[Any, Any, Any]) -> None:
        # in a thread of its own, because a browser's tests have a running loop in theirs
        with ThreadPoolExecutor(1) as alone:
            alone.submit(asyncio.run, work).result()

    def copy(name: str) -> str:
        run(asked(database.url_of(postgres, "postgres"), f'create database "{name}" template migrated'))
        return database.url_of(postgres, name)

    source = database.url_of(postgres, "migrated")
    run(database.ensure_database(source))
    run(database.migrate(source))
    return copy


@pytest.fixture(scope="session")
def migrated(made: Callable[[str], str]) -> str:
    """One migrated database for all tests of a session; tests use leads of their own."""
    return made("shared")


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, made: Callable[[str], str]) -> str:
    """A migrated database of a file's own."""
    # Of one process several times: groups of other files may run between a file's own.
    return made(f"{request.module.__name__.rpartition('.')[2]}_{uuid.uuid4().hex[:6]}")


@pytest.fixture
def fresh(made: Callable[[str], str]) -> str:
    """A migrated database of the test's own."""
    return made(f"t{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[Stack]:
    """The local stack as `make demo` runs it: real processes, free ports, seconds instead of hours."""
    from deployments.local.processes import free_port
    from deployments.local.stack import running

    data = Path(tmp_path_factory.mktemp("stack"))
    times = {
        "BURST_SECONDS": "0.5",
        "LINGER_SECONDS": "1.5",
        "REMINDER_AFTER_SECONDS": "10",
        "LEASE_SECONDS": "3",
        "UNCERTAIN_SECONDS": "4",
        "DISPATCH_EVERY_SECONDS": "0.5",
        "NEWS_EVERY_SECONDS": "3",
        "WORKER_SHUTDOWN_SECONDS": "5",
        "SIMULATOR_DELIVER_DELAY": "0.05",
        "FORM_RATE_PER_MINUTE": "1000",
        "OPS_OPERATORS": "ana:senha-de-teste-1234",
        # Prefect's log then has a line for each request.
        "PREFECT_SERVER_LOGGING_LEVEL": "INFO",
    }
    context = running(data, extra=times, ports={n: free_port(0) for n in ("webhook", "prefect", "simulator")})
    yield runner.run(context.__aenter__())
    runner.run(context.__aexit__(None, None, None))


@pytest.fixture
def world(stack: Stack, runner: asyncio.Runner) -> Iterator[World]:
    world = World(stack, runner)
    yield world
    world.simulator.delete("/simulator/faults").raise_for_status()
    world.close()
