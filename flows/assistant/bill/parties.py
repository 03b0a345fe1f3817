"""Who the bill is made out to, and where: name, CPF or CNPJ, address, city. The company and the mail are traps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flows.assistant.bill import utilities
from flows.assistant.bill.figures import Line, document
from flows.assistant.place import in_state
from flows.brazil.folding import fold, unaccent
from flows.domain import STATE_CODES

_NAME = re.compile(
    r"(?<![a-z])(?:nome(?: ?/ ?razao social| (?:do |da )?(?:cliente|titular|consumidor|pagador))?|razao social"
    r"|titular(?: da conta| da fatura| da uc)?"
    r"|dados (?:do |da )?(?:cliente|titular|consumidor|unidade consumidora)|cliente|consumidor|pagador|sacado"
    r"|destinatario)(?![a-z])"
)
_NOT_A_NAME_LABEL = re.compile(
    r"(?:codigo|cod\.?|numero|n[o.]{0,2}|atendimento|central|servico|portal|relacionamento|via|unidade|conta"
    r"|area|classe|direitos?|protecao|defesa"
    r"|do|ao|sem|caro|prezado|senhor|sr\.?|data|tipo)(?: d[oae]s?| ao| com o| n[o.]{0,2})* ?$"
)
_NEVER_IN_A_NAME = re.compile(
    r"\b(?:rua|avenida|av|rodovia|travessa|alameda|praca|estrada|quadra|bairro|cep|cidade|municipio|total"
    r"|pagar|vencimento|fatura|conta|mes|ref\w*|cnpj"
    r"|cpf|kwh|classe|classificacao|subclasse|residencial|comercial|monofasico|bifasico|trifasico|grupo"
    r"|tarifa\w*|leitura|endereco|nota|fiscal|dados"
    r"|codigo|numero|cliente|titular|consumidor|pagador|medidor|instalacao|unidade|emissao|serie|chave|acesso"
    r"|valor|data|desde|historico|consumo"
    r"|bandeira|protocolo|autorizacao|inscricao|estadual|distribui\w+|concessionaria|energia eletrica"
    r"|ouvidoria|atendimento|www|segunda|via|pagina"
    r"|documento|auxiliar|aprovad\w+|ignore|instruc\w+|desconto|aviso|reaviso|entrega|correspondencia|tensao"
    r"|fornecimento|ligacao|normal|convencional)\b"
)
_WORD = r"(?:s/a|[a-z*][a-z*.'&\-]*)"
# A small number at the end is a house's; eleven digits or more are a small firm's CPF or CNPJ.
_NAME_SHAPE = re.compile(rf"{_WORD}(?: (?:{_WORD}|&|\d{{8,14}}|\d{{1,7}}(?= [a-z])))*")
# Abbreviations as billing systems write them (PSG: the passagens of Belém; CONJ, COND, VL).
_STREET = re.compile(
    r"^(?:endereco[^:]*: ?)?(?:rua|r|av|avenida|al|alam|alameda|tv|tr|trav|travessa|pca|pc|praca|rod|rodovia|estr?|estrada"
    r"|qd|quadra|sqn|sqs|shis|qnm?|sit|sitio|faz|fazenda|pov|povoado|lot|loteamento|cj|conj|conjunto|cond|condominio|res"
    r"|vila|vl|beco|bc|ladeira|lad|largo|lgo|psg|pas|passagem|ramal|vicinal|viela|via|acesso|ac|assent|assentamento"
    r"|chac|chacara|col|colonia|comunidade|nucleo|servidao|serv|parque|pq|linha(?! digitavel))\.? +\S"
)
# A street that does not say that it is one ends in its number, or in the word that there is none.
_NUMBERED = re.compile(r"^[a-z][a-z0-9' .\-]{3,50}?,? *(?:n[o.º°]* *)?(?:\d{1,5}[a-z]?|s ?/ ?n\b)")
_ADDRESS = re.compile(
    r"(?<![a-z])(?:endereco(?: (?:da |de |do )?(?:unidade consumidora|uc|instalacao|consumo|cliente|imovel"
    r"|fornecimento))?|local (?:de|do) (?:consumo|fornecimento)|logradouro)(?![a-z])"
)
_MAIL = re.compile(r"entrega|correspondencia|cobranca|postagem|postal|remetente|devolucao|caixa postal")
_CEP = re.compile(r"(?<!\d)(\d{5})-?(\d{3})(?![\d-])|(?<!\d)(\d{2})\.(\d{3})-(\d{3})(?!\d)")
_UF = re.compile(r"(?<![A-Za-zÀ-ÿ])(" + "|".join(sorted(set(STATE_CODES.values()))) + r")(?![A-Za-zÀ-ÿ.])")
_CITY = re.compile(r"(?<![a-z])(?:cidade|municipio)(?: ?/ ?(?:uf|estado))?\s*:?\s*([a-z' \-]{3,40})")
_COMPANY = re.compile(r"cnpj|insc(?:\.|ricao)? ?est|www\.|\.com|sede|0800|ouvidoria|distribuidora")
_DOCUMENT = re.compile(
    r"(?<![\w.])(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}(?!\d)"
    r"|[\dA-Z]{2}\.?[\dA-Z]{3}\.?[\dA-Z]{3}/[\dA-Z]{4}-?\d{2}|[\d*xX]{3}\.[\d*xX]{3}\.[\d*xX]{3}-[\d*xX]{2}"
    r"|[\d*]{2}\.[\d*]{3}\.[\d*]{3}/[\d*]{4}-[\d*]{2})(?![\w/])"
)
_DOCUMENT_LABEL = re.compile(r"(?<![a-z])(?:cpf|cnpj)(?![a-z])")


@dataclass(frozen=True)
class Holder:
    """Where the holder's name stands, and what it is."""

    name: str
    line: int
    # The words before it, empty when its place above the address tells.
    label: str = ""


