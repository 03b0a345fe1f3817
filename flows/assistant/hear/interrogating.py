"""Whether words ask something, with or without a question mark: people talk into the keyboard."""

from __future__ import annotations

import re

_LEAD_IN = (
    r"^(?:(?:oi|ola|opa|bom|boa|dia|tarde|noite|e|mas|entao|ah|olha|assim|ok|certo|sim|tudo bem|moca|moco|so|ai|ta|gente"
    r"|amig[oa]|meu (?:fi|filho|rei|bem|querido)|minha (?:fia|filha|querida|flor)|por favor|me diz|e ai|uma coisa|agora|hum+|k+|vixe|eita|nossa|tche|bah|uai|sabe|e essa|e esse) )*"
)
_ASKS = re.compile(
    _LEAD_IN + r"(?:"
    r"(?:se )?(?:pago|paga|vem|fica|recebo|chega|e|cobra)\b(?: \w+){1,4} ou (?:e|vem|fica|tem|na|no|em|outra?|paga|pago|chega|por)\b|demora\b|que documentos?\b|que papel\b|como\b(?! (?:combinado|falei|disse|eu disse|sempre|vc disse|eu falei|te falei))|quant[oa]s?\b"
    r"|qual\b(?! quer)|quais\b(?! quer)|onde\b|o que\b(?! (?:nao |me |tem |da |for|vc|vcs|eu|mais|paga|prende|amarra|sai|vale|tiver|der|(?:desconta|abate|economiza|reduz|baixa|tira|oferece)(?:r|e)? (?:mais|menos|\d)))"
    r"|o que (?:e|sao|eh|significa|acontece|muda|faz|tem que|vcs fazem|vcs sao)\b"
    r"|quem (?:e|sao|fala(?! (?:e|aqui))|ta(?! (?:falando|escrevendo) e)|paga|garante|te|vai|assina|pode|mandou|deu|passou|pegou|arrumou|informou|forneceu)\b|cade\b"
    r"|quando (?:e|vai|vao|comeca|chega|vem|vcs|voces|que|sai|entra|cai|liga|ligam)\b|que (?:e )?(?:isso|negocio|historia|trem|coisa) d[eo]|que (?:horas|dia|empresa|tipo|desconto|plano|valor|cidades?|historia|negocio)\b"
    r"|por que\b|porque (?:precis|a conta|vcs|tem|eu tenho|que)|para que\b|sera que\b|sera\b"
    r"|(?:eu )?(?:precisa|precisam|preciso (?=pagar|instalar|ter|ser|assinar|trocar|mudar|fazer (?:algo|alguma|nada)|colocar|botar|mandar|levar|ir|sair|estar|enviar|provar)|posso|consigo|devo|existe|aceitam?|atendem?|muda|cobram?|funciona|compensa|vale)\b"
    r"(?! (?:da conta|mandar depois|falar|de (?:um|uma|ajuda|atend|alguem)|conversar|sim|nao|mandar so|pensar|ver com|so))"
    r"|tem (?:(?:que|de)(?! ser (?:de|por|com|depois|antes|mais|so|aqui|no|na|em)\b)|alguma?|fidelidade|multa|taxa|custo|mensalidade|desconto|como|cobertura|placa|obra|na|no|em|contrato|bonus|risco|cnpj|reclame|plano|garantia|lei|problema|jeito|algum)\b"
    r"|(?:eu )?tenho (?:direito|que (?:pagar|instalar|trocar|assinar|ter|mudar|sair|colocar|botar))\b"
    r"|pode(?:m)? (?:cancelar(?= (?:quando|a qualquer|depois|antes|sem|no|em|com)\b)|mudar|sair|aumentar|ter|cobrar|cortar|usar|fazer isso|por(?! (?:o|a|ess[ea]|est[ea]|n[oa]|eu|mim)\b)|incluir|me explicar|explicar)\b"
    r"|(?:e )?obrigad[oa] (?:a )?ficar\b|(?:o|esse) desconto (?:vem|cai|aparece|vale|e)\b(?! (?:bom|otimo|pouco|baixo|fraco|muito|ruim|ridicul\w+))|vou ter (?:que )?(?:placa|mexer|instalar|pagar|multa)\b|quem (?:tem|ta|e) (?:nome sujo|negativad\w+|de aluguel|aposentad\w+)\b|(?:da|daria) para\b|e se\b|e quando\b"
    r"|e (?:verdade(?= (?:isso|que|mesmo|ou))|golpe|segur[oa]|legal(?= isso)|gratis|gratuit[oa]|de graca|confiavel|serio|possivel"
    r"|robo|pegadinha|obrigatori[oa]|preciso|necessari[oa]|boleto|no boleto)\b"
    r"|(?:vai|vao) (?:ter|pagar|receber|ficar|mudar|precisar|instalar|vir|ser(?! (?:o|a|ess[ea]|nesse|no)\b))\b|(?:eu )?vou (?:ter que(?! (?:imprimir|baixar|procurar|pegar|ver|pensar|pedir|buscar|sair|ir|decidir|falar|perguntar(?! (?:para|a|ao|isso)\b)|tirar|esperar|achar))|pagar|receber|precisar)\b"
    r"|(?:isso|esse desconto|essa energia|vc|vcs|a serena) (?:tem|atende\w*|cobra\w*|funciona\w*|instala\w*|vende\w*|aceita\w*"
    r"|emite\w*|trabalha\w*|faz\b|fazem\b|sao de onde|e de onde|sao da|e da|e um robo|e robo|e humano|e pessoa)\b"
    r"|(?:e )?melhor (?:o|a|pegar|escolher) \w+(?: \w+){0,2} ou\b|me ajud[ae] a (?:escolher|decidir)|(?:fala|diz|explica|bota|mostra) (?:isso )?em (?:reais|dinheiro)|(?:se|caso) eu (?:me )?(?:mudar|sair|cancelar|desistir|quiser|parar|entrar|trocar)\b|a partir de (?:que|quando|quanto)\b|(?:ai|entao) eu (?:pago|recebo|continuo|vou (?:pagar|receber|ficar|ter|precisar))\b"
    r"|(?:do|does) (?:you|i|they|we|it)\b|(?:is|are|was) (?:this|it|there|you|they|the)\b|can (?:i|you|we)\b|(?:how|what|why|who|where|when|which)\b|(?:cuanto|cual|como|donde|quien|que es|por que|hay)\b"
    r")"
)
# Who writes formally asks in commands: "informe o CNPJ", "cite a norma", "queira esclarecer".
_COMMANDS = re.compile(
    r"^(?:(?:boa tarde|bom dia|boa noite|ola|antes|e|tambem|por favor|por gentileza|favor|queira\w*|solicito que|peco que|gentileza|de \w+ \w+ \w+) )*"
    r"(?:mand[ae] (?:ai |me )?(?:o|a|os|as) (?:site|link|insta\w*|endereco|cnpj|contrato|telefone|regulamento)\b|inform(?:e|em|ar)\b|cit(?:e|em|ar)|esclare(?:ca|cam|cer)|especifi(?:que|car)|descrev(?:a|er)|identifi(?:que|car)|indi(?:que|car)(?= (?:o|a|qual|quem) )"
    r"|detalh(?:e|ar)|demonstr(?:e|ar)|comprov(?:e|ar)|justifi(?:que|car)|fundament(?:e|ar)|expli(?:que|car)|apresent(?:e|ar)|encaminh(?:e|ar)(?= (?:o|a|me|uma|copia)\b)|declin(?:e|ar) |discrimin(?:e|ar))"
)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:perguntou|ta perguntando|mandou perguntar|pediu para perguntar) (?:se|quanto|quando|qual|quais|como|o que|onde|por que)\b|\bqual (?:o senhor|a senhora|vc|tu)(?: \w+)? (?:acha|prefere|escolhe\w*|indica|pega\w*)\b|\b(?:perco|perde|pago|tem|atende) ou nao\b|\b(?:(?:quero|queria|gostaria de|preciso|posso|pode(?:ria)?) (?:muito |so |mesmo |me |assim )*(?:saber\b"
    r"(?! mais$)|entender|perguntar(?! (?:para|a|ao|isso)\b)|dizer se)|nao (?:entendi|compreendi) (?:direito |bem |ainda )*"
    r"(?:como (?:funciona|e|faz|vai|fica)|se|por que|qual|porque)"
    r"|me (?:explica|explique|fala|fale|diz|diga|tira)(?: uma| ai| mais| melhor| direito| isso)* (?:como|se|o que|qual"
    r"|quanto|sobre|duvida|porque|por que)|saber (?:se|como|quanto|qual|o que|mais sobre|sobre|quem|por que)"
    r"|fala(?:r)? mais sobre|me explica (?:esse|essa|o|a|isso|melhor))\b|\b(?:sera que tem problema|e o que$|ne nao e$|e isso mesmo que$)"
    r"|\b(?:cinco|5) anos e$|\bou nao$|\bda quanto$|\bquanto (?:da|fica|sai|custa|e|vem)$|\bme ajud[ae]$|\bo que (?:acontece|muda)\b|\bcomo (?:fica|funciona|e que fica)\b|\bfico sem (?:luz|energia)$|\btem problema$"
)


# "Precisa avisar não": the no at the end makes it an answer.
# "Quem assina a conta é meu cunhado" tells.
_TELLS_WHO = re.compile(
    r"^(?:\w+ ){0,2}quem .*\b(?:e|sou|foi|sao)(?: mesmo)? (?:eu|el[ae]s?|(?:o |a )?(?:meu|minha|nosso|nossa)|(?:o|a) [a-z]+)\b(?! ou\b)"
)
# "É o que consta aqui também", of what was read.
_TELLS_WHAT = re.compile(
    r"(?:sim |isso |ah |uai |pois )*(?:e|foi|era) (?:isso |esse valor )?o que (?:consta|ta|esta|vem|veio|aparece|diz|paguei|eu pago|pago|deu|saiu|tem aqui)\b"
)
_TELLS_NO = re.compile(r"^(?:\w+ ){0,2}(?:precisa|precisam|preciso|carece)\b(?: (?!ou\b)\w+){0,4} nao$")


def asks_in_words(said: str) -> bool:
    """Tell whether a clause asks by its words alone."""
    if (
        said.startswith(("so consigo ", "so posso ", "so da "))
        or _TELLS_WHAT.match(said)
        or _TELLS_NO.search(said)
        or _TELLS_WHO.search(said)
    ):
        return False
    return bool(_ASKS.search(said) or _WANTS_TO_KNOW.search(said) or _COMMANDS.search(said))
