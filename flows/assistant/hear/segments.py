"""Cuts a message into parts of which none names more than one city, and takes off what is only said around an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.place.mentions import Mention, Message
from flows.assistant.place.places import Evidence

_WORD = re.compile(r"[^\W_]+(?:['’‘`´][^\W_]+)*")
_MOST_PLACES = 4


# Vocatives and exclamations around an answer: "sampa po" is no Sampaio.
_AROUND = words_of(
    """
    mano mana po uai so sô tche guria guri visse viu ne moca moco fia fi bah oxe oxente cara veio vei parceiro gente
    mesmo entao capitao chefia doutor doutora mestre comandante major k minha filha meu filho amigo amiga querida egua eita ah oi ola sim
    """
)


def segments(one: Utterance) -> Iterator[tuple[Clause, Clause]]:
    """Cut each sentence so that no part names more than one city; beside each part stands its sentence."""
    for sentence in one.sentences:
        text = sentence.quote
        message = Message(text)
        evidence = Evidence(message, None, False)
        cities = [m for m in evidence.mentions if m.places and m.start not in evidence.states]
        cities = [m for m in cities if not message.is_other_thing(m) and not evidence.is_praise(m)]
        if len(cities) <= 1:
            # A run-on: what does not belong to the city is cut off, so that its words say nothing of it.
            yield sentence, sentence
            continue
        spans = [match.span() for match in _WORD.finditer(text)]
        starts = [0]
        for before, after in zip(cities, cities[1:], strict=False):
            starts.append(_cut(text, spans, message, before, after))
        for number, start in enumerate(starts[:_MOST_PLACES]):
            end = starts[number + 1] if number + 1 < len(starts) else len(text)
            part = text[start:end]
            if part.strip():
                offset = sentence.start + start
                words = tuple(w for w in sentence.words if offset <= w.start < sentence.start + end)
                if words:
                    yield replace(sentence, words=words, alone=False), sentence


def _cut(text: str, spans: list[tuple[int, int]], message: Message, before: Mention, after: Mention) -> int:
    """Return where the words of the second city begin: after the first and the state that belongs to it."""
    end = before.end
    while end < after.start and message.words[end].key.upper() in {
        m.uf for m in message.mentions if m.start == end and m.letters
    }:
        end += 1
    if not 0 < end <= len(spans):
        return 0
    between = text[spans[end - 1][1] : spans[after.start][0]]
    # What follows the first city may still say whose it is: "Recife é onde eu moro, a conta é de Olinda".
    comma = max(between.rfind(mark) for mark in ",;:")
    return spans[end - 1][1] + max(comma, 0)


def bare(segment: Clause) -> Clause:
    words = list(segment.words)
    while len(words) > 1 and words[-1].key in _AROUND:
        words.pop()
    while len(words) > 1 and words[0].key in _AROUND:
        words.pop(0)
    return replace(segment, words=tuple(words))
