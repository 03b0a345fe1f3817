"""Which words of a message name a city or a state, and what stands before them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from flows.assistant.place.gazetteer import (
    ABBREVIATIONS,
    NICKNAMES_BEFORE_NAMES,
    PARTICLES,
    STATES,
    UF_BY_NAME,
    Place,
    name_parts,
    named,
    named_without_particles,
)
from flows.brazil.folding import fold

_WORD = re.compile(r"[^\W_]+(?:['’‘`´][^\W_]+)*")
_LONGEST_NAME = 7
# Longer texts than this are not answers about a place; the bound keeps the cost of a pasted page small.
_MOST_WORDS = 200

_STREETS = (
    "rua r avenida av travessa alameda praca rodovia bairro jardim jd vila vl conjunto residencial edificio condominio"
)
_OTHER_THINGS = "escola colegio hospital igreja paroquia banco shopping time show empresa chamada chamado nome titular"
_PEOPLE = "sou dona seu dr dra sr sra senhor senhora professor professora padre tia tio filha filho chamo"
_UTILITIES = "enel energisa equatorial neoenergia edp cpfl rge eletrobras copel cemig celesc companhia"
_NOT_A_PLACE_AFTER = frozenset(f"{_STREETS} {_OTHER_THINGS} {_PEOPLE} {_UTILITIES}".split())
FILLER = frozenset(
    """oi ola opa bom boa dia tarde noite sim nao e eh aqui ai em no na nos nas de do da dos das o a os as cidade
    municipio estado capital eu moro mora resido sou somos mesmo isso entao ah obrigado obrigada por favor brasil br
    hoje agora seria acho que minha meu fica uf regiao tudo bem ne ok certo claro so la daqui estou to falo""".split()
)
# A building or a quarter that bears the name of a place: "Edifício Mirante da Jaqueira", "bairro da Jaqueira".
_NAMED_AFTER = re.compile(
    r"\b(?:edificio|edf|ed|predio|residencial|condominio|conjunto|torres?|mirante|loteamento|shopping|bairro|hospital|igreja|paroquia|escola|colegio)(?: (?!em\b|no\b|na\b|fica\b|e\b)\w+){0,2} d[ao]s?$"
)
_SET_PHRASES = frozenset({"de graca", "de luz", "da luz", "la luz", "mi luz", "de posse"})
_INTRODUCTION = re.compile(
    r"\b(?:nome(?: completo)? (?:e|eh|dele e|dela e)|(?:sou|aqui e|e|fala|falo com) [oa]|"
    r"(?:conta|fatura|boleto|preco|valor|falta) d[aeo]|em nome d[aeo]|nome d[aeo]|cham[ao](?:-se| se)?|me chamo)$"
)

_HERE = r"(?: (?:eu|aqui|hoje|atualmente|agora|mesmo|so|la|bem|ja|tambem|ainda|com \w+ \w+))*"
_CITY_OF = r"(?: (?:a |uma )?(?:cidade|municipio|capital)(?: de| do| da)?)?"
_LIVES = re.compile(
    rf"\b(?:mor(?:o|a|amos|ando)|resid(?:o|e|imos|indo)|viv(?:o|e|emos|endo)|fic[oa]|est(?:ou|a|amos)|to|tou|localizad[oa])"
    rf"{_HERE} (?:em|no|na|nos|nas){_CITY_OF}$"
    rf"|\b(?:cidade|municipio|localidade)(?:(?: (?:e|eh|seria|de|do|da|em|se|chama|aqui|onde|eu|moro))*)$"
    rf"|\b(?:aqui|daqui) (?:em|no|na|de|do|da){_CITY_OF}$"
    rf"|\bmud(?:ei|amos|ando)(?: me| nos| agora| recentemente)* (?:para|pra|pro)$"
    rf"|\b(?:casa|conta|imovel|apartamento|apto|fatura|loja|comercio)(?: (?:e|eh|fica|la|aqui))* (?:em)$"
)
_FROM = re.compile(
    rf"\b(?:sou|somos|falo|falando|venho|vim|natural)(?: (?:natural|aqui|la))* (?:de|do|da|d){_CITY_OF}$"
    rf"|\b(?:atend\w+|cobre\w*|cobrem|abrange\w*)"
    rf"(?: (?:ai|aqui|tambem|so|ja|voces|vcs|em|no|na|a|o|cidade|regiao|municipio|de|do|da))*$"
    rf"|\b(?:atua\w*|opera\w*|chega\w*|trabalha\w*|tem|funciona\w*|disponivel|vale|serve|existe\w*|oferece\w*|vende\w*)"
    rf"(?: (?:ai|aqui|tambem|ja|voces|vcs|a|o|servicos?|planos?|cobertura|desconto|energia))*"
    rf" (?:em|no|na|para|pra){_CITY_OF}$"
)
_LEFT = re.compile(r"\b(?:nasci|morava|morei|trabalho|mudei|sai|vim embora)(?: (?:aqui|la))* (?:em|de|do|da|no|na)$")
_NEAR = re.compile(
    r"\b(?:pert(?:o|inho)|proxim[oa]s?|lado|regiao(?: metropolitana)?|interior|entorno|litoral|divisa|"
    r"estado|colad[oa]|grudad[oa]|vizinh[oa])(?: (?:a|ao|com|de|do|da|d|em|no|na))*$"
)
_NOT = re.compile(r"^(?:(?:mais|e|eh|sou|moro|fica|fico|estou|resido|vivo|aqui|em|de|do|da|no|na) )*$")


class Word(NamedTuple):
    """One word: as written, folded, and whatever stood between it and the word before."""

    raw: str
    key: str
    gap: str


@dataclass(frozen=True)
class Mention:
    """Words `start` to `end` that name cities (`places`), a state (`uf`), or both (São Paulo)."""

    start: int
    end: int
    raw: str
    key: str
    places: tuple[Place, ...]
    uf: str | None
    letters: bool = False


class Message:
    """A message cut into words, with the places named in it and what stands around them."""

    def __init__(self, text: str) -> None:
        self.words = _split(text)
        self.question = "?" in text
        long_words = [w.raw for w in self.words if len(w.raw) > 2 and w.raw.isalpha()]
        # Capitals tell a UF from a preposition only when the person does not write all in capitals.
        self.shouting = len(long_words) > 1 and all(raw.isupper() for raw in long_words)

    def gap(self, index: int) -> str:
        """What stands before word `index`; after the last word, a full stop."""
        return self.words[index].gap if index < len(self.words) else "."

    def before(self, index: int) -> str:
        """The up to eight folded words before `index`, without anything behind a sentence's end."""
        start = index
        while start > 0 and index - start < 8 and not self._starts_sentence(start):
            start -= 1
        return " ".join(w.key for w in self.words[start:index])

    def _starts_sentence(self, index: int) -> bool:
        dotted = self.words[index - 1].key in _NOT_A_PLACE_AFTER and self.gap(index).strip() == "."  # "Av. Recife"
        return not dotted and bool(re.search(r"[.!?\n;]", self.gap(index)))

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Names of places from left to right, the longest first, so that `Rio Grande do Sul` is no `Rio Grande`."""
        found: list[Mention] = []
        at = 0
        while at < len(self.words):
            mention = self._longest(at)
            if mention:
                found.append(mention)
            at = mention.end if mention else at + 1
        return tuple(found)

    def _longest(self, start: int) -> Mention | None:
        last = start
        while last < min(len(self.words), start + _LONGEST_NAME) and self.words[last].key in spoken_parts():
            last += 1
        for end in range(last, start, -1):
            words = self.words[start:end]
            if any(_breaks(w.gap, before) for before, w in zip(words, words[1:], strict=False)):
                continue
            raw = " ".join(w.raw for w in words)
            key = " ".join(w.key for w in words)
            spelled = " ".join(ABBREVIATIONS.get(w.key, w.key) for w in words)
            for name in dict.fromkeys((key, spelled)):
                whole = len(words) > 2 and not {words[0].key, words[-1].key} & PARTICLES
                meant = named(name) or (named_without_particles(name) if whole else ())
                uf, places = UF_BY_NAME.get(name), _exact(meant, raw, name)
                if uf or places:
                    return Mention(start, end, raw, name, places, uf)
            if len(words) == 1 and key.upper() in STATES:
                return Mention(start, end, raw, key, (), key.upper(), letters=True)
        return None

    def is_other_thing(self, mention: Mention) -> bool:
        """True for a street, a person, a distribuidora… that bears the name of a place; "no Jardim São Fernando" is a quarter."""
        if mention.letters:
            return False
        before = self.before(mention.start)
        last = before.rpartition(" ")[2]
        if (
            f"{last} {mention.key}" in _SET_PHRASES
            or _NAMED_AFTER.search(before)
            or (mention.key == "jardim" and last in ("no", "do"))
        ):
            return True
        return last in _NOT_A_PLACE_AFTER or bool(_INTRODUCTION.search(before))

    def is_bare(self, mention: Mention) -> bool:
        """True when the message, or a short message's part between commas, is just this name and polite words."""
        words = self.words
        named = {i for m in self.mentions for i in range(m.start, m.end)}
        if all(w.key in FILLER for i, w in enumerate(words) if i not in named):
            return True
        if len(words) > 7 or self.question or any(w.key in ("nao", "conta", "luz") for w in words):
            return False
        start, end = mention.start, mention.end
        while start > 0 and not re.search(r"[,.;!\n/–-]", self.gap(start)):
            start -= 1
        while end < len(words) and not re.search(r"[,.;!\n/–-]", self.gap(end)):
            end += 1
        return all(words[i].key in FILLER for i in range(start, end) if i not in named)

    def is_denied(self, index: int) -> bool:
        """True after `não moro em`, unless a comma follows the `não`: that one answers a question."""
        for at in range(index - 1, max(-1, index - 6), -1):
            if self.words[at].key == "nao":
                rest = "".join(w.key + " " for w in self.words[at + 1 : index])
                return not re.search(r"[,.;!:\n-]", self.gap(at + 1)) and bool(_NOT.match(rest))
        return False

    def cue(self, index: int) -> tuple[int, bool]:
        """How plainly the words before `index` announce a place: 5 lives there, 4 is from there, −1 left it, 0 nothing.

        The second value tells whether an article came along (`na Serra`), as with a neighbourhood.
        """
        before = self.before(index)
        if _NEAR.search(before):
            return 0, False
        if _LEFT.search(before):
            return -1, False
        for weight, pattern in ((5, _LIVES), (4, _FROM)):
            if pattern.search(before):
                return weight, before.rpartition(" ")[2] in ("no", "na", "do", "da", "nos", "nas", "pro")
        return 0, False

    def is_near(self, mention: Mention) -> bool:
        """True after `perto de`, `interior de`: the state is meant, not the city."""
        return bool(_NEAR.search(self.before(mention.start)))


