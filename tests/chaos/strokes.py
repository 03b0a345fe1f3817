"""One stroke: leads talk, something is killed or replaced, and afterwards every message must have one answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.chaos.containers import Containers
from tests.chaos.leads import Silent, Talker, talkers
from tests.chaos.observer import WITHIN

_BEFORE = 8.0
_AFTER = 10.0


@dataclass
class Result:
    """What one stroke did. `back`: seconds until every container was healthy again; `slowest`: the longest wait, in
    seconds, of the `caught` messages, which were open when it fell or written until then."""

    name: str
    messages: int = 0
    caught: int = 0
    back: float = 0.0
    slowest: float = 0.0
    reminders: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Field:
    """Where strokes happen: the containers, the simulator's control API, how many leads, and the reminder's time."""

    containers: Containers
    simulator: httpx.Client
    leads: int
    reminder_after: float

    def strike(self, name: str, service: str, blow: Callable[[str], object]) -> Result:
        """Plays one stroke from the first message to the last check. Raises Wrong when the service stays away."""
        result = Result(name)
        silent = [Silent.after_a_greeting(self.simulator) for _ in range(max(2, self.leads // 5))]
        greeted = time.monotonic()
        # The reminders fall due while the service is away.
        time.sleep(max(0.0, self.reminder_after - _BEFORE - 4.0))
        crowd, stop = talkers(self.simulator, self.leads), threading.Event()
        for each in crowd:
            each.start(stop)
        time.sleep(_BEFORE)
        since, struck = self.containers.starts(service), time.monotonic()
        blow(service)
        back = self.containers.wait_until_back(service, since)
        time.sleep(_AFTER)
        stop.set()
        for each in crowd:
            each.join()
        for each in crowd:
            each.hears_nothing_more(1.0)
        listening = [
            threading.Thread(target=each.listen, args=(max(back, greeted + self.reminder_after) + WITHIN,))
            for each in silent
        ]
        for thread in listening:
            thread.start()
        for thread in listening:
            thread.join()
        _judge(result, crowd, silent, struck, back, self.reminder_after)
        return result


def _judge(
    result: Result, crowd: list[Talker], silent: list[Silent], struck: float, back: float, reminder_after: float
) -> None:
    result.back = back - struck
    for talker in crowd:
        who = talker.person.id
        result.messages += len(talker.turns)
        if talker.trouble:
            result.wrong.append(f"{who}: the simulator did not answer ({talker.trouble})")
        if unasked := talker.unasked(reminder_after):
            result.wrong.append(f"{who}: {len(unasked)} message(s) nobody asked for: {unasked[0]!r}")
        for turn in talker.turns:
            if turn.answered is None:
                result.wrong.append(f"{who}: a message was never answered")
                continue
            if turn.answered > struck and turn.sent < back:
                result.caught += 1
                result.slowest = max(result.slowest, turn.answered - turn.sent)
            if turn.answered > max(back, turn.sent) + WITHIN:
                result.wrong.append(f"{who}: answered {turn.answered - back:.0f} s after the return")
    for each in silent:
        result.reminders += len(each.reminders)
        if len(each.reminders) != 1:
            result.wrong.append(f"{each.person.id}: {len(each.reminders)} reminders instead of one")
