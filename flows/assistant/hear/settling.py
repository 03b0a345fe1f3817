"""What remains of a burst when its items have met: the last word counts, and nothing is said twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Owner
from flows.assistant.place import places

M = Meaning
_ONCE = frozenset(
    set(M) - {M.PLACE, M.QUESTION, M.BILL_WRONG, M.UTILITY, M.AMOUNT, M.YES, M.NO, M.UNSURE, M.CHOICE, M.CALL_AT}
)
# Where the first holds, the second is said by it already.
_SAYS_ALREADY = {
    M.DECLINE: {M.NO, M.LATER, M.GO_ON},
    M.ERASE: {M.CANCEL},
    M.HOLDER_DECEASED: {M.HOLDER_OTHER, M.HOLDER_ABSENT, M.HOLDER_AGREES, M.HOLDER_ME},
    M.HOLDER_ABSENT: {M.HOLDER_OTHER},
    M.HOLDER_REFUSES: {M.HOLDER_OTHER, M.HOLDER_AGREES, M.NO, M.FRAUD_FEAR},
    M.WONT_SEND: {M.NO, M.LATER},
    M.CANNOT_SEND: {M.WONT_SEND, M.LOST},
    M.CALL_AT: {M.LATER},
    M.CHOICE: {M.SHOW_PLANS, M.NONE_OF_THEM, M.GO_ON},
    M.OTHER_BILL: {M.LATER, M.BILL_WRONG, M.NO, M.BILL_RIGHT, M.ALREADY_SENT},
    M.CUSTOMER: {M.GO_ON},
    M.WRONG_PERSON: {M.NO, M.GO_ON, M.NAME, M.NEW_NUMBER},
    M.BILL_WRONG: {M.BILL_RIGHT, M.NO},
    M.ALREADY_SENT: {M.LATER},
    M.NOTICE: {M.LATER},
    M.CANCEL: {M.GO_ON, M.DECLINE},
    M.WHAT_NEXT: {M.GO_ON, M.WAITING, M.YES},
}
# What says by itself more than the "não" or the "quero" it is said with.
_OVER_NO = frozenset(
    {
        M.STOP,
        M.ERASE,
        M.DECLINE,
        M.WONT_SEND,
        M.CANNOT_SEND,
        M.WRONG_PERSON,
        M.BILL_WRONG,
        M.NONE_OF_THEM,
        M.HOLDER_REFUSES,
        M.OTHER_BILL,
        M.HOLDER_OTHER,
        M.LATER,
        M.HOLDER_DECEASED,
    }
)
_OVER_YES = frozenset(
    {
        M.NOTICE,
        M.PERSON,
        M.GO_ON,
        M.BILL_RIGHT,
        M.HOLDER_AGREES,
        M.CHOICE,
        M.SHOW_PLANS,
        M.LATER,
        M.HOLDER_ME,
        M.STOP,
        M.ERASE,
        M.DECLINE,
        M.BILL_WRONG,
        M.CANCEL,
        M.CHAT,
    }
)
_OVER_UNSURE = frozenset({M.CANNOT_SEND, M.LOST, M.CHOICE, M.LATER, M.WRONG_PERSON, M.CALL_AT, M.HOLDER_REFUSES})
_PLAIN_YES = re.compile(
    r"^(?:sim+|s|ss|isso|yes|claro|com certeza|aceito|ok|aham|uhum|👍|exato|exatamente|é sim|e sim)$", re.IGNORECASE
)


def settled(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items of a burst without repetitions and without what others say better."""
    items = tuple(_last_word(items))
    have = {item.meaning for item in items if item.certain}
    said = {weaker for stronger in have for weaker in _SAYS_ALREADY.get(stronger, ())}
    kept: list[Item] = []
    last_choice = next((item for item in reversed(items) if item.meaning is M.CHOICE), None)
    if last_choice and not last_choice.certain:
        # "O do meio", "16 né": a doubt about the plan that was named plainly before is none.
        same = (item for item in items if item.meaning is M.CHOICE and item.certain and item.plan == last_choice.plan)
        last_choice = next(same, last_choice)
        items = tuple(item for item in items if item.meaning is not M.CHOICE or item is last_choice or item.certain)
    # A mistyped place of the bill, in a message of its own, is asked back before the certain one of a home is acted on.
    if any(item.meaning is M.PLACE and item.owner is Owner.BILL and not item.certain for item in items):
        items = tuple(item for item in items if not (item.meaning is M.PLACE and item.owner is Owner.ME))
    bills = {item.places for item in items if item.meaning is M.PLACE and item.owner is Owner.BILL}
    in_states = {state_of(item) for item in items if item.meaning is M.PLACE and item.places}
    for item in items:
        # "Salvador, Bahia": the city says it.
        if item.meaning is M.PLACE and not item.places and item.state in in_states:
            continue
        if item.meaning is M.CHOICE and last_choice and item.message < last_choice.message:
            continue
        # "Moro em Petrolina, a conta é de Petrolina mesmo": the bill's counts.
        if item.meaning is M.PLACE and item.owner is not Owner.BILL and item.places and item.places in bills:
            continue
        if item.meaning in said and item.quote:
            continue
        if item.meaning in _ONCE and any(other.meaning is item.meaning for other in kept):
            continue
        if any(_same(item, other) for other in kept):
            continue
        kept.append(item)
    return tuple(kept)


