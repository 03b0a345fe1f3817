"""The codes on a bill that check themselves: linha digitável, barcode, Pix, and the access key of the NF3e."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flows.domain import STATE_CODES

_ENERGY_OR_GAS = "3"
# The due-date factor ran out at 9999 on 21 Feb 2025 and began again at 1000 the next day (FEBRABAN).
_FACTOR_EPOCHS = (date(1997, 10, 7), date(2025, 2, 22) - timedelta(days=1000))

# Broken over lines or in blocks, with or without the hyphen; never part of a longer number. Separators are single
# classes of bounded length, so that pages of digits cost linear time.
_PAYMENT_48 = re.compile(r"(?<!\d)8\d{10}[ .\-]{0,3}\d(?:[ .\-\n]{0,4}\d{11}[ .\-]{0,3}\d){3}(?!\d)")
_PAYMENT_44 = re.compile(r"(?<!\d)8\d{43}(?!\d)")
_BOLETO_47 = re.compile(
    r"(?<!\d)\d{5}\.?\d{5}[ \n]{0,3}\d{5}\.?\d{6}[ \n]{0,3}\d{5}\.?\d{6}[ \n]{0,3}\d[ \n]{0,3}\d{14}(?!\d)"
)
# Pix as it is copied and as its QR code holds it (Banco Central, BR Code): EMV's fields of two digits, a length of two
# digits and a value, the check of all before it last.
_PIX = re.compile(r"(?<![0-9A-Za-z])0002010[12](?=\d{4})|(?<![0-9A-Za-z])000201(?=26\d\d)")
_LONGEST_PIX = 512
_PIX_LINE = re.compile(r"(?<![0-9A-Za-z])000201\d{2}[^\n]*")
_KEY_44 = re.compile(r"(?<!\d)(?:\d{4}[ .\-\n]{0,2}){10}\d{4}(?!\d)")
_KEY_BY_PARTS = re.compile(r"(?<!\d)\d{2}(?:[ .\-/]{0,2}\d){42}(?!\d)")


@dataclass(frozen=True)
class Payment:
    """A linha digitável whose check digits are right. `amount` in reais, None when it carries none."""

    digits: str
    amount: Decimal | None
    due_date: date | None
    segment: str | None

    @property
    def energy(self) -> bool:
        """True for a collection code of electricity or gas; a bank's boleto does not say what it is for."""
        return self.segment == _ENERGY_OR_GAS


@dataclass(frozen=True)
class Pix:
    """A Pix code whose check is right. `amount` in reais, None when the payer's bank asks for it; `payee` as registered."""

    amount: Decimal | None
    payee: str


@dataclass(frozen=True)
class AccessKey:
    """The access key of a NF3e (fiscal model 66). `month` is the month of issue, not always the one billed."""

    digits: str
    state: str
    month: date
    cnpj: str


def payment(text: str, near: date | None = None) -> Payment | None:
    """The linha digitável (48 or 47 digits) or barcode (44) that `text` is, if its check digits hold.

    `near` picks the epoch of a boleto's due date; without it the newer one counts.
    """
    digits = re.sub(r"\D", "", text) if len(text) < 200 else ""
    if len(digits) == 48 and digits[0] == "8":
        return _collection(digits)
    if len(digits) == 44 and digits[0] == "8":
        return _collection("".join(part + _check(part, digits[2]) for part in _elevens(digits)))
    return _boleto(digits, near) if len(digits) == 47 else None


def access_key(text: str) -> AccessKey | None:
    """The access key that `text` is, if check digit, UF, month and model are those of a NF3e."""
    key = re.sub(r"\D", "", text) if len(text) < 200 else ""
    if len(key) != 44 or key[20:22] != "66" or int(key[:2]) not in STATE_CODES or not 1 <= int(key[4:6]) <= 12:
        return None
    if key[43] != _mod11(key[:43]):
        return None
    return AccessKey(key, STATE_CODES[int(key[:2])], date(2000 + int(key[2:4]), int(key[4:6]), 1), key[6:20])


def payments(text: str, near: date | None = None) -> list[Payment]:
    """Every payment code in a text, in order of layout: collection, barcode, boleto."""
    found = [payment(m[0], near) for pattern in (_PAYMENT_48, _PAYMENT_44, _BOLETO_47) for m in pattern.finditer(text)]
    return [p for p in found if p]


def access_keys(text: str) -> list[AccessKey]:
    """Every access key of a NF3e in a text."""
    found = [access_key(m[0]) for pattern in (_KEY_44, _KEY_BY_PARTS) for m in pattern.finditer(text)]
    return list(dict.fromkeys(k for k in found if k))


def pix_codes(text: str) -> list[Pix]:
    """Every Pix code in a text, also one that is broken over lines (with or without a blank where it breaks)."""
    found = []
    for start in list(_PIX.finditer(text))[:20]:
        piece = text[start.start() : start.start() + _LONGEST_PIX + 20]
        for joined in dict.fromkeys((re.sub(r" *\n *", "", piece), re.sub(r"\s*\n\s*", " ", piece))):
            if code := _pix(joined):
                found.append(code)
                break
    return list(dict.fromkeys(found))


