"""Which messages of a burst go on with one another: people press send where others put a comma."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flows.assistant.hear.rule import RELATIVE
from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import plain
from flows.assistant.meaning import Item
from flows.domain import Inbound, InboundMessage

# After one of these at its end, or before one at its beginning, a sentence is not over.
_OPEN = words_of(
    """
    a as o os um uma de do da dos das d em no na nos nas num numa com sem por pelo pela para que se e ou mas ate so mais nem nao
    me te lhe eu ele ela vc minha meu minhas meus essa esse esta este isso aquele aquela
    quero queria prefiro vou vamos fico ficar pode podia pago pagar vem veio da dá ta to tem tenho sou sao moro ser seria tipo
    como quando quanto qual onde porque faco preciso manda mando gostaria queremos
    """
)
_GOES_ON = words_of(
    """
    mas de do da dos das no na nos em com sem por pelo pela para que se ou mesmo mais ate aqui agora ainda tambem entao e porque quando
    fidelidade
    """
)
_SUBJECTS = words_of("ele ela eu eles elas mae pai marido esposa dono dona titular a o minha meu")
# "Não", "precisa avisar": a no of its own goes on where the next message begins with what is not needed, done or wanted.
_DENIED = re.compile(
    r"^(?:precis\w+|carece|necessari\w+|quero|quer|vou|vai|tenho|tem|chama|avisa|apaga|manda|mando|gost\w+|assina|aceita|concorda"
    r"|me (?:mand|cham|lig|avis|procur)\w+|e necessari\w+)\b"
)
# A condition waits for what follows from it: "se eu mudar de casa", "fico presa?"
_CONDITION = re.compile(
    r"^(?:e |mas |entao |ai )*(?:se|caso|quando) (?:eu|a gente|nao|ele|ela|for|tiver|quiser|precisar|\w+(?:ar|er|ir))\b"
)
# "Recife", "quer dizer", "moro em Paulista": a slip of the tongue stands with what it takes back.
_CORRECTS = re.compile(r"^(?:quer dizer|digo|alias|ou melhor|minto)\b")
# A plan is pointed at, and the next message asks of it: "esse de 60 meses", "posso sair antes?"
_POINTS_AT = re.compile(
    r"^(?:e |mas |entao )*(?:o|a|esse|essa|este|aquele|plano|no) (?:plano |de |do |sem |com )*\w+(?: \w+){0,2}$"
)
_ASKS_OF_IT = re.compile(
    r"\b(?:multa|fidelidade|taxa|prende|amarra|pres[oa]|sair|saio|cancelar|cancelo|transfer\w+|mudar|reajuste|quanto tempo|e bom|vale a pena|compensa|obrigad[oa])\b"
)
# What is spoken of, before anything is said of it: "o valor", "tá errado".
_TOPIC = re.compile(
    rf"^(?:e )?(?:o|a|meu|minha) (?:valor|nome|conta|fatura|titular|cidade|vencimento|distribuidora|endereco|{RELATIVE})$"
)
_MOST_WORDS = 8


@dataclass(frozen=True)
class Run:
    """Messages that go on with one another, their text as one, and where in it each begins."""

    numbers: tuple[int, ...]
    text: str
    starts: tuple[int, ...]

    def placed(self, item: Item) -> Item:
        """Return an item with the message that holds its words, and of these what stands in that message."""
        at = max(self.text.find(item.quote), 0) if item.quote else 0
        ends = (*self.starts[1:], len(self.text) + 1)
        parts = [
            (
                min(at + len(item.quote), end - 1) - max(at, start),
                -number,
                self.text[max(at, start) : min(at + len(item.quote), end - 1)],
            )
            for number, start, end in zip(self.numbers, self.starts, ends, strict=True)
        ]
        length, number, quote = max(parts)
        return replace(item, message=-number, quote=quote if length > 0 else "")


def runs(messages: Sequence[InboundMessage]) -> Iterator[Run]:
    """Yield the messages of a burst, those that go on with one another together."""
    run: list[int] = []
    said: list[str] = []
    for number, message in enumerate(messages):
        words = plain(message.text) if _joins(message) else ""
        if run and not (words and said[-1] and _one_sentence(said, words, messages[run[-1]].text)):
            yield _run(run, messages)
            run, said = [], []
        run.append(number)
        said.append(words)
    if run:
        yield _run(run, messages)


def _run(numbers: Sequence[int], messages: Sequence[InboundMessage]) -> Run:
    texts = [messages[number].text.strip().rstrip(",") for number in numbers]
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text) + 1)
    return Run(tuple(numbers), " ".join(texts), tuple(starts))


def _joins(message: InboundMessage) -> bool:
    written = message.type is Inbound.TEXT and not message.payload and not message.about
    return written and len(message.text) <= 80


def _one_sentence(said: Sequence[str], words: str, text_before: str) -> bool:
    """Tell whether a message goes on with the one before: that one is not over, or this one does not begin anew."""
    last = said[-1]
    before, this = last.split(), words.split()
    if re.search(r"[.!?…]\s*$", text_before) or not 0 < len(before) <= _MOST_WORDS or not 0 < len(this) <= _MOST_WORDS:
        return False
    if before[-1] == "nao" and len(before) <= 2:
        return before[0] in _SUBJECTS or (len(before) == 1 and bool(_DENIED.match(words)))
    if before[-1] in _OPEN or this[0] in _GOES_ON or _CORRECTS.match(words):
        return True
    if _POINTS_AT.match(said[0]) and _ASKS_OF_IT.search(words):
        return True
    return any(pattern.match(last) for pattern in (_CORRECTS, _CONDITION, _TOPIC))
