"""Plays the scripted leads and prints how it went: `python -m tests.evals [--model] [--judge MODEL] [--only NAME] …`.

Offline on the playbook by default. `--model` asks the model of OPENAI_MODEL (with OPENAI_API_KEY); `--judge` lets
another model score the tone. Exit codes: 0 good, 1 a rule was broken or too few leads arrived, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.agent.agent import Agent, TurnCost
from flows.agent.playbook import Playbook
from openai import AsyncOpenAI

from flows import settings
from flows.errors import Fix
from tests.evals.judge import Judge
from tests.evals.played import Played
from tests.evals.player import Assistant, play
from tests.evals.rules import MINIMUM
from tests.evals.scripts import Script, load
from tests.evals.table import details, good_enough, table, write_transcripts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.evals", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="store_true", help="ask the configured model; needs OPENAI_API_KEY")
    parser.add_argument("--judge", metavar="MODEL", help="a model that scores the tone; needs OPENAI_API_KEY")
    parser.add_argument("--only", metavar="NAME", action="append", help="a lead or a kind; may be repeated")
    parser.add_argument("--transcripts", metavar="DIR", type=Path, help="write each conversation as text")
    given = parser.parse_args(arguments)
    wanted = [s for s in load() if not given.only or {s.name, s.kind} & set(given.only)]
    if not wanted:
        print(f"no scripted lead or kind is called {' or '.join(given.only)}", file=sys.stderr)
        return 2
    try:
        return asyncio.run(_run(wanted, given))
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 2


async def _run(scripts: list[Script], given: argparse.Namespace) -> int:
    group = settings.read(settings.OpenAI)
    if (given.model or given.judge) and group.openai_api_key is None:
        raise Fix("OPENAI_API_KEY is not set; without --model and --judge everything runs offline")
    print(f"{len(scripts)} leads against {group.openai_model if given.model else 'the playbook'}", file=sys.stderr)
    key = group.openai_api_key.get_secret_value() if group.openai_api_key else "none"
    async with AsyncOpenAI(api_key=key, base_url=group.openai_base_url) as client:
        results = []
        for script in scripts:
            meter = Meter()
            played = await play(script, _agent(client, group, meter) if given.model else _playbook())
            played.tokens, played.fallbacks = meter.tokens, meter.fallbacks
            results.append(played)
        if given.judge:
            await _judge(results, Judge(client, given.judge))
    if given.transcripts:
        write_transcripts(results, given.transcripts)
    print(table(results))
    if wrong := details(results):
        print(f"\n{wrong}")
    return 0 if good_enough(results) else 1


class Meter:
    """Counts what the model costs one lead."""

    def __init__(self) -> None:
        self.tokens = self.fallbacks = 0

    def turn(self, cost: TurnCost) -> None:
        self.tokens += cost.input_tokens + cost.output_tokens

    def fallback(self, reason: str) -> None:
        self.fallbacks += 1


def _playbook() -> Playbook:
    """The configured playbook. The minimum is the scripts' own: they were written for it."""
    group = settings.read(settings.Conversation)
    return Playbook(
        persona=group.persona,
        contact_deadline=group.contact_deadline,
        privacy_notice_url=group.privacy_notice_url,
        minimum_amount=MINIMUM,
    )


def _agent(client: AsyncOpenAI, openai: settings.OpenAI, meter: Meter) -> Assistant:
    """The model's agent as configured; where it fails, the playbook answers the turn, and the meter counts it."""
    group = settings.read(settings.Conversation)
    return Agent(
        client=client,
        model=openai.openai_model,
        playbook=_playbook(),
        persona=group.persona,
        contact_deadline=group.contact_deadline,
        privacy_notice_url=group.privacy_notice_url,
        max_tool_rounds=openai.openai_tool_rounds,
        time_limit=openai.openai_time_limit_seconds,
        max_output_tokens=openai.openai_max_output_tokens,
        on_fallback=meter.fallback,
        on_turn=meter.turn,
    )


async def _judge(results: list[Played], judge: Judge) -> None:
    for played in results:
        await judge.score(played)
    if judge.failures:
        print(f"the judge gave no score {len(judge.failures)} times: {judge.failures[0]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
