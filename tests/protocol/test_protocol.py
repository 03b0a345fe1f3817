"""For a moment of each `make test`, whatever may happen happens in any order; `python -m tests.protocol` goes on for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.__main__ import look
from tests.protocol.store import Leaping, prepare


@pytest.fixture
def leaping() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=Leaping) as loop:
        yield loop


def test_nothing_is_lost_and_nothing_twice_whatever_the_order(
    postgres: str, leaping: asyncio.Runner, tmp_path: Path
) -> None:
    url = postgres.replace("/serena?", "/protocol?")
    leaping.run(prepare(url, tmp_path))
    look(url, leaping, examples=40, steps=30, seeded=None)
