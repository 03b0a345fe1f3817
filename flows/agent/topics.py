"""Which question of the FAQ a message asks: ids of `prompts/faq.toml`, one per row of domain.md, section 7."""

from __future__ import annotations

import re

from flows.agent.asking import looks_like_question
from flows.brazil.folding import spoken

IS_ROBOT = re.compile(
    r"\b(?:voce|vc|vcs|voces|ce|tu|aqui|isso|isto|quem)\b.{0,12}\b(?:e|eh|es|sao|seria|fala)\b (?:um |uma |so )?"
    r"(?:robo\w*|robot|bot|maquina|ia\b|inteligencia artificial|pessoa|humano|humana|gente|ser humano|real\b|"
    r"de verdade|"
    r"atendente virtual|assistente virtual|chat ?gpt|programa|automatic[oa])"
    r"|\b(?:estou|to|tou|tô) (?:aqui )?(?:falando|conversando|falano) com (?:um |uma |o |a |quem)?"
    r"(?:robo\w*|robot|bot|maquina|ia|pessoa|humano|gente|alguem|atendente|inteligencia|$)"
    r"|^(?:mas |ah |e |eh |isso |voce |vc )*(?:robo|robot|bot|ia|chat ?gpt|maquina|inteligencia artificial)(?: "
    r"ne| isso| mesmo)?$"
    r"|\b(?:resposta|mensagem|atendimento) (?:e )?automatic[oa]|\balguem de verdade\b.*\b(?:ai|aqui)\b"
)


