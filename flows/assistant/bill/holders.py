"""Whether the name on a bill is the lead's: prints are truncated, abbreviated, masked, and marriages change names."""

from __future__ import annotations

import re
from enum import StrEnum

from flows.brazil.folding import unaccent

# What is printed about this many characters long may have been cut (docs/domain.md 5.5).
_CUT_AT = 26
_PARTICLES = frozenset(["de", "da", "do", "dos", "das", "e", "d", "di", "del"])
_KINSHIP = frozenset(["filho", "filha", "neto", "neta", "junior", "jr", "sobrinho", "segundo"])
_COMPANY = re.compile(
    r"\b(?:ltda|eireli|epp|mei|me|s ?/? ?a|sociedade|associacao|condominio|igreja|comercio|industria|servicos"
    r"|transportes|cooperativa|empresa|cia|companhia)\b"
)
_ESTATE = re.compile(r"^\s*(?:espolio|esp\.?)\s+(?:de\s+|d[aeo]\s+)?")
_TITLE = re.compile(r"^\s*(?:sr|sra|dr|dra|dona|seu)\.?\s+")


class HolderMatch(StrEnum):
    """How the bill's holder and the lead compare. Only a mismatch sends the bill to a person."""

    MATCH = "match"
    DOUBTFUL = "doubtful"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


def is_company(name: str | None, document_kind: str | None = None) -> bool:
    """True for a company's bill: a CNPJ, or LTDA, ME, EIRELI, S.A. and the like in the name."""
    return document_kind == "cnpj" or bool(name and _COMPANY.search(re.sub(r"[.\-,]", " ", unaccent(name))))


def compare_names(printed: str | None, lead: str | None) -> HolderMatch:
    """First name and one more in common match; the first name alone is doubtful; a different one is a mismatch."""
    holder, wanted = _tokens(printed), _tokens(lead)
    if not holder or not wanted:
        return HolderMatch.UNKNOWN
    first, rest = holder[0], holder[1:]
    same = _same(first, wanted[0])
    vague = not same and _begins(first, wanted[0])
    if not (same or vague):
        return HolderMatch.MISMATCH
    common = any(_same(a, b) or _begins(a, b) for a in rest for b in wanted[1:])
    if not common and rest and len(printed or "") >= _CUT_AT:
        common = any(len(rest[-1]) >= 2 and b.startswith(rest[-1]) for b in wanted[1:])
    if same and common:
        estate = _ESTATE.match(unaccent(printed or ""))
        return HolderMatch.DOUBTFUL if estate else HolderMatch.MATCH
    # One name on both sides, the same: nothing contradicts, nothing confirms.
    return HolderMatch.DOUBTFUL if same or common else HolderMatch.MISMATCH


def compare(
    printed: str | None,
    lead: str | None,
    *,
    document: str | None = None,
    document_kind: str | None = None,
    lead_document: str | None = None,
) -> HolderMatch:
    """Compare names, and documents where both are known: equal ones settle it, different full ones do too.

    `document` holds only the visible characters when `document_kind` is `masked`. A company's bill and a person's
    form never match, however alike the names are (docs/domain.md 5.5).
    """
    theirs = re.sub(r"[^0-9A-Z]", "", (lead_document or "").upper())
    if document and theirs and document_kind in ("cpf", "cnpj") and len(document) == len(theirs):
        return HolderMatch.MATCH if document == theirs else HolderMatch.MISMATCH
    if document and theirs and document_kind == "masked" and len(document) >= 3 and document not in theirs:
        return HolderMatch.MISMATCH
    by_name = compare_names(printed, lead)
    if is_company(printed, document_kind) and not is_company(lead) and by_name is HolderMatch.MATCH:
        return HolderMatch.DOUBTFUL
    return by_name


def _tokens(name: str | None) -> list[str]:
    plain = _TITLE.sub("", _ESTATE.sub("", unaccent(name or "")))
    plain = _COMPANY.sub(" ", re.sub(r"[.,\-/'’`´]", " ", plain))
    words = [re.sub(r"[^a-z*]", "", word) for word in plain.split()]
    return [w for w in words if w.strip("*") and w not in _PARTICLES and w not in _KINSHIP]


def _same(a: str, b: str) -> bool:
    return "*" not in a + b and len(a) > 1 and _sound(a) == _sound(b)


def _begins(a: str, b: str) -> bool:
    """True when one is an initial of the other, or what a mask left of it."""
    short, long = sorted((a.split("*")[0], b.split("*")[0]), key=len)
    masked = "*" in a or "*" in b
    return bool(short) and long.startswith(short) and (len(short) == 1 or masked)


def _sound(word: str) -> str:
    """Spellings of one name: Thiago and Tiago, Souza and Sousa, Luiz and Luís, Vitor and Victor."""
    for old, new in (("ph", "f"), ("th", "t"), ("y", "i"), ("w", "v"), ("z", "s"), ("ct", "t"), ("h", ""), ("k", "c")):
        word = word.replace(old, new)
    return re.sub(r"(.)\1", r"\1", word)
