"""What stages, outcomes and codes mean, in the words that operators read (Brazilian Portuguese)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

from flows.brazil.calendar import SAO_PAULO
from flows.brazil.folding import fold
from flows.domain import Qualification, Stage

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

# Why a model that was asked did not count.
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
    "away": "fora do ar",
    "misconfigured": "chave ou nome do modelo errados",
    "cut": "resposta longa demais",
}

# What the assistant understands, knows and says, by the codes of flows.assistant (meaning, state, decide.acts). The pages
# may not import the assistant; tests/flows/shown/test_words.py holds these tables to it.
MEANINGS: dict[str, str] = {
    "yes": "sim", "no": "não", "unsure": "não sabe", "choice": "escolheu um plano", "none_of_them": "nenhum dos planos",
    "bill_right": "a leitura da conta está certa", "bill_wrong": "algo na leitura da conta está errado",
    "other_bill": "vai mandar outra conta", "holder_agrees": "o titular concorda", "holder_refuses": "o titular não concorda",
    "place": "lugar", "utility": "distribuidora", "amount": "valor da conta", "name": "nome",
    "new_number": "outro número de telefone", "question": "pergunta",
    "go_on": "quer continuar", "show_plans": "quer ver os planos", "read_again": "quer ouvir de novo o que foi lido",
    "later": "responde depois", "decline": "não quer", "wont_send": "não quer mandar a conta",
    "notice": "quer ser avisado de novidades", "call_at": "horário ou jeito para ligar", "person": "quer falar com uma pessoa",
    "stop": "não quer mais mensagens", "erase": "quer apagar os dados", "cancel": "quer cancelar",
    "wrong_person": "não é a pessoa do formulário", "customer": "já é cliente", "holder_deceased": "o titular faleceu",
    "holder_absent": "o titular está longe", "holder_other": "a conta está no nome de outra pessoa",
    "holder_me": "a conta está no próprio nome", "tenant": "mora de aluguel", "company": "fala por uma empresa",
    "several_bills": "tem mais de uma conta", "own_panels": "tem placas solares", "low_income": "tarifa social ou baixa renda",
    "power_cut": "está sem luz", "second_copy": "quer a segunda via", "competitor": "oferta de outra empresa",
    "fraud_fear": "tem medo de golpe", "cannot_send": "não consegue mandar foto", "language": "fala outra língua",
    "under_age": "é menor de idade", "hardship": "passa por dificuldade",
    "greeting": "cumprimento", "thanks": "agradecimento", "goodbye": "despedida", "waiting": "está esperando",
    "already_sent": "já mandou a conta", "repeated": "já tinha respondido", "lost": "não entendeu",
    "secret": "documento, senha ou endereço", "upset": "está irritado", "chat": "conversa",
}  # fmt: skip
QUESTIONS: dict[str, str] = {
    "place": "a cidade da conta", "confirm_place": "se a cidade é esta", "which_city": "qual das cidades",
    "utility": "qual distribuidora", "bill": "a conta de luz", "bill_ok": "se a leitura da conta está certa",
    "bill_wrong": "o que está errado na conta", "bill_place": "qual das cidades vale", "holder": "se o titular concorda",
    "plan": "qual plano", "confirm_plan": "se o plano é este", "notice": "se quer ser avisado",
    "person": "se quer falar com uma pessoa", "cancel": "se quer parar as mensagens ou encerrar um contrato",
    "erase": "se quer mesmo apagar os dados",
}  # fmt: skip
ENDED: dict[str, str] = {
    "handed_over": "um consultor assume", "person": "uma pessoa foi chamada", "declined": "não quis",
    "withdrawn": "desistiu", "too_small": "conta abaixo do mínimo", "wrong_person": "não é a pessoa do formulário",
    "stopped": "não quer mais mensagens", "erasing": "os dados serão apagados",
}  # fmt: skip
AREAS: dict[str, str] = {
    "served": "atendida", "several": "mais de uma distribuidora", "not_served": "não atendida",
    "no_plan": "sem plano no momento", "unavailable": "consulta fora do ar",
}  # fmt: skip
OWNERS: dict[str, str] = {"bill": "da conta", "me": "de quem escreve", "other": "de outra pessoa"}
# What a lead calls wrong on a bill.
FIELDS: dict[str, str] = {
    "total": "valor total", "holder": "titular", "utility": "distribuidora", "place": "cidade ou endereço",
    "due_date": "data", "other": "outro dado",
}  # fmt: skip
# Acts by the first part of their code (`bill.ask`).
ACTS: dict[str, str] = {
    "greeting": "apresentação", "place": "cidade", "utility": "distribuidora", "coverage": "atendimento na região",
    "bill": "conta de luz", "reading": "leitura da conta", "holder": "titular", "small": "conta abaixo do mínimo",
    "plans": "planos", "handover": "passagem ao consultor", "person": "pessoa da equipe", "stop": "parar as mensagens",
    "erase": "apagar os dados", "wrong": "não é a pessoa do formulário", "circumstance": "situação da pessoa",
    "answer": "resposta a uma pergunta", "heard": "reação ao que chegou", "closing": "fim da conversa",
    "recall": "lembra a pergunta",
}  # fmt: skip
HEARD_BY: dict[str, str] = {"taps": "botões", "rules": "regras"}
VOICES: dict[str, str] = {
    "reviewed": "textos revisados", "opened": "começo do modelo e textos revisados", "phrased": "palavras do modelo",
}  # fmt: skip


def fallback(code: str) -> str:
    """Why a model did not count, in words; `checker_…` is the one that reads again what another wrote."""
    said = FALLBACKS.get(code.removeprefix("checker_"), code)
    return f"verificador: {said}" if code.startswith("checker_") else said


def code_meaning(code: int | str | None) -> str:
    """A WhatsApp error code in words; an unknown one says so."""
    try:
        return _CODES.get(int(code), "código sem explicação aqui") if code is not None else "sem código"
    except ValueError:
        return "sem código"


def local(at: datetime) -> str:
    """Day and time in São Paulo, e.g. `21/11 08:03:22`."""
    return f"{at.astimezone(SAO_PAULO):%d/%m %H:%M:%S}"


def day_of(day: date) -> tuple[datetime, datetime]:
    """The first instant of a São Paulo day, and the first that no longer belongs to it."""
    since, until = (datetime.combine(each, time(), SAO_PAULO) for each in (day, day + timedelta(days=1)))
    return since.astimezone(UTC), until.astimezone(UTC)


def number(value: float, digits: int = 0) -> str:
    """A number as Brazilians write it: `1.234,5`."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def counted(count: int, one: str, many: str) -> str:
    """How many of something: `1 mensagem`, `1.234 mensagens`."""
    return f"{number(count)} {one if count == 1 else many}"


def municipality(ibge_code: int) -> str | None:
    """The municipality with this IBGE code, as `Olinda/PE`."""
    return _municipalities().get(ibge_code)


def is_municipality(name: str) -> bool:
    """Whether a municipality is called like this, whatever its letters' case and accents."""
    return fold(name) in _municipality_names()


@cache
def _municipality_names() -> frozenset[str]:
    return frozenset(fold(name.rpartition("/")[0]) for name in _municipalities().values())


@cache
def _municipalities() -> dict[int, str]:
    # The assistant's own list (flows.assistant.place.gazetteer): the pages may not import the assistant, and need no more.
    lines = (files("flows") / "assistant" / "place" / "municipalities.tsv").read_text("utf-8").splitlines()
    return {int(code): f"{city}/{state}" for code, state, city in (line.split("\t") for line in lines)}
