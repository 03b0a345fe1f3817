"""The office of a file's own, and who is logged in there; a file overrides what it needs otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.webhook.operators import Browser, Office, office


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """What the office's service is told besides."""
    return {}


@pytest.fixture(scope="module")
def desk(
    url: str, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        with office(url, runner, tmp_path_factory.mktemp("bills")) as found:
            yield found


@pytest.fixture(scope="module")
def ana(desk: Office) -> Iterator[Browser]:
    with Browser.of("ana", desk) as browser:
        yield browser


@pytest.fixture(scope="module")
def rui(desk: Office) -> Iterator[Browser]:
    with Browser.of("rui", desk) as browser:
        yield browser
