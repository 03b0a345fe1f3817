"""A text as it is checked: sentences and clauses, what they deny, ask or leave open, and what they may lean on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from flows.brazil.folding import unaccent
from flows.brazil.stems import stem


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a text."""
    return frozenset(text.split())


_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_CLAUSE = re.compile(
    r"\s*(?:[,:](?!\d)|[;–—()]|\s-\s|\b(?:mas|porem|so que|porque|pois|entao|embora|enquanto isso)\b)\s*"
)
# What looks like a denial and is none.
_NO_DENIAL = re.compile(
    r"\b(?:(?:nao (?:tem|ha|e)|sem) (?:nenhum )?(?:problemas?|pressa|erro|segredo|misterio)(?: nenhum| algum)?"
    r"|(?:nao|nem) (?:se preocup\w+|esquent\w+|tem (?:problema|erro|segredo)|precisa se preocupar)|sem duvida"
    r"|nao (?:so|apenas|somente)|por que nao|nao e (?:so|a toa))\b"
)
DENIES = re.compile(
    r"\b(?:nao|nem|nunca|jamais|nenhum[a]?|ninguem|nada|sem|longe de|em vez de|tampouco|evito|deixo de)\b"
)
# What is left open in a whole sentence: it depends, is wished, or is somebody else's to say.
_OPEN = re.compile(
    r"\bdepend\w+|\b(?:tomara|espero|torco|talvez|conforme|quanto)\b|\bquem (?!entra|particip|ader|fech|escolh)\w+ (?:\w+ ){0,4}e (?:o|a)\b"
    r"|\b(?:quer\w*|deseja\w*|gostaria\w*|busca\w*|procura\w*) (?:\w+ )?\w+r\b|\bso (?:vale )?(?:quando|se)\b"
    r"|\b(?:consultor\w*|equipe|pessoa) (?:\w+ ){0,2}(?:confirma|explica|confere|ve|passa|informa)\w*"
)
# Right before the words in question, a condition: "se for aprovado". Not "quando chegar a conta, já cai pela metade".
_CONDITION = re.compile(r"\b(?:se|caso|quando|qual|como)\b")
_TAG = re.compile(
    r", ?(?:viu|ta|ta bom|ok|combinado|beleza|hein|sabe|entende)(?: so)? ?\?\W*$"
    r"|^(?:(?:oi|ola|bom dia|boa tarde|boa noite),? )?(?:e )?tudo (?:bem|bom|certo|joia)(?: (?:com voce|por ai))? ?\?\W*$"
)
_WORD = re.compile(r"[a-z0-9%]+")
# Words that carry no meaning of their own; they neither ground a sentence nor need a ground.
_EMPTY = word_set(
    "a o as os um uma uns umas de do da dos das em no na nos nas ao aos e ou que se com por para pra pro pela "
    "pelo pelas pelos eu voce voces vc te me mim seu sua seus suas meu minha nosso nossa isso isto esse essa este "
    "esta esses essas aquele aquela dele dela deles delas ele ela eles elas lhe la ai aqui ali ca ja so mais "
    "muito bem tambem ainda mesmo como entao assim ate sobre entre foi era ser sao e esta estao estou tem ter ha "
    "vai vou vamos vem a gente quem qual quais onde mas porque pois tudo algo alguma algum outro outra outros "
    "outras num numa nem ne ta to tao nao sim por-favor"
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence, folded (lower case, no accents, no marks). `asks` and `open` are its whole sentence's."""

    text: str
    asks: bool
    open: bool

    def left_open(self, start: int) -> bool:
        """Tell whether what stands at `start` is said to depend on something."""
        return self.open or bool(_CONDITION.search(" ".join(self.text[:start].split()[-5:])))

    def denied(self, start: int, end: int) -> bool:
        """Tell whether what stands at `start` is denied, before it or right behind it ("30% eu não consigo")."""
        bare = _NO_DENIAL.sub(lambda match: " " * len(match[0]), self.text)
        before = bare[:start].split()[-10:]
        return bool(DENIES.search(" ".join(before)) or re.match(r"(?:%| ?por cento)?(?: \w+){0,3} nao\b", bare[end:]))


@dataclass(frozen=True)
class Sentence:
    """One sentence or line: `raw` as written, `text` folded."""

    raw: str

    @cached_property
    def text(self) -> str:
        return folded(self.raw)

    @cached_property
    def asks(self) -> bool:
        """True for a question that wants an answer: "viu?" behind a sentence, or "tudo bem?", wants none."""
        return "?" in self.raw and not _TAG.search(self.text)

    @cached_property
    def denials(self) -> int:
        return len(DENIES.findall(_NO_DENIAL.sub(" ", self.text)))

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems(self.text)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        left_open = bool(_OPEN.search(self.text))
        return tuple(Clause(part.strip(), self.asks, left_open) for part in _CLAUSE.split(self.text) if part.strip())


@dataclass(frozen=True)
class Text:
    """A text in sentences."""

    raw: str
    sentences: tuple[Sentence, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentences", tuple(map(Sentence, sentences_of(self.raw))))

    @cached_property
    def folded(self) -> str:
        return folded(self.raw)

    @property
    def clauses(self) -> Iterator[Clause]:
        for sentence in self.sentences:
            yield from sentence.clauses

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems(self.folded)


def sentences_of(text: str) -> list[str]:
    """Split a text into its sentences and lines."""
    return [part for part in _SENTENCE.split(text) if part.strip()]


def folded(text: str) -> str:
    """Lower case without accents, bold marks and emoji; punctuation stays."""
    return " ".join(re.sub(r"[*_~`😊⚡\u200b-\u200f\u2060\ufeff]", "", unaccent(text)).split())


def words(text: str) -> list[str]:
    """The words of a folded text."""
    return _WORD.findall(text)


def stems(text: str) -> frozenset[str]:
    """The stems of the words that mean something in a folded text."""
    return frozenset(stem(word) for word in words(text) if word not in _EMPTY and not word.isdigit())
