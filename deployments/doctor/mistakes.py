"""Variables that can be read and are probably not what was meant. Names and hosts are said, values of secrets never."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployments.doctor.notes import Notes
from flows import settings

META_HOST = "graph.facebook.com"
_TABLES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text("utf-8"))
MISTAKES: list[dict[str, Any]] = _TABLES["mistakes"]


def host(url: str) -> str:
    """The host of an address, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def rehearsal(whatsapp_base_url: str) -> bool:
    """True when the Graph API is the simulator's and not Meta's: nothing that only the world outside needs is asked for."""
    return host(whatsapp_base_url) != META_HOST


def look(notes: Notes, values: Mapping[str, str], in_files: Mapping[str, str]) -> None:
    """A line per likely mistake; `values` are all that are set, `in_files` those of files."""
    all_set = "\n".join(f"{name}={value}" for name, value in values.items())
    rehearsed = rehearsal(values.get("WHATSAPP_BASE_URL", f"https://{META_HOST}"))
    for mistake in MISTAKES:
        if not _counts(mistake, all_set, rehearsed):
            continue
        for name, part in _parts(mistake["names"], values):
            if re.search(mistake["matches"], part):
                notes.say(mistake["finding"], about=name, name=name, host=host(part) or "no address", origin=part)
    for name in sorted(set(in_files) - set(settings.environment())):
        close = difflib.get_close_matches(name, settings.environment(), n=1, cutoff=0.8)
        if close and not name.startswith(("PREFECT_", "SIMULATOR_")):
            notes.say("variables.misspelt", about=name, meant=close[0])


def _counts(mistake: dict[str, Any], all_set: str, rehearsed: bool) -> bool:
    if rehearsed and mistake.get("outside"):
        return False
    beside, unless = mistake.get("beside", ""), mistake.get("unless", "(?!)")
    return bool(re.search(beside, all_set, re.M)) and not re.search(unless, all_set, re.M)


def _parts(names: str | list[str], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each variable with each part of its value, which commas part; an empty one with an empty part."""
    for name in _TABLES["sets"][names] if isinstance(names, str) else names:
        parts = [part.strip() for part in values.get(name, "").split(",") if part.strip()]
        yield from ((name, part) for part in parts or [""])
