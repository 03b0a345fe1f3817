"""Whether a message asks something, with or without a question mark: people talk into the keyboard."""

from __future__ import annotations

import re

from flows.brazil.folding import spoken, unaccent

_LEAD_IN = (
    r"^(?:(?:oi|ola|opa|bom|boa|dia|tarde|noite|e|mas|entao|ah|olha|assim|ok|certo|sim|tudo bem|moca|moco|so|"
    r"ai|ta|tá|"
    r"gente|amig[oa]|por favor|pfv|me diz|e ai|uma coisa|agora|hum+|kk+) )*"
)
_ASKS = re.compile(
    _LEAD_IN + r"(?:"
    r"como\b(?! (?:combinado|falei|disse|eu disse|sempre|voce disse))|quant[oa]s?\b|qual\b|quais\b|onde\b|"
    r"o que\b(?! tem (?:o |a )?(?:maior|menor|melhor|mais|sem))|quem\b|cade\b|"
    r"quando\b(?! (?:eu|chegar|puder|der|tiver|sair|for|voltar|conseguir|a conta))|que (?:horas|dia|empresa|"
    r"tipo|desconto|plano|valor|cidades?)\b|"
    r"por ?que\b|porque\b|pq\b|pra que\b|para que\b|sera que\b|sera\b|"
    r"(?:eu )?(?:precis[ao]|precisam|posso|consigo|devo|existe|aceitam?|atendem?|muda|cobram?|funciona|"
    r"compensa|vale)\b(?! (?:da conta|mandar depois))|"
    r"(?:eu )?(?:tem|tenho|tinha) (?:que|de|alguma?|fidelidade|multa|taxa|custo|mensalidade|desconto|como|"
    r"cobertura|placa|obra|na|no|em|contrato|bonus|risco)\b|"
    r"pode\b(?! (?:ser|sim|mandar|enviar|continuar|prosseguir|falar|deixar|apagar|me ligar|ligar|seguir)\b)|"
    r"(?:da|daria) (?:pra|para)\b|e (?:se|quando)\b|"
    r"(?:e|eh) (?:verdade(?= (?:isso|que|mesmo|ou))|golpe|"
    r"segur[oa]|legal|gratis|gratuit[oa]|de graca|confiavel|serio|possivel|mesmo|"
    r"robo|pegadinha|obrigatori[oa]|preciso|necessari[oa]|boleto|no boleto)\b|"
    r"(?:eu )?(?:vou|vai|vao) (?:ter|pagar|receber|ficar|mudar|precisar|instalar|vir|ser)\b|"
    r"(?:isso|esse desconto|essa energia|voces|vcs|a serena) (?:(?:e|eh|sao)(?! (?:(?:um|uma|uns|umas|muito|"
    r"bem|tao|todos|tudo|mesmo) )*(?:bando|ladr\w+|palhac\w+|vergonha|absurdo|merda|bosta|lixo|piada|ridicul\w+|"
    r"pessim\w+|horrive\w+|chat\w+|insuportave\w+|enganador\w*|mentiros\w+|bandid\w+|golpist\w+|sem vergonha\w*|"
    r"otim\w+|bo[mn]s?|boa|legal|legais|maravilhos\w+))|tem|atende\w*|cobra\w*|funciona\w*|"
    r"instala\w*|faz|fazem|vende\w*|conseg\w+|peg\w+|vao|vai|precisa\w*|aceita\w*)\b)"
)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:(?:quero|queria|gostaria de|preciso|posso|pode(?:ria)?) (?:muito |so |mesmo |me )*(?:saber\b"
    r"(?! mais(?: informac\w+| detalhes)?$)|entender|perguntar|dizer se|explicar|tirar)|"
    r"(?:uma|tenho|tirar|com|algumas?|minha) duvidas?|nao (?:entendi|compreendi) (?:direito |bem |muito bem |"
    r"ainda )*(?:como|o que|se|por que|qual|porque|nada)|"
    r"me (?:explica|explique|fala|fale|diz|diga|tira)(?: uma| ai| mais| melhor| direito| isso)* (?:como|se|"
    r"o que|qual|quanto|sobre|duvida|porque|por que|isso)|"
    r"me explic\w+|saber (?:se|como|quanto|qual|o que|mais sobre|sobre|quem|por que)|fala(?:r)? mais sobre|"
    r"(?:informacoes|detalhes) (?:sobre|de))\b"
)


# A complaint with question marks: "de novo??? já falei que a conta é 600".
_PROTESTS = re.compile(
    r"(?:^|(?<=[.!?,;\n]))\s*(?:(?:mas|ah|nossa|aff|poxa|caramba|serio|oxe|ue|gente) )*"
    r"(?:de novo|outra vez|novamente|mais uma vez|serio|oxe|ue|como assim de novo|que isso|ta de brincadeira)"
    r"\s*[?!]*\?[?!]*",
    re.IGNORECASE,
)


def looks_like_question(text: str) -> bool:
    """True when a message asks something: a question mark, a question word in front, or "queria saber se"."""
    text = _PROTESTS.sub(" ", unaccent(text))
    said = spoken(text)
    return "?" in text or bool(_ASKS.search(said) or _WANTS_TO_KNOW.search(said))
