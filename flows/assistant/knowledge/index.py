"""Which entry a text asks for, by the words that all questions of all entries have in common with it.

No model and no word list in code: an entry is found by its questions, and what two wordings have in common is in the
tables of `faq.toml`. A word weighs as much as it tells entries apart; a word that no question has weighs against.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.assistant.knowledge.asking import Asking
from flows.assistant.knowledge.entries import Faq
from flows.assistant.knowledge.stems import stem
from flows.brazil.folding import spoken

# Chosen on the questions of the file, each left out in turn, and held by tests/flows/assistant/knowledge.
ENOUGH = 0.50
# What does not ask ("moro de aluguel") has to be nearly what a question of the file says.
ENOUGH_UNASKED = 0.90
# One word that half of the entries have ("conta") is no evidence, however well it fits.
LEAST_EVIDENCE = 2.0
_UNKNOWN = 2.6
_OF_THE_TEXT = 0.6
_NEAREST = 0.65
_CLAUSES = re.compile(r"[.!?;,\n]+|\s+-\s+")


class Index:
    """All questions of a file of entries, ready to be asked."""

    def __init__(self, faq: Faq) -> None:
        self.asking = Asking(faq.wording)
        self._fillers = {word for filler in faq.wording.fillers for word in spoken(filler).split()}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for name, phrases in faq.wording.synonyms.items():
            for words in {tuple(stem(word) for word in spoken(phrase).split()) for phrase in phrases}:
                self._phrases[words[0]].append((words, f"={name}"))
        for found in self._phrases.values():
            found.sort(key=lambda phrase: -len(phrase[0]))
        self._known = self._spellings(faq)
        self._questions = [
            (entry.id, self.tokens(question)) for entry in faq.entries.values() for question in entry.questions
        ]
        self._count()

    def _spellings(self, faq: Faq) -> list[str]:
        """Return every word that questions and tables have: what a typing error may have meant."""
        texts = [q for entry in faq.entries.values() for q in entry.questions]
        texts += [phrase for phrases in faq.wording.synonyms.values() for phrase in phrases]
        self._stems = {stem(word) for text in texts for word in spoken(text).split()} | self._fillers
        return sorted({word for text in texts for word in spoken(text).split() if len(word) >= 5})

    def _count(self) -> None:
        having: dict[str, set[str]] = defaultdict(set)
        self._of_entry: dict[str, Counter[str]] = defaultdict(Counter)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, (entry, tokens) in enumerate(self._questions):
            for token in tokens:
                having[token].add(entry)
                self._holding[token].append(number)
                self._of_entry[entry][token] += 1
        everything = len(self._of_entry)
        self._weights = {token: math.log(1 + everything / len(entries)) for token, entries in having.items()}
        self._sums = [self._sum(tokens) for _, tokens in self._questions]

    def _sum(self, tokens: Iterable[str]) -> float:
        return sum(self._weights.get(token, _UNKNOWN) for token in tokens)

    def tokens(self, text: str) -> frozenset[str]:
        """Return what counts of a text: stems without fillers, synonyms under one name, typing errors mended."""
        words = spoken(text).split()
        stems = [stem(self._mended(word)) for word in words]
        return frozenset(self._named(words, stems))

    def _mended(self, word: str) -> str:
        if len(word) < 5 or stem(word) in self._stems or word in self._fillers:
            return word
        most = 1 if len(word) < 8 else 2
        near = process.extractOne(word, self._known, scorer=OSA.distance, score_cutoff=most)
        return near[0] if near and near[0][0] == word[0] else word

    def _named(self, words: Sequence[str], stems: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(stems):
            for phrase, name in self._phrases.get(stems[at], ()):
                if tuple(stems[at : at + len(phrase)]) == phrase:
                    yield name
                    at += len(phrase)
                    break
            else:
                if words[at] not in self._fillers:
                    yield stems[at]
                at += 1

    def ranked(self, text: str, n: int = 3) -> list[tuple[str, float]]:
        """Return the entries that fit best, with how well (0 to 1). Of a text in several clauses the best one counts."""
        best: dict[str, float] = {}
        for tokens in {self.tokens(part) for part in (text, *_CLAUSES.split(text))}:
            for entry, score in self._scores(tokens).items():
                best[entry] = max(score, best.get(entry, 0.0))
        return sorted(best.items(), key=lambda found: -found[1])[:n]

    def match(self, text: str) -> str | None:
        """Return the entry that a text asks for, or None where none fits well enough."""
        enough = ENOUGH if self.asking.asks(text) else ENOUGH_UNASKED
        found = self.ranked(text, 1)
        return found[0][0] if found and found[0][1] >= enough else None

    def _scores(self, tokens: frozenset[str]) -> Mapping[str, float]:
        """Weigh the nearest question of each entry, and all that its questions have of the text together."""
        of_text = self._sum(tokens)
        shared: dict[int, float] = defaultdict(float)
        for token in tokens:
            for number in self._holding.get(token, ()):
                shared[number] += self._weights[token]
        scores: dict[str, float] = {}
        for number, weight in shared.items():
            if weight >= LEAST_EVIDENCE:
                likeness = weight / (_OF_THE_TEXT * of_text + (1 - _OF_THE_TEXT) * self._sums[number])
                entry = self._questions[number][0]
                scores[entry] = max(likeness, scores.get(entry, 0.0))
        return {
            entry: _NEAREST * likeness + (1 - _NEAREST) * self._covered(entry, tokens) / of_text
            for entry, likeness in scores.items()
        }

    def _covered(self, entry: str, tokens: frozenset[str]) -> float:
        has = self._of_entry[entry]
        return sum(self._weights[token] for token in tokens if token in has)
