"""What stages, outcomes and codes mean, in the words that operators read (Brazilian Portuguese)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from flows.domain import Qualification, Stage

# The calendar that operators live by. Days and times are shown in it, whatever the machine's own zone is.
SAO_PAULO = ZoneInfo("America/Sao_Paulo")

STAGES: dict[Stage, str] = {
    Stage.FORM_SUBMITTED: "formulário enviado",
    Stage.INITIAL: "início da conversa",
    Stage.AWAITING_PLACE: "aguardando a cidade",
    Stage.AWAITING_BILL: "aguardando a conta de luz",
    Stage.BILL_PROCESSED: "conta de luz lida",
    Stage.PLANS_SENT: "planos enviados",
    Stage.NOT_SERVED: "região não atendida",
    Stage.INTERESTED: "escolheu um plano",
    Stage.HUMAN_REQUESTED: "pediu uma pessoa",
    Stage.OPTED_OUT: "não quer mensagens",
    Stage.COMPLETED: "assistente terminou",
}

QUALIFICATIONS: dict[Qualification, str] = {
    Qualification.NEW: "novo",
    Qualification.IN_PROGRESS: "em andamento",
    Qualification.QUALIFIED: "qualificado",
    Qualification.NOT_QUALIFIED: "não qualificado",
    Qualification.NEEDS_REVIEW: "precisa de análise",
}

# How a flow run ends (`runs.outcome`); the keys are also the tags `outcome:…` and, in another spelling, state names.
OUTCOMES: dict[str, str] = {
    "silent": "A pessoa ficou em silêncio; o lembrete já saiu, ou não podia sair.",
    "closed": "Não havia mais nada a perguntar quando o lembrete ia sair.",
    "interested": "A pessoa escolheu um plano; um consultor assume.",
    "human_requested": "A pessoa pediu para falar com alguém; um consultor assume.",
    "completed": "A conversa chegou ao fim.",
    "not_served": "A Serena não atende a região; não há o que lembrar.",
    "opted_out": "A pessoa não quer mais mensagens.",
    "taken_over": "Uma pessoa da equipe assumiu a conversa; a assistente está em silêncio.",
    "erased": "Os dados da pessoa foram apagados.",
    "gone": "O cadastro não existe mais: foi apagado ou unido a outro cadastro.",
    "superseded": "Nada a fazer: outra execução cuida desta pessoa.",
    "finished": "Nada a fazer: não há mensagem sem resposta.",
    "sent": "O WhatsApp aceitou a mensagem de boas-vindas.",
    "put_off": "O WhatsApp recusou por enquanto; outra execução tenta de novo.",
    "unreachable": "O número não tem WhatsApp.",
    "failed": "A mensagem de boas-vindas não pôde ser enviada.",
}

# WhatsApp's codes (whatsapp-cloud-api.md section 9), as far as one of ours can meet them.
_CODES: dict[int, str] = {
    0: "token de acesso inválido ou expirado",
    3: "a aplicação não tem a permissão necessária",
    10: "a aplicação não tem a permissão necessária",
    100: "a chamada tem um parâmetro errado",
    190: "token de acesso inválido ou expirado",
    368: "conta restrita por violação de política",
    80007: "limite de chamadas da conta atingido",
    130403: "a pessoa está bloqueada por nós",
    130429: "limite de envios por segundo atingido",
    130472: "a pessoa está num experimento da Meta",
    130497: "país não permitido para esta conta",
    131000: "erro desconhecido na Meta",
    131005: "a aplicação não tem a permissão necessária",
    131008: "falta um parâmetro na chamada",
    131009: "parâmetro inválido, ou identificador que não é mais da pessoa",
    131016: "serviço da Meta fora do ar",
    131021: "o destinatário é o próprio remetente",
    131026: "não entregue: número sem WhatsApp, versão antiga ou termos não aceitos",
    131030: "o número não está na lista de teste",
    131031: "conta bloqueada",
    131037: "nome de exibição não aprovado",
    131042: "problema de pagamento na conta da Meta",
    131045: "número comercial não registrado",
    131047: "fora da janela de 24 horas: só um modelo aprovado pode sair",
    131048: "limite por suspeita de spam no nosso número",
    131049: "retida pela Meta para poupar a pessoa de propaganda",
    131050: "a pessoa parou nossas mensagens",
    131051: "tipo de mensagem não suportado",
    131053: "arquivo recusado pela Meta",
    131056: "muitas mensagens para a mesma pessoa em pouco tempo",
    131057: "número em manutenção na Meta",
    131062: "este envio precisa de um número de telefone",
    131064: "limite por categoria errada de modelos",
    132000: "o modelo espera outra quantidade de parâmetros",
    132001: "o modelo não existe neste idioma ou não foi aprovado",
    132005: "texto do modelo longo demais",
    132007: "o modelo viola uma política",
    132012: "parâmetro do modelo em formato errado",
    132015: "modelo pausado pela Meta por qualidade",
    132016: "modelo desativado pela Meta",
    133004: "serviço da Meta fora do ar",
    133010: "número comercial não registrado",
}

# Why the playbook answered a turn of the model's (`flows.agent.model.Reason`).
FALLBACKS: dict[str, str] = {
    "down": "fora do ar",
    "slow": "demorou demais",
    "rate_limited": "limite de uso atingido",
    "quota": "créditos esgotados",
    "unauthorized": "chave recusada",
    "rejected": "pedido ou modelo recusado",
    "refused": "o modelo não quis responder",
    "unreadable": "resposta ilegível",
    "too_many_rounds": "usou ferramentas demais",
    "broken_rules": "duas mensagens fora das regras",
    "circuit_open": "fora do ar há pouco; nem foi perguntado",
    "bug": "erro de programa",
}


def code_meaning(code: int | str | None) -> str:
    """A WhatsApp error code in words; an unknown one says so."""
    try:
        return _CODES.get(int(code), "código sem explicação aqui") if code is not None else "sem código"
    except ValueError:
        return "sem código"


def local(at: datetime) -> str:
    """Day and time in São Paulo, e.g. `21/11 08:03:22`."""
    return f"{at.astimezone(SAO_PAULO):%d/%m %H:%M:%S}"


def number(value: float, digits: int = 0) -> str:
    """A number as Brazilians write it: `1.234,5`."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def counted(count: int, one: str, many: str) -> str:
    """How many of something: `1 mensagem`, `1.234 mensagens`."""
    return f"{number(count)} {one if count == 1 else many}"


def municipality(ibge_code: int) -> str | None:
    """The municipality with this IBGE code, as `Olinda/PE`."""
    return _municipalities().get(ibge_code)


@cache
def _municipalities() -> dict[int, str]:
    # The assistant's own list (flows.assistant.place.gazetteer): the pages may not import the assistant, and need no more.
    lines = (files("flows") / "assistant" / "place" / "municipalities.tsv").read_text("utf-8").splitlines()
    return {int(code): f"{city}/{state}" for code, state, city in (line.split("\t") for line in lines)}
