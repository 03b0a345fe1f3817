"""Why a message went out, in the words of operators: what was heard in which words, by whom, what was said and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.adapters.store.sheets import MessageRow, MessageTurn
from flows.brazil.money import brl
from flows.domain import Why
from flows.shown import formats, words


@dataclass(frozen=True)
class Understood:
    """One thing that was understood. `quote` is cut out of the message; empty where it rests on no words (a tap)."""

    meaning: str
    details: tuple[str, ...]
    quote: str
    sure: bool


@dataclass(frozen=True)
class Because:
    """One turn for the page. `silent`: nothing was said in it."""

    silent: bool
    heard: tuple[Understood, ...]
    by: str
    fallback: str | None
    said: tuple[tuple[str, str], ...]
    asked: str | None
    voice: str
    checks: tuple[str, ...]
    took: str


def becauses(messages: Sequence[MessageRow]) -> dict[UUID, Because]:
    """What stands under each message that came of a turn, or that nothing was said to, by its id."""
    texts = {message.id: message.text for message in messages if message.who == "user"}
    return {m.id: _because(m.turn, texts, silent=m.who == "user") for m in messages if m.turn}


def _because(turn: MessageTurn, texts: Mapping[UUID, str], *, silent: bool) -> Because:
    why = turn.why
    burst = [texts.get(id, "") for id in turn.messages]
    return Because(
        silent=silent,
        heard=tuple(_heard(item, burst) for item in why.reading),
        by=words.HEARD_BY.get(why.by, f"modelo {why.by}"),
        fallback=words.fallback(why.fallback) if why.fallback else None,
        said=tuple((_act(str(act.get("code", ""))), str(act.get("code", ""))) for act in why.acts),
        asked=words.QUESTIONS.get(why.asked, why.asked) if why.asked else None,
        voice=words.VOICES.get(why.voice, why.voice),
        checks=tuple(words.check_words(code) for code in why.checks),
        took=_took(why),
    )


def _heard(item: Mapping[str, Any], burst: list[str]) -> Understood:
    code, number = str(item.get("meaning", "")), item.get("message", 0)
    text = burst[number] if isinstance(number, int) and 0 <= number < len(burst) else ""
    start, end = item.get("start"), item.get("end")
    # of a message that is not on the page, or was masked since, there may be less than once was
    quote = text[start:end] if isinstance(start, int) and isinstance(end, int) and 0 <= start < end else ""
    return Understood(words.MEANINGS.get(code, code), tuple(_details(item)), quote, bool(item.get("certain", True)))


def _details(item: Mapping[str, Any]) -> Iterable[str]:
    """Yield what the item says besides, as far as it is known here."""
    if about := item.get("about"):
        yield f"sobre {words.QUESTIONS.get(about, about)}"
    for code in item.get("places") or ():
        yield formats.municipality(code) or f"código IBGE {code}"
    if state := item.get("state"):
        yield str(state)
    if owner := item.get("owner"):
        yield words.OWNERS.get(owner, str(owner))
    if utility := item.get("utility"):
        yield str(utility)
    if (amount := item.get("amount")) is not None:
        yield _money(amount)
    if (plan := item.get("plan")) is not None:
        yield f"plano nº {plan}"
    if field := item.get("field"):
        yield words.FIELDS.get(field, str(field))
    if faq := item.get("faq"):
        yield f"resposta “{faq}”"


def _money(amount: Any) -> str:
    try:
        return brl(Decimal(str(amount)))
    except (ArithmeticError, TypeError, ValueError):
        return str(amount)


def _act(code: str) -> str:
    """An act in words: what it is about; the code itself stands beside."""
    return words.ACTS.get(code.partition(".")[0], code)


def _took(why: Why) -> str:
    parts = [f"{formats.number(why.seconds, 1)} s"]
    if why.requests:
        parts.append(formats.counted(why.requests, "pergunta ao modelo", "perguntas ao modelo"))
    if why.tokens_in or why.tokens_out:
        parts.append(f"{formats.number(why.tokens_in)} + {formats.number(why.tokens_out)} tokens")
    if why.cost is not None:
        parts.append(f"US$ {formats.number(float(why.cost), 4)}")
    return " · ".join(parts)
