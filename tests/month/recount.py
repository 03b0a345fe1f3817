"""Judges a month by the phones' own log alone, and recounts from it what the store's figures say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.adapters.store.totals import Funnel
from flows.brazil.calendar import SAO_PAULO, national_holidays
from flows.domain import Qualification, Stage
from tests.month.phones import Entry

# The last that a person may wait for an answer in the month: a dead worker's lease, and the dispatcher's next look, twice.
LATEST = timedelta(minutes=45)
WELCOME = "prosseguir_com_solicitacao"
_SUNDAY = 6
_PLACE = frozenset({Stage.AWAITING_BILL, Stage.BILL_PROCESSED, Stage.PLANS_SENT, Stage.NOT_SERVED, Stage.INTERESTED})
# Of ops_funnel: who was given to a person and got nowhere by it.
_NOWHERE = frozenset({"erase_my_data", "withdrawn", "wrong_person", "not_delivered", "not_answered"})


@dataclass
class Story:
    """One person's part of the log, in order."""

    who: int
    entries: list[Entry] = field(default_factory=list)
    erased: bool = False

    @property
    def arrived(self) -> datetime | None:
        return next((entry.at for entry in self.entries if entry.what in ("form", "in")), None)


@dataclass(frozen=True)
class Unasked:
    """A message of ours that answers nothing: a welcome or a reminder."""

    entry: Entry
    silence: int


def stories(log: Iterable[Entry]) -> list[Story]:
    """By person. Who was erased and comes again is somebody new, and nothing is known of who was erased."""
    found: dict[tuple[int, int], Story] = {}
    lives: Counter[int] = Counter()
    for entry in log:
        story = found.setdefault((entry.who, lives[entry.who]), Story(entry.who))
        story.entries.append(entry)
        if entry.what == "erased":
            story.erased = True
            lives[entry.who] += 1
    return [found[key] for key in sorted(found)]


def unasked(story: Story) -> Iterator[Unasked]:
    """What of ours came while no message of theirs waited and no reply was owed, as one is that had to be sent again.
    `silence` numbers the silences: each word of theirs ends one."""
    waiting = owed = silence = 0
    for entry in story.entries:
        match entry.what:
            case "in":
                waiting, silence = waiting + 1, silence + 1
            case "decided":
                # answered, also by saying nothing
                waiting, owed = 0, owed + (entry.reply is not None and entry.reply.content is not None)
            case "out" if owed:
                owed -= 1
            case "out" if not waiting:
                yield Unasked(entry, silence)


def wrong(log: Sequence[Entry]) -> list[str]:
    """Every promise that the log shows broken."""
    found: list[str] = []
    years = {entry.at.year for entry in log}
    holidays = frozenset(national_holidays(range(min(years), max(years) + 1)))
    for story in stories(log):
        who = f"person {story.who}"
        found += [f"{who}: {said}" for said in _unanswered(story)]
        found += [f"{who}: {said}" for said in _after_a_stop(story)]
        reminders: Counter[int] = Counter()
        for one in unasked(story):
            here = one.entry.at.astimezone(SAO_PAULO)
            if one.entry.template == WELCOME:
                continue
            reminders[one.silence] += 1
            if not 8 <= here.hour < 20 or here.weekday() == _SUNDAY or here.date() in holidays:
                found.append(f"{who}: reminded in the quiet, {here:%a %d/%m %H:%M}")
        found += [f"{who}: {n} reminders in one silence" for n in reminders.values() if n > 1]
        welcomes = sum(entry.what == "out" and entry.template == WELCOME for entry in story.entries)
        forms = sum(entry.what == "form" for entry in story.entries)
        if welcomes > forms:
            found.append(f"{who}: {welcomes} welcomes for {forms} forms")
    return found


