"""What a model answers to "what does this mean?", and what of it holds: every item is checked before it counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from flows.assistant.bill import utilities
from flows.assistant.hear.amounts import numbers_in
from flows.assistant.hear.choosing import choices, contradicts
from flows.assistant.hear.masking import masked
from flows.assistant.hear.meant import meant
from flows.assistant.hear.remaining import left_over
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.settling import settled
from flows.assistant.hear.telling import HeardAnswer, HeardItem
from flows.assistant.hear.utterance import utterance
from flows.assistant.knowledge import entries
from flows.assistant.meaning import Field, Item, Meaning, Question, Reading
from flows.assistant.place import places
from flows.assistant.place.places import Nothing, OnlyState, Place, Several
from flows.brazil.folding import fold, unaccent
from flows.domain import InboundMessage

M = Meaning
_MOST_ITEMS, _MOST_TEXT, _MOST_REAIS = 16, 200, 10_000_000
_WORD = re.compile(r"[^\W_]+")
# "Você é gente de verdade?", "me ligam quando?", "liga pro meu neto": nobody is wanted in the program's place.
_MILDER = frozenset({M.QUESTION, M.CALL_AT, M.NEW_NUMBER, M.CHAT})
_WANTS_A_PERSON = re.compile(
    r"\b(?:atendente|humano)\b|\b(?:quero|queria|preciso|posso|prefiro|gostaria|me passa|chama)\b.{0,15}\b(?:fal|convers|pessoa|alguem)"
)


def checked(answer: HeardAnswer, messages: Sequence[InboundMessage], scene: Scene, guessed: Reading) -> Reading:
    """Return the reading that a model's answer and the rules' certain ones make; what does not hold is dropped.

    What rules read for certain stays whatever the model says: taps, stop, erase, a secret that was masked, and a person,
    unless the model reads those very words as something else; and a message that is a mere yes or no, of which the model
    says nothing. The rest of what they took counts only where the model kept it: "esse de 36 meses" chooses nothing when
    the next message asks about it.
    """
    heard = [item for told in answer.items[:_MOST_ITEMS] if (item := _item(told, messages, scene))]
    fixed = [item for item in guessed.items if _stays(item, messages, heard)]
    known = {(item.meaning, item.message) for item in fixed}
    heard = [item for item in heard if (item.meaning, item.message) not in known]
    items = sorted([*fixed, *heard], key=lambda item: (item.message, _place_in(item, messages)))
    language = answer.language.strip().lower()[:2]
    return Reading(
        settled(tuple(items)), answer.mood, language if re.fullmatch(r"[a-z]{2}", language) else guessed.language
    )


def _stays(item: Item, messages: Sequence[InboundMessage], heard: Sequence[Item]) -> bool:
    if not item.certain:
        return False
    if not item.quote or item.meaning in (M.STOP, M.ERASE):
        return True
    if item.meaning is M.SECRET:
        return masked(messages[item.message].text)[1]
    if item.meaning in (M.YES, M.NO):
        heard_there = any(one.message == item.message for one in heard)
        return not heard_there and not left_over(messages[item.message].text, [item])
    return item.meaning is M.PERSON and (
        bool(_WANTS_A_PERSON.search(unaccent(item.quote))) or not any(_instead(item, one, messages) for one in heard)
    )


def _instead(person: Item, one: Item, messages: Sequence[InboundMessage]) -> bool:
    """Tell whether a model read the words that rules took for a wish for a person as something milder."""
    if one.meaning not in _MILDER or one.message != person.message:
        return False
    wish, other = _place_in(person, messages), _place_in(one, messages)
    return wish < other + len(one.quote) and other < wish + len(person.quote)


def opening_of(answer: HeardAnswer) -> str:
    """Return the model's one sentence, or nothing where it asks, counts, promises or goes on."""
    said = " ".join(answer.opening.split())
    fits = 0 < len(said) <= 160 and not re.search(r"[?\d%@]|https?:|www\.|R\$", said)
    return said if fits and len(re.findall(r"[.!…]+(?:\s|$)", said)) <= 1 else ""


def note_of(answer: HeardAnswer) -> str:
    """Return the model's line for the consultant, without secrets."""
    return masked(" ".join(answer.note.split()))[0][:_MOST_TEXT]


def _item(told: HeardItem, messages: Sequence[InboundMessage], scene: Scene) -> Item | None:
    if not 0 <= told.message < len(messages):
        return None
    quote = standing(told.quote, messages[told.message].text)
    if quote is None:
        return None
    if told.meaning is M.CANCEL and scene.state.chosen is not None and M.CUSTOMER not in scene.state.told:
        # Nobody who has only chosen has a contract to end: what is cancelled is the wish.
        told = told.model_copy(update={"meaning": M.DECLINE})
    carries = told.meaning.carries
    text = messages[told.message].text
    said = meant(told.meaning, quote, text, scene, about=told.about, plan=told.plan)
    if said is None:
        return None
    certain = told.certain and said
    codes: tuple[int, ...] = ()
    uf = None
    if "places" in carries and (told.city or told.uf):
        found = _place(told, scene)
        if found is None and told.meaning is M.PLACE:
            return None
        codes, uf = found or ((), None)
        named = not codes or _names_place(quote, codes, scene)
        if not named and told.meaning is not M.PLACE:
            codes = ()
        certain = certain and (named or told.meaning is not M.PLACE)
    if told.meaning is M.PLACE and not (codes or uf):
        return None
    amount = _amount(told, quote) if "amount" in carries else None
    utility = _utility(told.utility, quote, scene) if "utility" in carries and told.utility else None
    if (told.meaning is M.AMOUNT and amount is None) or (told.meaning is M.UTILITY and utility is None):
        return None
    plan = next((offer.plan_id for offer in scene.offers if offer.position == told.plan), None)
    if told.meaning is M.CHOICE and not scene.offers:
        return None
    if told.meaning is M.CHOICE:
        own, same = _picked(quote, plan, scene)
        if own is None and (told.plan is None or plan is not None):
            # Wants one of them and does not say which: that is a doubt, and no plan that is gone.
            return Item(M.UNSURE, quote, told.message, about=None if scene.asked is Question.PLAN else Question.PLAN)
        # Words of another plan than the model counted are asked back.
        plan, certain = own, certain and same
    return Item(
        told.meaning,
        quote,
        told.message,
        certain=certain,
        about=told.about if "about" in carries and told.about is not scene.asked else None,
        places=codes,
        state=uf,
        owner=told.owner if "owner" in carries else None,
        utility=utility,
        amount=amount,
        plan=plan if "plan" in carries else None,
        field=(told.field or Field.OTHER) if "field" in carries else None,
        faq=told.faq if "faq" in carries and told.faq in entries() else None,
        text=_text(told, quote) if "text" in carries else None,
    )


