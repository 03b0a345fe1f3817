"""A bill's text as a stream of labels and values, and which value belongs to which label.

PDF text comes in three shapes: `label: value`, a row of labels above a row of values, and a column of labels before a
column of values. All three are a run of labels followed by a run of values, so they are read the same way: the second
money label of a run belongs to the second amount that follows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from flows.assistant.bill.figures import DATE, MONTH, Line
from flows.assistant.bill.labels import Kind, labels
from flows.assistant.bill.paycodes import without_codes

# A page as columns is mostly blanks: public files come to 593 in a line, and three such pages to 90,000 characters.
MAX_CHARS, MAX_LINES, MAX_LINE = 120_000, 1_500, 2_000

Type = Literal["money", "date", "month", "id", "other"]
# What a value in a sentence is worth beside one in a field: by itself it is none.
_SENTENCE = 0.1
# How far the values may stand below the last label of their run, in lines that hold something.
_REACH = 4

_VALUES = re.compile(
    "|".join(
        (
            rf"(?P<date>{DATE.replace(chr(92) + '1', '(?P=mark)').replace('([/.', '(?P<mark>[/.')})",
            rf"(?P<month>{MONTH})",
            # CPF and CNPJ, CEP and telephone: never an installation number.
            r"(?P<other>(?<![\w.])[\da-z]{2}\.[\da-z]{3}\.[\da-z]{3}/[\da-z]{4}-\d{2}\b|(?<![\w.])\d{2}\.?\d{3}\.?\d{3}/\d{4}-?\d{2}\b|(?<![\d.])\d{5}-\d{3}(?![\d-])"
            r"|(?<!\d)\d{2}\.\d{3}-\d{3}(?![\d-])"
            r"|\(\d{2}\)\s?\d{4,5}[ -]?\d{4}\b|\b0800[ -]?\d{3}[ -]?\d{4}\b|\d+(?:[.,]\d+)*\s?%"
            r"|\d+(?:[.,]\d+)*\s?k(?:wh|w|va)\b"
            r"|\b\d+,(?:\d|\d{3,})(?!\d))",
            r"(?P<money>(?:r\$[\s*]{0,12})?(?<![\d.,/-])(?:\d{1,3}(?:[.  ]\d{3})+|\d+),\d{2}(?![\d%/]|,\d"
            r"|\s?%)(?P<minus>\s?-(?![\w\-]))?"
            r"|r\$[\s*]{0,12}\d+(?:\.\d{3})*(?:\.\d{2})?(?![\d.,]*\d))",
            # A masked CPF or CNPJ takes its label's place like any other.
            r"(?P<id>(?<![\w.,/\-])\d[\d./\-]{1,24}\d(?![\w]|,\d)"
            r"|(?<![\w*])[\d*x]{2,3}\.[\d*x]{3}\.[\d*x]{3}[-/][\d*x]{2,4}(?:-[\d*x]{2})?(?![\w*]))",
        )
    )
)


@dataclass(frozen=True)
class Label:
    """A label that was found: what it announces, how strongly, and where."""

    kind: Kind
    type: Type
    weight: float
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Value:
    """A typed value as printed, and where."""

    type: Type
    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """A value that may be the answer for a label; `score` compares candidates of one kind."""

    text: str
    line: int
    score: float
    label: str = ""


def lines_of(text: str) -> tuple[Line, ...]:
    """The lines of a text that hold something, at most 1,500 of 2,000 characters, spaced-out letters joined."""
    made = []
    for raw in unicodedata.normalize("NFKC", text[:MAX_CHARS]).splitlines()[: 4 * MAX_LINES]:
        shown = raw[:MAX_LINE]
        if not shown.isprintable():
            shown = "".join(c if c.isprintable() else " " for c in shown)
        shown = _joined(shown.strip())
        if shown:
            made.append(Line(shown, shown.lower() if shown.isascii() else "".join(_letter(c) for c in shown)))
    return tuple(made[:MAX_LINES])


class Stream:
    """Labels and values of a text in reading order."""

    def __init__(self, lines: tuple[Line, ...], further: tuple[tuple[str, str], ...] = ()) -> None:
        """`further` are the (kind, words) of the labels that one company prints."""
        self.lines = lines
        bare = without_codes("\n".join(line.plain for line in lines)).split("\n")
        self.tokens: list[Label | Value] = []
        self._values: list[list[Value]] = []
        for number, plain in enumerate(bare):
            named = _alternatives(plain, _labels(plain, number, further))
            taken = [(one.start, one.end) for one in named]
            values = [v for v in _values(plain, number) if all(v.end <= s or v.start >= e for s, e in taken)]
            self._values.append(values)
            self.tokens += sorted([*named, *values], key=lambda token: token.start)

    def values(self, line: int) -> list[Value]:
        """The values of one line."""
        return self._values[line]

    def candidates(self, kind: Kind) -> list[Found]:
        """What the labels of this kind announce, best first."""
        found: list[Found] = []
        for index, token in enumerate(self.tokens):
            if isinstance(token, Label) and token.kind == kind and token.weight > 0:
                said = self.lines[token.line].text[token.start : token.end]
                found += [replace(one, label=said) for one in self._announced(index, token)]
        return sorted(found, key=lambda one: -one.score)

    def _announced(self, index: int, label: Label) -> Iterator[Found]:
        first = last = index
        while first and isinstance(self.tokens[first - 1], Label) and label.line - self.tokens[first - 1].line <= 3:
            first -= 1
        while last + 1 < len(self.tokens) and isinstance(self.tokens[last + 1], Label):
            last += 1
            if self.tokens[last].line - self.tokens[last - 1].line > 1:
                last -= 1
                break
        named = [t for t in self.tokens[first : last + 1] if isinstance(t, Label)]
        run = [t for t in named if t.type == label.type]
        place = run.index(label)
        values = _enough(self._run_of_values(last), named)
        fitting = [v for v in values if v.type == label.type]
        if not fitting:
            yield from self._before(index, label)
            return
        below = fitting[0].line > label.line
        if len(run) == len(fitting) or (place == 0 and len(run) == 1 and not below):
            # On one line nothing stands between a label and its value; a column may hold others that we do not know.
            value = fitting[place]
            yield Found(value.text, value.line, label.weight * (1.0 if self._touches(run[-1], value) else _SENTENCE))
            if label.type == "id":
                # Boxes are not always drawn in the order of their values; a company's form may say which is whose.
                yield from (Found(v.text, v.line, label.weight * 0.2) for v in fitting if v is not value)
        elif len(run) > len(fitting):
            # Some cells are empty: whose is unknown, so the other evidence must decide.
            for v in fitting:
                yield Found(v.text, v.line, label.weight * (0.3 if self._touches(label, v) else _SENTENCE))
        else:
            nearest = min(fitting, key=lambda v: abs(self._share(v) - self._share(label)))
            for value in fitting:
                share = 0.6 if value is nearest else 0.25
                yield Found(
                    value.text, value.line, label.weight * (share if self._touches(label, value) else _SENTENCE)
                )

    def _before(self, index: int, label: Label) -> Iterator[Found]:
        """A value alone on the line above its label, or right before it, where nothing that fits stands below."""
        above = self.tokens[index - 1] if index else None
        if isinstance(above, Value) and above.type == label.type and above.line == label.line:
            other = self.tokens[index - 2] if index > 1 else None
            free = not (isinstance(other, Label) and other.line == label.line)
            if free and not self.lines[label.line].plain[above.end : label.start].strip():
                yield Found(above.text, above.line, label.weight * 0.5)
        elif isinstance(above, Value) and above.type == label.type and above.line == label.line - 1:
            alone = len(self.lines[above.line].plain) - (above.end - above.start) <= 4
            if alone and label.start == 0:
                yield Found(above.text, above.line, label.weight * 0.5)

    def _touches(self, label: Label, value: Value) -> bool:
        """False when words stand between a label and its value on one line: that is a sentence, not a field."""
        if value.line != label.line:
            return True
        values = [v for v in self.values(label.line) if label.end <= v.start < value.start]
        between = re.sub(r"\([^)]*\)", "", self.lines[label.line].plain[label.end : value.start])
        return sum(c.isalpha() for c in between) - sum(c.isalpha() for v in values for c in v.text) <= 3

    def _run_of_values(self, last: int) -> list[Value]:
        values: list[Value] = []
        start = self.tokens[last].line
        for token in self.tokens[last + 1 :]:
            if isinstance(token, Label) or token.line - start > _REACH:
                break
            # Values end where the next line begins with something else, once some were found.
            below = token.line - values[-1].line if values else 0
            if below > 1 or (below and not self._mostly_values(token.line)):
                break
            values.append(token)
        return values

    def _mostly_values(self, line: int) -> bool:
        plain = self.lines[line].plain
        shown = sum(v.end - v.start for v in self.values(line))
        return 2 * shown >= len(plain.replace(" ", ""))

    def _share(self, token: Label | Value) -> float:
        """Where a token's middle stands on its line, from 0 to 1: columns keep this although spaces are lost."""
        return (token.start + token.end) / 2 / max(len(self.lines[token.line].plain), 1)


