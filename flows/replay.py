"""Recorded turns decided again with this code: what would be said differently today. Nothing is sent, nothing is written.

    python -m flows.replay --lead ID                  # every turn of one lead
    python -m flows.replay --day 2026-11-21           # every turn of one day in São Paulo
    python -m flows.replay --lead ID --script FILE    # the conversation as an eval script (tests/evals/leads)

A turn is decided over what it was decided over then: the lead, its memory, the messages, the transcript, and what plans API
and bill reader had answered. In a script names, numbers, e-mails and addresses are made up; cities and amounts stay.

--store reads another lead store than the configured one. Exit codes: 0 no difference (or written), 1 some, 2 wrong
arguments or configuration, 4 the lead store does not answer, 5 no such lead, or none
of its turns was recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import difflib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from flows import settings
from flows.adapters.store.leads import LeadStore
from flows.adapters.store.sheets import RecordedTurn
from flows.assistant.assistant import Assistant
from flows.assistant.say import names_holder
from flows.commands import no_such_lead
from flows.conversing.senses import house
from flows.conversing.stores import open_store, prepare_store
from flows.domain import Content, Reply
from flows.errors import Fix, SerenaError
from flows.shown import logs
from flows.shown.formats import day_of, local
from flows.shown.retelling import script_of

_AT_ONCE = 100


class Again(Protocol):
    """Decides a recorded turn with the code of today, over the world of then (`RecordedTurn.why.world`)."""

    async def again(self, turn: RecordedTurn) -> Reply: ...


@dataclass(frozen=True)
class Recorded:
    """The assistant, handed what was recorded."""

    assistant: Assistant

    async def again(self, turn: RecordedTurn) -> Reply:
        return self.assistant.again(turn.turn, turn.why.world)


@dataclass(frozen=True)
class Difference:
    """What would be said otherwise in one turn: a unified diff of the texts, and the acts that go (-) and come (+).
    `broken` names what the code of today raised instead."""

    turn: RecordedTurn
    text: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    broken: str | None = None

    def lines(self) -> list[str]:
        """For a terminal: whose turn, when, and what."""
        who, at = str(self.turn.lead.id)[:8], local(self.turn.at)
        head = f"lead {who}, turn {self.turn.id}, {at}"
        if self.broken:
            return [f"{head}: could not be decided again ({self.broken})"]
        acts = [f"acts: {' '.join(self.acts)}"] if self.acts else []
        return [head, *self.text, *acts]


async def compare_turn(turn: RecordedTurn, decider: Again) -> Difference | None:
    """Decide one turn again; None where the same would be said."""
    try:
        reply = await decider.again(turn)
    except SerenaError:
        raise
    except Exception as exc:
        # The other turns still are worth looking at; this one counts as different.
        return Difference(turn, broken=type(exc).__name__)
    then, now = _shown(turn.said), _shown(reply.content)
    text = difflib.unified_diff(then, now, "said then", "would be said now", lineterm="")
    before = [str(act.get("code")) for act in turn.why.acts]
    after = [str(act.get("code")) for act in reply.why.acts] if reply.why else before
    acts = [
        line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:3] not in ("---", "+++", "@@ ")
    ]
    found = Difference(turn, tuple(text), tuple(acts))
    return found if found.text or found.acts else None


async def recorded(
    store: LeadStore, *, lead: UUID | None = None, day: date | None = None
) -> AsyncIterator[RecordedTurn]:
    """Yield the turns of a lead or a day, oldest first."""
    since: datetime | None = None
    until: datetime | None = None
    if day is not None:
        since, until = day_of(day)
    after: int | None = None
    while True:
        turns = await store.operations.recorded_turns(lead=lead, since=since, until=until, after=after, limit=_AT_ONCE)
        for turn in turns:
            yield turn
        if len(turns) < _AT_ONCE:
            return
        after = turns[-1].id


def _shown(content: Content | None) -> list[str]:
    """What a lead sees, line by line."""
    if content is None:
        return []
    choices = [button.title for button in content.buttons]
    choices += [f"{row.title} | {row.description}" if row.description else row.title for row in content.rows]
    # Whose name is on a bill is recorded nowhere on purpose: its line can only be missing today, and is no difference.
    lines = [line for line in content.text.split("\n") if not names_holder(line)]
    return [*lines, *(f"[ {choice} ]" for choice in choices)]


@contextlib.asynccontextmanager
async def deciding() -> AsyncIterator[Again]:
    """The assistant of this code on its rules, over recorded worlds: no model is asked again."""
    yield Recorded(Assistant(house(settings.read(settings.Conversation), settings.account_names())))


def main(
    arguments: list[str] | None = None, opened: Callable[[], AbstractAsyncContextManager[Again]] = deciding
) -> int:
    """`opened` gives what decides."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.replay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--lead", type=UUID, metavar="ID", help="the turns of this lead")
    which.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the turns of this day in São Paulo"
    )
    parser.add_argument("--script", type=Path, metavar="FILE", help="with --lead: write an eval script, decide nothing")
    parser.add_argument("--store", metavar="URL", help="another lead store: the address of a Postgres")
    given = parser.parse_args(arguments)
    if given.script and not given.lead:
        parser.error("--script needs --lead: a script is one conversation")
    if given.script and given.script.exists():
        parser.error(f"{given.script} exists")
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        group = settings.read(settings.Store)
        if given.store:
            group = settings.read(settings.Store, database_url=given.store, supabase_url=None, supabase_key=None)
        return asyncio.run(
            _write(group, given.lead, given.script) if given.script else _replay(group, opened, given.lead, given.day)
        )
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 2
    except SerenaError as exc:
        print(exc, file=sys.stderr)
        return 4


async def _replay(
    group: settings.Store, opened: Callable[[], AbstractAsyncContextManager[Again]], lead: UUID | None, day: date | None
) -> int:
    await prepare_store(group)
    count = different = 0
    async with open_store(group, listen=False) as store:
        if lead is not None and await store.lead(lead) is None:
            return no_such_lead()
        async with opened() as decider:
            async for turn in recorded(store, lead=lead, day=day):
                count += 1
                if (difference := await compare_turn(turn, decider)) is not None:
                    different += 1
                    print("\n".join(difference.lines()), end="\n\n")
    print(f"{count} turn(s) decided again, {different} different", file=sys.stderr)
    return 1 if different else 0


async def _write(group: settings.Store, lead: UUID, file: Path) -> int:
    await prepare_store(group)
    async with open_store(group, listen=False) as store:
        sheet = await store.operations.sheet(lead, messages=1)
        if sheet is None:
            return no_such_lead()
        turns = [turn async for turn in recorded(store, lead=lead)]
    if not turns:
        print(f"lead {lead} has no recorded turn", file=sys.stderr)
        return 5
    file.write_text(script_of(sheet, turns), "utf-8")
    print(
        f"{len(turns)} turn(s) written to {file}. Names that nothing gives away as such are still in it: "
        "read it before you keep it.",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
