"""Which faults happen when: drawn from a seed, so that a run that went wrong can be had again."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

# What can be done, to whom, for how long (seconds, from and to), and how often beside the others. A worker that stands still for
# longer than its lease has lost its runs when it goes on.
_PROCESSES = ("webhook", "worker", "worker-2", "prefect")
_LINES = ("store", "prefect", "prefect-database", "deliveries", "graph", "plans", "model")
KINDS: dict[str, tuple[Sequence[str], tuple[float, float], int]] = {
    "kill": ((*_PROCESSES, "postgres", "postgres-server"), (0.2, 4.0), 8),
    "stop": ((*_PROCESSES, "postgres", "simulator"), (1.0, 12.0), 5),
    "cut": (_LINES, (0.5, 8.0), 5),
    "slow": (_LINES, (2.0, 10.0), 4),
    "page": (("prefect", "graph", "plans", "model"), (0.5, 5.0), 3),
    "refused": (("graph",), (1.0, 6.0), 3),
    "dropped": (("graph",), (1.0, 4.0), 2),
    "hung": (("graph",), (1.0, 6.0), 1),
    "failed": (("graph",), (1.0, 3.0), 1),
    "plans": (("plans",), (2.0, 10.0), 3),
    "model": (("model",), (2.0, 10.0), 3),
    "twice": (("deliveries",), (2.0, 10.0), 2),
    "held": (("deliveries",), (2.0, 10.0), 2),
    "read-only": (("store",), (1.0, 8.0), 2),
    "full": (("disk",), (1.0, 8.0), 3),
}

# Meta's refusals that another try may change (docs/whatsapp.md 5.8); and one of the account, told by status, after which the
# message waits for a minute at least.
_REFUSALS = (2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004)
_ACCOUNT = 131042


@dataclass(frozen=True)
class Fault:
    """`kind` befalls `target` for `seconds`, `at` seconds after the beginning; `how` is what the simulator is told of it."""

    kind: str
    target: str
    at: float
    seconds: float
    how: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.target}"


def draw(
    seed: int, count: int, within: float, *, without: Collection[str] = (), only: Collection[str] = ()
) -> list[Fault]:
    """`count` faults over `within` seconds. The same process or line never suffers two at once; different ones do.
    `without`: kinds, or kinds with their target, that cannot happen here; `only`: those that shall."""
    dice = random.Random(seed)
    able = {
        kind: [target for target in targets if f"{kind} {target}" not in without]
        for kind, (targets, _, _) in KINDS.items()
        if kind not in without and (not only or kind in only)
    }
    able = {kind: targets for kind, targets in able.items() if targets}
    faults: list[Fault] = []
    free: dict[str, float] = {}
    for number in range(count):
        at = (number + dice.random()) * within / count
        idle = [
            (kind, target)
            for kind, targets in able.items()
            for target in targets
            if free.get(part(kind, target), 0) <= at
        ]
        if not idle:
            continue
        kinds = sorted({kind for kind, _ in idle})
        kind = dice.choices(kinds, [KINDS[kind][2] for kind in kinds])[0]
        target = dice.choice([t for k, t in idle if k == kind])
        seconds = dice.uniform(*KINDS[kind][1])
        if target == "simulator":
            seconds /= 2  # it is the leads' phones too, which give up after a while
        # a restart takes a while; what begins in it would hit nobody
        free[part(kind, target)] = at + seconds + (8.0 if kind in ("kill", "full") else 2.0)
        faults.append(Fault(kind, target, at, seconds, _how(kind, dice)))
    return faults


def part(kind: str, target: str) -> str:
    """What a fault keeps for itself: a process, a line, or one of the simulator's switches."""
    if target in ("postgres", "postgres-server", "disk") or kind == "read-only":
        return "database"
    return target if kind in ("kill", "stop") else f"line {target}" if kind in ("cut", "slow", "page") else kind


def _how(kind: str, dice: random.Random) -> dict[str, Any] | None:
    match kind:
        case "refused":
            return {"sends": {"code": dice.choice(_REFUSALS), "times": dice.randint(1, 8)}}
        case "dropped":
            return {"drop": {"answer": dice.choice(("close", "500")), "times": dice.randint(1, 3)}}
        case "hung":
            return {"hang": {"seconds": dice.uniform(2, 6), "times": dice.randint(1, 2)}}
        case "failed":
            return {"statuses": {"code": _ACCOUNT, "times": 1}}
        case "plans":
            wrong = dice.choice(("500", "429", "401", "timeout"))
            return {"plans": {"kind": wrong, "seconds": dice.uniform(1, 20)}}
        case "twice":
            return {"duplicate_webhooks": True}
        case "held":
            return {"hold_statuses": True}
    return None


# What undoes each switch of the simulator.
UNDONE: dict[str, dict[str, Any]] = {
    "refused": {"sends": None},
    "dropped": {"drop": None},
    "hung": {"hang": None},
    "failed": {"statuses": None},
    "plans": {"plans": None},
    "twice": {"duplicate_webhooks": False},
    "held": {"hold_statuses": False},
}
