"""A recorded conversation as an eval script (tests/evals/scripts.py), its people made up: who reads it learns nobody.

Cities and amounts stay, since the conversation hangs on them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.adapters.store.sheets import BillRow, LeadSheet, RecordedTurn
from flows.brazil.folding import fold
from flows.domain import BillReading, Inbound, InboundMessage
from flows.shown.formats import is_municipality

_PEOPLE = (
    "Rosa Lima",
    "Ivo Moura",
    "Célia Prado",
    "Davi Rocha",
    "Nair Costa",
    "Otávio Reis",
    "Lúcia Mota",
    "Hugo Farias",
    "Elza Pinto",
    "Caio Brandão",
)
_LINKS = frozenset({"da", "de", "do", "das", "dos", "e"})
# Surnames that are something else in small letters, and most of all here.
_NOUNS = frozenset(
    {"luz", "sol", "dias", "vale", "casa", "claro", "cruz", "campos", "reis", "santos", "rosa", "serena"}
)
# What stands before and after the name of a place.
_AT = re.compile(r"(?i:\b(?:em|de|para|pra|cidade|conta d[ae]|moro|sou de)\s+)$")
_IN = re.compile(r"\s*[/,(-]\s*[A-Z]{2}\b")
_CAPITALISED = r"[A-ZÁÂÃÀÉÊÍÓÔÕÚÇ][\wÀ-ÿ]+"
# Somebody's name stands behind these; group 1 stays.
_NAMED = re.compile(
    rf"(?i:\b((?:meu nome (?:é|eh?)|me chamo|(?:aqui|quem fala) (?:é|eh?) [oa]|sou [oa]|don[an]|seu|sra?\.?|"
    rf"(?:é|está|tá) n[oa] nome (?:de|d[oa])|titular (?:é|:)|(?:ele|ela) (?:se )?chama)\s+))"
    rf"({_CAPITALISED}(?:\s+(?:d[aeo]s?\s+)?{_CAPITALISED})*)"
)
_ADDRESS = re.compile(
    r"\b(?:(?i:rua|avenida|travessa|alameda|praça|rodovia|estrada|beco|servidão)|(?i:r|av|tv|al|pç)\.)\s+"
    r"[^,;.!?\n]{2,60}?(?:\s*,?\s*(?:(?i:n[º°o]?\.?|número)\s*)?\d{1,5}\b(?:[^\n]{0,3}(?i:ap(?:to|artamento)?\.?|casa|bloco|bl\.?)\s*\w+)?|(?=[,;.!?\n]|$))"
)
# In this order, because the longer ones hold the shorter. An amount is none of them: its cents or its currency say so.
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "pessoa@example.org"),
    (re.compile(r"(?<![\d.,])\d{2}\.?\d{3}\.?\d{3}/\d{4}-?\d{2}(?!\d)|(?<![\d.,])\d{14}(?!\d)"), "11.222.333/0001-81"),
    (
        re.compile(
            r"(?<![\d.,])\d{3}\.\d{3}\.\d{3}-?\d{2}(?!\d)|(?<![\d.,])\d{9}-\d{2}(?!\d)|(?i:(?<=cpf )|(?<=cpf: ))\d{11}(?!\d)"
        ),
        "529.982.247-25",
    ),
    (re.compile(r"(?<![\d.,])\d{5}-\d{3}(?!\d)|(?i:(?<=cep )|(?<=cep: ))\d{8}(?!\d)"), lambda m: f"{m[0][:5]}-000"),
    (
        re.compile(r"(?<![\d.,$])(?:\+?55[\s.-]*)?(?:\(?0?\d{2}\)?[\s.-]*)9?[\s.-]?\d{4}[\s.-]?\d{4}(?![\d,])"),
        "81 98877-6655",
    ),
    (re.compile(r"(?<![\d.,$])9?\d{4}-\d{4}(?![\d,])"), "98877-6655"),
    (re.compile(r"(?<![\d.,])\d{1,2}\.\d{3}\.\d{3}-[\dXx](?!\w)"), "12.345.678-9"),
    (
        re.compile(r"(?<![\d.,$])(?<!R\$ )\d{7,}(?![\d,])"),
        lambda m: "1234567890" * (len(m[0]) // 10) + "1234567890"[: len(m[0]) % 10],
    ),
)
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")
# What reading a file yields, by the names of tests/evals/bills.toml; None: nobody here could read it.
_BILLS = {
    "qualified": "good",
    "below_minimum": "small",
    "review": "tarifa_social",
    "ask_again": "without_total",
    "ask_newer": "old",
    "unreadable": "blurred",
    "password_protected": "locked",
    "other_document": "water_bill",
    "not_document": "cat",
    None: "unread",
}
_ONLY = frozenset(
    {
        Inbound.AUDIO,
        Inbound.VIDEO,
        Inbound.STICKER,
        Inbound.REACTION,
        Inbound.CONTACTS,
        Inbound.ORDER,
        Inbound.UNSUPPORTED,
    }
)
# A silence that the lead's player has to know of: from here on it may have been reminded.
_LONG = 2.0


class Disguise:
    """Puts made-up people into texts: for each real one the same, wherever it is named."""

    def __init__(self, names: Iterable[str], seed: UUID) -> None:
        self._first = int(hashlib.sha256(seed.bytes).hexdigest(), 16)
        self._people: dict[str, str] = {}
        self._words: dict[str, str] = {}
        for name in names:
            self.person(name)

    def person(self, name: str) -> str:
        """Return who this is from now on."""
        known = self._people.get(fold(name))
        if known is None:
            parts = [part for part in name.split() if fold(part) not in _LINKS]
            known = self._words.get(fold(parts[0])) if len(parts) == 1 else None
            known = known or _PEOPLE[(self._first + len(self._people)) % len(_PEOPLE)]
            first, _, last = known.partition(" ")
            for part, other in zip(parts, [first, *[last or first] * len(parts)], strict=False):
                if len(part) > 2:
                    self._words.setdefault(fold(part), other)
            self._people[fold(name)] = known if len(parts) > 1 else first
        return self._people[fold(name)]

    def __call__(self, text: str) -> str:
        for pattern, other in _NUMBERS:
            text = pattern.sub(other, text)
        text = _ADDRESS.sub("Rua das Flores, 100", text)
        text = _NAMED.sub(lambda m: m[0] if is_municipality(m[0]) else m[1] + self.person(m[2]), text)
        return re.sub(r"[^\W\d_]+", self._word, text)

    def _word(self, match: re.Match[str]) -> str:
        other = self._words.get(fold(match[0]))
        if other is None or match[0] in _NOUNS:
            return match[0]
        # Marília may be who writes or where; a place is said as one.
        if is_municipality(match[0]) and (
            _AT.search(match.string[: match.start()]) or _IN.match(match.string[match.end() :])
        ):
            return match[0]
        return other.lower() if match[0].islower() else other.upper() if match[0].isupper() else other


def script_of(sheet: LeadSheet, turns: Sequence[RecordedTurn]) -> str:
    """Return the script in TOML. `turns` are all of one lead, oldest first; `sheet` is that lead's, for what they led to."""
    first = turns[0].lead
    names = [first.name, sheet.name, *(bill.holder_name for bill in sheet.bills)]
    disguise = Disguise([name for name in names if name], sheet.id)
    called = disguise.person(name) if (name := first.name or sheet.name) else None
    about = f"recorded on {turns[0].at:%d/%m/%Y}; people made up"
    lines = [
        "[[lead]]",
        f"name = {_toml('recorded_' + hashlib.sha256(sheet.id.bytes).hexdigest()[:8])}",
        f"about = {_toml(about)}",
    ]
    if sheet.source not in (None, "whatsapp"):
        form = {
            "name": called or "Rosa Lima",
            "city": first.city,
            "state": first.state,
            "invoice_amount": first.invoice_amount,
            "client_type": first.client_type,
        }
        lines.append(f"form = {_toml(form)}")
    elif called:
        lines.append(f"profile = {_toml(called)}")
    if world := _world(sheet):
        lines.append(f"world = {_toml(world)}")
    lines.append("turns = [")
    earlier: RecordedTurn | None = None
    shown: list[BillRow] = []
    for turn in turns:
        lines += [f"  {_toml(_step(turn, earlier, sheet.bills, shown, disguise))},"]
        said = disguise(turn.said.text) if turn.said else None
        lines += [f"  # {line}".rstrip() for line in (said.split("\n") if said else ["(nothing was said)"])]
        earlier = turn
    lines += ["]", f"ends = {_toml(_ends(sheet))}"]
    return "\n".join(lines) + "\n"


