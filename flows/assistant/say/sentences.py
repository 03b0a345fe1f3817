"""The reviewed texts: one sentence, or a few variants of it, for each code of `decide`, and the facts that each needs."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

# Tables of reviewed.toml that hold no sentence of their own.
_BESIDES = frozenset({"words", "buttons", "rows"})


@cache
def table(name: str = "reviewed") -> dict[str, Any]:
    """Return a file of `prompts/`; a missing file or a broken one stops the program."""
    return tomllib.loads(files(__package__).joinpath(f"prompts/{name}.toml").read_text("utf-8"))


@cache
def prompt(name: str) -> str:
    """Return a model's instructions out of `prompts/`; the first line is their version."""
    return files(__package__).joinpath(f"prompts/{name}.md").read_text("utf-8")


@cache
def sentences() -> dict[str, tuple[str, ...]]:
    """Return every sentence with its variants, by `section.key`."""
    found: dict[str, tuple[str, ...]] = {}
    for section, entries in table().items():
        if isinstance(entries, dict) and section not in _BESIDES:
            found |= {f"{section}.{key}": _variants(value) for key, value in entries.items()}
        elif not isinstance(entries, dict):
            found[section] = _variants(entries)
    return found


def variants(code: str) -> tuple[str, ...]:
    """Return the ways to say one code, with their {braces}."""
    return sentences()[code]


def word(key: str, **values: object) -> str:
    """Return an entry of `[words]` with its {braces} filled in."""
    return table()["words"][key].format(**values)


def facts_in(text: str) -> frozenset[str]:
    """Return the names of the facts that a text wants: `{offer.name}` wants `offer`."""
    return frozenset(name.partition(".")[0] for _, name, _, _ in Formatter().parse(text) if name)


def _variants(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


NEEDS = {code: frozenset().union(*map(facts_in, ways)) for code, ways in sentences().items()}