def documents(text: str) -> list[str]:
    """Every CPF and CNPJ of a text as printed, also masked ones."""
    return [hit[0] for hit in _DOCUMENT.finditer(text)]


def is_street(plain: str, *, bare: bool = False) -> bool:
    """True for a line that begins with a street; with `bare` also for one that does not say that it is one."""
    return bool(_STREET.match(plain) or (bare and _NUMBERED.match(plain)))


def is_place(text: str) -> bool:
    """True for a line that ends in a UF, as the one with the city does."""
    return bool(_UF.search(text))


def holder(lines: Sequence[Line]) -> Holder | None:
    """The name after a label, else the one above the address."""
    for number, line in enumerate(lines):
        for label in _NAME.finditer(line.plain):
            if _NOT_A_NAME_LABEL.search(line.plain[: label.start()]) or _is_mail(lines, number):
                continue
            rest = line.text[label.end() :]
            said = line.text[label.start() : label.end()]
            colon = re.match(r" ?[:\-/|] ?", rest)
            if colon and (name := name_in(rest[colon.end() :])):
                return Holder(name, number, said)
            if re.search(r"\d{3}", rest) and not _DOCUMENT_LABEL.search(fold(rest)):
                continue  # "Cliente 7001234567": a code
            for below in range(number + 1, min(number + 3, len(lines))):
                if name := name_in(lines[below].text):
                    return Holder(name, below, said)
                if _STREET.match(lines[below].plain):
                    break
            if not colon and (name := name_in(rest)) and rest.isupper():
                return Holder(name, number, said)
    for number, line in enumerate(lines):
        if number and _STREET.match(line.plain) and _has_place(lines, number) and not _is_mail(lines, number):
            for above in (number - 1, number - 2):
                if above >= 0 and (name := name_in(lines[above].text)) and not _COMPANY.search(lines[above].plain):
                    return Holder(name, above)
    return _above_the_place(lines)


def _above_the_place(lines: Sequence[Line]) -> Holder | None:
    """The name over a street without "rua": up from a line with CEP and city, over quarter and street."""
    for number, line in enumerate(lines):
        cep = _CEP.search(line.text)
        if not cep or not _UF.search(line.text) or is_of_company(lines, number) or _is_mail(lines, number):
            continue
        for street in (number - 1, number - 2, number - 3):
            if street > 0 and _NUMBERED.match(lines[street].plain) and not _CEP.search(lines[street].text):
                above = lines[street - 1]
                name = name_in(above.text)
                if name and " " in name and not re.search(r"\d", name) and not _COMPANY.search(above.plain):
                    return Holder(name, street - 1)
    return None


