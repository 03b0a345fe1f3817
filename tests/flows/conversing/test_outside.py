"""Which messenger and which plans a process has: the configured ones, or at a desk none that could trouble anybody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flows import settings
from flows.adapters.serena.plans import PlansApi
from flows.conversing import outside
from flows.conversing.runtime import open_runtime
from flows.conversing.terminal import Terminal
from flows.domain import PlansUnavailable
from flows.errors import Fix


def test_without_a_token_only_a_desk_goes_without_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERENA_API_TOKEN", raising=False)
    assert isinstance(outside.plans_at_a_desk(), outside.NoPlans)
    with pytest.raises(Fix, match="SERENA_API_TOKEN"):
        outside.plans_source()
    monkeypatch.setenv("SERENA_API_TOKEN", "a-token")
    assert isinstance(outside.plans_at_a_desk(), PlansApi)


def test_a_desk_registers_nobody_and_says_that_the_check_takes_longer(
    fresh: str, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERENA_REGISTER_LEADS", "true")
    monkeypatch.delenv("SERENA_API_TOKEN", raising=False)
    store = settings.read(settings.Store, database_url=fresh, bills_dir=tmp_path)

    async def look() -> None:
        async with open_runtime(Terminal(), store) as runtime:
            assert runtime.partner is None
            assert await runtime.plans.coverage("Recife", "PE") == PlansUnavailable()

    runner.run(look())
    monkeypatch.setenv("SERENA_API_TOKEN", "a-token")
    assert outside.partner() is not None
