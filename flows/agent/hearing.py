"""What a burst of messages says, before anybody decides what to answer: taps, texts, files, wishes, questions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flows.agent import intents
from flows.agent.cues import Cue, cues
from flows.agent.intents import Intent
from flows.assistant.place import pins
from flows.assistant.place.places import Nothing
from flows.brazil.folding import fold
from flows.brazil.money import parse
from flows.domain import Inbound, InboundMessage

_SILENT = frozenset({Inbound.REACTION, Inbound.STICKER, Inbound.SYSTEM})
_FILES = frozenset({Inbound.IMAGE, Inbound.DOCUMENT})
_WRITTEN = frozenset({Inbound.TEXT, Inbound.BUTTON})
# A voice note that was transcribed and a place that has a name or an address come with text: then they are text.
_TOLD = frozenset({Inbound.AUDIO, Inbound.LOCATION})
# The ids of our own buttons and rows; a template's button (ATIVAR_PERFIL) is read by `intents` instead.
_OURS = re.compile(r"(?:place|utility|plan|notify|erase|person|bill|holder):.+|doubt")
_MONEY = re.compile(r"r\$\s*\d|\d\s*(?:mil\s+)?(?:reais|conto)|\b(?:conta|fatura|luz|pago|valor)\b.*\d", re.IGNORECASE)
# Insults, threats and anger; said to us or of us, they want one calm sentence and no defence.
_UPSET = re.compile(
    r"\b(?:ladr(?:ao|oes|a)|bandidos?|golpistas?|palhac\w+|merda|porr[ae]|caralho|pqp|vtnc|vsf|vtmnc|fdp|filh\w+ da puta|puta"
    r"|vai se (?:f\w+|lascar|danar)|idiotas?|imbecil|imbecis|otari[oa]s?|burr[oa]s?|lixo|safad[oa]s?|vagabund[oa]s?"
    r"|vergonha|ridicul[oa]s?|absurdo|pessim[oa]s?|horrivel|porcaria|droga|que saco|saco cheio|palhac[oa]s?"
    r"|process(?:ar|o) (?:voces|vcs)|vou process\w+|denunci\w+|advogad[oa]|no procon|ao procon|chamar o procon)\b"
)
_REPEATED = re.compile(
    r"\bja (?:te |lhe |tinha |havia )?(?:fal(?:ei|ado)|disse|dito|coloquei|informei|botei|preenchi|respondi|passei tudo)\b"
)
# "Não achei esse clipe": the way to send a file that was explained does not work for this person.
_CANNOT_SEND = re.compile(
    r"\bnao (?:\w+ )?(?:achei|acho|encontr\w+|consig\w+|consegui|aparec\w+|vejo|vi|tem)\b"
    r"(?:$|.{0,25}\b(?:clipe|clips|botao|icone|camera|anexo|anexar|mandar|enviar|foto|opcao)\b)"
)
# A cue answers these questions itself, so nobody needs to be called for them.
_BEFORE_THE_FAQ = frozenset({Cue.MINIMUM, Cue.OTHER_HOLDER, Cue.WHEN_STARTS})
_ANSWERED_CUES = _BEFORE_THE_FAQ | {
    Cue.PLANS,
    Cue.DOUBT,
    Cue.LOST,
    Cue.COMPARE,
    Cue.THINKING,
    Cue.ALREADY_SENT,
    Cue.IN_TIME,
}


@dataclass(frozen=True)
class Heard:
    """One burst, read. `texts` are what people typed (captions too); `taps` are ids of our own buttons and rows."""

    intents: frozenset[Intent]
    cues: frozenset[Cue]
    texts: tuple[str, ...]
    taps: tuple[str, ...]
    files: tuple[InboundMessage, ...]
    unreadable: tuple[Inbound, ...]
    answers: tuple[str, ...]
    unknown_question: bool
    amount: Decimal | None
    # Angry at us; says that something is asked a second time; cannot find the way to send a file.
    upset: bool = False
    repeats: bool = False
    cannot_send: bool = False
    # Location pins as WhatsApp gives them, for `pins.read`.
    pins: tuple[Mapping[str, Any], ...] = ()

    @property
    def wants_plans(self) -> bool:
        return Cue.PLANS in self.cues

    @property
    def thinks(self) -> bool:
        """True when the lead wants time: "vou pensar", "mando depois"."""
        return not self.wants_plans and (Cue.THINKING in self.cues or Intent.SEND_BILL_LATER in self.intents)

    def without_yes_or_no(self) -> Heard:
        """Return the burst without its yes and no, which answered something else than the waiting question."""
        return replace(self, intents=self.intents - {Intent.CONFIRM, Intent.DENY})

    def tapped(self, kind: str) -> str | None:
        """Return what follows `kind:` in the last such tap."""
        return next((t.partition(":")[2] for t in reversed(self.taps) if t.startswith(f"{kind}:")), None)


def hear(messages: tuple[InboundMessage, ...]) -> Heard | None:
    """Read a burst; None when nothing in it wants an answer (reactions, stickers)."""
    spoken = [m for m in messages if m.type not in _SILENT]
    if not spoken:
        return None
    taps = tuple(m.payload for m in spoken if m.payload and _OURS.fullmatch(m.payload))
    said = [m for m in spoken if m.text.strip() and not (m.payload and _OURS.fullmatch(m.payload))]
    texts = tuple(m.text for m in said)
    hints = frozenset(cue for text in texts for cue in cues(text))
    answers = [id for text in texts if (id := _answer_to(text))]
    folded = [fold(text) for text in texts]
    return Heard(
        intents=_intents(said, taps, hints),
        cues=hints,
        texts=texts,
        taps=taps,
        files=tuple(m for m in spoken if m.type in _FILES),
        unreadable=tuple(dict.fromkeys(m.type for m in spoken if not _can_read(m))),
        answers=tuple(dict.fromkeys(answers))[:2],
        unknown_question=any(_is_open_question(text) for text in texts),
        amount=next((a for t in reversed(texts) if _MONEY.search(t) and (a := parse(t)) is not None), None),
        upset=any(_UPSET.search(said) for said in folded),
        repeats=any(_REPEATED.search(said) for said in folded),
        cannot_send=any(_CANNOT_SEND.search(said) for said in folded),
        pins=tuple(m.location for m in spoken if m.type is Inbound.LOCATION and m.location),
    )


def _can_read(message: InboundMessage) -> bool:
    """Tell whether words, a file or a place reached us; a voice note without a transcription did not."""
    if message.type is Inbound.LOCATION and not isinstance(pins.read(message.location or {}), Nothing):
        return True
    return message.type in _FILES | _WRITTEN or (message.type in _TOLD and bool(message.text.strip()))


def _intents(said: list[InboundMessage], taps: tuple[str, ...], hints: frozenset[Cue]) -> frozenset[Intent]:
    meant = {intent for m in said for intent in intents.detect(m.text, m.payload)}
    if "person:yes" in taps:
        meant.add(Intent.ASK_HUMAN)
    if Cue.WILL_SEND in hints and Cue.WILL_NOT_SEND not in hints and not any("?" in m.text for m in said):
        meant.add(Intent.SEND_BILL_LATER)
    return frozenset(meant)


def _answer_to(text: str) -> str | None:
    """Return the id of the reviewed answer; "quero mais informações" wants to hear how it works."""
    hints = cues(text)
    if hints & _BEFORE_THE_FAQ:
        return None
    if id := intents.question(text):
        return id
    return "como_funciona_desconto" if Cue.MORE in hints else "o_que_e_serena" if Cue.WHO in hints else None


def _is_open_question(text: str) -> bool:
    """Tell whether nobody here knows the answer: a question in words that is no wish, greeting or look at plans."""
    if not re.search(r"[^\W\d_]{2}", text) or _answer_to(text) or cues(text) & _ANSWERED_CUES:
        return False
    return intents.looks_like_question(text) and not intents.detect(text)
