"""Whether a text asks something, with or without a question mark: people talk into the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.assistant.knowledge.entries import Wording
from flows.brazil.folding import spoken

_Phrases = dict[str, list[tuple[str, ...]]]


class Asking:
    """The ways of asking that `[asking]` in `faq.toml` lists."""

    def __init__(self, wording: Wording) -> None:
        self._lead_ins = frozenset(wording.lead_ins)
        self._openings = _by_first_word(wording.openings)
        self._not_openings = _by_first_word(wording.not_openings)
        self._anywhere = _by_first_word(wording.anywhere)

    def asks(self, text: str) -> bool:
        """True with a question mark, a question word in front, or "queria saber" anywhere."""
        return "?" in text or any(self._clause_asks(spoken(clause).split()) for clause in _clauses(text))

    def _clause_asks(self, words: Sequence[str]) -> bool:
        start = next((at for at, word in enumerate(words) if word not in self._lead_ins), len(words))
        opens = _begins(words, start, self._openings) and not _begins(words, start, self._not_openings)
        return opens or any(_begins(words, at, self._anywhere) for at in range(len(words)))


def _clauses(text: str) -> Iterable[str]:
    return text.replace("!", ".").replace("\n", ".").replace(",", ".").replace(";", ".").split(".")


def _by_first_word(phrases: Iterable[str]) -> _Phrases:
    found: _Phrases = {}
    for phrase in phrases:
        words = tuple(spoken(phrase).split())
        found.setdefault(words[0], []).append(words)
    return found


def _begins(words: Sequence[str], at: int, phrases: _Phrases) -> bool:
    if at >= len(words):
        return False
    return any(tuple(words[at : at + len(phrase)]) == phrase for phrase in phrases.get(words[at], ()))