def _step(
    turn: RecordedTurn, earlier: RecordedTurn | None, bills: Sequence[BillRow], shown: list[BillRow], disguise: Disguise
) -> dict[str, Any]:
    says = [_item(message, bills, shown, disguise) for message in turn.messages]
    step: dict[str, Any] = {"says": says[0] if len(says) == 1 else says}
    if earlier is not None and turn.messages:
        silence = round((turn.messages[0].sent_at - earlier.at).total_seconds() / 3600, 1)
        if silence >= _LONG:
            step["after"] = silence
    return step


def _item(message: InboundMessage, bills: Sequence[BillRow], shown: list[BillRow], disguise: Disguise) -> Any:
    """Return one message as a script has it; a voice note that was understood is what was said."""
    if message.type is Inbound.BUTTON:
        if (message.payload or "").startswith("ATIVAR_PERFIL"):
            return {"tap": "Ativar Perfil"}
        title = disguise(message.text)
        return {"tap": _SPECIAL.sub(r"\\\1", title), "text_if_none": title}
    if message.type in (Inbound.IMAGE, Inbound.DOCUMENT):
        return _file(message, bills, shown, disguise)
    if message.type is Inbound.LOCATION and message.location:
        # as exact as a city
        return {"location": {key: round(float(message.location[key]), 1) for key in ("latitude", "longitude")}}
    if message.text and message.type is not Inbound.REACTION:
        return disguise(message.text)
    return {"only": message.type.value if message.type in _ONLY else "unsupported"}


