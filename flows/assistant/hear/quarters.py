"""Quarters that are called like a town elsewhere: "Recife, no Cordeiro" speaks of no Cordeiro in Rio de Janeiro."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Utterance, plain
from flows.assistant.meaning import Item, Meaning, Owner, Question
from flows.assistant.place import demonyms, is_capital, places
from flows.brazil.folding import fold
from flows.domain import InboundMessage

# What says of a second place that it is more than a quarter of the first.
_ANOTHER_PLACE = re.compile(
    r"\b(?:mud(?:ei|amos|ou)|morava|morei|sai|saimos|vendi|nasci|agora|mas (?:a|agora|eu|moro)|porem|nao|conta|outra?|antes|transferi\w*|jogou|vim|vai|vou|foi|cidade|municipio)\b"
)
# What stands before a quarter where its city is named beside it; alone, only an article tells it ("moro na Madalena").
_LIKE_A_QUARTER = re.compile(
    r"\b(?:n[ao]s?|de|bairro|bairro d[aeo]|setor|jardim|vila|pert\w+ d[aeo]|l[ao]do d[aeo]|colad\w+ (?:em|n[ao]|com)) $"
)
_HOME = re.compile(r"\b(?:moro|moramos|vivo|resido|morando|to|estou)(?: \w+){0,2} (?:em|n[ao]|de|aqui) $")
_ORIGIN = re.compile(r"\b(?:sou|somos|sou natural|filh[oa]) d[eoa] $")
_IS_NEAR = re.compile(r"\b(?:pert\w+|lado|divisa|colad\w+|grudad\w+|vizinh\w+|junto)\b")
_WITH_ARTICLE = re.compile(r"\b(?:n[ao]s?|bairro|bairro d[aeo]|setor) $")


def of_the_form(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield the city that we asked about where its people are named, or itself by an everyday word: "recifense raiz", "extrema"."""
    city = places.by_code(scene.form[0]) if len(scene.form) == 1 else None
    if city is None or scene.asked is not Question.CONFIRM_PLACE or _ANOTHER_PLACE.search(one.whole.said):
        return
    people, name = demonyms(city.ibge_code), fold(city.city)
    word = next((w for w in one.whole.words if w.key == name or w.key.startswith(people)), None)
    if word is not None:
        quote = one.text[word.start : word.end]
        yield Item(Meaning.PLACE, quote, one.message, places=scene.form, owner=Owner.BILL)


def without_quarters(items: Sequence[Item], messages: Sequence[InboundMessage], scene: Scene) -> list[Item]:
    """Leave out what is a quarter of the city that is named beside it, that we asked about, or that is known."""
    ours = {scene.state.place, *(() if scene.state.form_denied else scene.form[:1])} - {None}
    named = [i for i in items if i.meaning is Meaning.PLACE and i.places and i.certain and i.quote]
    cities = [item for item in named if ours & set(item.places)] or [i for i in named if _is_capital(i)]
    cities = [item for item in cities if item.owner is not Owner.OTHER]
    # "Sou de Belém, mas moro em Recife": the home, where one is told.
    cities = [item for item in cities if _is_home(item, messages)] or cities
    if not (cities or ours) and len(named) > 1:
        # "Campinas, no Cambuí", to who asked where.
        cities = [item for item in named if not _has_article(item, messages)][:1]
    codes = {city.places[0] for city in cities}
    if any(_is_home(item, messages) for item in named):
        items = [item for item in items if not (item in named and _stands_behind(_ORIGIN, item, messages))]
    denied = any(item.meaning in (Meaning.NO, Meaning.WRONG_PERSON) for item in items)
    if len(codes) > 1 or not (cities or ours) or denied:
        return list(items)
    around = states(codes or ours)  # type: ignore[arg-type]
    answers = scene.asked is Question.CONFIRM_PLACE and codes <= ours and bool(cities)
    return [
        item
        for item in items
        if item in cities
        or not (item in named and _is_quarter(item, bool(cities), around, messages, answers=answers))
        and not (cities and item.state and _IS_NEAR.search(plain(item.quote)))
    ]


def _is_home(item: Item, messages: Sequence[InboundMessage]) -> bool:
    return _stands_behind(_HOME, item, messages)


def _has_article(item: Item, messages: Sequence[InboundMessage]) -> bool:
    return _stands_behind(_WITH_ARTICLE, item, messages)


def _stands_behind(words: re.Pattern[str], item: Item, messages: Sequence[InboundMessage]) -> bool:
    """Tell whether a place stands right behind such words."""
    return bool(words.search(f"{plain(messages[item.message].text.partition(item.quote)[0])} "))


def states(codes: Iterable[int]) -> set[str]:
    """Return the UFs of these municipalities."""
    return {place.state for code in codes if (place := places.by_code(code))}


def _is_capital(item: Item) -> bool:
    place = places.by_code(item.places[0])
    return place is not None and len(item.places) == 1 and is_capital(place)


def _is_quarter(
    item: Item, beside: bool, around: set[str], messages: Sequence[InboundMessage], *, answers: bool
) -> bool:
    """Tell whether a place of another state is one in name only. `beside`: its city is named in the same burst; `answers`: and
    that is the one we asked about, so that a place of the same state is a quarter, too."""
    if item.state is not None or (states(item.places) & around and not answers):
        return False
    text = messages[item.message].text
    said, before = plain(text), plain(text.partition(item.quote)[0])
    # "A conta é daqui, de Boa Viagem" stays where it was.
    said = said.rpartition(" daqui")[2] or said
    if _ANOTHER_PLACE.search(said) or places.state_named(text) in states(item.places):
        return False
    behind = bool(re.search(r"[,./-]\s*$", text.partition(item.quote)[0]))
    if beside:
        return behind or not before or bool(_LIKE_A_QUARTER.search(f"{before} "))
    return not _is_capital(item) and _has_article(item, messages)
