"""Which municipality a person means: from an answer, or from a sentence nobody asked for (docs/domain.md 2.1).

Of the names in a message those are believed that stand beside a UF, after `moro em`, or as the answer to our question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flows.assistant.place.everyday import needs_cue, not_a_typo
from flows.assistant.place.gazetteer import (
    CAPITALS,
    NICKNAMES_BEFORE_NAMES,
    NICKNAMES_NEEDING_A_CUE,
    Place,
    by_code,
    capital,
    in_state,
    is_capital,
    name_parts,
    named_without_particles,
    resembling,
    uf,
)
from flows.assistant.place.mentions import FILLER, Mention, Message

__all__ = ["Found", "Nothing", "OnlyState", "Place", "Several", "by_code", "find", "in_state", "state_named", "uf"]

# UF letters that are words, too: in lower case they count only where nothing else can stand.
_EVERYDAY_UF = frozenset({"ac", "al", "am", "ap", "ba", "es", "go", "ma", "pa", "pe", "pi", "se", "to"})
_STATES_NEEDING_A_CUE = frozenset({"espirito santo", "minas"})
_HOME = 5  # what `Message.cue` gives to "moro em"
_JOINING = frozenset({"no", "na", "do", "da", "de", "em", "estado", "uf", "que", "fica", "capital", "o", "e", "eh"})


@dataclass(frozen=True, slots=True)
class Several:
    """More than one municipality fits; the lead must say which. Capitals and large cities come first."""

    candidates: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class OnlyState:
    """A state was named, and no city that lies in it."""

    state: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The text names no place."""


Found = Place | Several | OnlyState | Nothing


def find(text: str, *, state: str | None = None, expecting_place: bool = False) -> Found:
    """Read the municipality a message names.

    `state` is what is known already and decides between homonyms; a state in the message overrules it.
    `expecting_place` says that we asked: then a bare name is an answer, and small typing errors are forgiven.
    """
    message = Message(text)
    known = uf(state) if state else None
    evidence = Evidence(message, known, expecting_place)
    said = evidence.state()
    longer = evidence.misspelt(said, whole=True)
    best = [longer] if longer else evidence.cities() or [evidence.misspelt(said)]
    if any(best):
        said = None if said and evidence.lives_elsewhere(best, said) else said
        return _decide(best, said, known)
    if said and (said == "DF" or evidence.names_capital(said)):
        return capital(said)
    if said:
        return OnlyState(said)
    if known and evidence.names_capital(known) and (expecting_place or len(message.words) < 8):
        return capital(known)
    return Nothing()


def _decide(groups: list[tuple[Place, ...]], said: str | None, known: str | None) -> Found:
    candidates = tuple(dict.fromkeys(place for group in groups for place in group))
    if said:
        candidates = tuple(p for p in candidates if p.state == said)
        # "Taguatinga DF", "Vila X, DF": every address of the Distrito Federal is in Brasília.
        if said == "DF":
            return capital("DF")
        if not candidates:
            return OnlyState(said)
    elif known and len(candidates) > 1:
        candidates = tuple(p for p in candidates if p.state == known) or candidates
    return candidates[0] if len(candidates) == 1 else Several(candidates)


def state_named(text: str) -> str | None:
    """The UF that a text names itself, beside a city or alone; None when it names none or contradicts itself."""
    return Evidence(Message(text), None, True).state()


