"""What a burst of messages says, before anybody decides what to answer: taps, texts, files, wishes, questions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from flows.agent import intents
from flows.agent.folding import fold
from flows.agent.intents import Intent
from flows.domain import Inbound, InboundMessage
from flows.money import parse

_SILENT = frozenset({Inbound.REACTION, Inbound.STICKER, Inbound.SYSTEM})
_FILES = frozenset({Inbound.IMAGE, Inbound.DOCUMENT})
_WRITTEN = frozenset({Inbound.TEXT, Inbound.BUTTON})
# The ids of our own buttons and rows; a template's button (ATIVAR_PERFIL) is read by `intents` instead.
_OURS = re.compile(r"(?:place|utility|plan|notify|erase|person):.+|doubt")
_MONEY = re.compile(r"r\$\s*\d|\d\s*(?:mil\s+)?(?:reais|conto)|\b(?:conta|fatura|luz|pago|valor)\b.*\d", re.IGNORECASE)
_PLANS = re.compile(
    r"\b(?:quais|qual|que|ver|mostr\w+|conhec\w+|saber|lista\w*|opcoes|manda\w*|tem)\b.{0,25}\bplanos?\b|^planos?$"
)
CHOOSES = re.compile(r"\b(?:quero|queria|prefiro|escolho|escolhi|pode ser|fico com|vou (?:de|com|querer)|gostei)\b")
_MORE = re.compile(r"\b(?:saber mais|mais (?:informac\w+|info|detalhes)|quero entender|explic\w+ melhor|fal\w+ mais)\b")
_HAS_DOUBT = re.compile(r"\b(?:tenho|tirar|com|estou com|uma) (?:uma |umas |algumas |a )?duvidas?\b")
_AGE = re.compile(r"\btenho (\d{1,2}) anos\b(?! de| com)")
_MEANS_OURSELVES = {"person:yes": Intent.ASK_HUMAN}


@dataclass(frozen=True)
class Heard:
    """One burst, read. `texts` are what people typed (captions too); `taps` are ids of our own buttons and rows."""

    intents: frozenset[Intent]
    texts: tuple[str, ...]
    taps: tuple[str, ...]
    files: tuple[InboundMessage, ...]
    unreadable: tuple[Inbound, ...]
    answers: tuple[str, ...]
    unknown_question: bool
    wants_plans: bool
    amount: Decimal | None
    under_age: bool

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
    meant = {intent for m in said for intent in intents.detect(m.text, m.payload)}
    meant |= {_MEANS_OURSELVES[tap] for tap in taps if tap in _MEANS_OURSELVES}
    texts = tuple(m.text for m in said)
    known = [(text, _answer_to(text)) for text in texts]
    if any(_HAS_DOUBT.search(fold(text)) for text, id in known if id is None):
        taps += ("doubt",)
    open_questions = [text for text, id in known if id is None and _is_open_question(text)]
    return Heard(
        intents=frozenset(meant),
        texts=texts,
        taps=taps,
        files=tuple(m for m in spoken if m.type in _FILES),
        unreadable=tuple(dict.fromkeys(m.type for m in spoken if m.type not in _FILES | _WRITTEN)),
        answers=tuple(dict.fromkeys(id for _, id in known if id is not None))[:2],
        unknown_question=bool(open_questions),
        wants_plans=any(_PLANS.search(fold(t)) for t in texts),
        amount=next((a for t in reversed(texts) if _MONEY.search(t) and (a := parse(t)) is not None), None),
        under_age=any(int(years) < 18 for t in texts for years in _AGE.findall(fold(t))),
    )


def _answer_to(text: str) -> str | None:
    """Return the id of the reviewed answer; "quero mais informações" wants to hear how it works."""
    return intents.question(text) or ("como_funciona_desconto" if _MORE.search(fold(text)) else None)


def _is_open_question(text: str) -> bool:
    """Tell whether nobody here knows the answer: a question in words that is no wish, greeting or look at plans."""
    if not re.search(r"[^\W\d_]{2}", text) or intents.detect(text):
        return False
    said = fold(text)
    return intents.looks_like_question(text) and not (_PLANS.search(said) or _HAS_DOUBT.search(said))
