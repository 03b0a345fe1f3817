"""Whose place was named: the bill's, where the person lives, or somebody else's."""

from __future__ import annotations

import re

from flows.assistant.hear.rule import RELATIVE
from flows.assistant.hear.utterance import Clause
from flows.assistant.meaning import Owner

BILL_WORDS = re.compile(
    r"\b(?:contas?|fatura|boleto|luz|imovel|apartamento|loja|lojinha|sitio|padaria|empresa|unidade|chacara|fazenda|comercio|restaurante|mercado|igreja|condominio|salao|terreno|barraco|kitnet|casa d[aeo]|(?:minha|outra|uma|a|tenho|da|nossa) casa|casas|bill|house|factura|relogio|medidor|cidade e|cidade d[ae] conta|instalacao|filial|predio|titular)\b"
)
LIVES = re.compile(
    r"\b(?:moro|moramos|morando|vivo|vivemos|sou|somos|to|estou|resido|residimos|falo|fico|cria de|nascid[oa]|mudei|mudamos|aqui em|aqui n[oa]|daqui|to morando|live|from|vivo en|soy|i m|estabelecid\w+|natural)\b"
)
_OTHERS = re.compile(
    rf"\b(?:el[ae]s?|{RELATIVE}|don[oa]|proprietari[oa]|titular|amig[oa]s?|vizinh[oa]|seu [a-z]+|dona [a-z]+|consultor\w*|colega|conhecid[oa]|filhos)\b(?: \w+){{0,4}} (?:mora|moram|vive|vivem|ta|tao|e|sao|reside|trabalha|foi|mudou|se mudou|viajou|fica|nasceu|estuda|lives?)\b"
)
_FOR_THEM = re.compile(
    rf"\b(?:para|pra|por|conta d|casa d|d|n)(?: a| o)? ?(?:el[ae]s?|(?:minha |meu |a |o )*{RELATIVE})\b|\b(?:conta|casa) d(?:ela|ele)\b|\b(?:da|daria|pode|posso|serve|vale|tem|consigo|quero|queria)\b(?: \w+){{0,4}} (?:para|pra) (?:el[ae]|minha|meu|la)\b"
)


def owner_of(segment: Clause, sentence: Clause, before: str, *, waits: bool) -> Owner | None:
    """Return whose place a part of a message names; `before` is what stands before it, `waits` says that we asked."""
    said = segment.said
    if _IS_FOR.search(before) and not _LIVES_LAST.search(before):
        # "É pra minha irmã, ela que mora em Petrolina."
        return Owner.BILL
    if _OTHERS.search(before) and not _LIVES_LAST.search(before):
        # "Minha mãe mora em Olinda, dá pra fazer pra ela?": then the bill is there.
        bill = (
            BILL_WORDS.search(said)
            or _FOR_THEM.search(sentence.said.replace(before.strip(), " ", 1))
            or _DOES.search(sentence.said)
        )
        return Owner.BILL if bill and not _HOLDER_THERE.search(said) else Owner.OTHER
    if _OF_THEIRS.search(before) and not BILL_WORDS.search(said) and not _FOR_THEM.search(sentence.said):
        return Owner.OTHER
    if re.search(r"\bonde (?:eu )?(?:moro|vivo|to)\b", said):
        return Owner.ME
    if BILL_WORDS.search(said) and not (_LIVES_LAST.search(before) and not BILL_WORDS.search(before)):
        return Owner.BILL
    if LIVES.search(before):
        return Owner.ME
    if waits:
        return Owner.BILL
    return Owner.BILL if re.search(r"\b(?:e de|e em|e da|e do|cidade|agora e)\b", before) else None


_IS_FOR = re.compile(rf"\b(?:e|seria|vai ser|quero|queria) (?:isso )?para (?:(?:a|o|minha|meu) )+{RELATIVE}\b")
# "Minha prima de Recife": where somebody is from who does not matter here.
_OF_THEIRS = re.compile(
    rf"\b(?:{RELATIVE}|amig[oa]s?|colega|conhecid[oa]s?|comadre|compadre)(?: (?:meu|minha|que|e|la|dela|dele))* (?:d[aeo]|em|la d[eo]|n[ao]) ?$"
)
_LIVES_LAST = re.compile(r"\b(?:moro|moramos|vivo|resido|sou|eu to|estou|falo|live)\b(?: \w+){0,4} ?$")
_DOES = re.compile(
    r"\b(?:da|daria|tem como|posso|consigo|pode|serve|vale|quero|queria|gostaria)\b(?: \w+){0,3} (?:fazer|ver|colocar|por|incluir|participar|aderir|usar|pegar)\b.*\b(?:ela|ele|mae|pai|avo|la|deles|filh\w|irma\w*)\b"
)
_HOLDER_THERE = re.compile(
    r"\b(?:titular|don[oa]|proprietari[oa]|dono da (?:casa|conta))\b(?: \w+){0,3} (?:mora|vive|ta|reside|viajou)\b"
)
