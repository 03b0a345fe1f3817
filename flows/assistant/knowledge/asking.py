"""Whether a text asks something, with or without a question mark: people talk into the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from flows.brazil.folding import spoken

MOST_WORDS = 6
# A clause of more words than LONG is also read in pieces of PIECE words.
LONG = 14
PIECE = 9
_LISTS = ("lead_ins", "openings", "not_openings", "endings", "statements", "anywhere")
_STOPS = str.maketrans(dict.fromkeys(".!?;,", "\n"))

_Phrases = dict[str, list[tuple[str, ...]]]


class Asking:
    """The ways of asking that `[asking]` in `faq.toml` lists, by the name of each list."""

    def __init__(self, ways: Mapping[str, Sequence[str]]) -> None:
        listed: Mapping[str, Sequence[str]] = {name: ways.get(name, ()) for name in _LISTS}
        if unknown := set(ways) - set(_LISTS):
            raise ValueError(f"no such list of ways to ask: {sorted(unknown)}")
        self._lead_ins = frozenset(listed["lead_ins"])
        self._openings = _by_first_word(listed["openings"])
        self._not_openings = _by_first_word(listed["not_openings"])
        self._anywhere = _by_first_word(listed["anywhere"])
        self._endings = [tuple(spoken(ending).split()) for ending in listed["endings"]]
        self._statements = _by_first_word(listed["statements"])

    def asks(self, text: str) -> bool:
        """True with a question mark, a question word in front, or "queria saber" anywhere."""
        return "?" in text or any(self._clause_asks(spoken(clause).split()) for clause in clauses(text))

    def names(self, text: str) -> bool:
        """True for a topic without a verb of one's own: "fidelidade", "e a bandeira vermelha". "Moro de aluguel" tells."""
        words = spoken(text).split()
        # Some words lead in and tell, too: "tá acima".
        tells = any(_begins(words, at, self._statements) for at in range(self._start(words) + 1))
        return len(words) <= MOST_WORDS and not tells

    def pieces(self, clause: str) -> Iterator[str]:
        """Yield what each way of asking inside a long clause begins: who talks into the keyboard makes no stops."""
        words = spoken(clause).split()
        if len(words) > LONG:
            for at in range(len(words)):
                if _begins(words, at, self._openings):
                    yield " ".join(words[at : at + PIECE])

    def _start(self, words: Sequence[str]) -> int:
        return next((at for at, word in enumerate(words) if word not in self._lead_ins), len(words))

    def _clause_asks(self, words: Sequence[str]) -> bool:
        # "O que" and "que horas" begin with words that lead in elsewhere, so each place up to the first other word counts.
        starts = range(self._start(words) + 1)
        if any(_begins(words, at, self._not_openings) for at in starts):
            return False
        return (
            any(_begins(words, at, self._openings) for at in starts)
            or any(_begins(words, at, self._anywhere) for at in range(len(words)))
            or any(tuple(words[-len(ending) :]) == ending for ending in self._endings)
        )


def clauses(text: str) -> list[str]:
    """Return what stands between stops and commas."""
    return text.translate(_STOPS).split("\n")


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