def _pix(text: str) -> Pix | None:
    fields, at = {}, 0
    while at + 4 <= len(text) and (head := text[at : at + 4]).isascii() and head.isdigit():
        value = text[at + 4 : at + 4 + int(head[2:])]
        fields[head[:2]] = value
        at += 4 + int(head[2:])
        if head[:2] == "63":
            break
    if (
        at > len(text)
        or fields.get("63", "").upper() != f"{_crc(text[: at - 4]):04X}"
        or "br.gov.bcb.pix" not in text[:at].lower()
    ):
        return None
    said = fields.get("54", "")
    amount = Decimal(said) if re.fullmatch(r"\d{1,10}(?:\.\d{1,2})?", said) else None
    return Pix(amount or None, fields.get("59", ""))


def _crc(text: str) -> int:
    """CRC-16/CCITT-FALSE, as EMV's QR codes have it."""
    return binascii.crc_hqx(text.encode("utf-8"), 0xFFFF)


def renewed(text: str, digits: Callable[[int], str], shown: Callable[[str], str]) -> str:
    """The text with every code that identifies a bill replaced: what it proves stays, the rest is new, the checks are right.

    `digits` gives that many digits, `shown` what is to stand for a new code. A Pix code is taken out.
    """

    def collection(found: re.Match[str]) -> str:
        code = payment(found[0])
        if code is None or len(code.digits) != 48:
            return found[0]
        bare = "".join(code.digits[i : i + 11] for i in range(0, 48, 12))
        bare = bare[:19] + digits(25)
        bare = bare[:3] + _check(bare[:3] + bare[4:], bare[2]) + bare[4:]
        whole = "".join(part + _check(part, bare[2]) for part in _elevens(bare))
        return shown(_printed(found[0], whole if sum(map(str.isdigit, found[0])) == 48 else bare))

    def bank(found: re.Match[str]) -> str:
        code = payment(found[0])
        if code is None:
            return found[0]
        head, free, tail = code.digits[:4], digits(25), code.digits[33:]
        check = 11 - _weighted(head + tail + free) % 11
        fields = (head + free[:5], free[5:15], free[15:])
        new = "".join(field + _mod10(field) for field in fields) + str(check if check < 10 else 1) + tail
        return shown(_printed(found[0], new))

    def fiscal(found: re.Match[str]) -> str:
        key = access_key(found[0])
        if key is None:
            return found[0]
        body = key.digits[:25] + digits(9) + key.digits[34:36] + digits(7)
        return shown(_printed(found[0], body + _mod11(body)))

    text = _PIX_LINE.sub("", text)
    for pattern, made in (
        (_PAYMENT_48, collection),
        (_PAYMENT_44, collection),
        (_BOLETO_47, bank),
        (_KEY_44, fiscal),
        (_KEY_BY_PARTS, fiscal),
    ):
        text = pattern.sub(made, text)
    return text


def _printed(old: str, digits: str) -> str:
    """The new digits with the marks of the old ones."""
    left = iter(digits)
    return "".join(next(left) if char.isdigit() else char for char in old)


def without_codes(text: str) -> str:
    """The text with long codes blanked, so that no part of one is taken for a number of its own."""
    for pattern in (_PAYMENT_48, _PAYMENT_44, _BOLETO_47, _KEY_44, _PIX_LINE):
        text = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return text


def _collection(digits: str) -> Payment | None:
    blocks = [digits[i : i + 12] for i in range(0, 48, 12)]
    kind = digits[2]
    if kind not in "6789" or any(block[11] != _check(block[:11], kind) for block in blocks):
        return None
    code = "".join(block[:11] for block in blocks)
    if code[3] != _check(code[:3] + code[4:], kind):
        return None
    amount = Decimal(int(code[4:15])).scaleb(-2) if kind in "68" else None
    return Payment(digits, amount or None, None, digits[1])


def _boleto(digits: str, near: date | None) -> Payment | None:
    fields = (digits[:10], digits[10:21], digits[21:32])
    if any(field[-1] != _mod10(field[:-1]) for field in fields):
        return None
    bank, free = fields[0][:4], fields[0][4:9] + fields[1][:10] + fields[2][:10]
    check = 11 - _weighted(bank + digits[33:] + free) % 11
    if digits[32] != str(check if check < 10 else 1):
        return None
    factor, amount = int(digits[33:37]), Decimal(int(digits[37:])).scaleb(-2)
    dates = [epoch + timedelta(days=factor) for epoch in _FACTOR_EPOCHS]
    due = min(dates, key=lambda d: abs(d - near)) if near else dates[-1]
    return Payment(digits, amount or None, due if factor >= 1000 else None, None)


def _elevens(code: str) -> list[str]:
    return [code[i : i + 11] for i in range(0, 44, 11)]


def _check(digits: str, kind: str) -> str:
    """The third digit of a collection code says how it is checked: 6 and 7 modulo 10, 8 and 9 modulo 11."""
    return _mod10(digits) if kind in "67" else _mod11(digits)


def _mod10(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def _mod11(digits: str) -> str:
    rest = _weighted(digits) % 11
    return "0" if rest < 2 else str(11 - rest)


def _weighted(digits: str) -> int:
    return sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
