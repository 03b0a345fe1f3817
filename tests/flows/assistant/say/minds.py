"""Models for tests of voices and check: each answers what it was given, in order, and keeps what it was told."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel

from flows.assistant.mind import MindFailed, Reason, Spent, Thought
from flows.assistant.say.checker import Findings, Stated
from flows.assistant.say.voices import Phrased

Answer = TypeVar("Answer", bound=BaseModel)


class Scripted:
    """A model that says what was written down for it; a `Reason` fails the call."""

    name = "scripted"

    def __init__(self, *answers: BaseModel | Reason) -> None:
        self.answers = list(answers)
        self.told: list[str] = []
        self.data: list[dict[str, Any]] = []

    async def think(self, told: str, data: str, answer: type[Answer], *, seconds: float) -> Thought[Answer]:
        self.told.append(told)
        self.data.append(json.loads(data))
        given = self.answers.pop(0)
        if isinstance(given, Reason):
            raise MindFailed(given)
        assert isinstance(given, answer)
        return Thought(given, Spent(requests=1, tokens_in=100, tokens_out=10, seconds=0.1))


def writes(*texts: str) -> Scripted:
    """A writer of these texts."""
    return Scripted(*(Phrased(text=text) for text in texts))


def honest() -> Scripted:
    """A checker that finds nothing wrong, as often as it is asked."""
    return Scripted(*[Findings(states=[], drops_question=False, ok=True)] * 5)


def strict(kind: str = "unsupported") -> Scripted:
    """A checker that finds this, as often as it is asked."""
    found = Stated.model_validate({"claim": "…", "kind": kind})
    return Scripted(*[Findings(states=[found], drops_question=False, ok=False)] * 5)