def state_of(item: Item) -> str | None:
    """Return the state of the place that an item names."""
    place = places.by_code(item.places[0]) if item.places else None
    return place.state if place else item.state


def _last_word(items: tuple[Item, ...]) -> Iterator[Item]:
    """Leave out "tá errado" that a later message takes back, and the other way round."""
    for item in items:
        values = item.amount or item.utility or item.places
        against = {M.BILL_WRONG: M.BILL_RIGHT, M.BILL_RIGHT: M.BILL_WRONG, M.YES: M.NO, M.NO: M.YES}.get(item.meaning)
        later = any(
            other.meaning is against and other.message > item.message and other.about is item.about for other in items
        )
        if not (later and not values):
            yield item


def _same(one: Item, other: Item) -> bool:
    if one.meaning is other.meaning is M.CALL_AT:
        # "Me liga", and in the next message "depois das 4": both are for who calls.
        return one.quote in other.quote
    values = ("meaning", "about", "places", "state", "utility", "amount", "plan", "field", "faq")
    return all(getattr(one, name) == getattr(other, name) for name in values) and (
        one.meaning is not M.PLACE or one.owner == other.owner
    )


def explained(
    item: Item,
    found: list[Item],
    have: set[Meaning],
    one: Utterance,
    reading: bool,
    scene_closed: bool,
    asks_holder: bool,
    proposed: bool,
) -> bool:
    over = {M.NO: _OVER_NO, M.YES: _OVER_YES, M.UNSURE: _OVER_UNSURE}[item.meaning]
    for other in found:
        if other.meaning in over and overlap(item, other, one.text):
            if item.meaning is M.UNSURE and other.meaning is M.LATER and asks_holder:
                # "Vou perguntar pra ela": not now, and not known either.
                continue
            if (scene_closed and other.meaning in (M.GO_ON, M.DECLINE)) or (proposed and other.meaning is M.GO_ON):
                continue
            if (
                item.meaning is M.YES
                and _PLAIN_YES.match(item.quote)
                and len(other.quote) > len(item.quote)
                and other.meaning is not M.BILL_RIGHT
            ):
                continue
            return True
    if item.meaning is M.NO and reading and M.BILL_RIGHT in have:
        return False
    # A "não" in the clause of a wish is part of it, wherever the pattern began.
    return (
        item.meaning is M.NO
        and bool(
            have - ({M.DECLINE} if scene_closed else set()) & {M.STOP, M.ERASE, M.DECLINE, M.WRONG_PERSON, M.WONT_SEND}
        )
        and not re.match(r"(?i)^\s*(?:n[aã]o|no)\s*[,.!]", one.text)
    )


def overlap(one: Item, other: Item, text: str) -> bool:
    start, begin = text.find(one.quote), text.find(other.quote)
    return start < begin + len(other.quote) and begin < start + len(one.quote)
