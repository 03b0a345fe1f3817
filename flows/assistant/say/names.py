"""How people, plans and distribuidoras are called in a message, whatever a form or an API made of them."""

from __future__ import annotations

from flows.assistant.bill import utilities
from flows.assistant.say.sentences import word
from flows.brazil.folding import unaccent
from flows.domain import Plan


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
# Words that are no name, and that a bill made to mislead could put in bold over ours.
_NO_NAMES = _words(
    "aprovado aprovada isento isenta gratis gratuito gratuita desconto garantido garantida liberado liberada pago paga "
    "quitado quitada premiado premiada ganhador ganhadora vencedor vencedora titular cliente consumidor usuario teste"
)
_COMPANY = _words("ltda eireli epp cnpj s/a s.a")
_MARKS = str.maketrans("", "", "*_~`{}<>[]")


def called(name: str | None) -> str | None:
    """Return the first name to address somebody with; None for what is no person's (a number, an emoji, a company)."""
    words = (name or "").split()
    while words and _bare(words[0]) in _TITLES:
        words = words[1:]
    first = words[0] if words else ""
    if _bare(first) in _NOBODY | _NO_NAMES or any(_bare(word) in _COMPANY for word in words):
        return None
    parts = first.replace("’", "'").replace("-", "'").split("'")
    if not all(part.isalpha() for part in parts) or not 2 <= len(first) <= 20:
        return None
    return first.title() if first.isupper() or first.islower() else first


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
    return clip(text.translate(_MARKS), most)


def plan_name(plan: Plan, position: int = 1) -> str:
    """Return the plan's name without the percentage some names carry: only `discount` counts (docs/domain.md 4.2)."""
    words = plain(plan.name, 80).replace(" por cento", "%").replace(" %", "%").split(" ")
    bare = " ".join(filter(None, map(_without_percent, words)))
    name = clip(bare.strip(" -–—()"), 40)
    # "Plano 16%" is named by its discount alone.
    return word("unnamed", position=position) if name.lower() in ("", "plano") else name


def _without_percent(part: str) -> str:
    """Return what stands before a percentage: `Premium` of `Premium-18%`, nothing of `(18%)`."""
    return part.rstrip("%)").rstrip("0123456789.,").rstrip("-–—(") if "%" in part else part


def known_as(utility: str) -> str:
    """Return a distribuidora as the plans API names it, with the name on the bill where no word of the two is the same:
    `CELPE (Neoenergia Pernambuco)`."""
    name = utilities.canonical(utility)
    if name is None or set(utilities.fold_name(utility).split()) & set(utilities.fold_name(name).split()):
        return plain(utility)
    return f"{plain(utility)} ({name})"


def _bare(text: str) -> str:
    return unaccent(text).rstrip(".")
