"""The variables themselves: which are wrong, which look like a mistake, and which of them are secrets."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from dotenv import dotenv_values

from deployments.doctor import mistakes
from deployments.doctor.notes import Notes
from flows import settings

_SECRET = re.compile(r"(TOKEN|SECRET|PASSWORD|AUTH_STRING|OPERATORS|API_KEY|HASH_KEY|SUPABASE_KEY)$")
# The password in an address, or in what only looks like one.
_LOGIN = re.compile(r"://[^/?#:]*:([^/?#]*)@")
_SHORTEST = 6  # a shorter secret could be part of any word; nothing writes one anyway


async def look(notes: Notes) -> None:
    """One line per group of settings, then one per likely mistake."""
    for group in settings.GROUPS:
        _read(notes, group)
    for file in _files():
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            notes.say("variables.open", about=file.name, file=file.name)
    mistakes.look(notes, all_set(), in_files())


def _read(notes: Notes, group: type[settings.Group]) -> None:
    known = settings.environment(group)
    try:
        settings.read(group)
    except settings.WrongVariables as exc:
        # of a list each wrong part would be a line
        for name, what in dict(exc.problems).items():
            notes.say("variables.wrong", about=name or group.__name__, what=what)
    else:
        count = sum(name in all_set() for name in known)
        notes.say("variables.right", about=group.__name__, count=count, all=len(known))


def all_set() -> dict[str, str]:
    """Every variable that is set (not empty), as `settings` finds them: a file's, then the process's."""
    return {name: value for name, value in {**in_files(), **os.environ}.items() if value}


def in_files() -> dict[str, str]:
    """What `.env` and the local stack's file hold, the latter with the lowest rank."""
    return {name: value for file in _files() for name, value in dotenv_values(file).items() if value}


def secrets(values: Mapping[str, str]) -> list[str]:
    """Everything among the variables that must not be printed: secrets, each part of lists of them, URLs' passwords."""
    hidden: set[str] = set()
    for name, value in values.items():
        if _SECRET.search(name):
            parts = [part.strip() for part in value.split(",")]
            hidden |= {value, *parts, *(part.partition(":")[2] for part in parts)}
        elif login := _LOGIN.search(value):
            hidden |= {login[1], unquote(login[1]), value}
    return sorted(one for one in hidden if len(one) >= _SHORTEST)


def _files() -> list[Path]:
    files = (Path(file) for file in settings.Group.model_config.get("env_file") or ())  # type: ignore[union-attr]
    return [file for file in files if file.is_file()]