@cache
def spoken_parts() -> frozenset[str]:
    """Return every word that may stand in the name of a city or state, as people write it."""
    states = {word for name in UF_BY_NAME for word in name.split()} | {uf.lower() for uf in STATES}
    return name_parts() | states | set(ABBREVIATIONS) | PARTICLES


def _split(text: str) -> tuple[Word, ...]:
    composed = unicodedata.normalize("NFC", text)
    words, end = [], 0
    for match in _WORD.finditer(composed):
        key = fold(match[0])
        if key:
            words.append(Word(match[0], key, composed[end : match.start()]))
            end = match.end()
        if len(words) == _MOST_WORDS:
            break
    return tuple(words)


_PARTED = re.compile(r"[^\s\-–'’]|\s[-–]|[-–]\s")


def _breaks(gap: str, before: Word) -> bool:
    """True when a name cannot go on over this gap: a comma does, `S. José` and `Não-Me-Toque` do not."""
    if gap == " ":
        return False
    plain = gap.replace(".", "", 1) if before.key in ABBREVIATIONS else gap
    return "\n" in plain or bool(_PARTED.search(plain))


def _exact(places: tuple[Place, ...], raw: str, key: str) -> tuple[Place, ...]:
    """Let accents decide between `Poá` and `POA`, `Paraná` and `Paranã`."""
    if raw.isascii():
        return places[:1] if key in NICKNAMES_BEFORE_NAMES and raw.isupper() else places
    same = [p for p in places if p.city.casefold() == raw.casefold()]
    if not same or key in NICKNAMES_BEFORE_NAMES:
        return tuple(same) or places
    return tuple(p for p in places if p in same or fold(p.city) != key)
