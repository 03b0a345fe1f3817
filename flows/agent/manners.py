"""How a model's text may sound: Portuguese, of its own, without links, and asking only what is not known yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from flows.agent.agent_tools import TOOLS
from flows.agent.bill_memory import in_hand
from flows.agent.rehearsal import Step
from flows.brazil.folding import fold, unaccent

_SHINGLE = 7
_MOST_BODY = 900
_LINK = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|net|org|io|me|ly|gov|app|site|info)(?:\.br)?\b|\b[\w-]+\.br\b|@\w", re.I
)
_INSIDE = re.compile(
    r"\b(?:prompt|system|developer|diretivas?|openai|chat ?gpt|gpt|modelo de linguagem|plan_id|tool|ferramentas?"
    r"|minhas (?:instrucoes|regras|diretrizes)|instrucoes (?:internas|do sistema|que recebi)|resposta_de_referencia"
    r"|pergunta_da_vez|mensagens_a_responder|situacao_?atual do json)\b"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PORTUGUESE = _words(
    "a o as os e de do da dos das em no na nos nas um uma que para pra por com sem se eu voce voces te me seu sua seus "
    "suas nao sim ja mais mas ou como quando onde qual quais isso esse essa este esta aqui ai la ate so tambem muito "
    "bem tem sao foi ser pode ter vai sobre pela pelo ao conta luz energia foto plano planos desconto cidade estado "
    "obrigada entendi certo claro tudo consultor distribuidora creditos"
)
_ENGLISH = _words(
    "the is are you your yours with for and this that can please what have has of to we our here will hello sorry "
    "how not it in on at be if or from my send bill discount energy which where when would"
)
_SPANISH = _words(
    "el los las usted ustedes hola gracias puede su pero muy con y es una del tu ciudad factura quiero donde cuando "
    "tiene descuento este nuestro nuestra enviar envie estoy le lo"
)
_FOREIGN = (_ENGLISH | _SPANISH) - _PORTUGUESE
_PLACE = (
    r"\b(?:cidade|municipio|estado|uf|cep|regiao|bairro|endereco|onde (?:voce |vc )?(?:mora|fica|reside)|de onde)\b"
)
_BILL = r"\b(?:mand|envi|encaminh|compartilh|tir|fotograf|pass|anex)\w*\b.*\b(?:conta|fatura|foto|pdf|boleto)\b"
_AMOUNT = (
    r"\bquanto\b.*\b(?:pag|vem|gast|cust|e\b|da\b|fica)|\bvalor\b.*\b(?:conta|fatura)\b|\b(?:conta|fatura)\b.*\bvalor\b"
)
_NAME = r"\b(?:seu nome|nome completo|como (?:voce )?se chama|com quem (?:eu )?(?:falo|estou)|posso te chamar)\b"
_UTILITY = r"\b(?:qual|quais|quem)\b.*\b(?:distribuidora|concessionaria|companhia)\b"
_WHICH_PLAN = r"\b(?:qual|quais)\b.*\b(?:plano|planos|deles|opcao|prefere)\b"
_NOT_OURS = (
    r"\b(?:e ?mail|telefone|celular|endereco|data de nascimento|nascimento|profissao|renda|salario|login|documentos?"
    r"|numero d[ao] (?:instalacao|cliente|medidor|conta)|titular se chama|cartao|pix)\b"
)
# What the pending question is about; a text may ask this, whether something is unclear, and nothing else.
_TOPICS = {
    "place": r"\b(?:cidade|estado|onde|conta|qual)\b",
    "confirm_place": r"\b(?:cidade|conta|isso|la|confirma\w*|certo|mesmo)\b",
    "which_city": r"\b(?:qual|cidade|estado|delas)\b",
    "utility": r"\b(?:distribuidora|concessionaria|qual)\b",
    "bill": r"\b(?:conta|fatura|foto|pdf|mand\w+|envi\w+)\b",
    "plan": r"\b(?:plano|planos|deles|opcao|opcoes|prefere|numero|ele|esse)\b",
    "notify": r"\bavis\w+",
    "person": r"\b(?:consultor|pessoa|cham\w+|equipe|alguem|fal\w+)\b",
}
_ALWAYS = r"\b(?:duvidas?|expli\w+|tudo bem|continuar|seguir|entend\w+)\b"
_ASKS = re.compile(
    r"\?|^(?:me )?(?:diga|conta|conte|fala|fale|informe?|confirme?|manda|mande|envi[ae]|escreva|passe)\b"
)


def odd(text: str, step: Step, told: str, link: str | None) -> Iterator[str]:
    """Yield the names of broken rules of manner. `told` are the instructions, `link` the privacy notice's address."""
    bare = text.replace(link, " ") if link else text
    if _LINK.search(bare):
        yield "link"
    if len(text) > _MOST_BODY:
        yield "too_long"
    if not _in_portuguese(bare):
        yield "not_portuguese"
    if _INSIDE.search(unaccent(bare)) or any(name in text for name in TOOLS) or _shingles(text) & _of_the(told):
        yield "leaks_instructions"
    yield from _asks_known(text, step)


def _asks_known(text: str, step: Step) -> Iterator[str]:
    lead, reply = step.lead, step.reply
    settled = bool(step.known("place")) and step.known("asked") not in {"place", "confirm_place", "which_city"}
    known = {
        "place": (_PLACE, settled),
        "bill": (_BILL, in_hand(lead, step.known)),
        "amount": (_AMOUNT, lead.invoice_amount is not None or "invoice_amount" in reply.facts),
        "name": (_NAME, bool(lead.name)),
        "utility": (_UTILITY, step.known("coverage") == "served"),
        "plan": (_WHICH_PLAN, bool(step.known("chosen"))),
        "not_ours": (_NOT_OURS, True),
    }
    sentences = [sentence.strip(" 😊⚡*") for sentence in re.split(r"(?<=[.!?])\s+|\n", text)]
    questions = [fold(one) for one in sentences if one.endswith("?")]
    asked = [*questions, *(fold(one) for one in sentences if _ASKS.search(fold(one)))]
    for what, (pattern, is_known) in known.items():
        if is_known and any(re.search(pattern, sentence) for sentence in asked):
            yield f"asks_known:{what}"
    city = fold(str(reply.facts.get("city") or lead.city or ""))
    # "Quer que eu te avise quando houver novidade em Recife?" names the city and does not ask for it.
    if (
        settled
        and city
        and f" {city} " not in f" {fold(step.question)} "
        and any(f" {city} " in f" {one} " for one in questions)
    ):
        yield "asks_known:place"
    topic = _TOPICS.get(step.known("asked") or "")
    if topic and any(not re.search(f"{topic}|{_ALWAYS}", one) for one in questions):
        yield "other_question"


def _in_portuguese(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    if any("LATIN" not in unicodedata.name(c, "") for c in letters if c not in "ªº"):
        return False
    for sentence in re.split(r"[.!?;:\n]+", text):
        words = re.findall(r"[a-záéíóúâêôãõçàü]+", sentence.lower())
        ours = sum(unaccent(word) in _PORTUGUESE for word in words)
        theirs = sum(unaccent(word) in _FOREIGN for word in words)
        if theirs >= 2 and theirs > ours:
            return False
    return True


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = fold(text).split()
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1))


@cache
def _of_the(told: str) -> frozenset[tuple[str, ...]]:
    return _shingles(told)
