"""Sentences that need no checker: kind words out of a reviewed list, what the lead said, and what one act says."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from flows.assistant.knowledge.stems import stem
from flows.assistant.say.check.clauses import Sentence, Text
from flows.assistant.say.check.ground import Ground

# Words that narrow what an act says; a shorter way to say it keeps them.
_NARROWS = frozenset(
    [
        "so",
        "ate",
        "se",
        "caso",
        "quando",
        "pode",
        "podem",
        "alguns",
        "ainda",
        "quase",
        "nem",
        "sem",
        "nao",
        "antes",
        "depois",
        "cada",
        "parte",
        "caso",
    ]
)
# An answer that says yes says what was asked.
_AFFIRMS = re.compile(
    r"^(?:ah |ok |entao |claro |olha )*(?:sim|isso|exato|exatamente|pode|podem|da|tem|serve|vale|consegue|verdade|correto|certeza|positivo|fica|vai|vem|e sim)\b"
    r"|\bsim\b|\bclaro que\b"
)
_QUESTION_WORD = re.compile(
    r"\?|^(?:qual|quais|quem|quando|quanto|quantos|como|onde|por ?que|pq|sera|tem|da|pode|posso|vcs|voces|e se|precisa)\b|\bne\b|\bsera que\b"
)


def grounded(text: Text, ground: Ground) -> bool:
    """Tell whether every sentence stands on its own ground."""
    return all(_harmless(sentence, ground) or _told(sentence, ground) for sentence in text.sentences)


def _told(sentence: Sentence, ground: Ground) -> bool:
    """Tell whether this is one sentence of the acts, maybe shorter: nothing added, nothing turned, no limit dropped."""
    for ours in ground.says.sentences:
        added = sentence.stems - ours.stems - _kind_words()
        if added or sentence.denials != ours.denials or not sentence.stems & ours.stems:
            continue
        if sentence.asks != ours.asks:
            continue
        kept = set(sentence.text.split()) & _NARROWS
        shared = len(sentence.stems & ours.stems) / len(ours.stems)
        if kept >= set(re.findall(r"\w+", ours.text)) & _NARROWS and shared >= 0.5:
            return True
    return False


def _harmless(sentence: Sentence, ground: Ground) -> bool:
    """Tell whether a sentence holds kind words alone, and words of the lead's that it does not affirm."""
    rest = sentence.stems - _kind_words()
    if sentence.asks:
        return False
    asked = any(_QUESTION_WORD.search(line.text) for line in ground.wrote.sentences)
    if _AFFIRMS.search(sentence.text) or (asked and sentence.denials):
        return False
    return not rest or (not asked and rest <= ground.wrote.stems and len(rest) <= 3)


@cache
def _kind_words() -> frozenset[str]:
    lines = files(__package__).joinpath("kind_words.txt").read_text("utf-8").splitlines()
    return frozenset(stem(word) for line in lines if not line.startswith("#") for word in line.split())
