"""Numbers that check themselves, made for invented bills."""

from __future__ import annotations

import binascii
from datetime import date
from decimal import Decimal


def mod10(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def mod11(digits: str) -> str:
    rest = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits))) % 11
    return "0" if rest < 2 else str(11 - rest)


def collection(reais: str, *, kind: str = "6", segment: str = "3", shown: str = "{0}-{1}", between: str = " ") -> str:
    """A linha digitável of 48 digits; `kind` 6 or 7 is checked modulo 10, 8 or 9 modulo 11."""
    check = mod10 if kind in "67" else mod11
    body = f"{int(Decimal(reais) * 100):011d}" + "0049" + "1234567890123456789012345"
    head = f"8{segment}{kind}"
    code = head + check(head + body) + body
    return between.join(shown.format(part, check(part)) for part in (code[i : i + 11] for i in range(0, 44, 11)))


def boleto(reais: str, due: date) -> str:
    """A bank's linha digitável of 47 digits, due after 22 February 2025."""
    factor = f"{(due - date(2025, 2, 22)).days + 1000:04d}"
    bank, free, value = "0019", "0500954014481606906809350", f"{int(Decimal(reais) * 100):010d}"
    total = sum(int(d) * (2 + p % 8) for p, d in enumerate(reversed(bank + factor + value + free)))
    check = 11 - total % 11
    one, two, three = bank + free[:5], free[5:15], free[15:]
    one, two, three = one + mod10(one), two + mod10(two), three + mod10(three)
    dv = check if check < 10 else 1
    return f"{one[:5]}.{one[5:]} {two[:5]}.{two[5:]} {three[:5]}.{three[5:]} {dv} {factor}{value}"


def key(state: str, month: date, cnpj: str, *, spaced: bool = True) -> str:
    """The access key of a NF3e."""
    bare = f"{state}{month:%y%m}{cnpj}66001{'000123456'}10{'7654321'}"
    digits = bare + mod11(bare)
    return " ".join(digits[i : i + 4] for i in range(0, 44, 4)) if spaced else digits


def pix(reais: str | None, payee: str, city: str = "RECIFE") -> str:
    """A Pix code as it is copied: EMV's fields with their check (Banco Central's BR Code)."""

    def field(number: str, value: str) -> str:
        return f"{number}{len(value):02d}{value}"

    account = field("26", field("00", "br.gov.bcb.pix") + field("25", "qr.example.com/v2/cobv/0123456789abcdef"))
    amount = field("54", reais) if reais else ""
    head = field("00", "01") + field("01", "12") + account + field("52", "0000") + field("53", "986") + amount
    body = head + field("58", "BR") + field("59", payee) + field("60", city) + field("62", field("05", "***")) + "6304"
    return body + f"{binascii.crc_hqx(body.encode(), 0xFFFF):04X}"
