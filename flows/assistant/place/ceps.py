"""Finds a CEP in what a lead writes, and the state it lies in; the city behind it nobody knows without Correios.

The ranges are those that Correios publishes per UF ("faixas de CEP"). 78900 to 78999 was Rondônia's until its CEPs
moved to 76800: old bills still show it, and nobody else got it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

# The first five digits at which a state begins; it ends where the next one begins.
_STARTS: tuple[tuple[int, str | None], ...] = (
    (0, None),
    (1000, "SP"),
    (20000, "RJ"),
    (29000, "ES"),
    (30000, "MG"),
    (40000, "BA"),
    (49000, "SE"),
    (50000, "PE"),
    (57000, "AL"),
    (58000, "PB"),
    (59000, "RN"),
    (60000, "CE"),
    (64000, "PI"),
    (65000, "MA"),
    (66000, "PA"),
    (68900, "AP"),
    (69000, "AM"),
    (69300, "RR"),
    (69400, "AM"),
    (69900, "AC"),
    (70000, "DF"),
    (72800, "GO"),
    (73000, "DF"),
    (73700, "GO"),
    (76800, "RO"),
    (77000, "TO"),
    (78000, "MT"),
    (78900, "RO"),
    (79000, "MS"),
    (80000, "PR"),
    (88000, "SC"),
    (90000, "RS"),
)

_MOST_CHARACTERS = 2000
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-")
# A digit, or a separator with a digit before it, means the middle of a longer number: CPF, NF3e key, linha digitável.
_BEFORE, _AFTER = r"(?<!\d)(?<!\d[./-])(?<!\d,)", r"(?![./-]?\d)(?!,\d)"
_WRITTEN = re.compile(rf"{_BEFORE}(\d{{2}}\.?\d{{3}}) ?- ?(\d{{3}}){_AFTER}")
_LABELLED = re.compile(
    r"\bcep\b(?:(?:[\s:=.,;#*-]|\b(?:n|no|nro|numero|e|eh|da|do|de|minha|meu|casa|"
    r"rua|conta|luz|endereco|imovel|aqui|la|fica|seria|postal|certo|correto)\b){0,12})"
    rf"{_BEFORE}(\d{{2}}[ .]?\d{{3}})[ .-]{{0,3}}(\d{{3}}){_AFTER}"
)
_ALONE = re.compile(r"[\s\"'(:.,-]*(\d{2}[ .]?\d{3})[ .-]{0,3}(\d{3})[\s\"'):.,!;-]*")
# What announces another number: that of a phone, of the unidade consumidora, of a person, or an amount.
_ANOTHER_NUMBER = re.compile(
    r"(?:\b(?:tel|telefone|fone|cel|celular|whats|whatsapp|zap|ddd|contato|uc|unidade consumidora|instalacao|matricula|"
    r"cliente|contrato|protocolo|medidor|conta|cpf|cnpj|rg|identidade|cnh|pix|codigo|boleto|fatura|nota|pedido)\b"
    r"[^\w\n]*(?:(?:n|no|nro|numero|e|eh|da|do|de|com|luz|contrato|cliente|uc|instalacao|consumidora|fiscal)\b"
    r"[^\w\n]*){0,4}"
    r"|r\$ ?|\+ ?55 ?|\(\d{2,3}\) ?9? ?)$"
)
_DDD = re.compile(r"(?<!\d)[1-9][1-9] $")


def find(text: str, *, expecting: bool = False) -> str | None:
    """The CEP that a text names, as `50030-230`; the last one when it names several, since people correct themselves.

    With hyphen it is recognised alone (`50030-230`, `50.030-230`), with other or no punctuation only after the word
    CEP. `expecting` says that we asked for it: then eight digits that are the whole message are one. Phones, CPF,
    numbers of the unidade consumidora and amounts are none, nor is a number that Correios gave to no state.
    """
    plain = _plain(text)
    labelled = [_cep(match) for match in _LABELLED.finditer(plain)]
    written = [_cep(match) for match in _WRITTEN.finditer(plain) if not _is_announced(plain, match.start())]
    alone = _ALONE.fullmatch(plain.strip()) if expecting else None
    for found in (labelled, written, [_cep(alone)] if alone else []):
        real = [cep for cep in found if state_of(cep)]
        if real:
            return real[-1]
    return None


def state_of(cep: str) -> str | None:
    """The UF in whose range a CEP lies, with or without punctuation; None when it is no CEP or in no range."""
    digits = re.sub(r"[\s.-]", "", cep)
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    return _STARTS[bisect_right(_STARTS, int(digits[:5]), key=lambda start: start[0]) - 1][1]


def _is_announced(plain: str, at: int) -> bool:
    """True when what stands right before `at` says that another kind of number follows."""
    before = plain[max(0, at - 80) : at]
    # "81 99988-776": a DDD and a mobile with a digit too few is likelier than a house number and a CEP of the South.
    return bool(_ANOTHER_NUMBER.search(before)) or (plain[at] == "9" and bool(_DDD.search(before)))


def _cep(match: re.Match[str]) -> str:
    return f"{re.sub(r'[ .]', '', match[1])}-{match[2]}"


def _plain(text: str) -> str:
    """Lower case without accents, plain digits and hyphens, single blanks; not longer than any message about a CEP."""
    decomposed = unicodedata.normalize("NFKD", text[:_MOST_CHARACTERS])
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return re.sub(r"[^\S\n]+", " ", bare.translate(_DASHES).lower())
