"""Every text a lead reads, out of `prompts/*.toml`, and the few ways names and numbers are put into it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from flows.brazil.folding import unaccent
from flows.brazil.money import brl
from flows.domain import Button, Lead, Offer, Plan, Row

MOST_PLANS = 3
MOST_ROW_DETAIL = 72  # whatsapp-cloud-api.md 8.4


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# How people are spoken of before their name, and what a name that begins with it belongs to: no person.
_TITLES = _words(
    "dona seu sr sra srta senhor senhora dr dra doutor doutora prof profa professor professora pastor pastora padre "
    "irma irmao tia tio d"
)
_NOBODY = _words(
    "academia acougue associacao atelie auto autopecas bar barbearia bazar cafe cafeteria casa centro chacara clinica "
    "colegio comercial comercio condominio confeitaria consultorio construtora cooperativa creche deposito distribuidora "
    "drogaria edificio emporio empresa escola escritorio espaco estudio farmacia fazenda floricultura fundacao grafica "
    "grupo hospital hotel igreja imobiliaria industria instituto laboratorio lanchonete lava lavanderia livraria loja "
    "lojas mercadinho mercado mercearia minimercado oficina organizacoes otica padaria panificadora papelaria pet "
    "pizzaria posto pousada prefeitura restaurante salao serralheria sindicato sitio sorveteria studio supermercado "
    "transportadora transportes"
)
_COMPANY = re.compile(r"\b(?:ltda|eireli|epp|cnpj|s/a|s\.a\b\.?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Faq:
    """One reviewed answer; `questions` are ways people ask it."""

    id: str
    questions: tuple[str, ...]
    answer: str
    risk: str
    source: str


@cache
def texts(name: str = "playbook") -> dict[str, str]:
    """Return a file of `prompts/` as `{"section.key": text}`; a missing file or a broken one stops the program."""
    sections = tomllib.loads(files("flows.agent").joinpath(f"prompts/{name}.toml").read_text("utf-8"))
    return {f"{section}.{key}": text for section, entries in sections.items() for key, text in entries.items()}


@cache
def faq() -> dict[str, Faq]:
    """Return the reviewed answers by id (domain.md, section 7)."""
    loaded = tomllib.loads(files("flows.agent").joinpath("prompts/faq.toml").read_text("utf-8"))["faq"]
    entries = (Faq(e["id"], tuple(e["questions"]), e["answer"], e["risk"], e["source"]) for e in loaded)
    return {entry.id: entry for entry in entries}


def say(key: str, **values: Any) -> str:
    """Return a text of playbook.toml with its {braces} filled in."""
    return texts()[key].format(**values)


def button(key: str, id: str) -> Button:
    """Return a reply button whose title is `key` of playbook.toml."""
    return Button(id=id, title=texts()[key])


def clip(text: str, most: int) -> str:
    """Return text of at most `most` characters, cut at a word where one ends near."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    word_end = cut.rfind(" ")
    return cut[: word_end if word_end > most // 2 else None].rstrip(" ,.;:·-") + "…"


def plain(text: str, most: int = 60) -> str:
    """Return a name from outside (a form, an API) so that it cannot break WhatsApp's *bold* or the line."""
    return clip(re.sub(r"[*_~`{}<>\[\]]", "", text), most)


def called(lead: Lead) -> str | None:
    """Return the first name to address a lead with; None for what is no person's (a number, an emoji, a company)."""
    words = (lead.name or "").split()
    while words and _bare(words[0]) in _TITLES:
        words = words[1:]
    first = words[0] if words else ""
    if _bare(first) in _NOBODY or _COMPANY.search(lead.name or ""):
        return None
    if not re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", first) or not 2 <= len(first) <= 20:
        return None
    return first.title() if first.isupper() or first.islower() else first


def plan_name(plan: Plan, position: int = 1) -> str:
    """Return the plan's name without the percentage some names carry: only `discount` counts (domain.md 4.3)."""
    bare = re.sub(r"[\s(–—-]*\d+(?:[.,]\d+)?\s*(?:%|por cento)\)?", "", plain(plan.name, 80), flags=re.IGNORECASE)
    return clip(bare.strip(" -–—()"), 40) or say("plans.unnamed", position=position)


def fidelity(plan: Plan) -> str:
    """Return the commitment in words; 0 months is none."""
    match plan.fidelity_months:
        case 0:
            return say("plans.no_fidelity")
        case 1:
            return say("plans.one_month")
        case months:
            return say("plans.months", months=months)


def offers_of(plans: Sequence[Plan]) -> tuple[Offer, ...]:
    """Return at most three plans as they will be shown: best discount first, then the shorter commitment."""
    best = sorted(plans, key=lambda p: (-p.discount, p.fidelity_months, p.plan_id))[:MOST_PLANS]
    return tuple(Offer(**plan.model_dump(exclude={"position"}), position=n) for n, plan in enumerate(best, start=1))


def numbered(offers: Sequence[Offer]) -> str:
    """Return the offers as a numbered list, one line each, with discount, commitment and benefits."""
    return "\n".join(_line(offer) for offer in offers)


def rows_of(offers: Sequence[Offer]) -> tuple[Row, ...]:
    """Return the offers as list rows (`plan:<id>`), and one for whoever would rather ask first."""
    rows = [
        Row(
            id=f"plan:{offer.plan_id}",
            title=clip(f"{offer.position}. {say('plans.short', percent=offer.percent)}", 24),
            description=_detail(offer),
        )
        for offer in offers
    ]
    doubt = Row(id="doubt", title=say("buttons.doubt"), description=say("plans.doubt_detail"))
    return (*rows, doubt)


def discounts(plans: Sequence[Plan]) -> str:
    """Return the sentence that says how many plans there are and what they take off, from these plans alone."""
    ranked = sorted(plans, key=lambda p: p.discount)
    low, high = ranked[0].percent, ranked[-1].percent
    if len(ranked) == 1:
        return say("coverage.plan_single", high=high)
    if low == high:
        return say("coverage.plans_same", count=len(ranked), high=high)
    return say("coverage.plans_range", count=len(ranked), low=low, high=high)


def reais(amount: Decimal) -> str:
    """Return a threshold as people say it: whole reais without cents."""
    return brl(amount).removesuffix(",00")


def _bare(word: str) -> str:
    return unaccent(word).rstrip(".")


def _line(offer: Offer) -> str:
    name = plan_name(offer, offer.position)
    first = say("plans.line", position=offer.position, name=name, percent=offer.percent, fidelity=fidelity(offer))
    return " · ".join([first, *_benefits(offer)])


def _detail(offer: Offer) -> str:
    """Return what fits whole under a row's title; a benefit too long for it stands in the message's own list."""
    months = offer.fidelity_months
    short = say("plans.months_short", months=months) if months > 1 else fidelity(offer)
    detail = f"{plan_name(offer, offer.position)} · {short}"
    for benefit in _benefits(offer):
        if len(longer := f"{detail} · {benefit}") <= MOST_ROW_DETAIL:
            detail = longer
    return clip(detail, MOST_ROW_DETAIL)


def _benefits(offer: Offer) -> list[str]:
    return [clip(plain(benefit, 200), 70).rstrip(".") for benefit in offer.benefits[:2] if benefit.strip()]
