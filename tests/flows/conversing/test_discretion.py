"""A bug's exception tells where it happened and nothing of what it happened to."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import pytest
from prefect.exceptions import Abort
from pydantic import BaseModel

from flows.conversing.discretion import Unforeseen, discreet
from flows.errors import GiveUp, SerenaError

SECRET = "Marina Alves +5581999887766"


class _Row(BaseModel):
    amount: int


@discreet
async def stumbles(how: str) -> str:
    match how:
        case "key":
            return {"a": "b"}[SECRET]
        case "pydantic":
            return str(_Row.model_validate({"amount": SECRET}))
        case "inside another":
            try:
                raise ValueError(SECRET)
            except ValueError as exc:
                raise RuntimeError(SECRET) from exc
    return "well"


@pytest.mark.parametrize(
    ("how", "kind"), [("key", "KeyError"), ("pydantic", "ValidationError"), ("inside another", "RuntimeError")]
)
def test_an_unforeseen_exception_loses_its_text_and_keeps_its_place(how: str, kind: str) -> None:
    with pytest.raises(Unforeseen, match=rf"^{kind} at .*test_discretion\.py:\d+") as caught:
        asyncio.run(stumbles(how))
    # as Prefect prints it, causes and contexts included
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "error", [GiveUp("message 1 failed", code=131026), Abort("superseded"), asyncio.CancelledError()]
)
def test_our_own_errors_and_signals_pass_untouched(error: BaseException) -> None:
    @discreet
    async def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        asyncio.run(_awaited(fails))
    assert caught.value is error or isinstance(error, asyncio.CancelledError)


async def _awaited(function: Callable[[], Awaitable[None]]) -> None:
    await function()


def test_our_errors_are_the_only_ones_whose_text_prefect_sees() -> None:
    assert issubclass(GiveUp, SerenaError)
    assert asyncio.run(stumbles("not at all")) == "well"
