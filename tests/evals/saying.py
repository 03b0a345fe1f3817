"""Holds sentences that a model could write against the check: `python -m tests.evals.saying --check FILE [--rich]`.

A line is `{"where", "lead", "reply"}` (the stage), `{"acts", …}` besides, or `{"setup": [...], "lead", "reply"}` (what the
lead wrote before). Without OPENAI_API_KEY the rules decide alone, and what they doubt is not sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from flows import settings
from flows.assistant.decide.acts import Act, Code
from flows.assistant.knowledge import match
from flows.assistant.meaning import Question
from flows.assistant.mind import Mind
from flows.assistant.say import check as checked
from flows.assistant.say.check import Ground, Ruling, Verdict
from flows.assistant.say.checker import second_reading
from flows.assistant.say.message import compose, paragraphs
from flows.assistant.say.sentences import variants
from flows.conversing.senses import model_of
from tests.evals.moments import BEFORE, moment
from tests.flows.assistant.say.acts import KNOWN, OFFERS, RECIFE, act

ActsOf = Callable[[Sequence[str], str], tuple[Act, ...]]
_PLANS = tuple(f"plan:{offer.plan_id}" for offer in OFFERS)
_ASKS = {
    "bill": [act(Code.BILL_AGAIN, asks=Question.BILL)],
    "plan": [act(Code.PLAN_AGAIN, *_PLANS, asks=Question.PLAN, offers=OFFERS)],
    "place": [act(Code.PLACE_CONFIRM, f"place:{RECIFE}", "place:no", asks=Question.CONFIRM_PLACE)],
    "reading": [act(Code.READING), act(Code.READING_RIGHT, "bill:ok", "bill:wrong", asks=Question.BILL_OK)],
    "holder": [act(Code.HOLDER_AGAIN, "holder:yes", "holder:no", asks=Question.HOLDER)],
}
# What a place that was just found to be served adds before the bill is asked for.
_RICH = [act(Code.SERVED), act(Code.SERVED_PLANS), act(Code.SERVED_HOW), act(Code.BILL_ASK, asks=Question.BILL)]
_QUESTIONS = {
    "PLACE_WHICH": Question.WHICH_CITY,
    "PLACE_CONFIRM": Question.CONFIRM_PLACE,
    "PLACE_": Question.PLACE,
    "BILL_": Question.BILL,
    "HOLDER_": Question.HOLDER,
    "PLAN_CONFIRM": Question.CONFIRM_PLAN,
    "PLAN_": Question.PLAN,
    "READING_WHAT": Question.BILL_WRONG,
    "READING_": Question.BILL_OK,
    "NOTICE_": Question.NOTICE,
    "PERSON_": Question.PERSON,
    "CANCEL_": Question.CANCEL,
    "ERASE_": Question.ERASE,
}


@dataclass(frozen=True)
class Judged:
    """A line and what became of it."""

    line: dict[str, Any]
    verdict: Verdict
    sent: bool


def acts_for(line: dict[str, Any], acts_of: ActsOf | None = None, *, rich: bool = False) -> tuple[Act, ...]:
    """Return what would be said at this point: the acts of the line, or of its stage, or of what was said before.

    `acts_of` decides on the stages, too; without it they are what they mostly are, and the assistant only plays setups.
    """
    if codes := line.get("acts"):
        return tuple(_named(code) for code in codes)
    decided = acts_of or _decided
    if "where" not in line:
        return decided(line.get("setup", ()), line["lead"])
    if acts_of and line["where"] in BEFORE:
        return acts_of(BEFORE[line["where"]], line["lead"])
    answer = match(line["lead"]) if rich else None
    asides = [act(Code.ANSWER, faq=answer)] if answer else []
    return (*asides, *(_RICH if rich and line["where"] == "bill" else _ASKS[line["where"]]))


def _decided(setup: Sequence[str], lead: str) -> tuple[Act, ...]:
    return moment(setup, lead).acts


def measured(line: dict[str, Any], acts: tuple[Act, ...]) -> Ground:
    """Return what the reply of a line may lean on."""
    content = compose(paragraphs(acts, KNOWN))
    lead = [line["lead"]] if isinstance(line["lead"], str) else line["lead"]
    return checked.ground(acts, KNOWN, content.text if content else "", lead)


async def run(lines: Sequence[dict[str, Any]], measures: Sequence[Ground], checker: Mind | None = None) -> list[Judged]:
    """Judge lines by the rules, and what those doubt by a checker; without one it stays doubtful, and is not sent."""
    judged = []
    for line, measure in zip(lines, measures, strict=True):
        verdict = checked.check(line["reply"], measure)
        sent = verdict.outcome is Ruling.GROUNDED
        if checker and verdict.outcome is Ruling.DOUBTFUL:
            refused, _ = await second_reading(checker, line["reply"], measure, opening=False, seconds=60)
            verdict, sent = Verdict(verdict.outcome, refused), not refused
        judged.append(Judged(line, verdict, sent))
    return judged


def read(file: Path) -> list[dict[str, Any]]:
    """Read a file of lines."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def main(arguments: Sequence[str] | None = None, acts_of: ActsOf | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evals.saying", description=__doc__)
    parser.add_argument("--check", metavar="FILE", type=Path, required=True)
    parser.add_argument(
        "--rich", action="store_true", help="more is said at this point: a place just found, an answer of the FAQ"
    )
    parser.add_argument("--played", action="store_true", help="the stages, too, are what the assistant decides on")
    parser.add_argument("--quiet", action="store_true", help="the counts alone")
    given = parser.parse_args(arguments)
    acts_of = acts_of or (_decided if given.played else None)
    lines = read(given.check)
    judged = asyncio.run(_judged(lines, [measured(line, acts_for(line, acts_of, rich=given.rich)) for line in lines]))
    if not given.quiet:
        for one in judged:
            print(
                f"{one.verdict.outcome:9} {','.join(one.verdict.codes):34} {one.line.get('kind') or '':20} {one.line['reply']!r}"
            )
    counts = Counter(one.verdict.outcome for one in judged)
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in Ruling))
    print(f"sent {sum(one.sent for one in judged)} of {len(judged)}")
    return 0


async def _judged(lines: Sequence[dict[str, Any]], measures: Sequence[Ground]) -> list[Judged]:
    group = settings.read(settings.OpenAI)
    if group.openai_api_key is None:
        return await run(lines, measures)
    async with AsyncOpenAI(api_key=group.openai_api_key.get_secret_value(), base_url=group.openai_base_url) as client:
        name = group.openai_checker_model or group.openai_model
        return await run(lines, measures, model_of(client, group, name))


def _named(name: str) -> Act:
    code, _, answer = name.partition(":")
    if code == "ANSWER":
        return act(Code.ANSWER, faq=answer)
    asks = next((question for start, question in _QUESTIONS.items() if code.startswith(start)), None)
    offers = {"offers": OFFERS} if code.startswith("PLAN_") else {}
    return act(Code[code], asks=asks if "?" in variants(Code[code])[0] else None, **offers)


if __name__ == "__main__":
    sys.exit(main())
