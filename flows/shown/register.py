"""The register of processing (LGPD art. 37), out of what the program itself is told: its tables, its terms, its vendors."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Activity:
    """What is kept of a person in one table; `term` is the name of a setting of `settings.Store`, or words."""

    table: str
    what: str
    why: str
    basis: str
    term: str


ACTIVITIES = tuple(
    Activity(table, **said)
    for table, said in tomllib.loads(files("flows.shown").joinpath("register.toml").read_text("utf-8")).items()
)


def recipients(*, model: str | None, partner: bool, crm: str | None, supabase: bool) -> list[tuple[str, str]]:
    """Who else gets something of it by these settings, and what: the model's service and the CRM by their addresses."""
    found = [("Meta (WhatsApp), EUA e Irlanda", "as mensagens, o número ou o identificador, como todo uso do WhatsApp")]
    if model:
        found.append(
            (
                f"Serviço do modelo de linguagem ({model})",
                "o texto das mensagens sem documentos, cartões e senhas; fotos e áudios quando lidos ali",
            )
        )
    if partner:
        found.append(("Serena, API de parceiros", "cadastro e plano escolhido, de quem escolheu um plano"))
    if crm:
        found.append((f"CRM ({crm})", "códigos do atendimento e os campos escolhidos em CRM_FIELDS"))
    if supabase:
        found.append(("Supabase", "hospedagem do banco de dados e dos arquivos"))
    return found
