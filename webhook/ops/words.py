"""What codes of the store mean, in the words that operators read (Brazilian Portuguese). No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flows.brazil.money import brl
from flows.domain import Stage
from flows.meanings import FIELDS, MEANINGS, STAGES, municipality

REASONS = {
    "plan_chosen": "escolheu um plano",
    "asked_for_person": "pediu para falar com uma pessoa",
    "needs_review": "a conta de luz precisa de análise",
    "erase_my_data": "pediu para apagar os dados",
    "changed": "mudou algo depois do encaminhamento",
    "withdrawn": "não quer mais",
    "customer": "já é cliente",
    "wrong_person": "não é a pessoa do formulário",
}

# How a message travelled: the sign that chat apps use, and the words for it.
DELIVERY = {
    "queued": ("◷", "na fila"),
    "sending": ("◷", "enviando"),
    "uncertain": ("?", "sem confirmação do WhatsApp"),
    "accepted": ("✓", "aceita pelo WhatsApp"),
    "sent": ("✓", "enviada"),
    "delivered": ("✓✓", "entregue"),
    "read": ("✓✓", "lida"),
    "played": ("✓✓", "ouvida"),
    "failed": ("✕", "não entregue"),
    "withdrawn": ("✕", "não enviada: a conversa foi assumida"),
}

# Message types that are no text (`flows.domain.Inbound`).
KINDS = {
    "button": "botão", "image": "imagem", "document": "documento", "audio": "áudio", "video": "vídeo",
    "sticker": "figurinha", "location": "localização", "contacts": "contato", "order": "pedido", "reaction": "reação",
    "system": "aviso do WhatsApp", "unsupported": "tipo não suportado", "template": "modelo",
}  # fmt: skip

# What was refused of a model's words (flows.assistant.say); other checks are shown by their code.
_CHECKS = {
    "saving": "promete economia", "free": "promete algo de graça", "date": "promete uma data", "approval": "diz que foi aprovado",
    "guarantee": "garante", "exit": "diz como se sai", "company": "fala da empresa", "others": "fala de outros clientes",
    "authority": "cita governo ou lei", "product": "fala de outro produto", "hurry": "apressa", "plan_advice": "indica um plano",
    "deed": "diz que fez algo", "coverage": "fala do atendimento na região", "plan": "confunde os planos",
    "number": "número que não foi lido", "share": "percentual que não foi lido", "money": "valor que não foi lido",
    "name": "nome que não foi lido", "plan_name": "plano que não existe", "utility_name": "distribuidora que não foi lida",
    "link": "endereço de internet", "language": "outra língua", "leak": "mostra as instruções", "rude": "grosseiro",
    "document": "pede documento", "asks": "pergunta antes da hora", "several_questions": "várias perguntas",
    "other_question": "outra pergunta", "question_dropped": "deixou a pergunta de fora", "length": "longo demais",
    "placeholder": "espaço por preencher", "repeats": "repete o que já foi dito", "doubtful": "duvidoso, sem verificador",
    "unsupported": "diz o que não foi lido", "contradiction": "contradiz o que foi lido", "not_ok": "não aprovou",
}  # fmt: skip

# A template's button by its payload: we send that, WhatsApp shows the title that was approved (docs/meta.md).
TEMPLATE_BUTTONS = {"ATIVAR_PERFIL": "Ativar Perfil"}

RUN_STATUSES = {
    "requested": "solicitada", "active": "em andamento", "parked": "aguardando o lead", "waking": "retomando",
    "finished": "terminada",
}  # fmt: skip
FLOWS = {"lead-activation": "boas-vindas", "conversation": "conversa"}

# Where somebody came from; a form may name anything else.
SOURCES = {"form": "formulário", "whatsapp": "WhatsApp"}

CLASSIFICATIONS = {
    "energy_bill": "conta de luz", "other_document": "outro documento", "not_document": "não é um documento",
    "unreadable": "ilegível", "password_protected": "protegida por senha",
}  # fmt: skip

READERS = {"pdf_text": "regras, do texto do PDF", "picture": "regras, da imagem", "vision": "modelo de visão"}

# The eight criteria (domain.md 6.2), in its order.
CRITERIA = {
    "holder_name": "Nome do titular", "total": "Valor total", "consumption": "Consumo",
    "utility": "Distribuidora", "address": "Endereço", "due_date": "Vencimento",
    "holder_document": "CPF ou CNPJ", "installation_number": "Número da instalação",
}  # fmt: skip
VERDICTS = {"ok": ("✓", "certo"), "warn": ("!", "atenção"), "fail": ("✕", "errado")}
NOTES = {
    "missing": "não foi encontrado", "short": "curto demais", "out_of_range": "fora do esperado", "zero": "zero",
    "differs_from_barcode": "difere do código de barras", "unknown": "não conhecemos", "masked": "impresso em parte",
    "differs_from_plans": "difere da distribuidora dos planos", "not_in_state": "não atende o estado da conta",
    "differs_from_lead_state": "não atende o estado do lead", "other_city_than_lead": "cidade diferente da informada pelo lead",
    "month_in_future": "mês de referência no futuro", "check_digits": "dígitos verificadores não conferem",
    "not_printed": "não está impresso", "contradicted": "um código da conta diz outra coisa", "doubtful": "duvidoso: confira na conta",
    "uncertain": "incerto, por isso não preenchido",
}  # fmt: skip
# Where a field was found, and how sure that is (flows/assistant/bill/model.py, Sighting).
FOUND = {
    "code": "por código com dígitos verificadores", "label": "pelo rótulo", "place": "pelo lugar na página",
    "form": "pelo formato do número", "table": "por tabela da conta", "name": "pelo nome impresso", "vision": "pelo modelo de visão",
}  # fmt: skip
SURE = {"certain": "certo", "likely": "provável", "doubtful": "duvidoso", "uncertain": "incerto"}
CODES = {
    "payment": "código de pagamento", "pix": "código Pix", "access_key": "chave de acesso", "second_reader": "segunda leitura",
}  # fmt: skip

FLAGS = {
    "tarifa_social": "tarifa social", "tarifa_branca": "tarifa branca", "own_generation": "geração própria",
    "grupo_a": "grupo A", "b_optante": "B optante", "overdue_notice": "aviso de débito",
    "rural_irrigation": "irrigação rural", "high_value": "valor alto",
    "total_conflict": "valor difere do código de barras", "code_conflict": "a conta contradiz os próprios códigos",
}  # fmt: skip

READINGS = {
    "qualified": "qualificada", "below_minimum": "abaixo do valor mínimo", "review": "precisa de análise",
    "ask_again": "faltou um dado: pedida de novo", "ask_newer": "antiga: pedida uma mais nova",
    "unreadable": "ilegível", "password_protected": "protegida por senha", "other_document": "outro documento",
    "not_document": "não é um documento",
}  # fmt: skip
HOLDERS = {
    "match": "é o lead", "doubtful": "talvez o lead", "mismatch": "outra pessoa", "unknown": "não se sabe",
}  # fmt: skip

_WHY = FLAGS | {
    "bill_too_old": "conta com mais de três meses", "below_minimum": "abaixo do valor mínimo",
    "unknown_utility": "distribuidora desconhecida", "holder_mismatch": "titular é outra pessoa",
    "holder_doubtful": "titular duvidoso", "company_bill": "conta de empresa", "above_15000": "acima de R$ 15.000",
    "low_average_kwh": "consumo médio baixo", "bill_review": "a conta de luz precisa de análise",
    "broken": "arquivo danificado", "too_large": "arquivo grande demais", "too_slow": "leitura demorada demais",
}  # fmt: skip

# Keys of a hand-over's summary (flows/assistant/decide) and of its partner note (flows/registering.py).
_KEYS = {
    "why": "Motivo", "notes": "O que contou", "under_age": "Diz ser menor de idade", "overdue": "Voltou a cobrar o contato", "stage": "Etapa",
    "plan_id": "Plano nº", "discount": "Desconto", "fidelity_months": "Fidelidade (meses)", "outcome": "Resultado",
    "holder": "Titular é o lead?", "holder_agrees": "Titular concorda", "other_holder": "Outro titular", "utility": "Distribuidora",
    "total": "Valor", "consumption_kwh": "Consumo (kWh)", "month": "Referência", "due": "Vencimento",
    "reasons": "Motivos", "declared_amount": "Valor declarado", "below_minimum": "Abaixo do mínimo",
    "ibge_code": "Município", "bills": "Contas enviadas", "confirmed": "Confirmada pelo lead", "said": "Corrigido",
    "disputed": "Contestado", "doubts": "Dúvidas", "others": "Outras contas", "missing": "Falta", "bill": "Conta",
    "partner": "Parceiro",
}  # fmt: skip
_VALUES = {
    "yes": "sim", "no": "não", "not_asked": "não perguntado", "registered": "cadastrado", "known": "já era cadastrado",
    "not_eligible": "não elegível", "incomplete": "faltam dados",
}  # fmt: skip

ACTIONS = {
    "take_over": "assumiu a conversa", "give_back": "devolveu à assistente", "write": "escreveu ao lead",
    "remind_now": "pediu o lembrete", "contacted": "marcou como contatado",
    "dismiss_erasure": "encerrou o pedido de apagar os dados, sem apagar", "export": "exportou os dados",
    "erase": "apagou os dados", "login": "entrou", "login_failed": "errou a senha", "view_bill": "abriu a conta de luz",
}  # fmt: skip

# What came of an action: what is said on the page that follows, by `<action>.<outcome>`, and whether it went well.
SAID: dict[str, tuple[bool, str]] = {
    "take_over.done": (True, "Conversa assumida."),
    "take_over.taken_over": (False, "Outra pessoa já assumiu esta conversa."),
    "take_over.not_taken_over": (False, "A conversa já tinha voltado para a assistente. Para ficar com ela, assuma de novo."),
    "give_back.done": (True, "A conversa voltou para a assistente."),
    "give_back.not_taken_over": (False, "A conversa já estava com a assistente."),
    "give_back.taken_over": (False, "A conversa está com outra pessoa: para devolver, assuma antes."),
    "write.done": (True, "Mensagem na fila de envio."),
    "write.not_taken_over": (False, "Assuma a conversa antes de escrever."),
    "write.taken_over": (False, "A conversa está com outra pessoa: para escrever, assuma antes. Nada foi enviado."),
    "write.opted_out": (False, "Esta pessoa não quer mais mensagens: nada foi enviado."),
    "write.window_closed": (
        False,
        "A pessoa escreveu pela última vez há mais de 24 horas: o WhatsApp não aceita mensagem livre. Nada foi enviado.",
    ),
    "write.empty": (False, "Escreva a mensagem antes de enviar."),
    "write.long": (False, "A mensagem passa de 4.096 caracteres. Nada foi enviado."),
    "write.stale": (False, "A página tinha vencido. Confira a mensagem e envie de novo."),
    "remind_now.done": (True, "Lembrete pedido. Confira abaixo se foi entregue."),
    "remind_now.taken_over": (False, "Devolva a conversa antes de pedir o lembrete."),
    "remind_now.opted_out": (False, "Esta pessoa não quer mais mensagens: nenhum lembrete sai."),
    "remind_now.busy": (False, "A assistente está respondendo neste momento. Tente de novo em instantes."),
    "remind_now.closed": (False, "Nesta etapa não há o que lembrar."),
    "remind_now.reminded": (
        False,
        "Já saiu um lembrete, e a pessoa ainda não respondeu. Para enviar outro igual, marque a confirmação. Nada foi enviado.",
    ),
    "contacted.done": (True, "Marcado como contatado."),
    "contacted.nothing": (False, "Não havia nada aguardando uma pessoa."),
    "contacted.not_erased": (
        False, "Os dados ainda não foram apagados. Para encerrar o pedido mesmo assim, marque a confirmação.",
    ),
    "dismiss_erasure.done": (True, "Pedido encerrado. Os dados da pessoa não foram apagados."),
    "erase.done": (True, "Os dados da pessoa foram apagados."),
    "erase.files_later": (
        True, "Os dados da pessoa foram apagados. Os arquivos não puderam ser apagados agora; isso se repete sozinho "
              "a cada hora, por dois dias.",
    ),
    "erase.not_typed": (False, "Para apagar, digite APAGAR. Nada foi apagado."),
}  # fmt: skip


def verdict(criterion: str, outcome: str) -> tuple[str, str]:
    """A check's outcome as sign and word. A holder's name was found, which does not say that it is the lead's."""
    sign, word = VERDICTS[outcome]
    return sign, "encontrado" if (criterion, outcome) == ("holder_name", "ok") else word


