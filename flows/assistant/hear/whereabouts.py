"""Which places a message names and whose they are: the bill's, where the person lives, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.listing import listed
from flows.assistant.hear.owners import BILL_WORDS, LIVES, owner_of
from flows.assistant.hear.quarters import of_the_form
from flows.assistant.hear.scene import PLACE_QUESTIONS, Scene
from flows.assistant.hear.segments import bare, segments
from flows.assistant.hear.spelling import is_shorthand, words_of
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Item, Meaning, Owner, Question
from flows.assistant.place import STATES, capital, name_parts, places
from flows.assistant.place.mentions import Message
from flows.assistant.place.places import Nothing, OnlyState, Place, Several, state_named
from flows.brazil.folding import fold

_DENIED = re.compile(
    r"\bnao (?:e|sou|moro|fica|era|ta|to|vivo|seria)(?: mais)?(?: aqui)?(?: (?:em|de|do|da|no|na|a|o))*$"
)
_FORMER = re.compile(
    r"\b(?:morava|morei|era de|nasci|seja(?: natural)? de|natural de|oriund[oa] de|vim de|sai de|antes (?:em|de)|passeio|viajar|(?<!boa )viagem|ferias|trabalho|trabalhei|estudei|estudo|viajando|visitar|fui|indo|passeando|conhec\w+|igual|que nem|tipo|feito|vi (?:isso|um|o|a))\b(?: \w+){0,4} ?$|\b(?:vendi|vendemos|larguei|desocupei|entreguei)(?: (?:ja|a|o|minha|meu|casa|conta|ap|apartamento|de|da|do|em|la))* ?$"
)
# "Caruaru já vendi", "de Jaboatão eu saí", "a de Garanhuns tá alugada": said of a house that is not the bill's any more.
_GIVEN_UP = re.compile(
    r"^(?: (?:eu|ja|a gente|e|k|la|essa|foi|ai))* (?:vendi|vendemos|vendida|sai|saimos|larguei|desocupei|entreguei|devolvi|mudei|nao (?:existe|moro|e|tenho|uso) mais|ta alugad[ao]|alug(?:uei|o)|era antes|ficou para tras|ja era)\b"
)
# Parts of names that stand in every message, and letters of a UF that are words.
_EVERYDAY = words_of(
    "de do da dos das e a o no na nos em com para um uma tres dois bom boa alto branco agua luz conta nao sim"
)
_UFS = frozenset(uf.lower() for uf in STATES) - words_of("se to pa am pe al ma es ac go ba pi ap ce pr") | {"pará"}


def whereabouts(one: Utterance, scene: Scene, known: str | None, *, yes: bool) -> Iterator[Item]:
    """Yield the places a message names. `known`: the state that it tells of. `yes`: it also says yes, and then a resembling name beside that is none."""
    waits = scene.asked in PLACE_QUESTIONS or scene.state.waiting in PLACE_QUESTIONS
    if scene.asked is Question.WHICH_CITY and (item := _picked(one, scene)):
        yield item
        return
    yield from of_the_form(one, scene)
    if not _may_name_one(one, waits=waits):
        return
    found = [
        item for part, whole in segments(one) if (item := _read(part, whole, scene, known=known, waits=waits, yes=yes))
    ]
    if len(found) > 1:
        rest = one.text.replace(found[0].quote, "").replace(found[1].quote, "")
        between = one.text.partition(found[0].quote)[2].partition(found[1].quote)[0]
        alone = waits and len(found) == 2 and re.fullmatch(r"[\s,/-]*|.{0,3}", rest)
        joined = len(found[0].places) > 1 and len(found[1].places) == 1 and found[1].certain and _IN.fullmatch(between)
        # "Boa Viagem, Recife", "Campo Grande no Rio": the quarter before the city; "Recife, Cordeiro" is read of the burst.
        found = found[1:] if (alone or joined) and found[0].places[:1] != scene.form[:1] else found
    yield from _bill_first(one, scene, _taken_back(one, found))


def _taken_back(one: Utterance, found: list[Item]) -> list[Item]:
    """Leave out the place before "quer dizer"."""
    if len(found) < 2 or not (corrects := _CORRECTS.search(one.whole.said)):
        return found
    at = one.whole.span(corrects)[0]
    return [item for item in found if one.text.find(item.quote) > at] or found


_IN = re.compile(r"(?i)[\s,/-]*(?:n[oa]|em|d[oa]|de)?\s*")
_CORRECTS = re.compile(r"\b(?:quer dizer|digo|alias|ou melhor|minto|nao pera)\b")
_AT_ITS_END = re.compile(r"\b(?:em|de|do|da|no|na) (?!casa\b|luz\b|minha\b|meu\b|mim\b)(?P<name>\w+(?: \w+){0,3})$")


def _bill_first(one: Utterance, scene: Scene, found: list[Item]) -> list[Item]:
    """Read a mistyped place of the bill beside a certain one where the person lives: it is asked back, the other is dropped."""
    if len(found) > 1 or any(item.owner is not Owner.ME for item in found):
        return found
    for clause in one.clauses:
        match = _AT_ITS_END.search(clause.said)
        named = any(item.quote in clause.quote for item in found)
        if match is None or clause.asks or named or not BILL_WORDS.search(clause.said):
            continue
        slip = places.find(match["name"], state=None, expecting_place=True)
        if isinstance(slip, Place | Several):
            codes = tuple(p.ibge_code for p in slip.candidates) if isinstance(slip, Several) else (slip.ibge_code,)
            quote = clause.quoted(match)
            return [Item(Meaning.PLACE, quote, clause.message, certain=False, places=codes, owner=Owner.BILL)]
    return found


def _may_name_one(one: Utterance, *, waits: bool) -> bool:
    """Tell cheaply whether a message can name a place at all; most name none, and looking closely costs a millisecond."""
    words = {word.key for word in one.whole.words}
    if (words & name_parts()) - _EVERYDAY or words & _UFS or waits:
        return bool(words)
    return bool(LIVES.search(one.whole.said))


def _read(segment: Clause, sentence: Clause, scene: Scene, *, known: str | None, waits: bool, yes: bool) -> Item | None:
    # "É para Recife" is no Pará; "Belém Para" is.
    segment = bare(segment)
    text = re.sub(r"\bpara\b(?=\s+\w)", "em", _SAID_IN_CHATS.sub("", segment.quote))
    said = segment.said
    if not text:
        return None
    hint = known or scene.state.state or _form_state(scene)
    expecting = waits and len(segment.words) <= 8 and not re.search(r"\bfaturas?\b", said)
    found = places.find(text, state=hint, expecting_place=expecting)
    if isinstance(found, Nothing):
        return None
    if isinstance(found, OnlyState):
        owner = owner_of(segment, segment, segment.said, waits=waits)
        return _only_state(segment, found.state, scene, owner, waits=waits)
    if len(segment.words) == 1 and is_shorthand(segment.quote):
        # "Bora" is "vamos" in chats, and Borá in São Paulo; "RS" is a state, and a laugh.
        return None
    candidates = found.candidates if isinstance(found, Several) else (found,)
    quote = _quote(segment, candidates)
    exact = quote is not None
    if not exact and (yes or len(segment.words) > 12 and not waits):
        # "Sim, ainda é" resembles Pindamonhangaba to whoever looks for a town in it.
        return None
    if not exact and not _plausible_slip(segment, candidates, scene):
        return None
    before = said[: _at(said, candidates)]
    if exact and _DENIED.search(_same_clause(segment, len(before.split()))):
        return None
    if exact and (
        _FORMER.search(_same_clause(segment, len(before.split()))) or _is_other_name(said, before, candidates)
    ):
        return None
    if exact and (_asks_whose(said) or _GIVEN_UP.search(_after(sentence.said, quote))):
        return None
    certain = exact and not (
        known and not isinstance(found, Several) and found.state != known and state_named(text) != found.state
    )
    certain = certain and not _against_state(found, text, scene)
    # "Recifi", where Recife is what we asked about.
    agrees = scene.asked is Question.CONFIRM_PLACE and scene.form[:1] == tuple(p.ibge_code for p in candidates)
    owner = owner_of(segment, sentence, before, waits=waits)
    if owner is None and sentence.asks and len(segment.words) <= 7:
        # "E Palhoça?" after a place that is not served asks for another one.
        owner = Owner.BILL if scene.asked is Question.NOTICE else owner
    return Item(
        Meaning.PLACE,
        quote or segment.quote,
        segment.message,
        certain=certain or agrees,
        places=tuple(place.ibge_code for place in candidates),
        owner=owner,
    )


# "Mt bom" is no Mato Grosso, "no ap" no Amapá; "MT", "mt" and "do mt" are.
_SAID_IN_CHATS = re.compile(
    r"(?<!\w)(?<!\bdo )(?<!\bno )(?<!\bde )(?<!\bem )(?<!\bé )(?:"
    + "|".join(uf.lower() for uf in STATES if is_shorthand(uf))
    + r") (?=\w)|(?:(?<=no )|(?<=um )|(?<=eu ))ap\b"
)


def _after(said: str, quote: str | None) -> str:
    """Return what a sentence says right behind a place."""
    return said.partition(fold(quote or ""))[2]


def _same_clause(segment: Clause, count: int) -> str:
    """Return the words right before word `count` that no comma parts from it: "não, é Olinda" denies nothing."""
    keys: list[str] = []
    for word in segment.words[: count + 1]:
        keys = [word.key] if "," in word.gap else [*keys, word.key]
    return " ".join(keys[:-1])


def _against_state(found: Place | Several, text: str, scene: Scene) -> bool:
    """Tell whether a city lies in another state than the one told before, and was named without its own."""
    told = scene.state.state
    if told is None or scene.state.place is not None or isinstance(found, Several):
        return False
    return found.state != told and state_named(text) != found.state


def _asks_whose(said: str) -> bool:
    """ "A Serena é de São Paulo?" says nothing about the lead."""
    return bool(
        re.search(
            r"\b(?:vcs|vc|a serena|serena|empresa|robo)(?: \w+)? (?:sao|e|fica|ficam|ta|tao)(?: \w+)? (?:de|do|da|em|no|na)\b",
            said,
        )
    )


def _is_other_name(said: str, before: str, candidates: tuple[Place, ...]) -> bool:
    if re.fullmatch(r"(?:um |e |desejo )*feliz natal(?: \w+){0,3}", said):
        return True
    return bool(
        re.search(
            r"\b(?:rua|avenida|av|travessa|bairro|escola|hospital|igreja|time d[oa]|jogo d[oa]|nome (?:e|d[aeo])|me chamo|aqui e [oa]|sou [oa]|seu|dona|banco|colegio)$",
            before.strip(),
        )
    )


def _plausible_slip(segment: Clause, candidates: tuple[Place, ...], scene: Scene) -> bool:
    """A name nearly right counts after "moro em" or as a short answer, and never where the words are known ones."""
    return not re.search(
        r"\b(?:sim|nao|isso|obrigad[oa]|ok|conta|quero|foto|mando|certo|plano|planos|luz|tarde|amanha|hoje|agora|depois|k)\b",
        segment.said,
    ) or bool(LIVES.search(segment.said))


def _quote(segment: Clause, candidates: tuple[Place, ...]) -> str | None:
    """Return the words that name one of these places letter for letter (accents aside); None for a slip."""
    codes = {place.ibge_code for place in candidates}
    message = Message(segment.quote)
    for mention in reversed(message.mentions):
        if mention.places and codes & {place.ibge_code for place in mention.places}:
            return _written(segment.quote, mention.raw)
        if mention.uf == "DF" and codes == {capital("DF").ibge_code}:
            return _written(segment.quote, mention.raw)
    if re.search(r"\bcapital\b", segment.said):
        return segment.quote
    names = {fold(place.city) for place in candidates}
    folded = fold(segment.quote)
    return segment.quote if any(name in folded for name in names) else None


def _written(text: str, raw: str) -> str:
    words = raw.split()
    match = re.search(r"[^\w]{1,4}".join(map(re.escape, words)), text)
    return match[0] if match else raw


def _at(said: str, candidates: tuple[Place, ...]) -> int:
    """Return where in the plain text the place begins, or the text's end."""
    for place in candidates:
        for name in (fold(place.city), fold(place.city).split()[0]):
            if (at := said.find(name)) >= 0:
                return at
    message = Message(said)
    codes = {place.ibge_code for place in candidates}
    for mention in message.mentions:
        if codes & {place.ibge_code for place in mention.places}:
            return said.find(mention.raw)
    return len(said)


