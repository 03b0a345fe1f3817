"""`python -m flows.activation --dry-run`: the rule's verdict with its reason and the real exit code, and nothing saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from flows.activation import main
from flows.adapters.store.leads import LeadStore
from tests.flows.adapters.deliveries import phone, told
from tests.statements import asked

Shows = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shows(
    fresh: str, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shows:
    monkeypatch.setenv("DATABASE_URL", fresh)

    async def rows() -> list[int]:
        connection = await asyncpg.connect(fresh)
        tables = ("leads", "lead_forms", "lead_consents", "runs", "lead_messages", "lead_status", "crm_events")
        try:
            return [await connection.fetchval(f"select count(*) from {table}") for table in tables]
        finally:
            await connection.close()

    def run(number: str, *more: str) -> tuple[int, str, str]:
        before = runner.run(rows())
        code = main(["--phone", number, "--name", "marina alves", "--dry-run", *more])
        assert runner.run(rows()) == before, "a dry run saved something"
        said = capsys.readouterr()
        assert number not in said.out + said.err
        return code, said.out, said.err

    return run


def store(fresh: str, runner: asyncio.Runner, *do: Callable[[LeadStore], object]) -> None:
    async def scenario() -> None:
        async with LeadStore.postgres(fresh, listen=False) as opened:
            for each in do:
                await each(opened)  # type: ignore[misc]

    runner.run(scenario())


def test_to_somebody_new_it_would_go(shows: Shows) -> None:
    assert shows(phone()) == (
        0,
        "[prosseguir_com_solicitacao] Marina\n",
        "go (template): pode sair, como modelo aprovado\n",
    )


def test_to_whom_it_went_already_there_is_nothing_to_do(shows: Shows, fresh: str, runner: asyncio.Runner) -> None:
    number = phone()
    store(fresh, runner, lambda s: s.save_form({"phone": number, "name": "Marina"}))
    code, out, err = shows(number)
    assert (code, "nothing to do" in out, err) == (0, True, "")


def test_to_somebody_who_stopped_it_is_refused_without_a_consent(
    shows: Shows, fresh: str, runner: asyncio.Runner
) -> None:
    number = phone()

    runner.run(asked(fresh, "insert into leads (phone_number, opted_out_at) values ($1, now())", number))
    code, out, err = shows(number)
    assert (code, out) == (3, "") and err.startswith("refused (opted_out)") and "--consent" in err
    assert shows(number, "--consent", "por telefone, hoje")[0] == 0
    assert shows(number)[0] == 3, "the consent of a dry run was kept"


def test_while_the_template_is_paused_it_would_wait(shows: Shows, fresh: str, runner: asyncio.Runner) -> None:
    named = {"message_template_name": "prosseguir_com_solicitacao", "message_template_language": "pt_BR"}
    store(fresh, runner, lambda s: s.receive(told("message_template_status_update", event="PAUSED", **named)))
    code, out, err = shows(phone())
    assert (code, out) == (4, "") and err.startswith("wait (template_stopped)")


def test_a_number_that_is_none_is_a_wrong_argument() -> None:
    assert main(["--phone", "123", "--name", "x", "--dry-run"]) == 2