def readable(summary: dict[str, Any], plans: Mapping[int, str] | None = None, under: str = "") -> list[tuple[str, str]]:
    """A hand-over's summary as labels and values in the order of `_KEYS`, since the store keeps none; what is inside another
    value stands after that one's label, and what is empty or no is left out. `plans` are the names of those known."""
    rows: list[tuple[str, str]] = []
    known = list(_KEYS)
    for key in sorted(summary, key=lambda key: known.index(key) if key in _KEYS else len(known)):
        value, label = summary[key], f"{under}{_KEYS.get(key, key)}"
        if isinstance(value, dict):
            rows += readable(value, plans, f"{label} · ")
        elif key == "notes" and isinstance(value, list):
            rows += [
                (f"{under}{label_of(note)}", str(note.get("text", ""))) for note in value if isinstance(note, dict)
            ]
        elif key == "plan_id" and plans and value in plans:
            rows.append((f"{under}Plano", f"{plans[value]} (nº {value})"))
        elif value not in (None, "", [], False):
            rows.append((label, _value(key, value)))
    return rows


def label_of(note: Mapping[str, Any]) -> str:
    """What a note of the lead's is about."""
    about = str(note.get("about", ""))
    said = MEANINGS.get(about, about) or _KEYS["notes"]
    return f"{said[:1].upper()}{said[1:]}"