class Evidence:
    """One message read once: its believable cities and its state."""

    def __init__(self, message: Message, known: str | None, expecting: bool) -> None:
        self.message, self.known, self.expecting = message, known, expecting
        self.mentions = [m for m in message.mentions if not message.is_other_thing(m)]
        self.states = {m.start: m.uf for m in self.mentions if m.uf and self._means_state(m)}

    # --- states ---------------------------------------------------------------------------------------------------

    def state(self) -> str | None:
        """The one state that the message names; None when it names none or contradicts itself."""
        cued = {u for start, u in self.states.items() if self.message.cue(start)[0] > 0}
        near = {
            m.places[0].state
            for m in self.mentions
            if len({p.state for p in m.places}) == 1 and self.message.is_near(m) and not needs_cue(m.key)
        }
        for group in (set(self.states.values()), cued, near):
            if len(group) == 1:
                return group.pop()
        return None

    def lives_elsewhere(self, groups: list[tuple[Place, ...]], state: str) -> bool:
        """True for "sou do Pará, mas moro em Goiânia": whoever says where he lives is from the state only by birth."""
        found = {place for places in groups for place in places}
        after = min(self.states, default=0)
        homes = [m for m in self.mentions if m.start > after and self.message.cue(m.start)[0] == _HOME]
        homes = [m for m in homes if found & set(m.places)]
        return bool(homes) and all(place.state != state for m in homes for place in m.places)

    def names_capital(self, state: str) -> bool:
        """True for `SP capital`, `capital de Pernambuco`, `na capital` when the state is known."""
        return any(w.key == "capital" for w in self.message.words) and state in CAPITALS

    def _means_state(self, mention: Mention) -> bool:
        if mention.letters:
            return self._letters_are_state(mention)
        if mention.key == "para" and mention.raw.lower() != "pará":
            return self._after_city(mention, need_mark=True) or self.expecting and self.message.is_bare(mention)
        cue, _ = self.message.cue(mention.start)
        if self._after_city(mention) or self._before_city(mention):
            return True
        if self.message.is_denied(mention.start):
            return False
        followed = self._next_letters(mention)
        if mention.key in _STATES_NEEDING_A_CUE and not followed:
            return cue > 0 or self.message.is_bare(mention) or self.message.is_near(mention)
        if mention.places:  # São Paulo, Goiás, Paraná…: alone, the first two are cities and the others states
            return self.message.is_near(mention) or not (self._is_capital_name(mention) or followed)
        return True

    def _letters_are_state(self, mention: Mention) -> bool:
        message, key = self.message, mention.key
        capitals = mention.raw.isupper() and not message.shouting
        at_end = mention.end == len(message.words) or bool(re.search(r"[,.;!?\n)]", message.gap(mention.end)))
        plain = capitals or key not in _EVERYDAY_UF or at_end
        city = self._city_before(mention)
        if city:
            fits = any(p.state == mention.uf for p in city.places)
            marked = bool(re.search(r"[/(|–-]", message.gap(city.end)))
            comma = bool(re.search(r"[,\n.]", message.gap(city.end)))
            return marked or (comma and (capitals or (at_end and len(message.words) < 8))) or (fits and plain)
        follower = self._city_after(mention)
        if follower and any(p.state == mention.uf for p in follower.places):
            return capitals or self.expecting or bool(re.search(r"[,/–-]", message.gap(mention.end)))
        if self.message.is_bare(mention) and not any(m.places for m in self.mentions):
            return self.expecting or mention.raw.isupper() or key not in _EVERYDAY_UF
        cue, _ = message.cue(mention.start)
        before = message.before(mention.start)
        announced = re.search(r"\b(?:em|no|na|estado|uf)(?: d[eoa])?$", before)
        labelled = re.search(r"\b(?:estado|uf)(?: e| d[eo])?$", before)
        return (cue > 0 and plain) or bool(announced and capitals) or bool(labelled)

    def _city_before(self, mention: Mention) -> Mention | None:
        """The city this state belongs to: right before it, or with `no`, `estado de`, `que fica em` between."""
        for city in reversed([m for m in self.mentions if m.places and m.end <= mention.start]):
            between = self.message.words[city.end : mention.start]
            return city if all(w.key in _JOINING for w in between) else None
        return None

    def _city_after(self, mention: Mention) -> Mention | None:
        following = [m for m in self.mentions if m.start == mention.end and m.places]
        return following[0] if following else None

    def _after_city(self, mention: Mention, need_mark: bool = False) -> bool:
        city = self._city_before(mention)
        if city is None or self.message.cue(mention.start)[0] > 0 and mention.places:
            return False
        joined = self.message.words[mention.start - 1].key in ("do", "no", "estado")
        if need_mark and not joined and not re.search(r"[,/(–-]", self.message.gap(mention.start)):
            return False
        return any(p.state == mention.uf for p in city.places)

    def _before_city(self, mention: Mention) -> bool:
        city = self._city_after(mention)
        return bool(city and any(p.state == mention.uf for p in city.places) and city.key != mention.key)

    def _next_letters(self, mention: Mention) -> bool:
        return any(
            m.letters and m.start == mention.end and any(p.state == m.uf for p in mention.places) for m in self.mentions
        )

    def _is_capital_name(self, mention: Mention) -> bool:
        return any(is_capital(p) and p.state == mention.uf for p in mention.places)

    # --- cities ---------------------------------------------------------------------------------------------------

    def cities(self) -> list[tuple[Place, ...]]:
        """The places of the most plainly announced city names; more than one when they are equally plain."""
        scored: dict[str, tuple[int, tuple[Place, ...]]] = {}
        for mention in self.mentions:
            score = self._score(mention)
            if score is not None and score > scored.get(mention.key, (-9, ()))[0]:
                scored[mention.key] = (score, self._preferred(mention))
        top = max((score for score, _ in scored.values()), default=0)
        return [places for score, places in scored.values() if score == top]

    def _preferred(self, mention: Mention) -> tuple[Place, ...]:
        if mention.key in NICKNAMES_BEFORE_NAMES and not (self.known or self.states):
            return mention.places[:1]
        return mention.places

    def _score(self, mention: Mention) -> int | None:
        """None when the name is no place here; else how much to believe it."""
        message = self.message
        if not mention.places or mention.start in self.states or message.is_near(mention):
            return None
        if message.is_denied(mention.start):
            return None
        cue, article = message.cue(mention.start)
        with_state = self._has_state(mention)
        score = cue + (3 if with_state else 0)
        if not needs_cue(mention.key):
            return score + 1
        if mention.key in NICKNAMES_NEEDING_A_CUE:  # "moro no Rio": these do take an article
            return score if cue > 0 or with_state or self._answers(mention) else None
        here = self.known in {p.state for p in mention.places}
        if cue > 0 and (not article or here or with_state):
            return score
        if with_state or self._answers(mention):
            return score
        first = self.expecting and all(word.key in FILLER for word in message.words[: mention.start])
        # "Fortaleza, meu fi", "salvador, bairro Brotas".
        begins = (first and not message.question) or message.before(mention.start).endswith("em")
        return score if begins and any(map(is_capital, mention.places)) else None

    def _has_state(self, mention: Mention) -> bool:
        """True when a state that fits stands beside the name, and not by accident (`conta de luz MG`)."""
        for other in self.mentions:
            if other.start not in self.states or all(p.state != other.uf for p in mention.places):
                continue
            if self._city_before(other) is mention or other.end == mention.start:
                return True
        return False

    def _answers(self, mention: Mention) -> bool:
        if needs_cue(mention.key) and re.search(r"\bisso (?:e|eh|ta|seria)$", self.message.before(mention.start)):
            return False  # "isso é sério?" is not from Sério/RS
        return self.expecting and self.message.is_bare(mention) and not self.is_praise(mention)

    def is_praise(self, mention: Mention) -> bool:
        """True for everyday words beside a city that is none: "Olinda terra boa" names one place."""
        if not mention.places or not needs_cue(mention.key) or self._has_state(mention):
            return False
        if self.message.cue(mention.start)[0] > 0:
            return False
        plain = [other for other in self.mentions if other.places and other is not mention and not needs_cue(other.key)]
        announced = self.message.before(mention.start).rpartition(" ")[2] in {
            "e",
            "eh",
            "de",
            "em",
            "da",
            "do",
            "no",
            "na",
        }
        return bool(plain) and (not announced or any(other.end == mention.start for other in plain))

    # --- typing errors ----------------------------------------------------------------------------------------------

    def misspelt(self, said: str | None, *, whole: bool = False) -> tuple[Place, ...]:
        """Places nearly named where a name must stand: after `moro em`, or as the answer to our question.

        With `whole`, only a name of several words that goes beyond those found letter by letter (`moji das cruses`).
        """
        known = {i for m in self.mentions for i in range(m.start, m.end)}
        for start, end, announced in self._spans():
            covered = all(i in known or self.message.words[i].key in FILLER for i in range(start, end))
            if whole and (covered or end - start < 2):
                continue
            # Only after "moro em" may more talk follow the name; an answer to our question is the name alone.
            for last in range(end, start if announced and not whole else end - 1, -1):
                found = self._nearly(start, last, said)
                if found:
                    return found
        return ()

    def _nearly(self, start: int, end: int, said: str | None) -> tuple[Place, ...]:
        words = [w.key for w in self.message.words[start:end]]
        key = " ".join(words)
        if any(word in not_a_typo() and (len(words) == 1 or word not in name_parts()) for word in words):
            return ()
        if len(words) == 1 and (key in FILLER or needs_cue(key)):
            return ()
        found = named_without_particles(key) or resembling(key, state=said)
        following = {m.uf for m in self.mentions if m.letters and m.start == end}
        return tuple(p for p in found if p.state == said or said is None and following <= {p.state})

    def _spans(self) -> list[tuple[int, int, bool]]:
        """Word ranges where a name must stand, up to a comma, a state, or six words; and whether `moro em` precedes."""
        words, message = self.message.words, self.message
        stops = {m.start for m in self.mentions if m.start in self.states or m.letters and m.end == len(words)}
        spans = []
        for start in range(len(words)):
            clause_start = start == 0 or bool(re.search(r"[,.;!?\n/–-]", message.gap(start)))
            if start in stops or message.is_denied(start):
                continue
            announced = message.cue(start)[0] > 0
            if announced or (self.expecting and clause_start and not message.question):
                first = start
                while first < len(words) and words[first].key in FILLER - {"bom", "boa"}:
                    first += 1
                end = first
                while end < len(words) and end - first < 6 and end not in stops:
                    if end > first and re.search(r"[,.;!?\n/]", message.gap(end)):
                        break
                    end += 1
                while end > first + 1 and words[end - 1].key in FILLER:
                    end -= 1
                if end > first:
                    spans.append((first, end, announced))
        return spans
