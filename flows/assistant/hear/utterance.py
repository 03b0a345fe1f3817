"""A message as rules compare it: words written out plainly, cut into clauses, each able to quote itself letter by letter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from flows.assistant.hear.interrogating import asks_in_words
from flows.assistant.hear.spelling import plain_word

# Words, numbers with their marks, `R$`, `s/`, and the few signs that say something by themselves.
_TOKEN = re.compile(
    r"r\$|\b[scp]/(?!\w)|\d+(?:[.,]\d+)*[ºª°]?|[^\W\d_]+(?:['’´`-][^\W\d_]+)*|%|[👍👌✅☑✔🆗👎❌🚫✖❤🙏👏😍🤝💪🥰🫶😡🤬😠]",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[.!?;\n…]|,\s*\n")
_ENDS_CLAUSE = re.compile(r"[,:()\n]|\s[-–—]+\s")
# Where spoken language goes on without a comma. What stands before such a word is complete.
_GOES_ON = re.compile(
    r"^(?:mas|porem|so que|porque|pois|e ai|entao eu|e eu|e queria|e quero|e a conta|e ela|e ele|e tem|e se|e minha|e meu"
    r"|but|pero|because)\b"
)
_BEFORE_STATES = frozenset(("do", "no", "de"))
# "Num quero", "num é": in half of Brazil that is "não".
_NUM_IS_NOT = re.compile(
    r"(?:(?:quero|quer|sei|vou|vai|tem|ta|to|e|eh|da|sou|era|foi|fui|posso|pode|me|te|se|vem|deu|vi|paga|pago|pego|tao|sao|liga|ligo|ligue|fica|fico|deixa|deixo"
    r"|abre|abro|assina|assino|aceita|aceito|prende|prendem|amarra|amarram|segura|obriga|gosta|gosto|moro|mora|confio|confia|lembro|serve|vale|existe|muda|mudo|uso|usa"
    r"|preciso|precisa|consigo|consegue|mando|manda|mande|faz|faco|passo|passa|acho|entendo|entendi|conheco|bate|confere|compensa|adianta|funciona|atende|atendo|tenho|tinha)"
    r"|\w+(?:ei|ou|ava|aria|emos|amos|imos|indo|endo|ando))$"
)
_MOST_WORDS = 700


@dataclass(frozen=True, slots=True)
class Word:
    """One word: how it is compared, where it stands in the message, and what stood before it."""

    key: str
    start: int
    end: int
    gap: str


@dataclass(frozen=True)
class Clause:
    """A stretch of a message that says one thing. `asks` is true for a question."""

    text: str
    message: int
    words: tuple[Word, ...]
    asks: bool
    # The whole message is this clause.
    alone: bool = False

    @cached_property
    def said(self) -> str:
        """The words as patterns see them: plain, single spaces."""
        return " ".join(word.key for word in self.words)

    @property
    def start(self) -> int:
        return self.words[0].start if self.words else 0

    @property
    def quote(self) -> str:
        """The whole clause as it was written."""
        return self.text[self.words[0].start : self.words[-1].end] if self.words else ""

    def span(self, match: re.Match[str]) -> tuple[int, int]:
        """Return where in the message the words of a match in `said` stand."""
        at, first, last = 0, None, 0
        for number, word in enumerate(self.words):
            end = at + len(word.key)
            if end > match.start() and at < max(match.end(), match.start() + 1):
                first = number if first is None else first
                last = number
            at = end + 1
        first = 0 if first is None else first
        return self.words[first].start, self.words[last].end

    def quoted(self, match: re.Match[str]) -> str:
        """Return the words of a match as they were written."""
        start, end = self.span(match)
        return self.text[start:end]


@dataclass(frozen=True)
class Utterance:
    """One message: its sentences, each cut into clauses."""

    text: str
    message: int
    sentences: tuple[Clause, ...]
    clauses: tuple[Clause, ...]

    @cached_property
    def whole(self) -> Clause:
        """The message as a single clause."""
        words = tuple(word for sentence in self.sentences for word in sentence.words)
        return Clause(self.text, self.message, words, any(s.asks for s in self.sentences), alone=True)


def plain(text: str) -> str:
    """Return the words of a text as patterns see them."""
    return " ".join(word.key for word in _words(text))


def utterance(text: str, message: int = 0) -> Utterance:
    """Cut a message into sentences and clauses."""
    words = _words(text)
    sentences, clauses = [], []
    for group in _groups(words, _ENDS_SENTENCE):
        after = text[group[-1].end :]
        mark = re.match(r"[\s\"')\]]*[.!…]*[?]", after) is not None
        parts = list(_clauses(group, text))
        made = []
        for number, part in enumerate(parts):
            said = " ".join(word.key for word in part)
            # A question mark counts for the clause it stands behind; the ones before it ask only in words.
            asks = (mark and number == len(parts) - 1) or asks_in_words(said)
            made.append(Clause(text, message, part, asks, alone=len(part) == len(words)))
        clauses += made
        sentences.append(Clause(text, message, group, any(c.asks for c in made), alone=len(group) == len(words)))
    return Utterance(text, message, tuple(sentences), tuple(clauses))


def _words(text: str) -> tuple[Word, ...]:
    words: list[Word] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if key := plain_word(match[0]):
            if words and words[-1].key == "num" and _NUM_IS_NOT.match(key):
                words[-1] = replace(words[-1], key="nao")
            if match[0] == "RS" or match[0].lower() == "rs" and words and words[-1].key in _BEFORE_STATES:
                # A laugh is written small, and stands behind no "do".
                key = "rs"
            words.append(Word(key, match.start(), match.end(), text[end : match.start()]))
            end = match.end()
        if len(words) == _MOST_WORDS:
            break
    return tuple(words)


def _groups(words: tuple[Word, ...], end: re.Pattern[str]) -> list[tuple[Word, ...]]:
    groups: list[list[Word]] = []
    for word in words:
        if not groups or end.search(word.gap):
            groups.append([])
        groups[-1].append(word)
    return [tuple(group) for group in groups]


def _clauses(sentence: tuple[Word, ...], text: str) -> list[tuple[Word, ...]]:
    parts: list[list[Word]] = [[]]
    for number, word in enumerate(sentence):
        ahead = " ".join(w.key for w in sentence[number : number + 3])
        # "O titular é meu pai" does not go on at its verb.
        is_verb = text[word.start : word.end].lower() in ("é", "más")
        if parts[-1] and (_ENDS_CLAUSE.search(word.gap) or (_GOES_ON.search(ahead) and not is_verb)):
            parts.append([])
        parts[-1].append(word)
    return [tuple(part) for part in parts if part]
