"""The list of guards that `python -m tests.mutants` removes one by one fits the source that it is about."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import ROOT, Guard, guards, verdict

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize("guard", guards(), ids=lambda guard: guard.what)
def test_a_guard_is_where_the_list_says_and_can_be_removed(guard: Guard) -> None:
    without = guard.removed(ROOT)
    if guard.file.endswith(".py"):
        ast.parse(without)
    for test in guard.tests:
        file, _, name = test.partition("::")
        defined = {
            each.name for each in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(each, _FUNCTIONS)
        }
        assert not name or name in defined, test


def test_there_are_at_least_forty_each_named_once() -> None:
    names = [guard.what for guard in guards()]
    assert len(names) >= 40 and len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("code", "survives", "expected"),
    [
        (0, None, "SURVIVED"),
        (0, "two ways to one end", "explained"),
        (1, None, "noticed"),
        (1, "two ways to one end", "STALE"),
        (-1, None, "hung"),
        (-1, "two ways to one end", "STALE"),
        (5, None, "NOT ASKED (pytest said 5)"),
    ],
)
def test_what_the_tests_say_without_a_guard_has_a_name(code: int, survives: str | None, expected: str) -> None:
    assert verdict(Guard("a guard", "file", "text", "", (), survives), code) == expected