def _picked(quote: str, plan: int | None, scene: Scene) -> tuple[int | None, bool]:
    """Return the plan that a quote picks (None: none of the list) where a model took it for `plan`, and whether they agree."""
    one = utterance(quote, 0)
    own = next((item for item in choices(one, scene) if item.meaning is M.CHOICE), None)
    if own is not None and own.certain:
        return own.plan, own.plan == plan
    if contradicts(one, Item(M.CHOICE, quote, plan=plan), scene.offers):
        return None, False
    return plan, own is None or own.plan == plan


def _text(told: HeardItem, quote: str) -> str | None:
    """Return what a consultant reads: a name as it was written, else the lead's own words; never words of the model's."""
    if told.meaning is not M.NAME:
        return quote[:_MOST_TEXT]
    return masked(standing(told.text, quote) or "")[0][:_MOST_TEXT] or None if told.text else None


def _names_place(quote: str, codes: tuple[int, ...], scene: Scene) -> bool:
    """Tell whether a quote names one of these places, or all of them are what was spoken of: the rest is a guess."""
    state = scene.state
    spoken_of = {state.place, *state.candidates, *scene.form, state.bill.place if state.bill else None}
    if set(codes) <= spoken_of:
        return True
    cities = [place.city for code in codes if (place := places.by_code(code))]
    words = f" {fold(quote)} "
    if any(f" {fold(city)} " in words for city in cities):
        return True
    match places.find(quote, expecting_place=True):
        case Place(ibge_code=code):
            return code in codes
        case Several(candidates=several):
            return any(place.ibge_code in codes for place in several)
    return False


def standing(quote: str, text: str) -> str | None:
    """Return a quote as it stands in a text letter by letter, found without regard to accents, case, spaces and marks.

    A quote of a text that was masked for the model is found by what is left of it around the mask.
    """
    words = [_folded(match[0]) for match in _WORD.finditer(re.sub(r"\[[^\]]*\]", " ", quote))]
    places_ = [(match.start(), match.end(), _folded(match[0])) for match in _WORD.finditer(text)]
    if not words:
        signs = quote.strip()
        return signs if signs and signs in text else None
    keys = [key for _, _, key in places_]
    for at in range(len(keys) - len(words) + 1):
        if keys[at : at + len(words)] == words:
            return text[places_[at][0] : places_[at + len(words) - 1][1]]
    if "[" in quote and words[0] in keys and words[-1] in keys[keys.index(words[0]) :]:
        first = keys.index(words[0])
        last = len(keys) - 1 - keys[::-1].index(words[-1])
        return text[places_[first][0] : places_[last][1]]
    return None


def _folded(word: str) -> str:
    return unaccent(unicodedata.normalize("NFC", word))


def _place(told: HeardItem, scene: Scene) -> tuple[tuple[int, ...], str | None] | None:
    uf = places.uf(told.uf) if told.uf else None
    if not told.city:
        return ((), uf) if uf else None
    if uf and (place := places.in_state(told.city, uf)):
        return (place.ibge_code,), None
    match places.find(told.city, state=uf or scene.state.state, expecting_place=True):
        case Place() as place if uf is None or place.state == uf:
            return (place.ibge_code,), None
        case Several(candidates=several):
            fits = tuple(p.ibge_code for p in several if uf is None or p.state == uf)
            return (fits, None) if fits else None
        case OnlyState(state=state):
            return (), state
        case Nothing() if uf:
            return (), uf
    return None


def _amount(told: HeardItem, quote: str) -> Decimal | None:
    """Return the amount where it stands in the quote as a number or in number words."""
    if told.amount is None:
        return None
    if not 0 <= told.amount < _MOST_REAIS:
        return None
    value = Decimal(str(told.amount)).quantize(Decimal("0.01"))
    return value if value in set(numbers_in(quote)) else None


def _utility(name: str, quote: str, scene: Scene) -> str | None:
    """Return the distribuidora of this name, where the quote says a word of it."""
    if not set(fold(name).split()) & set(fold(quote).split()):
        return None
    place = places.by_code(scene.state.place) if scene.state.place else None
    found = utilities.named(name, place.state if place else scene.state.state)
    if found is not None:
        return found.name
    listed = [own for own in scene.state.utilities if unaccent(name) in unaccent(own)]
    return listed[0] if len(listed) == 1 else None


def _place_in(item: Item, messages: Sequence[InboundMessage]) -> int:
    return messages[item.message].text.find(item.quote) if item.quote else 0