def _enough(values: list[Value], named: list[Label]) -> list[Value]:
    """The values up to the line with which every label has one: what follows is another table."""
    wanted, had = Counter(label.type for label in named), Counter[Type]()
    for at, value in enumerate(values, 1):
        had[value.type] += 1
        if had >= wanted and (at == len(values) or values[at].line > value.line):
            return values[:at]
    return values


def _labels(plain: str, number: int, further: tuple[tuple[str, str], ...]) -> Iterator[Label]:
    hits = [
        Label(kind, type_, weight, number, m.start(), m.end())
        for kind, type_, weight, pattern in labels(further)
        for m in pattern.finditer(plain)
    ]
    # The longest name wins: "codigo do cliente" is not "cliente", "proximo vencimento" not "vencimento".
    hits.sort(key=lambda one: (one.start - one.end, one.start))
    kept: list[Label] = []
    for hit in hits:
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    yield from kept


def _alternatives(plain: str, found: Iterator[Label]) -> list[Label]:
    """`INSTALAÇÃO / UNIDADE CONSUMIDORA` has two names for one value, and is one label."""
    named: list[Label] = []
    for one in sorted(found, key=lambda label: label.start):
        last = named[-1] if named else None
        if last and one.weight and last.kind == one.kind and plain[last.end : one.start].strip() == "/":
            named[-1] = replace(last, weight=max(last.weight, one.weight), end=one.end)
        else:
            named.append(one)
    return named


def _values(plain: str, number: int) -> Iterator[Value]:
    for match in _VALUES.finditer(plain):
        kind = match.lastgroup or "other"
        if kind in ("mark", "minus"):
            kind = "date" if match["date"] else "money"
        before = plain[: match.start()].rstrip("r$ *")
        if kind == "money" and (match["minus"] or before.endswith("-")):
            kind = "other"  # a credit is never what is to be paid
        yield Value(kind, match[0], number, match.start(), match.end())  # type: ignore[arg-type]


@lru_cache(4096)
def _letter(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].lower()[:1] or " "


_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){3,}[^\W\d_](?!\S)")


def _joined(text: str) -> str:
    """`T O T A L  A  P A G A R` is how some fonts come out: single letters, words two blanks apart."""
    joined = _SPACED.sub(lambda m: m[0].replace(" ", ""), text)
    return joined if joined == text else re.sub(" {2,}", " ", joined)
