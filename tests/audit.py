"""Holds the pinned dependencies against the advisories of OSV (https://osv.dev) and tests/known_vulnerabilities.toml.

`python -m tests.audit`: exit code 0 when nothing is known that the list does not explain, 1 otherwise, 2 when OSV did not answer,
or nothing that can be read (then nothing was audited, and it says so: silence is no good news).
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.M)
_SHORTEST_WHY = 20  # characters; a word is no reason


@dataclass(frozen=True)
class Known:
    """One advisory that is accepted, by its id or an alias of it."""

    id: str
    package: str
    why: str
    until: date


def pins(requirements: str) -> dict[str, str]:
    """Each package that requirements.txt pins, with its version."""
    return {name.lower(): version for name, version in _PIN.findall(requirements)}


def listed(text: str, pinned: Mapping[str, str], today: date) -> tuple[Known, ...]:
    """The list. Raises ValueError for an entry that is over, promises more than a year, gives no reason, or is about a package
    that is not pinned."""
    entries = tuple(Known(**entry) for entry in tomllib.loads(text).get("known", []))
    for one in entries:
        if not isinstance(one.until, date) or one.until < today or (one.until - today).days > 366:
            raise ValueError(f"{one.id}: `until` is over, or more than a year from now: look at it again")
        if len(one.why.strip()) < _SHORTEST_WHY:
            raise ValueError(f"{one.id}: why does it do no harm here?")
        if one.package.lower() not in pinned:
            raise ValueError(f"{one.id}: {one.package} is not pinned (any more)")
    return entries


def advisories(client: httpx.Client, pinned: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What OSV knows of these versions: (package, advisory), without what was withdrawn. Raises httpx.HTTPError, ValueError."""
    asked = [
        {"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in sorted(pinned.items())
    ]
    found: set[tuple[str, str]] = set()
    while asked:
        answer = client.post("/v1/querybatch", json={"queries": asked})
        results = answer.raise_for_status().json()["results"]
        if len(results) != len(asked):
            raise ValueError("OSV answered another question")
        rest = []
        for query, result in zip(asked, results, strict=True):
            found |= {(query["package"]["name"], vulnerability["id"]) for vulnerability in result.get("vulns", [])}
            if token := result.get("next_page_token"):
                rest.append(query | {"page_token": token})
        asked = rest
    told = [(package, client.get(f"/v1/vulns/{id}").raise_for_status().json()) for package, id in sorted(found)]
    return [(package, advisory) for package, advisory in told if "withdrawn" not in advisory]


def unexplained(found: Iterable[tuple[str, dict[str, Any]]], known: Iterable[Known]) -> list[str]:
    """One line for each advisory that the list does not have, and for each entry of the list that is none any more."""
    open_ones, used = [], set()
    for package, advisory in found:
        names = {advisory["id"], *advisory.get("aliases", [])}
        entry = next((one for one in known if one.id in names and one.package.lower() == package), None)
        if entry is None:
            open_ones.append(f"{package}: {advisory['id']} {advisory.get('summary', '')}".rstrip())
        used.add(entry)
    return open_ones + [
        f"{one.id} is not known of {one.package} any more: take it off the list" for one in known if one not in used
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--osv", default="https://api.osv.dev", help="where OSV, or a mirror of it, answers")
    given = parser.parse_args(arguments)
    pinned = pins((ROOT / "requirements.txt").read_text("utf-8"))
    try:
        known = listed((ROOT / "tests" / "known_vulnerabilities.toml").read_text("utf-8"), pinned, date.today())  # noqa: DTZ011
    except ValueError as exc:
        print(exc, file=sys.stderr)
        return 1
    try:
        with httpx.Client(base_url=given.osv, timeout=30) as client:
            found = advisories(client, pinned)
    except (
        httpx.HTTPError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as exc:  # whatever stands there is not OSV's
        print(f"nothing was audited: OSV did not answer ({type(exc).__name__})", file=sys.stderr)
        return 2
    wrong = unexplained(found, known)
    print("\n".join(wrong) or f"{len(pinned)} packages: nothing is known of them that the list does not explain")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