def check(code: str) -> str:
    """What was refused of a model's words; `checker:…` is a second model's word."""
    by, _, what = code.rpartition(":")
    said = _CHECKS.get(what, what)
    return f"o verificador: {said}" if by == "checker" else said


def why(code: str) -> str:
    """A reason of a reading in words; `<criterion>_<note>` is made of both."""
    for criterion, label in CRITERIA.items():
        if code.startswith(f"{criterion}_") and (note := NOTES.get(code.removeprefix(f"{criterion}_"))):
            return f"{label.lower()}: {note}"
    return _WHY.get(code, code)


def found(sighting: dict[str, Any]) -> str:
    """Where a field of a bill was found and how sure that is: `pelo rótulo “Total a pagar”, linha 12 · certo`."""
    where = FOUND.get(sighting.get("by", ""), "")
    label = f" “{sighting['label']}”" if sighting.get("label") else ""
    line = f", linha {sighting['line']}" if sighting.get("line") else ""
    return f"{where}{label}{line} · {SURE.get(sighting.get('sure', ''), '')}"


def against(contradiction: dict[str, Any]) -> str:
    """Both values of a contradiction: `lido R$ 9,00; código de pagamento diz R$ 8,00`."""
    read, proved = (_shown(contradiction.get(name, "")) for name in ("read", "proved"))
    return f"lido {read}; {CODES.get(contradiction.get('code', ''), 'outra leitura')} diz {proved}"


def _shown(value: str) -> str:
    """An amount or a date as Brazilians write it, a name as it is."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return brl(Decimal(value)) if re.fullmatch(r"\d+\.\d\d", value) else value


def _value(key: str, value: Any) -> str:
    match key, value:
        case _, True:
            return "sim"
        case "disputed", list():
            return ", ".join(FIELDS.get(str(part), str(part)) for part in value)
        case _, list():
            return ", ".join(READINGS.get(str(part), why(str(part))) for part in value)
        case "stage", str() if value in set(Stage):
            return STAGES[Stage(value)]
        case "ibge_code", int():
            return municipality(value) or f"código IBGE {value}"
        case "discount", _:
            return f"{float(value) * 100:g}%".replace(".", ",")
        case "total" | "declared_amount", _:
            return f"R$ {value}".replace(".", ",")
        case "holder", str():
            return HOLDERS.get(value, value)
        case "outcome", str():
            return READINGS.get(value) or _VALUES.get(value, value)
        case (("month" | "due"), str()):
            return "/".join(reversed(value.split("-")[: 2 if key == "month" else 3]))
        case "why", str():
            return why(value)
    return _VALUES.get(str(value), str(value))