def _form_state(scene: Scene) -> str | None:
    if scene.state.form_denied or scene.state.disowned or not scene.form:
        return None
    place = places.by_code(scene.form[0])
    return place.state if place else None


def _picked(one: Utterance, scene: Scene) -> Item | None:
    """Return the namesake that is meant by its number or its state."""
    options = [place for code in scene.state.candidates or scene.form if (place := places.by_code(code))]
    # A name that all of them have says of none that it is meant.
    apart = len({place.city for place in options}) > 1
    names = tuple(f"{place.city} {place.state}" if apart else place.state for place in options)
    for clause in reversed((*one.clauses, one.whole)):
        if uf := state_named(clause.quote):
            fits = [place for place in options if place.state == uf]
            if len(fits) == 1:
                return Item(Meaning.PLACE, clause.quote, clause.message, places=(fits[0].ibge_code,), owner=Owner.BILL)
        if re.search(r"\bcapital\b", clause.said):
            fits = [place for place in options if place == capital(place.state)]
            if len(fits) == 1:
                return Item(Meaning.PLACE, clause.quote, clause.message, places=(fits[0].ibge_code,), owner=Owner.BILL)
        fits = [place for place in options if fold(place.city).endswith(f" {fold(clause.quote)}")]
        if len(fits) == 1:
            # "Do norte", of Juazeiro and Juazeiro do Norte.
            return Item(Meaning.PLACE, clause.quote, clause.message, places=(fits[0].ibge_code,), owner=Owner.BILL)
        pick = listed(clause, names)
        if pick and 1 <= pick.position <= len(options):
            code = options[pick.position - 1].ibge_code
            return Item(Meaning.PLACE, pick.quote, clause.message, places=(code,), owner=Owner.BILL)
    return None


_VERBS = words_of("se es to pa al ma")


def _only_state(segment: Clause, uf: str, scene: Scene, owner: Owner | None, *, waits: bool) -> Item | None:
    if (
        len(segment.words) > 1
        and uf.lower() in _VERBS
        and uf not in segment.quote
        and uf.lower() in segment.said.split()
    ):
        # "Ô se é" names no Sergipe.
        return None
    known = places.by_code(scene.state.place) if scene.state.place is not None else None
    if known is not None and known.state == uf and len(segment.words) <= 2:
        # "MG", after Contagem: it says of the place no more than is known.
        return Item(Meaning.PLACE, segment.quote, segment.message, places=(known.ibge_code,), owner=Owner.BILL)
    if not waits and scene.state.place is not None and not re.search(r"\b(?:conta|moro|sou|casa)\b", segment.said):
        return None
    return Item(Meaning.PLACE, segment.quote, segment.message, state=uf, owner=owner)
