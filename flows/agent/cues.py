"""What leads say on the way that is neither an intent nor a question of the FAQ, and still wants its own answer."""

from __future__ import annotations

import re
from enum import StrEnum

from flows.agent.phrases import APOLOGY
from flows.brazil.folding import spoken


class Cue(StrEnum):
    """One thing a message hints at; the step that is under way decides what it means there."""

    PLANS = "plans"
    MORE = "more"
    WHO = "who"
    DOUBT = "doubt"
    LOST = "lost"
    COMPARE = "compare"
    NONE_OF_THEM = "none_of_them"
    THINKING = "thinking"
    ALREADY_SENT = "already_sent"
    WHEN_STARTS = "when_starts"
    MINIMUM = "minimum"
    WILL_SEND = "will_send"
    WILL_NOT_SEND = "will_not_send"
    OTHER_HOLDER = "other_holder"
    WHEN_CALLED = "when_called"
    GO_ON = "go_on"
    CHOOSES = "chooses"
    UNDER_AGE = "under_age"
    SECRET = "secret"
    IN_TIME = "in_time"


_RELATIVE = (
    r"(?:mae|pai|esposa|esposo|mulher|marido|irmao|irma|sogr[oa]|av[oh]|avo|filh[oa]|ti[oa]|namorad[oa]|vizinh[oa])"
)
_TO_17 = "1[0-7]|dez|onze|doze|treze|quatorze|catorze|quinze|dezesseis|dezassete|dezessete"
_CUES = {
    Cue.PLANS: r"\b(?:quais|qual|que|ver|mostr\w+|conhec\w+|saber|lista\w*|opcoes|mand\w+|pass[ae]|tem|cade)\b"
    r".{0,25}\bplanos?\b"
    r"|^(?:os )?planos?$",
    Cue.MORE: r"\b(?:saber mais|mais (?:informac\w+|info|detalhes)|quero entender|explic\w+ melhor|fal\w+ mais)\b",
    Cue.WHO: r"\bquem (?:e|eh|esta|ta|fala|sao)\b.{0,12}\b(?:vc|voce|vcs|voces|falando|ai)\b",
    Cue.DOUBT: r"\b(?:tenho|tirar|com|uma) (?:uma |umas |algumas |a )?duvidas?\b",
    Cue.LOST: r"\bnao (?:entendi|compreendi)\b|\bnao sei (?:como|mandar|enviar)\b"
    r"|\bcomo (?:e que |que )?(?:eu )?(?:faco|mando|envio|escolho|respondo)\b",
    Cue.COMPARE: r"\bmelhor(?:es)?\b|\bdiferencas?\b|\brecomend\w+|\bindica\w*\b|\bsuger\w+|\bvale mais\b",
    Cue.NONE_OF_THEM: r"^(?:\w+ ){0,3}nenhum(?: \w+){0,3}$",
    Cue.THINKING: r"\b(?:vou|quero|preciso|deixa eu|tenho que) (?:\w+ )?"
    r"(?:pensar|ver(?! (?:os |ai )?planos)|analisar|conversar com (?:meu|minha))\b"
    r"|\b(?:amanha|depois|mais tarde) (?:eu )?(?:te |lhe )?(?:falo|digo|respondo|vejo|decido|escolho|aviso)\b",
    Cue.ALREADY_SENT: r"\bja (?:te |lhe )?(?:mandei|enviei|passei)\b",
    Cue.WHEN_STARTS: r"\b(?:quando|quanto tempo|demora\w*)\b.*"
    r"\b(?:comec\w+|inici\w+|desconto|creditos?|valer|ativ\w+)\b"
    r"|\bcomeca (?:ja |a valer )*(?:n[ao]|est[ea]|ess[ea]) (?:proxim[oa] |outr[oa] )?(?:conta|fatura|mes)\b",
    Cue.MINIMUM: r"\b(?:valor|conta|consumo|gasto) minim[oa]\b|\bminimo (?:da|de|para|pra)\b"
    r"|\ba partir de (?:quanto|que valor|qual valor)\b",
    Cue.WILL_SEND: r"\b(?:ja |te |e )?(?:mando|envio)\b"
    r"|\bvou (?:te |ja |ali )*(?:mandar?|enviar?|tirar?|bater?|pegar?|buscar?)\b"
    r"|\btirando (?:a )?foto\b",
    Cue.WILL_NOT_SEND: r"\bnao (?:quero|vou|gosto de|gostaria de|preciso) (?:te |lhe |de )?"
    r"(?:mandar|enviar|passar|mostrar)\b",
    Cue.OTHER_HOLDER: r"\b(?:conta|luz|fatura|nome|titular)\b.{0,30}"
    rf"\b(?:d[aeo]|e|eh) (?:minha |meu |a |o )?{_RELATIVE}\b",
    Cue.IN_TIME: r"\bainda (?:da|tem|tenho) tempo\b(?! (?:que|ate|livre))|(?<!nao )\bda tempo ainda\b",
    Cue.WHEN_CALLED: r"\b(?:quando(?! (?:puder|der|quiser|tiver))|que horas|que dia)\b.*"
    r"\b(?:lig\w+|cham\w+|contat\w+|fal\w+|retorn\w+|entra\w*)"
    r"|\b(?:demora|prazo)\b"
    r"|\bninguem (?:me )?(?:\w+ )?(?:lig\w+|cham\w+|fal\w+|respond\w+|retorn\w+)",
    Cue.GO_ON: r"\b(?:quero|queria|vamos|podemos|bora) (?:continuar|retomar|seguir|voltar|participar|ver)\b",
    Cue.CHOOSES: r"\b(?:quero|queria|prefiro(?! nao\b)|escolho|escolhi|pode ser|fico com|ficar com|gostei"
    r"|vou (?:de|com|querer|no|na|pelo))\b",
    Cue.UNDER_AGE: rf"\btenho (?:so |apenas |ainda )?(?:\d|{_TO_17}) anos\b(?! (?:de|com|que))"
    rf"|^(?:(?:oi|mas|e|eu|so|moc[ao]|ah|sim|nao) )*(?:eu )?(?:so |ainda )?tenho (?:so |apenas |ainda )?(?:{_TO_17})"
    r"(?=$| (?:e|mas|ainda|so|posso|pode|moc[ao]|e (?:a|minha)|tem problema)\b)"
    r"|(?<!nao )\b(?:sou|eu|ainda sou) (?:ainda |muito )?(?:de |di)?menor\b(?! (?:valor|preco|conta|que))"
    r"|^(?:(?:oi|mas|eu|sou) )*(?:de menor|dimenor|menor de idade|menor de 18)(?: (?:ainda|anos|viu|posso|pode))*$"
    r"|\bsou (?:uma? )?(?:crianca|adolescente)\b"
    r"|\b(?:nao|nem) (?:tenho|fiz|completei) (?:ainda |os )?(?:18|dezoito)\b(?!%| (?:reais|por|cont\w+|mil|mes))"
    r"|\btenho menos de (?:18|dezoito)\b|\bvou (?:fazer|completar) (?:1[1-8]|dezoito|dezessete|dezesseis)(?: anos)?\b",
}
_CUES[Cue.SECRET] = (
    # a CPF in its usual spelling, or one that is named; a password that is offered, given or asked about
    r"(?<!\d)\d{3} \d{3} \d{3} \d{2}(?!\d)|\bcpf\b|\brg\b.{0,8}\d{3}"
    r"|\b(?:minha|meu|a|de) (?:senha|login)\b|\bsenha\b.{0,20}\b(?:e|eh|seria)\b|\bdados? bancarios?\b|^senha \w+$|\bcartao de credito\b"
)
_PATTERNS = {cue: re.compile(pattern) for cue, pattern in _CUES.items()}


def cues(text: str) -> frozenset[Cue]:
    """Return every cue of one message."""
    # "Desculpa a demora" asks for nothing: neither when the consultant calls nor how long it takes.
    said = APOLOGY.sub(" ", spoken(text)).strip()
    return frozenset(cue for cue, pattern in _PATTERNS.items() if pattern.search(said))
