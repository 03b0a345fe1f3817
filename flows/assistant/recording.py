"""How a turn came about, as it is kept with it: codes, figures and positions, so that it can be shown and decided again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import TypeAdapter

from flows import domain
from flows.assistant.decide.acts import Act
from flows.assistant.meaning import Item, Question, Reading
from flows.assistant.mind import Spent
from flows.domain import BillKept, BillReceipt, Coverage, Why

_ANY: TypeAdapter[Any] = TypeAdapter(Any)
# What an item carries beside its quote; `text` is a piece of the message and stays in it.
_CODES = ("about", "places", "state", "owner", "utility", "amount", "plan", "field", "faq")


class Answered(Protocol):
    """What hearing and saying have in common: what models were asked, and why one did not count."""

    @property
    def spent(self) -> Spent: ...

    @property
    def fallback(self) -> str | None: ...


class KeptHearing(Answered, Protocol):
    """How a burst was understood, as far as it is kept."""

    @property
    def reading(self) -> Reading: ...

    @property
    def by(self) -> str: ...


class KeptSaying(Answered, Protocol):
    """How a message came about, as far as it is kept."""

    @property
    def voice(self) -> str: ...

    @property
    def checks(self) -> tuple[str, ...]: ...


def why(
    before: Mapping[str, Any],
    texts: Sequence[str],
    world: Mapping[str, Any],
    heard: KeptHearing,
    acts: Sequence[Act],
    asked: Question | None,
    said: KeptSaying,
    seconds: float,
) -> Why:
    """Return how the turn came about: codes, figures and positions, and no text. `texts` are the messages as kept."""
    spent = heard.spent + said.spent
    return Why(
        before=dict(before),
        world=dict(world),
        reading=tuple(_item(item, texts) for item in heard.reading.items),
        acts=tuple(map(_act, acts)),
        asked=asked,
        by=heard.by,
        voice=said.voice,
        checks=said.checks,
        fallback=heard.fallback or said.fallback,
        requests=spent.requests,
        seconds=round(seconds, 3),
        tokens_in=spent.tokens_in,
        tokens_out=spent.tokens_out,
        cost=spent.cost,
    )


def world_of(asked: Mapping[tuple[int, str | None], Coverage], files: Sequence[BillReceipt]) -> dict[str, Any]:
    """Return what the plans API and the reader of bills answered in a turn, ready for JSON; no name is in it."""
    coverage = [
        {"place": place, "utility": utility, "kind": type(answer).__name__, "answer": answer.model_dump(mode="json")}
        for (place, utility), answer in asked.items()
    ]
    receipts = [
        {"kind": type(receipt).__name__, "receipt": _nameless(receipt).model_dump(mode="json")} for receipt in files
    ]
    return {"coverage": coverage, "files": receipts}


def world_from(
    world: Mapping[str, Any],
) -> tuple[dict[tuple[int, str | None], Coverage], tuple[BillReceipt, ...]]:
    """Return the answers that `world_of` recorded."""
    coverage = {
        (one["place"], one["utility"]): getattr(domain, one["kind"]).model_validate(one["answer"])
        for one in world.get("coverage", ())
    }
    files = tuple(getattr(domain, one["kind"]).model_validate(one["receipt"]) for one in world.get("files", ()))
    return coverage, files


def _nameless(receipt: BillReceipt) -> BillReceipt:
    if isinstance(receipt, BillKept) and receipt.reading:
        return receipt.model_copy(update={"reading": receipt.reading.model_copy(update={"holder_first_name": None})})
    return receipt


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts ready for JSON, without names, which stand on the lead, and without the lead's own words."""
    return {
        name: {"value": _ANY.dump_python(fact.value, mode="json"), "read": fact.read.value}
        for name, fact in facts.items()
        if name not in {"name", "holder", "persona", "words"}
    }


def _act(act: Act) -> dict[str, Any]:
    kept: dict[str, Any] = {"code": act.code.value, "facts": _facts(act.facts)}
    if act.asks:
        kept |= {"asks": act.asks.value, "choices": list(act.choices)}
    return kept


def _item(item: Item, texts: Sequence[str]) -> dict[str, Any]:
    """Return an item's codes and where its quote stands in the message as it is kept."""
    text = texts[item.message] if item.message < len(texts) else ""
    start = text.find(item.quote) if item.quote else -1
    fields = {name: _ANY.dump_python(getattr(item, name), mode="json") for name in _CODES}
    kept = {name: value for name, value in fields.items() if value not in (None, [], ())}
    kept |= {"meaning": item.meaning.value, "certain": item.certain, "message": item.message}
    return kept | ({"start": start, "end": start + len(item.quote)} if start >= 0 else {"start": 0, "end": 0})
