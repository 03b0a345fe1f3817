"""Measures the assistant at each joint and prints one table: `python -m tests.evals [--model] [--only NAME] …`.

Offline on the rules by default. `--model` asks the configured models (OPENAI_API_KEY); `--judge` lets another model score
the tone. `--leads DIR` plays other people's scripts, `--check FILE` holds replies against the check; either prints that
alone. Exit codes: 0 good, 1 a limit or a rule was broken, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from openai import AsyncOpenAI

from flows import settings
from flows.assistant.assistant import Assistant
from flows.errors import Fix
from tests.evals import deciding, joints, measuring, saying, simulated
from tests.evals.assistants import assistant
from tests.evals.judge import Judge
from tests.evals.played import Played
from tests.evals.player import play, together
from tests.evals.profiles import PROFILES
from tests.evals.scripts import Script, load
from tests.evals.table import details, table, write_transcripts

_JOINTS = ("papers", "photos", "hearing", "deciding", "saying", "conversations")


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.leads and not given.leads.is_dir():
        print(f"{given.leads} is no folder", file=sys.stderr)
        return 2
    scripts = load(given.leads) if given.leads else load()
    only = set(given.only or ())
    known = {*_JOINTS, *(profile.name for profile in PROFILES), *(s.name for s in scripts), *(s.kind for s in scripts)}
    if unknown := only - known:
        print(f"no joint, profile, scripted lead or kind is called {' or '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    try:
        return asyncio.run(_run(given, scripts, only))
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.evals", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="store_true", help="ask the configured models; needs OPENAI_API_KEY")
    parser.add_argument("--judge", metavar="MODEL", help="a model that scores the tone; needs OPENAI_API_KEY")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help=f"{', '.join(_JOINTS)}, a profile, a lead or a kind; may be repeated",
    )
    parser.add_argument("--transcripts", metavar="DIR", type=Path, help="write each conversation as text")
    parser.add_argument(
        "--leads", metavar="DIR", type=Path, help="play the scripts of another folder (*.toml, *.jsonl)"
    )
    parser.add_argument("--check", metavar="FILE", type=Path, help="lines with lead and reply, and where or setup")
    parser.add_argument(
        "--seeds", metavar="N", type=int, default=len(simulated.SEEDS), help="runs of each simulated lead"
    )
    parser.add_argument(
        "--details", action="store_true", help="precision and recall of every meaning, what was refused"
    )
    return parser


async def _run(given: argparse.Namespace, scripts: list[Script], only: set[str]) -> int:
    async with assistant(model=given.model) as evaluated:
        if given.check:
            return await _check(given.check, evaluated)
        if given.leads:
            chosen = [s for s in scripts if not only or {s.name, s.kind} & only]
            return await _others(given, await together(play(script, evaluated) for script in chosen))
        return await _everything(given, scripts, only, evaluated)


async def _everything(given: argparse.Namespace, scripts: list[Script], only: set[str], evaluated: Assistant) -> int:
    rows, notes = [], []
    if not only or "papers" in only:
        read, fields = joints.papers_read()
        rows += read
        notes.append(fields)
    if "photos" in only:  # minutes of a core, and therefore asked for by name
        read, fields = joints.photos_read()
        rows += read
        notes.append(fields)
    if not only or "hearing" in only:
        heard, meanings = await joints.heard(evaluated.mind)
        rows += heard
        notes += [meanings] if given.details else []
    if not only or "deciding" in only:
        decided, broken = joints.decided(deciding.PARTS)
        rows += decided
        notes.append(broken)
    if not only or "saying" in only:
        said, wrong = await joints.said(evaluated.checker)
        rows += said
        notes += [wrong] if given.details else []
    every = not only or "conversations" in only
    played = await together(play(s, evaluated) for s in scripts if every or {s.name, s.kind} & only)
    profiles = [profile.name for profile in PROFILES if every or profile.name in only]
    leads = await simulated.everybody(evaluated, range(given.seeds), profiles) if profiles else []
    if results := [*played, *leads]:
        await _judged(given, results)
        rows += joints.talked(played, leads)
        notes.append(details(results))
    if only and results:
        print(f"{table(results)}\n")
    print(joints.table(rows))
    print("".join(f"\n{note}\n" for note in notes if note), end="")
    return 0 if all(row.good for row in rows) else 1


async def _others(given: argparse.Namespace, results: list[Played]) -> int:
    """Print what became of other people's leads; where their scripts do not say where they end, the place must be sensible."""
    await _judged(given, results)
    print(f"{table(results)}\n\n{measuring.told(results)}")
    if wrong := details(results):
        print(f"\n{wrong}")
    sensible = measuring.measured(results).sensible
    return 0 if sensible == len(results) and not any(played.broken for played in results) else 1


async def _check(file: Path, evaluated: Assistant) -> int:
    judged = await joints.held(saying.read(file), evaluated.checker, played=True)
    for one in judged:
        verdict = "sent" if one.sent else one.verdict.outcome.value
        print(f"{verdict:9} {','.join(one.verdict.codes):30} {one.line['reply']}")
    print(f"sent {sum(one.sent for one in judged)} of {len(judged)}")
    return 0


async def _judged(given: argparse.Namespace, results: list[Played]) -> None:
    """Score the tone where that was asked for, and write the transcripts where they are wanted."""
    if given.judge:
        group = settings.read(settings.OpenAI)
        if group.openai_api_key is None:
            raise Fix("OPENAI_API_KEY is not set; without --model and --judge everything runs offline")
        key = group.openai_api_key.get_secret_value()
        async with AsyncOpenAI(api_key=key, base_url=group.openai_base_url, max_retries=0) as client:
            judge = Judge(client, given.judge)
            for played in results:
                await judge.score(played)
        if judge.failures:
            print(f"the judge gave no score {len(judge.failures)} times: {judge.failures[0]}", file=sys.stderr)
    if given.transcripts:
        write_transcripts(results, given.transcripts)


if __name__ == "__main__":
    sys.exit(main())