def _unanswered(story: Story) -> Iterator[str]:
    """Each of their messages was decided about within the time, and what was decided to be said arrived."""
    waits: list[Entry] = []
    owed: Entry | None = None
    for entry in story.entries:
        if entry.what == "in":
            waits.append(entry)
        elif entry.what == "decided":
            if owed is not None and entry.reply is not None and not waits:
                continue  # decided again by another worker
            late = [one for one in waits if entry.at - one.at > LATEST]
            yield from (f"waited {entry.at - one.at} for an answer" for one in late)
            waits, owed = [], entry if entry.reply is not None and entry.reply.content is not None else None
        elif entry.what == "out":
            if owed is not None and entry.at - owed.at > LATEST:
                yield f"its answer came {entry.at - owed.at} after it was decided"
            owed = None
        elif entry.what == "erased":
            waits, owed = [], None
    yield from (f"was never answered, {one.at:%d/%m %H:%M}" for one in waits)
    if owed is not None:
        yield f"never got its answer, {owed.at:%d/%m %H:%M}"


def _after_a_stop(story: Story) -> Iterator[str]:
    """Who said stop hears that it was heard, and nothing more until they write again."""
    stopped: Entry | None = None
    heard = 0
    for entry in story.entries:
        if entry.what == "in":
            stopped, heard = (entry, 0) if entry.stop else (None, 0)
        elif entry.what == "out" and stopped is not None:
            heard += 1
            if heard > 1:
                yield f"written to after a stop, {entry.at:%d/%m %H:%M}"


def funnel(log: Sequence[Entry], since: datetime, until: datetime) -> Funnel:
    """The funnel of who arrived then, from the log. Without `silent`, which no phone shows."""
    counts: Counter[str] = Counter()
    for story in stories(log):
        if story.erased or story.arrived is None or not since <= story.arrived < until:
            continue
        replies = [entry.reply for entry in story.entries if entry.reply is not None]
        stages = [reply.stage for reply in replies if reply.stage is not None]
        qualified = [reply.qualification for reply in replies if reply.qualification is not None]
        came = {
            "arrived": True,
            "forms": story.entries[0].what == "form",
            "template_delivered": any(e.what == "delivered" and e.template == WELCOME for e in story.entries),
            "answered": any(entry.what == "in" for entry in story.entries),
            "place": bool(_PLACE & set(stages)),
            "bill": any(entry.bill for entry in story.entries),
            "qualified": bool(qualified) and qualified[-1] is Qualification.QUALIFIED,
            "handed_over": any(reply.handoff and reply.handoff.reason not in _NOWHERE for reply in replies),
            "opted_out": _stopped(story),
        }
        counts.update(name for name, true in came.items() if true)
    return Funnel(**counts)


def _stopped(story: Story) -> bool:
    """Whether their last word on it was a stop: whoever writes again of their own accord is talked to again."""
    stopped = False
    for entry in story.entries:
        if entry.reply is not None:
            stopped = entry.reply.opt_out or (stopped and entry.reply.stage in (None, Stage.OPTED_OUT))
    return stopped


@dataclass
class Day:
    """What of a day's report the phones know."""

    reminders: int = 0
    returned: int = 0
    turns: int = 0


def days(log: Sequence[Entry]) -> dict[datetime, Day]:
    """By midnight in São Paulo at which the day begins."""
    found: dict[datetime, Day] = defaultdict(Day)
    for story in stories(log):
        if story.erased:
            continue
        writes = [entry.at for entry in story.entries if entry.what == "in"]
        back: set[datetime] = set()
        for one in unasked(story):
            if one.entry.template == WELCOME:
                continue
            day = midnight(one.entry.at)
            found[day].reminders += 1
            if any(one.entry.at < at <= one.entry.at + timedelta(days=1) for at in writes):
                back.add(day)
        for day in back:
            found[day].returned += 1
        before: datetime | None = None
        for entry in story.entries:
            if entry.what == "in":
                before = None
            elif entry.what == "decided":
                if before is not None:
                    found[before].turns -= 1  # decided again by another worker: the first was never kept
                before = midnight(entry.at)
                found[before].turns += 1
    return found


def midnight(at: datetime) -> datetime:
    here = at.astimezone(SAO_PAULO)
    return here.replace(hour=0, minute=0, second=0, microsecond=0)
