"""The second reading of a model's words: another model tells whether they state anything that the acts do not."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel

from flows.assistant.mind import Mind, Spent
from flows.assistant.say.check import Ground, sentences_of
from flows.assistant.say.sentences import prompt

Kind = Literal["supported", "kindness", "echo", "refusal", "general", "unsupported", "contradiction", "other_question"]
_REFUSED = frozenset({"unsupported", "contradiction", "other_question"})


class Stated(BaseModel):
    """One thing that a message states, promises, asks for or suggests."""

    claim: str
    kind: Kind


class Findings(BaseModel):
    """What a checker found."""

    states: list[Stated]
    drops_question: bool
    ok: bool

    def refused(self, *, opening: bool) -> tuple[str, ...]:
        """Return codes of what may not leave; a checker that contradicts itself counts as strict."""
        codes: list[str] = [stated.kind for stated in self.states if stated.kind in _REFUSED]
        if self.drops_question and not opening:
            codes.append("question_dropped")
        if not (codes or self.ok):
            codes.append("not_ok")
        return tuple(f"checker:{code}" for code in dict.fromkeys(codes))


async def second_reading(
    mind: Mind, words: str, ground: Ground, *, opening: bool, seconds: float
) -> tuple[tuple[str, ...], Spent]:
    """Return the codes of what is refused, none when the words may leave. `MindFailed` without an answer in time."""
    question = next((one for one in reversed(sentences_of(ground.said)) if "?" in one), "")
    data = {
        "pode_dizer": [sentence.raw for sentence in ground.says.sentences],
        "pergunta": "" if opening else question,
        "pessoa": list(ground.lead),
        "papel": "abertura" if opening else "mensagem",
        "mensagem": words,
    }
    thought = await mind.think(prompt("check"), json.dumps(data, ensure_ascii=False), Findings, seconds=seconds)
    return thought.answer.refused(opening=opening), thought.spent