def _table(lines: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Read `[topic]` headings and the patterns below them; every line break is one more `|`."""
    blocks = re.findall(r"^\[(\w+)\]\n(.+?)(?=\n\n|\Z)", lines.strip(), flags=re.MULTILINE | re.DOTALL)
    return tuple((topic, re.compile(r"\b(?:" + body.replace("\n", "|") + r")\b")) for topic, body in blocks)


# The first that fits wins, so the narrow ones stand before the broad ones.
_TOPICS = _table(r"""
[meus_dados]
dados pessoais|lgpd|privacidade|vaza\w*
(?:m(?:eus|inhas)|os|nossos) (?:dados|informacoes)
(?:como|onde|quem|de onde)\b.*\b(?:conseg\w+|peg(?:aram|ou)|pass(?:aram|ou)|arrum\w+|obt\w+|acha\w+|tem
tirou)\b.*\b(?:numero|contato|telefone|zap|whatsapp|whats)
(?:segur[oa]|seguranca|perigos[oa]|risco)\b.*\b(?:mandar|enviar|passar|foto)
(?:mandar|enviar|passar)\b.*\b(?:segur[oa]|perigos[oa]|risco)

[por_que_a_conta]
(?:por ?que|pq|para que|pra que|motivo|finalidade)\b(?!.*\b(?:alt[ao]|car[ao]|aument\w+|subi\w+|vem|vei\w+|pagar
pago)\b).{0,60}\b(?:contas?|faturas?|boleto|foto)
(?:precisa\w*|preciso|tem que|tenho que|necessari[oa]|obrigad[oa]|obrigatori[oa])\b.{0,20}\b(?:mandar|enviar
passar|mostrar)\b.{0,20}\b(?:contas?|faturas?|foto|boleto)

[primeira_fatura]
primeir[ao] (?:fatura|conta|boleto|mes|mensalidade|parcela)\b.*\b(?:gratis|gratuit[ao]|graca|free|pag\w+
isent\w+)
(?:gratis|graca|pag\w+|isent\w+)\b.*\bprimeir[ao] (?:fatura|conta|boleto|mes|mensalidade)

[bandeira]
bandeiras?

[indicacao]
indico\b|indique e ganhe|(?:ganho|bonus)\b.*\bamig[oa]s?
indica(?:r|cao|coes|ndo)\b(?!.*\bplanos?\b)

[quem_nao_pode]
requisitos?|criterios?|tarifa (?:social|branca)|baixa renda|cad ?unico|alta tensao|mercado livre|nome sujo
negativad[oa]|serasa|minimo (?:da|de|para)|alugad[oa]|irrigacao
quem (?:nao )?(?:pode|consegue|tem direito)
(?:ja )?(?:tenho|temos|possuo|uso|coloquei|instalei) (?:as |uns |umas |os )?(?:placas?|paine(?:l|is)
energia solar|solar)
(?:contas?|faturas?) (?:\w+ )?(?:atrasad[oa]s?|em atraso|vencid[oa]s?|em aberto)
(?:devendo|divida|debitos? em aberto)
(?:valor|consumo|conta|gasto) minim[oa]
a partir de (?:quanto|que valor|qual valor)
(?:sou|moro de|pago|casa de|casa alugad[oa]|imovel) (?:inquilin[oa]|alug\w+)
(?:precis\w+|tem que|tenho que) ser (?:o |a )?titular
no nome (?:de|da|do|dela|dele|dos)\b.{0,25}\b(?:pode|posso|serve|tem problema|da certo|vale)
(?:posso|consigo|pode|podemos|qualquer um|qualquer pessoa|todo mundo) (?:participar|aderir|entrar|pode)
(?:empresas?|comercio|cnpj|loja|condominio|sitio|fazenda|zona rural)\b.{0,15}\b(?:pode|podem|serve|tambem
participa\w*)

[duas_contas]
uma (?:so|unica) (?:conta|fatura)|um (?:so|unico) boleto
(?:duas|dois|2) (?:contas|faturas|boletos|pagamentos|cobrancas)
(?:outr[ao]|mais um|mais uma) (?:conta|fatura|boleto|cobranca)
(?:conta|boleto|fatura) separad[ao]
(?:conta|boleto|fatura) d[ae] serena
continu\w+ (?:\w+ ){0,2}(?:recebendo|vindo|chegando|pagando)\b.{0,20}\b(?:conta|fatura|boleto)

[mudanca_de_endereco]
vou me mudar|de mudanca
(?:mud(?:ar|armos|o|asse|anca|ando)|transfer\w+|troc(?:ar|o))\b.{0,25}\b(?:endereco|casa|residencia|apartamento
apto|imovel|bairro|cidade)
(?:se|quando|caso) (?:eu |a gente |nos )?(?:me |nos )?mudar(?:mos|em)?\b(?! (?:de|o|a) (?:plano|ideia
distribuidora|concessionaria))

[muda_distribuidora]
falt(?:a|ar|ou) (?:luz|energia)|sem (?:luz|energia|sol)\b|nublado|chov\w+|chuva\w*|apagao|interromp\w+
interrupcao
(?:mud\w+|troc\w+|continu\w+|deix\w+|sai\w*|cancel\w+|substitu\w+)\b.{0,40}\b(?:distribuidora|concessionaria
companhia|fornecedor\w*|enel|cemig|celpe|neoenergia|equatorial|coelba|cpfl|energisa|light|copel|celesc)
(?:fic\w+|falt\w+|acab\w+|ca(?:i|ir|iu)|queda|fica)\b.{0,12}\b(?:a|de|da|sem) (?:luz|energia)
(?:nao (?:tem|tiver|fizer)|falta\w*) sol
(?:a|de|e a) noite(?! (?:eu|mando|envio))

[precisa_de_placa]
placas?|paine(?:l|is)|telhado|obras?|reforma\w*|instalar|instalam?|equipamentos?|quebra\w*
(?<!numero da )(?<!codigo da )instalac(?:ao|oes)
(?:trocar?|mexer?)\b.{0,12}\b(?:relogio|medidor|fiacao)

[fidelidade]
fidelidade|cancel(?:ar|o|a|amento)|multas?|contratos?|rescis\w+|rescindir|carencia|permanencia|(?:sair
desistir) depois|prazo minimo|amarrad[oa]|fic\w+ pres[oa]
(?:quiser|posso|consigo|da para|da pra) (?:sair|desistir|parar)
quanto tempo\b.{0,15}\b(?:fico|dura|pres[oa]|obrigad[oa])

[e_confiavel]
golpe\w*|pegadinha|confiave(?:l|is)|de confianca|fraude|piramide|enganacao|furada|cilada|mentira|falcatrua|dentro da lei
(?:tem|existe|qual)\b.{0,10}\blei|na lei|lei \d+|aneel|regulamentad[oa]|procon|reclame aqui|sacanagem
(?:e|eh|isso|seria) (?:mesmo )?(?:verdade|verdadeir[oa]|serio|legal|legalizad[oa]|permitid[oa]|segur[oa]
honest[oa]|real)
(?:posso|da para|da pra|como) confiar

[atende_minha_cidade]
cobertura|cobrem?|na minha (?:cidade|regiao|area)|(?:tem|ta) disponivel
atend(?:e|em|eriam?|ia)(?! (?:o telefone|ligacao))
(?:tem|funciona\w*|chega\w*|atua\w*|opera\w*|vale|disponivel|existe|oferecem?)\b.{0,25}\b(?:na|no|em|aqui|para
pra)\b.{0,12}\b(?:cidades?|regiao|regioes|estados?|bairro|municipios?|interior|onde (?:eu )?moro)
(?:quais|que|em que|em quais|qual) (?:sao as |as )?(?:cidades?|regiao|regioes|estados?|lugares)
onde (?:voces|vcs|a serena) (?:atu\w+|atend\w+|funcion\w+|est\w+)

[forma_de_pagamento]
cartao|pix|boletos?|debito automatico|formas? de pag\w+|parcel\w+
(?:como|onde) (?:eu |que eu |se |que |e que |seria |faz para |faco para |faco pra )*(?:pag(?:o|a|ar)
faco o pagamento)\b(?! menos)
(?:como e|como fica|sobre) (?:feito )?o pagamento

[energia_por_assinatura]
(?:energia|usina) compartilhada|usinas?|creditos? de energia|fazenda solar|energia solar
(?:por|uma|e|de) assinatura(?! do contrato)
geracao (?:distribuida|compartilhada)
(?:sao|e|que) (?:esses |os |esse |o )?creditos?

[o_que_e_serena]
que empresa|qual (?:e )?(?:o nome d)?a empresa|do que se trata|quem (?:e|esta falando|fala)$|o que e isso
(?:o que|oq|oque|quem|que|qual)(?: que)? (?:e|eh|seria|sao|faz|fazem)(?: a| essa| esta| o)* (?:serena|srna
empresa|voces|vcs|voce|companhia)
(?:o que|oq|oque) (?:e que )?(?:voces|vcs|a serena|a empresa) (?:faz|fazem|sao|vende\w*|oferece\w*)
(?:quem|voces|vcs) (?:sao|fala) (?:quem|voces|vcs|de onde)
(?:(?:voces|vcs|voce|vc|aqui|isso|isto|a serena|ai) )?(?:nao )?(?:e|eh|sao) (?:mesmo )?(?:(?:a|o|da|do) )*(?:celpe
neoenergia|enel|cemig|coelba|cosern|cpfl|energisa|equatorial|edp|light|copel|celesc|celpa|rge|elektro|eletropaulo
(?:minha |nossa )?(?:distribuidora|concessionaria|companhia)|empresa de (?:luz|energia)|governo|prefeitura)
(?:a serena|serena|empresa|voces|vcs) (?:e|eh|sao|fica\w*|esta|estao) (?:de|em|do|da|no|na|aonde) (?!quem)[a-z]+

[tem_custo]
custos?|custa\w*|mensalidades?|taxas?(?! minima| de iluminacao)|adesao|invest\w+|gratis|gratuit[oa]|de graca
precos?|sai caro|tem algum gasto
(?:precis\w+|tenho que|tem que|ter que|tem de|tenho de|vou) (?:\w+ )?pagar (?:algo|alguma|algum|nada|para|pra
por|taxa|voces)
(?:precis\w+|tenho que|tem que|ter que) pagar
pag(?:a|o|ar) (?:algo|alguma coisa|para entrar|pra entrar|para aderir|para participar)
cobra(?:m|do|da|r)?(?! (?:o|a) (?:desconto|conta))
valor (?:do plano|da assinatura|do servico|da adesao)

[quanto_economizo]
quantos? %
[0-9]+ ?% (?:de|em|d[ao]) (?:r )?[0-9]+
(?:d[ae]|dao|daria|vira\w*) (?:uns |umas )?[0-9]+ reais
economiz\w+|economia|valor do desconto|compensa|vale (?:mesmo )?a pena|vantage(?:m|ns)|simula\w+
quant[oa]s?\b.{0,30}\b(?:econom\w+|descont\w+|pagar|pago|por cento|porcento|diminu\w+|reduz\w*|abat\w+|baix\w+
ganh\w+|menos)
qual (?:e |o |a |seria |vai ser |sera |valor |do |de )*(?:descontos?|economia|porcentagem|percentual)
(?:tem|da|vai ter|recebo|ganho|consigo|maior|melhor) (?:\w+ )?desconto
desconto (?:e|seria|fica) (?:de )?quanto
quanto (?:fica|ficaria|vai ficar|vem|viria)\b.*\bconta

[como_funciona_desconto]
funciona\w*|taxa minima|iluminacao publica|como (?:seria|assim)
como (?:(?:e|que|seria|vem|aparece|sai|recebo|ganho|fica|vai|vou|tenho|consigo|faz|faco|para|pra|ter|o|a|esse|essa
isso) )*(?:descontos?|isso|calculad[oa]|creditos?|abatid[oa]|feito|aparece)
explic\w+ (?:como|melhor|isso|direito|ai|pra mim|para mim)
entender (?:como|melhor|direito|isso)
(?:quando|onde) (?:\w+ ){0,2}(?:descontos?|valer)
""")

_STATES_A_FACT_THAT_ASKS = re.compile(
    r"^(?:eu |mas |e |ja |eu ja |mas eu )*(?:tenho|temos|possuo|uso) (?:\w+ )?(?:placas?|paine(?:l|is)|energia "
    r"solar|tarifa social|tarifa branca|baixa renda)\b"
    # Who has no light takes us for the distribuidora; "faltou luz ontem" only tells what happened.
    r"|^(?:\w+ ){0,4}?(?:estou|to|tou|estamos|tamos|fiquei|ficamos|aqui|ta|esta|tudo|rua) sem (?:luz|energia)\b"
)
# "Ah, é verdade, eu preenchi" agrees; "isso é verdade" and "é verdade que…" ask.
_AGREES = re.compile(r"^(?:(?:ah|sim|pois|nossa|eita|ok|oi|hm+) )*e verdade\b(?! (?:isso|que|mesmo|ou))")
_FEW_WORDS = 4
_ABOUT_OURSELVES = re.compile(
    r"^(?:eu |ja |a |o |minha |meu )*(?:cancel\w+|pago|paguei|recebi|mandei|mando|vou|quero|sou|moro|estou|nao|sem|"
    r"conta|fatura|segue|aqui|esse|esta|essa)\b"
)
_ASKED_BY_A_NOUN = frozenset({
    "bandeira", "duas_contas", "e_confiavel", "energia_por_assinatura", "fidelidade", "forma_de_pagamento", "indicacao",
    "precisa_de_placa", "primeira_fatura", "quanto_economizo", "tem_custo", "como_funciona_desconto", "quem_nao_pode",
})  # fmt: skip


def question(text: str) -> str | None:
    """The id of the FAQ entry that a message asks about, or None. A statement about the same is no question."""
    said = spoken(text)
    if "?" not in text.partition("erdade")[2][:2]:
        said = _AGREES.sub("", said).strip()
    if IS_ROBOT.search(said):
        return "e_robo"
    topic = next((topic for topic, pattern in _TOPICS if pattern.search(said)), None)
    if topic is None or looks_like_question(text) or _STATES_A_FACT_THAT_ASKS.search(said):
        return topic
    # "fidelidade", "e a bandeira vermelha": two words are a question when they are not about the lead's own doings.
    bare = len(said.split()) <= _FEW_WORDS and not _ABOUT_OURSELVES.search(said) and not re.search("[0-9]", said)
    return topic if bare and topic in _ASKED_BY_A_NOUN else None
