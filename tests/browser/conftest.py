"""A real Chromium for the tests of pages: whatever the machine has, driven by Playwright, allowed to see only us."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

HERE = Path(__file__).resolve().parent
# Without a sandbox, because tests run as root in containers; without GPU and /dev/shm, which those lack.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")


class OwnThread:
    """Runs coroutines on the session's event loop, in a thread: in the test's own thread Playwright's loop is the
    running one as long as its browser is open, and a second may not run there."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner, self._thread = runner, ThreadPoolExecutor(1, "runner")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._runner.run, work).result()

    def close(self) -> None:
        self._thread.shutdown()


@pytest.fixture(scope="session")
def runner(runner: asyncio.Runner) -> Iterator[OwnThread]:
    own = OwnThread(runner)
    yield own
    own.close()


def chromium() -> str | None:
    """The browser's path: $CHROMIUM, or the first on PATH."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def executable() -> str:
    found = chromium()
    if found is None:
        pytest.skip("there is no Chromium: install the package chromium, or set CHROMIUM to its path")
    return found


# For this directory's tests only: afterwards other tests may run their own event loops in this thread again.
@pytest.fixture(scope="package")
def browser(executable: str, stack: object) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Watch:
    """What went wrong in a page besides what the test looks at: errors on the console, and calls to foreign hosts."""

    def __init__(self, tolerated: list[str]) -> None:
        self.tolerated, self.problems = tolerated, list[str]()

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"exception: {error.error}"))

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.problems.append(f"request to {address.hostname}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def verdict(self) -> list[str]:
        return [problem for problem in self.problems if not any(text in problem for text in self.tolerated)]


@pytest.fixture
def tolerated() -> list[str]:
    """Parts of console errors that the test provokes on purpose, `tolerated.append("status of 422")`: Chromium logs every
    refused request."""
    return []


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser, tolerated: list[str]) -> Iterator[NewPage]:
    """A new page with cookies of its own; `width` and `height` in pixels. Closed and judged after the test."""
    contexts: list[tuple[BrowserContext, Watch]] = []

    def opened(width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="pt-BR", timezone_id="America/Sao_Paulo"
        )
        context.set_default_timeout(15_000)
        watch = Watch(tolerated)
        watch.over(context)
        contexts.append((context, watch))
        return context.new_page()

    expect.set_options(timeout=15_000)
    yield opened
    for context, _ in contexts:
        context.close()
    problems = [problem for _, watch in contexts for problem in watch.verdict()]
    assert not problems, problems


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A desktop page of 1280 by 900 in Brazilian Portuguese. The test fails on errors on its console and on requests to
    any host but 127.0.0.1."""
    return new_page()
