"""The list of guards that `python -m tests.mutants` removes one by one fits the source that it is about."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import ROOT, Guard, guards


@pytest.mark.parametrize("guard", guards(), ids=lambda guard: guard.what)
def test_a_guard_is_where_the_list_says_and_can_be_removed(guard: Guard) -> None:
    without = guard.removed(ROOT)
    if guard.file.endswith(".py"):
        ast.parse(without)
    assert all((ROOT / test.partition("::")[0]).is_file() for test in guard.tests)


def test_there_are_at_least_forty_each_named_once() -> None:
    names = [guard.what for guard in guards()]
    assert len(names) >= 40 and len(set(names)) == len(names)