def holder_document(lines: Sequence[Line], name: Holder | None, strangers: frozenset[str]) -> str | None:
    """The CPF or CNPJ as printed, nearest to the holder. `strangers` are CNPJs that are the company's."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        for hit in _DOCUMENT.finditer(line.text):
            bare, kind = document(hit[0])
            before = lines[number - 1].plain if number else ""
            labelled = bool(_DOCUMENT_LABEL.search(line.plain) or _DOCUMENT_LABEL.search(before))
            distance = abs(number - name.line) if name else 3
            labelled = labelled or (distance <= 1 and not hit[0].isdigit())
            if bare in strangers or (kind == "cnpj" and utilities.by_cnpj(bare)) or not (labelled or kind == "masked"):
                continue
            # The company prints its CNPJ beside its name and state registration.
            company = kind in ("cnpj", "invalid") and len(bare or "") == 14 and is_of_company(lines, number, cnpj=False)
            found.append((distance + (100 if company else 0) + (10 if kind == "invalid" else 0), hit[0]))
    best = min(found, default=None, key=lambda one: one[0])
    return best[1] if best and best[0] < 100 else None


def address(lines: Sequence[Line], name: Holder | None) -> tuple[str | None, int | None]:
    """Street, number and quarter of the consumer unit, and the line; never where only the letter goes."""
    for number, line in enumerate(lines):
        if (label := _ADDRESS.search(line.plain)) and not _MAIL.search(line.plain) and not is_of_company(lines, number):
            rest = line.text[label.end() :].lstrip(" :.-")
            if len(rest) > 8 and not _ADDRESS.search(fold(rest)):
                return _street(rest), number
            if number + 1 < len(lines) and len(lines[number + 1].text) > 8:
                return _street(lines[number + 1].text), number + 1
    start = name.line + 1 if name else 0
    if name and start < len(lines) and _NUMBERED.match(lines[start].plain):
        return _street(lines[start].text), start
    near = range(start, min(start + 3, len(lines)))
    # Elsewhere "via", "acesso" and the like are no streets unless a place follows.
    for number in (*near, *(other for other in range(len(lines)) if _has_place(lines, other))):
        if _STREET.match(lines[number].plain) and not _is_mail(lines, number) and not is_of_company(lines, number):
            return _street(lines[number].text), number
    return None, None


def place(lines: Sequence[Line], near: int | None, state: str | None) -> tuple[str | None, str | None, str | None]:
    """City (official name), UF and CEP (8 digits) around the line `near`; `state` is what the access key says."""
    order = (
        sorted(range(len(lines)), key=lambda n: (n < near, abs(n - near))) if near is not None else range(len(lines))
    )
    within = [n for n in order if near is None or -2 <= n - near <= 5]
    for number in within:
        line = lines[number]
        if near is None and is_of_company(lines, number):
            continue
        for hit in _UF.finditer(line.text):
            if city := _city_before(line.text[: hit.start()], hit[1]):
                return city, hit[1], _cep(lines, number)
        if (label := _CITY.search(line.plain)) and (uf := state or _uf_near(lines, number)):
            words = label[1].split()
            for length in range(len(words), 0, -1):
                if found := in_state(" ".join(words[:length]), uf):
                    return found.city, found.state, _cep(lines, number)
    code = next((c for n in within if (c := _cep(lines, n))), None) if near is not None else None
    return None, None, code


def name_in(text: str) -> str | None:
    """A person's or company's name at the beginning of a piece of text."""
    text = re.split(r" {2,}|\t| - (?=\D*\d)|[|;]", text.strip(" :-–"))[0]
    text = re.split(r"(?<!\d)\d[\d./*-]{8,}", _DOCUMENT.sub("  ", text) if not text[:1].isdigit() else text)[0]
    text = re.split(
        r" {2,}|\b(?:CPF|CNPJ|RG|CEP|NIS)\b|(?:C[ÓO]D(?:IGO)?|N[ºo°]|UC|INSTALA[ÇC][ÃA]O)\b ?:?", text.strip()
    )[0].strip(" :-–,/")
    text = text if re.search(r"\b[A-Z]\.$", text) else text.rstrip(".")
    plain = fold(text.replace("*", "x"))
    letters = sum(c.isalpha() for c in text)
    if (
        not letters >= 5
        or len(text) > 80
        or _NEVER_IN_A_NAME.search(plain)
        or not _NAME_SHAPE.fullmatch(unaccent(text))
    ):
        return None
    if sum(c.isdigit() for c in text) > 14 or (" " not in text and letters < 6):
        return None
    return None if utilities.is_named_in(text) else text


def _street(text: str) -> str:
    return re.split(r" {3,}|\b(?:CEP|CPF|CNPJ)\b", text)[0].strip(" ,-")


def _has_place(lines: Sequence[Line], number: int) -> bool:
    return any(_CEP.search(line.text) or _UF.search(line.text) for line in lines[number : number + 4])


def _is_mail(lines: Sequence[Line], number: int) -> bool:
    """True inside the block that says where the letter goes: a heading up to three lines above."""
    return any(_MAIL.search(line.plain) for line in lines[max(0, number - 3) : number + 1])


def is_of_company(lines: Sequence[Line], number: int, *, cnpj: bool = True) -> bool:
    """True near the company's own address: its name, state registration or telephone beside it."""
    around = [line for line in lines[max(0, number - 1) : number + 2]]
    for line in around:
        if utilities.is_named_in(line.text) and not _STREET.match(line.plain):
            return True
        if (cnpj or "cnpj" not in line.plain) and _COMPANY.search(line.plain) and not re.search(r"cpf", line.plain):
            return True
    return False


def _city_before(text: str, state: str) -> str | None:
    words = re.findall(r"[A-Za-zÀ-ÿ'’]+", re.split(r"\d", text)[-1])[-6:]
    for start in range(len(words)):
        if found := in_state(" ".join(words[start:]), state):
            return found.city
    return None


def zip_code(text: str) -> str | None:
    """The eight digits of the first CEP in a text."""
    hit = _CEP.search(text)
    return "".join(part for part in hit.groups() if part) if hit else None


def _cep(lines: Sequence[Line], number: int) -> str | None:
    found = (zip_code(line.text) for line in (lines[number], *lines[max(0, number - 1) : number + 2]))
    return next((code for code in found if code), None)


def _uf_near(lines: Sequence[Line], number: int) -> str | None:
    hits = [_UF.search(line.text) for line in lines[number : number + 2]]
    return next((hit[1] for hit in hits if hit), None)