def _file(
    message: InboundMessage, bills: Sequence[BillRow], shown: list[BillRow], disguise: Disguise
) -> dict[str, Any]:
    kind = "pdf" if message.media and message.media.mime_type == "application/pdf" else "photo"
    caption = {"caption": disguise(message.text)} if message.text else {}
    bill = next((each for each in bills if each.message_id == message.id), None)
    if bill is None and shown:
        # the very file that came before, of which the store keeps one
        return {kind: _BILLS[_outcome(shown[-1])], "same": True, **caption}
    if bill is None:
        return {"refused": "not_fetched"}
    shown.append(bill)
    item: dict[str, Any] = {kind: _BILLS[_outcome(bill)], **caption}
    if bill.reading:
        reading = BillReading.model_validate(bill.reading)
        read: dict[str, Any] = {"outcome": reading.outcome, "reasons": list(reading.reasons), "holder": reading.holder}
        if reading.usable:
            read |= {key: getattr(reading, key) or "" for key in ("utility", "city", "state")}
            read |= {"total_amount": reading.total_amount, "consumption_kwh": reading.consumption_kwh}
        if reading.holder != "match" and reading.holder_first_name:
            read["holder_first_name"] = disguise.person(reading.holder_first_name)
        item["read"] = read
    return item


def _outcome(bill: BillRow) -> str | None:
    return BillReading.model_validate(bill.reading).outcome if bill.reading else None


def _world(sheet: LeadSheet) -> dict[str, Any]:
    """Return the plans that were shown last, so that they can be shown again."""
    if not sheet.offers or not sheet.city or not sheet.state:
        return {}
    newest = sheet.offers[-1].offered_at
    offers = [offer for offer in sheet.offers if offer.offered_at == newest]
    plans = [f"{(offer.discount * 100).normalize():f}/{offer.fidelity_months}" for offer in offers]
    return {f"{sheet.city}/{sheet.state}": [{"utility": offers[0].utility, "plans": plans}]}


def _ends(sheet: LeadSheet) -> dict[str, Any]:
    return {
        "stage": sheet.stage.value,
        "qualification": sheet.qualification.value,
        "handoffs": sorted({handoff.reason for handoff in sheet.handoffs}),
        "facts": {key: value for key in ("city", "state") if (value := getattr(sheet, key))},
        "opted_out": sheet.opted_out_at is not None,
    }


def _toml(value: Any) -> str:
    """Return a value in one line of TOML; keys without a value are left out."""
    match value:
        case bool() | int() | float():
            return json.dumps(value)
        case Decimal():
            return _toml(f"{value:f}")
        case dict():
            pairs = [f"{_key(key)} = {_toml(item)}" for key, item in value.items() if item is not None]
            return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
        case list() | tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
    # JSON's escapes are TOML's too, but for one character
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)
