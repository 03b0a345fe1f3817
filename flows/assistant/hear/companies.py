"""Which distribuidora a clause names: `é a Celpe`, `minha conta é da CEB`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.bill import utilities
from flows.assistant.bill.utilities import Utility
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Clause, Utterance, Word
from flows.assistant.meaning import Item, Meaning, Question
from flows.assistant.place import by_code
from flows.brazil.folding import fold, unaccent

# Names that are everyday words count where a distribuidora is spoken of: "minha conta é da Light".
_ANNOUNCED = re.compile(
    r"\b(?:contas?|fatura|luz|distribuidora|companhia|concessionaria|energia|boleto|aqui|empresa|recebo|pago)\b(?: \w+){0,4}? (?:d[aeo]|e|na|pela|para a|a)(?: a| o)? (?P<name>light|ampla|ceb|cea|dme|ceal|ceam|bandeirante|piratininga|caiua|cerr|cerj)\b"
    r"|^(?:e |a |o |da |sim |e a |e da |na |ai |minha |conta |aqui )*(?P<alone>light|ceb|cea|dme|ampla|ceal|ceam|bandeirante|piratininga)(?: mesmo| sim| uai| tche)*$"
)
_MINE = re.compile(
    r"\b(?:pago|minha (?:conta|luz) (?:e|vem|vinha) (?:d|pel)[ao]|recebo d[ao]|sou d[ao])\b(?! (?:\w+ )?(?:para|a) voces)"
)
# "A Celpe vai cortar": what a distribuidora does says nothing of whose the bill is.
_ACTS = re.compile(
    r"^ (?:que |ja |nao |so |me |te |tambem |ai )*(?:vai|vao|cort\w+|sab\w+|cobr\w+|ach\w+|deix\w+|pod\w+|continu\w+|mand(?:a|ou|am)|aument\w+|deslig\w+|fic(?:a|ou)|perd\w+|faz|fez|sub\w+|demor\w+|troc\w+|muda\w*|quer\w*)\b"
)
_OF_OTHERS = re.compile(
    r"\b(?:vcs|vc|voces|isso|serena) (?:sao|e|sao da|fazem parte|trabalham|tem)\b|\bno lugar d|\bem vez d|\btrocar? a\b|\bsair d[ao]\b|\bda (?:minha )?vizinha\b"
)


# What stands right before a distribuidora that is denied, or was that of before; and behind it.
_DENIED = re.compile(
    r"\b(?:(?:nao|nunca) (?:e|era|foi|sou|ta|vem|pago|recebo)|e nao|nem|(?:antes|antigamente) (?:era|foi|vinha|pagava|fui))(?: mais)?"
    r"(?: (?:d?[aeo]|n[ao]|para a|com a))? $"
)
_IS_NOT = re.compile(r"^ nao(?: mais)?$")


def company_in(
    clause: Clause, scene: Scene, *, told: bool = False, state: str | None = None
) -> tuple[str, str, Utility | None] | None:
    """Return canonical name (or the bare group's), the words, and the company, of the distribuidora a clause names.

    `state`: the one that the same message names. What a clause denies is not what it names: "não é Celpe, é Energisa".
    `told`: what stands on the bill is what it tells of, and one everyday word may name it.
    """
    if not (utilities.is_named_in(clause.quote) or _ANNOUNCED.search(clause.said)):
        return None
    denied = set(_denied(clause))
    clause = replace(clause, words=tuple(word for word in clause.words if word not in denied))
    text = " ".join(_own(clause, word) for word in clause.words)
    state = state or _state(scene)
    if utilities.is_named_in(text):
        found = utilities.named(text, state)
        if found is not None:
            own = next((_own(clause, word) for word in _naming(clause)), clause.quote)
            return found.name, own, found if isinstance(found, Utility) else None
    if match := _ANNOUNCED.search(clause.said):
        name = match["name"] or match["alone"]
        if (
            match["alone"]
            and len(clause.words) == 1
            and scene.asked not in (Question.UTILITY, Question.BILL_WRONG)
            and not told
        ):
            return None
        found = utilities.named(name, state) or utilities.named(name)
        if found is not None:
            return found.name, clause.quoted(match), found if isinstance(found, Utility) else None
    return None


def denies(clause: Clause, scene: Scene, name: str) -> bool:
    """Tell whether a clause says of the distribuidora with this canonical name that it is not the one."""
    named = (utilities.named(_own(clause, word), _state(scene)) for word in _denied(clause))
    return any(found and found.name == name for found in named)


def companies(one: Utterance, scene: Scene, state: str | None = None) -> Iterator[Item]:
    """Yield the distribuidora that is said to be on the bill; `state` is the one that the message names."""
    for clause in one.clauses:
        if _OF_OTHERS.search(clause.said) or (clause.asks and not _MINE.search(clause.said)):
            continue
        picked = _listed(clause, scene)
        if picked:
            yield Item(Meaning.UTILITY, clause.quote, clause.message, utility=picked)
        elif found := company_in(clause, scene, state=state):
            if _acts(clause, found[1]):
                continue
            yield Item(Meaning.UTILITY, found[1], clause.message, utility=found[0])


def _acts(clause: Clause, named: str) -> bool:
    """ "A Celpe vai cortar minha luz": somebody acts, and nobody says whose the bill is."""
    plain = unaccent(named)
    at = clause.said.find(plain)
    return at >= 0 and bool(_ACTS.search(clause.said[at + len(plain) :]))


def _listed(clause: Clause, scene: Scene) -> str | None:
    """Return the one of the city's distribuidoras that was asked about which a clause picks by its name."""
    if scene.asked is not Question.UTILITY:
        return None
    words = set(fold(clause.quote).split())
    named = [name for name in scene.state.utilities if set(fold(name).split()) <= words]
    own = [name for name in scene.state.utilities if _own_words(name, scene.state.utilities) & words]
    return named[0] if len(named) == 1 else own[0] if len(own) == 1 else None


def _own_words(name: str, names: tuple[str, ...]) -> set[str]:
    others = {word for other in names if other != name for word in fold(other).split()}
    return {word for word in fold(name).split() if len(word) > 2} - others - {"luz", "energia", "companhia"}


def _state(scene: Scene) -> str | None:
    if scene.state.place and (place := by_code(scene.state.place)):
        return place.state
    if scene.state.state:
        return scene.state.state
    if scene.form and not scene.state.form_denied and (place := by_code(scene.form[0])):
        return place.state
    return None


def _own(clause: Clause, word: Word) -> str:
    return clause.text[word.start : word.end]


def _naming(clause: Clause) -> Iterator[Word]:
    """Yield the words of a clause that are, or are part of, a distribuidora's name by themselves."""
    for word in clause.words:
        if len(own := _own(clause, word)) > 2 and (utilities.is_named_in(own) or _ANNOUNCED.fullmatch(word.key)):
            yield word


def _denied(clause: Clause) -> Iterator[Word]:
    for word in _naming(clause):
        before = "".join(f"{other.key} " for other in clause.words if other.end <= word.start)
        after = "".join(f" {other.key}" for other in clause.words if other.start >= word.end)
        if _DENIED.search(before) or _IS_NOT.search(after):
            yield word
