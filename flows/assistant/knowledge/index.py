"""Which entry a text asks for, by the words that all questions of all entries have in common with it.

No model and no word list in code: an entry is found by its questions, and what two wordings have in common is in the
tables of `faq.toml`. A word weighs as much as it tells entries apart; a word that no question has weighs against.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.assistant.knowledge.asking import Asking, clauses
from flows.assistant.knowledge.entries import Faq
from flows.brazil.folding import spoken
from flows.brazil.stems import stem

# All figures were chosen on the file's own questions, each left out in turn, and on `not_asked.txt` beside the tests.
# A lower ENOUGH finds more and takes more that is not ours.
ENOUGH = 0.42
# What does not ask in so many words ("bandeira vermelha") has to be nearly what a question of the file says.
ENOUGH_UNASKED = 0.85
# The best entry stands this far before the second, or nobody knows which of the two was meant.
LEAST_LEAD = 0.02
# Where two fit as well as this, either of them answers.
EITHER_WILL_DO = 0.65
# A clause is read alone when its words, without the fillers, weigh this much ("com quem falo" does not).
LEAST_SUBSTANCE = 2.8
# A filler counts half: of "quem são vocês" nothing else is left.
_FILLER = 0.5
# What a word weighs against every entry when no question has it; a word of one entry alone weighs 3.9 for it.
_UNKNOWN = 3.0
# Likeness is shared weight by that of the text and of the question, mixed so.
_OF_THE_TEXT = 0.6
_SMOOTHING = 0.1
# The nearest question counts so much, the rest is the odds of all words; _SUREST of these is certainty.
_NEAREST = 0.6
# A clause knows less than the whole text it stands in ("caiu o poste, chamo quem?").
_OF_A_CLAUSE = 0.9
_SUREST = 4.0
_A_NUMBER = "=number"

Tokens = Mapping[str, float]
# Of what stands in a file, kept for the next index over nearly the same; a lead's words are not.
_spoken = cache(spoken)


class Index:
    """All questions of a file of entries, ready to be asked."""

    def __init__(self, faq: Faq) -> None:
        self.asking = Asking(faq.wording.ways)
        self._fillers = {word for filler in faq.wording.fillers for word in _spoken(filler).split()}
        self._exact = {_spoken(p): f"={name}" for name, phrases in faq.wording.synonyms.items() for p in phrases}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for phrase, name in self._exact.items():
            words = tuple(stem(word) for word in phrase.split())
            self._phrases[words[0]].append((words, name))
        for found in self._phrases.values():
            found.sort(key=lambda phrase: -len(phrase[0]))
        self._entries = [*faq.entries, None]
        asked = [entry.questions for entry in faq.entries.values()] + [faq.elsewhere]
        worded = [(number, _spoken(q)) for number, questions in enumerate(asked) for q in questions]
        self._asked_so = {words: number for number, words in worded}
        self._known = self._spellings(faq, [words for _, words in worded])
        self._questions = [(number, self._tokens(words)) for number, words in worded]
        self._count()

    def _spellings(self, faq: Faq, questions: list[str]) -> list[str]:
        """Return every word that questions and tables have: what a typing error may have meant."""
        words = {word for text in (*questions, *self._exact) for word in text.split()}
        self._stems = {stem(word) for word in words} | self._fillers
        return sorted(word for word in words if len(word) >= 5)

    def _count(self) -> None:
        """Weigh every word, and how much it speaks for each entry against all others (naive Bayes, log odds)."""
        sizes = Counter(entry for entry, _ in self._questions)
        having: dict[str, Counter[int]] = defaultdict(Counter)
        for entry, tokens in self._questions:
            for token in tokens:
                having[token][entry] += 1
        self._weights = {token: math.log(1 + len(sizes) / len(entries)) for token, entries in having.items()}
        self._sizes, self._having = sizes, having
        self._odds: dict[str, list[float]] = {}
        self._holding: dict[str, set[int]] = defaultdict(set)
        for number, (_, tokens) in enumerate(self._questions):
            for token in tokens:
                self._holding[token].add(number)
        self._sums = [self._sum(tokens) for _, tokens in self._questions]

    def _speaking(self, token: str) -> list[float] | None:
        """Return how much a word speaks for each entry, None for one that no question has; reckoned when it is first asked."""
        if token not in self._odds and (found := self._having.get(token)):
            total = found.total()
            self._odds[token] = [self._log_odds(found[e], total, self._sizes[e]) for e in range(len(self._entries))]
        return self._odds.get(token)

    def _log_odds(self, here: int, everywhere: int, size: int) -> float:
        others = len(self._questions) - size
        inside = (here + _SMOOTHING) / (size + 2 * _SMOOTHING)
        return math.log(inside * (others + 2 * _SMOOTHING) / (everywhere - here + _SMOOTHING))

    def _substance(self, tokens: Tokens) -> float:
        return sum(self._weights.get(token, 0.0) for token, share in tokens.items() if share == 1.0)

    def _sum(self, tokens: Tokens) -> float:
        return sum(share * self._weights.get(token, _UNKNOWN) for token, share in tokens.items())

    def tokens(self, text: str) -> Tokens:
        """Return what counts of a text, and how much: stems, synonyms under one name, typing errors mended."""
        return self._tokens(spoken(text))

    def _tokens(self, words: str) -> Tokens:
        return dict(self._named([self._mended(word) for word in words.split()]))

    def _mended(self, word: str) -> str:
        if len(word) < 5 or stem(word) in self._stems or word in self._fillers:
            return word
        most = 1 if len(word) < 8 else 2
        near = process.extractOne(word, self._known, scorer=OSA.distance, score_cutoff=most)
        return near[0] if near and near[0][0] == word[0] else word

    def _named(self, words: Sequence[str]) -> Iterator[tuple[str, float]]:
        stems = [stem(word) for word in words]
        at = 0
        while at < len(words):
            name, share, length = self._phrase(words, stems, at)
            yield name, share
            at += length

    def _phrase(self, words: Sequence[str], stems: Sequence[str], at: int) -> tuple[str, float, int]:
        """Return the longest phrase that begins here; else a filler is one unless a table has just that word."""
        for phrase, name in self._phrases.get(stems[at], ()):
            if len(phrase) > 1 and tuple(stems[at : at + len(phrase)]) == phrase:
                return name, 1.0, len(phrase)
        word = words[at]
        if word.isdigit() and len(word) > 1:
            return _A_NUMBER, _FILLER, 1
        if word in self._exact:
            return self._exact[word], 1.0, 1
        if word in self._fillers:
            return word, _FILLER, 1
        alone = (name for phrase, name in self._phrases.get(stems[at], ()) if len(phrase) == 1)
        return next(alone, stems[at]), 1.0, 1

    def _best(self, text: str) -> list[tuple[int, float]]:
        """Return how well each entry fits, the best first. Of a text in several clauses the best one counts."""
        whole = self.tokens(text)
        best = dict(self._scores(whole))
        if best and not self._substance(whole):
            # "Oi, tudo bem?": of fillers alone only what is asked in these very words.
            worded_so = {entry for entry, tokens in self._questions if tokens == whole}
            best = {entry: score for entry, score in best.items() if entry in worded_so}
        parts = clauses(text)
        for part in dict.fromkeys([*parts, *chain.from_iterable(map(self.asking.pieces, parts))]) if best else ():
            tokens = self.tokens(part)
            if part != text and self._substance(tokens) >= LEAST_SUBSTANCE:
                for entry, score in self._scores(tokens):
                    best[entry] = max(_OF_A_CLAUSE * score, best.get(entry, 0.0))
        return sorted(best.items(), key=lambda found: -found[1])

    def ranked(self, text: str, n: int = 3) -> list[tuple[str, float]]:
        """Return the entries that fit best, with how well (0 to 1)."""
        found = ((entry, score) for number, score in self._best(text) if (entry := self._entries[number]))
        return list(islice(found, n))

    def match(self, text: str) -> str | None:
        """Return the entry that a text asks for, or None where none fits well enough, or two fit as well."""
        asks = self.asking.asks(text)
        if (as_listed := self._asked_so.get(spoken(text))) is not None:
            return self._entries[as_listed]
        if not (asks or self.asking.names(text)) or not (best := self._best(text)):
            return None
        clear = len(best) < 2 or best[0][1] - best[1][1] >= LEAST_LEAD or best[1][1] >= EITHER_WILL_DO
        enough = ENOUGH if asks else ENOUGH_UNASKED
        return self._entries[best[0][0]] if clear and best[0][1] >= enough else None

    def _scores(self, tokens: Tokens) -> Iterator[tuple[int, float]]:
        """Yield how near the nearest question of each entry is, mixed with what all words say for the entry."""
        of_text = self._sum(tokens)
        shared: dict[int, float] = defaultdict(float)
        # Fillers stand in nearly every question: they count where something else is shared, or nothing else is there.
        for token, share in sorted(tokens.items(), key=lambda one: -one[1]):
            weight = share * self._weights.get(token, 0.0)
            held = self._holding.get(token, set())
            for number in held & shared.keys() if share < 1.0 and shared else held:
                shared[number] += weight
        nearest: dict[int, float] = {}
        for number, weight in shared.items():
            likeness = weight / (_OF_THE_TEXT * of_text + (1 - _OF_THE_TEXT) * self._sums[number])
            entry = self._questions[number][0]
            if likeness > nearest.get(entry, 0.0):
                nearest[entry] = likeness
        all_shares = sum(tokens.values())
        odds = [(share, told) for token, share in tokens.items() if (told := self._speaking(token))]
        for entry, likeness in nearest.items():
            speaking = sum(share * by_entry[entry] for share, by_entry in odds) / all_shares / _SUREST
            yield entry, _NEAREST * likeness + (1 - _NEAREST) * max(-1.0, min(1.0, speaking))
