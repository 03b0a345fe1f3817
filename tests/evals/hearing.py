"""How well hearing understands labelled sentences: precision and recall per meaning, and what must not be heard.

`python -m tests.evals.hearing` prints both halves of `hearing/*.jsonl`: the half that may be looked at while rules are
written, and the half that only measures. A label with `sure` false is a guess: it may be heard or not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from flows.assistant.bill import utilities
from flows.assistant.hear import Scene, leaned, read
from flows.assistant.meaning import Item, Meaning, Question, Reading
from flows.assistant.place import places
from flows.assistant.state import Area, Bill, Ended, State, Step
from flows.domain import Inbound, InboundMessage, Offer

FOLDER = Path(__file__).parent / "hearing"
TODAY = date(2026, 11, 30)
RECIFE, JABOATAO, OLINDA = 2611606, 2607901, 2609600
NEVER = frozenset({Meaning.STOP, Meaning.ERASE, Meaning.DECLINE, Meaning.CHOICE})
M, Q = Meaning, Question
# What decides the same where it answers this question.
_ALIKE = {
    Q.BILL_OK: {M.BILL_RIGHT: M.YES, M.BILL_WRONG: M.NO},
    Q.HOLDER: {M.HOLDER_AGREES: M.YES, M.HOLDER_REFUSES: M.NO, M.LATER: M.UNSURE},
    Q.NOTICE: {M.NOTICE: M.YES},
    Q.PERSON: {M.PERSON: M.YES},
    Q.ERASE: {M.ERASE: M.YES},
}


@dataclass(frozen=True)
class Sentence:
    """One labelled burst."""

    id: str
    asked: Question | None
    lead: tuple[str, ...]
    means: tuple[dict[str, Any], ...] = field(hash=False)
    never: tuple[Meaning, ...]
    setting: str

    @property
    def seen(self) -> bool:
        """True in the half that rules may be written by."""
        return zlib.crc32(self.id.encode()) % 2 == 0


@dataclass
class Score:
    """What was heard of a set of sentences: per meaning right, missed, and heard without reason."""

    right: Counter[Meaning] = field(default_factory=Counter)
    missed: Counter[Meaning] = field(default_factory=Counter)
    extra: Counter[Meaning] = field(default_factory=Counter)
    broken: list[tuple[str, Meaning]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # Guesses are asked back, never acted on; which reviewed answer a question gets is the knowledge's affair.
    guesses: Counter[Meaning] = field(default_factory=Counter)
    faq: Counter[bool] = field(default_factory=Counter)
    whole: int = 0
    count: int = 0

    @property
    def recall(self) -> float:
        return self.right.total() / max(1, self.right.total() + self.missed.total())

    @property
    def precision(self) -> float:
        return self.right.total() / max(1, self.right.total() + self.extra.total())


def sentences(folder: Path = FOLDER) -> list[Sentence]:
    """Return every labelled sentence of a folder."""
    rows = [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
        if line
    ]
    return [
        Sentence(
            row["id"],
            Question(row["asked"]) if row["asked"] else None,
            tuple(row["lead"]),
            tuple(row["means"]),
            tuple(Meaning(name) for name in row.get("not", ())),
            row["setting"],
        )
        for row in rows
    ]


def scene(sentence: Sentence) -> Scene:
    """Return the moment a sentence was labelled for: its setting, and the question that waited."""
    asked = sentence.asked
    known: dict[str, Any] = {}
    bill = Bill(
        step=Step.WRONG
        if asked is Q.BILL_WRONG
        else Step.CONFIRMED
        if asked in (Q.HOLDER, Q.BILL_PLACE)
        else Step.READ,
        outcome="qualified",
        holder="mismatch" if asked is Q.HOLDER else "match",
        total=Decimal("412.30"),
        utility="Neoenergia Pernambuco",
        place=OLINDA if asked is Q.BILL_PLACE else RECIFE,
        state="PE",
        month=date(2026, 10, 1),
        due=date(2026, 11, 10),
    )
    match sentence.setting:
        case "bill_read":
            known = {"place": RECIFE, "coverage": Area.SERVED, "utility": "CELPE", "bill": bill}
        case "three_plans":
            known = {
                "place": RECIFE,
                "coverage": Area.SERVED,
                "utility": "CELPE",
                "offered": RECIFE,
                "proposed": 2 if asked is Q.CONFIRM_PLAN else None,
            }
        case "two_utilities":
            known = {"place": 4314902, "coverage": Area.SEVERAL, "utilities": ("CEEE EQUATORIAL", "RGE SUL")}
        case "namesakes":
            known = {
                "candidates": tuple(
                    p.ibge_code for name in ("PB", "MG", "MA", "BA") if (p := places.in_state("Santa Luzia", name))
                )
            }
        case "not_served":
            known = {"place": RECIFE, "coverage": Area.NOT_SERVED}
        case "closed":
            known = {"place": RECIFE, "coverage": Area.SERVED, "ended": Ended.HANDED_OVER}
        case _:
            if asked in (Q.BILL,):
                known = {"place": RECIFE, "coverage": Area.SERVED, "utility": "CELPE"}
    form = (RECIFE,) if asked is Q.CONFIRM_PLACE else ()
    return Scene(
        State(greeted=True, asked=asked, **known),
        TODAY,
        _OFFERS if sentence.setting == "three_plans" else (),
        None,
        form,
    )


def _offer(position: int, name: str, percent: str, months: int, benefits: tuple[str, ...] = ()) -> Offer:
    return Offer(
        plan_id=position,
        name=name,
        utility="CELPE",
        discount=Decimal(percent),
        fidelity_months=months,
        position=position,
        benefits=benefits,
    )


_OFFERS = (
    _offer(1, "Plano Premium", "0.18", 60, ("1ª fatura paga pela Serena",)),
    _offer(2, "Plano Intermediário", "0.16", 36),
    _offer(3, "Plano Básico", "0.14", 0),
)


def messages(sentence: Sentence) -> tuple[InboundMessage, ...]:
    """Return a sentence as it arrives."""
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    return tuple(
        InboundMessage(id=UUID(int=n + 1), wamid=f"w{n}", type=Inbound.TEXT, text=text, sent_at=at)
        for n, text in enumerate(sentence.lead)
    )


def judge(sentence: Sentence, reading: Reading, score: Score) -> None:
    """Add what was heard of one sentence to a score."""
    left = list(reading.items)
    before = len(score.faults)
    for label in sentence.means:
        fits = [item for item in left if _fits(label, item, sentence.asked)]
        hit = next((item for item in fits if item.faq == label.get("faq")), fits[0] if fits else None)
        if hit is not None:
            left.remove(hit)
            if hit.meaning is M.QUESTION and label.get("sure", True):
                score.faq[hit.faq == label.get("faq")] += 1
            if label.get("sure", True):
                score.right[Meaning(label["m"])] += 1
        elif label.get("sure", True):
            score.missed[Meaning(label["m"])] += 1
            score.faults.append(f"missed {_label(label)}")
    # What was said twice, and a yes beside what says the same, is no fault.
    for item in left:
        if any(
            _alike(Meaning(label["m"]), item.meaning, sentence.asked) and not _values(label) for label in sentence.means
        ):
            continue
        # "É a Celpe" says Pernambuco, too.
        if item.meaning is M.PLACE and any(item.quote == other.quote and other.utility for other in reading.items):
            continue
        if not item.certain:
            score.guesses[item.meaning] += 1
            continue
        score.extra[item.meaning] += 1
        score.faults.append(f"extra {item.meaning.value}{'' if item.certain else '?'} {_value(item)}")
    for item in reading.items:
        if item.certain and item.meaning in sentence.never:
            score.broken.append((sentence.id, item.meaning))
            score.faults.append(f"NOT {item.meaning.value}")
    score.count += 1
    score.whole += len(score.faults) == before
    score.faults[before:] = [
        f"{sentence.id}  [{sentence.asked.value if sentence.asked else '-'}]  {' | '.join(sentence.lead)}  →  {fault}"
        for fault in score.faults[before:]
    ]


def _alike(label: Meaning, heard: Meaning, asked: Question | None) -> bool:
    same = _ALIKE.get(asked, {}) if asked else {}
    return label is heard or same.get(label, label) is same.get(heard, heard)


def _values(label: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in label.items() if name not in ("m", "sure") and value is not None}


def _fits(label: dict[str, Any], item: Item, asked: Question | None) -> bool:
    if not _alike(Meaning(label["m"]), item.meaning, asked):
        return False
    checks: dict[str, Callable[[Any], bool]] = {
        "city": lambda city: places.in_state(*city.rsplit("/", 1)).ibge_code in item.places,  # type: ignore[union-attr]
        "state": lambda uf: item.state == uf or any(p.state == uf for c in item.places if (p := places.by_code(c))),
        "owner": lambda owner: item.owner is None or item.owner.value == owner,
        "utility": lambda name: (
            (utilities.canonical(item.utility, None) or item.utility or "").upper()
            == (utilities.canonical(name, None) or name).upper()
        ),
        "amount": lambda amount: item.amount == Decimal(str(amount)),
        "plan": lambda plan: item.plan == plan,
        "field": lambda what: item.field is not None and item.field.value == what,
    }
    if item.meaning is not Meaning(label["m"]):
        return True
    if (
        item.meaning in (M.QUESTION, M.CHOICE)
        and label.get("faq", label.get("plan")) is None
        and (item.faq or item.plan)
    ):
        return label.get("sure") is False
    return all(checks[name](value) for name, value in _values(label).items() if name in checks)


def _label(label: dict[str, Any]) -> str:
    return f"{label['m']} {' '.join(str(v) for v in _values(label).values())}".strip()


def _value(item: Item) -> str:
    cities = [p.city for code in item.places[:3] if (p := places.by_code(code))]
    values = (
        *cities,
        item.state,
        item.owner,
        item.utility,
        item.amount,
        item.plan,
        item.field,
        item.faq,
        f"«{item.quote}»",
    )
    return " ".join(str(value) for value in values if value is not None)


def rules(chosen: Iterator[Sentence] | list[Sentence]) -> Score:
    """Judge what the rules alone hear of these sentences."""
    score = Score()
    for sentence in chosen:
        judge(sentence, _heard(sentence), score)
    return score


@cache
def _heard(sentence: Sentence) -> Reading:
    """What is judged several times, as a half and as a part of the whole, is read once."""
    burst, at = messages(sentence), scene(sentence)
    return leaned(read(burst, at), burst, at)


def table(score: Score) -> str:
    """Return precision and recall per meaning, the worst first."""
    lines = [f"{'meaning':16} right missed extra"]
    names = {*score.right, *score.missed, *score.extra}
    for name in sorted(names, key=lambda m: (-(score.missed[m] + score.extra[m]), m)):
        lines.append(f"{name.value:16} {score.right[name]:5} {score.missed[name]:6} {score.extra[name]:5}")
    return "\n".join(lines)


async def with_model(chosen: list[Sentence], mind: Any) -> Score:
    """Judge what rules and a model together hear of these sentences."""
    from flows.assistant.hear import hear

    score = Score()
    for sentence in chosen:
        heard = await hear(messages(sentence), scene(sentence), mind, seconds=20)
        judge(sentence, heard.reading, score)
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", action="store_true", help="list the faults of the half that may be looked at")
    parser.add_argument("--meaning", help="only faults that name this meaning")
    parser.add_argument("--model", help="ask this OpenAI model, too (OPENAI_API_KEY)")
    asked = parser.parse_args()
    every = sentences()
    halves = {"seen": [s for s in every if s.seen], "unseen": [s for s in every if not s.seen]}
    for name, half in halves.items():
        score = asyncio.run(with_model(half, _openai(asked.model))) if asked.model else rules(half)
        broken = [m for _, m in score.broken if m in NEVER]
        print(
            f"{name}: {score.count} bursts, {score.whole} wholly right, recall {score.recall:.3f}, precision {score.precision:.3f}, guesses {score.guesses.total()}, answers found {score.faq[True]} of {score.faq.total()} questions, not violated {len(score.broken)}, of those stop/erase/decline/choice {len(broken)}"
        )
        if name == "seen":
            if asked.faults:
                print(
                    "\n".join(
                        f for f in score.faults if not asked.meaning or f" {asked.meaning}" in f.rpartition("→")[2]
                    )
                )
            print(table(score))


def _openai(name: str) -> Any:
    import time

    from openai import AsyncOpenAI

    from flows.adapters.model import Breaker, OpenAIModel

    return OpenAIModel(AsyncOpenAI(max_retries=0), name, max_output_tokens=1500, breaker=Breaker(time.monotonic))


if __name__ == "__main__":
    main()
