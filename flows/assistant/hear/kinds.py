"""Kinds of clauses by which people mean a thing, built out of classes of words: to add a phrase, add it to its line.

`circumstances` and `wishes` hold the forms that are told apart by single words; here stand the ones that are a way of
speaking: who does what, to whom, when. Each line is one way; the comment says what it means.
"""

from __future__ import annotations

from flows.assistant.hear.rule import RELATIVE, Rule, says
from flows.assistant.meaning import Meaning

M = Meaning

# --- classes of words -------------------------------------------------------------------------------------------------
_BILL = r"(?:conta|fatura|boleto|foto|papel|documentos?|dados|print|pdf|isso|nada|essas coisas)"
_SEND = r"(?:mand\w+|envi\w+|pass(?:ar|o|ando)|mostr\w+|expo(?:r|nho)|compartilh\w+|forne\w+|dar|dou|tirar)"
_WHEN = (
    r"(?:amanha|depois|mais tarde|logo mais|ja ja|segunda|terca|quarta|quinta|sexta|sabado|domingo|semana que vem|mes que vem|dia \d+"
    r"|de noite|a noite|de noitinha|de tarde|de manha|outro dia|outra hora|fim de semana|daqui a pouco)"
)
_WEEKDAY = r"(?:segunda|terca|quarta|quinta|sexta|sabado|domingo|amanha|semana que vem|mes que vem)"
_PEOPLE = rf"(?:el[ae]s?|{RELATIVE}|soci[oa]s?|contador\w*|patr(?:ao|oa)|diretoria|familia|pessoal|velh[oa])"
_US = r"(?:vcs|vc|serena|a serena)"
_OTHER_FIRM = (
    r"(?:outra|outro|outras|concorrente|concorrencia|cooperativa|lemon|bow ?-?e|origo|reverde|igreen|alexandria|ultragaz|evolua|edp smart"
    r"|sun ?mobi|cemig sim|sol facil|enel x|juntos energia|nex energy|flora energia|matrix|metha|comercializadora)"
)
_HOLDER = r"(?:titular|don[oa]|proprietari[oa])"
_BUSINESS = (
    r"(?:salao\w*|atelie|fabrica|escritorio|consultorio|clinica|oficina|loja|lojinha|padaria|bar|restaurante|mercad\w+|sorveteria|barbearia"
    r"|academia|pousada|igreja|escola|creche|posto|farmacia|empresa|firma|industria|construtora|quitanda|lanchonete|pizzaria)"
)

# --- putting off ------------------------------------------------------------------------------------------------------
_LATER = says(
    # the bill is with somebody who comes back on a day; I come back then
    rf"\b(?:so )?(?:volt[oa]|chega|vem|aparece)(?: so)? (?:em |no |na )?{_WEEKDAY}\b",
    # I try, look, bring, answer at another time
    rf"\b(?:tento|vejo|levo|olho|trago|busco|pego|respondo|resolvo|decido|penso|falo|procuro)(?: \w+){{0,3}} {_WHEN}\b",
    rf"\b{_WHEN}(?: eu| te| lhe| ja)* (?:tento|vejo|levo|olho|trago|busco|pego|dou|digo|falo|respondo|mando|envio|procuro|tiro)\b",
    # the postman, the bill has not come
    r"\b(?:carteiro|correio|boleto|conta|fatura)(?: \w+){0,2} (?:ainda )?nao (?:passou|chegou|veio|entregou|trouxe|apareceu)\b",
    r"\bainda nao (?:chegou|veio|passou|recebi|baixei|achei|encontrei|procurei)\b(?! (?:o desconto|o credito|resposta))",
    # wait until I am free; remind me
    r"\b(?:espera|deixa|pera|perai|calma)(?: ai)? eu (?:desocup\w+|termin\w+|acab\w+|cheg\w+|sair|almoc\w+|volt\w+|ver|respir\w+|me organiz\w+)",
    r"\bme (?:cobra|lembra|relembra)(?: \w+){0,2} (?:amanha|depois|mais tarde|segunda|outro dia|semana)\b",
    # I am trying to get it
    r"\b(?:to|estou|tava) (?:tentando|vendo se|pelejando para)(?: \w+){0,5} (?:baixar|entrar|achar|abrir o site|pegar|conseguir|imprimir)\b",
    r"\b(?:vou|tenho) (?:ter )?que (?:imprimir|baixar|procurar|pedir|pegar|buscar|achar|tirar)\b",
    # in half an hour, in a while
    r"\bdaqui (?:a )?(?:meia hora|um tempinho|um pouco|pouco|umas? horas?|uns dias|uns minutos)\b",
    # I sleep on it, show it to somebody, analyse it
    r"\bdormir no assunto\b|\b(?:to|estou|tamos|estamos) (?:ainda )?(?:analisando|avaliando|estudando|pensando|matutando|vendo)\b(?: ainda)?",
    rf"\b(?:vou|quero|preciso|deixa eu|tenho que) (?:mostrar|perguntar|consultar|levar|falar|conversar|ver)(?: isso| com| para| pro| primeiro)* (?:o |a |os |meu |minha |as )*{_PEOPLE}\b",
    r"\bdepois (?:eu )?te (?:dou|digo|falo|conto|passo)\b|\bcom (?:mais )?calma\b|\bmatutar\b",
)
_NOT_LATER = says(r"\bcomo\b.*\bbaixar\b|\bnao recebi (?:desconto|credito|resposta)|\bja (?:voltei|cheguei)|\bobra\b")

# --- not sending ------------------------------------------------------------------------------------------------------
_WONT_SEND = says(
    # I do not (like to, dare to, allow myself to) send it
    rf"\b(?:nao|nem|nunca|jamais) (?:vou |quero |ficar |acho certo |acho bom |tenho confianca (?:para|de|em) |fico a vontade |autorizo |aceito |permito |gosto de |posso (?=\w+ por (?:questao|seguranca|privacidade)))*{_SEND}\b(?:.*\b{_BILL}\b|.*\b(?:privacidade|seguranca|ninguem)\b| isso$)",
    rf"\bnao (?:mando|envio|passo|mostro|dou)\b(?: (?:nao|minha|meus|a|{_BILL}|para|ninguem|vcs|foto|de luz))*$",
    rf"\bminha {_BILL} nao (?:mando|envio|passo|mostro)\b|\b{_BILL}(?: \w+)? eu nao (?:mando|envio|passo|mostro|dou)\b",
    # no way, not even dead
    rf"\b(?:sem chance|nem a pau|nem pensar|nem morta?|fora de cogitacao|de jeito nenhum|deus me livre)(?: de| que| eu)* {_SEND}\b",
    rf"\b{_SEND} (?:a |o |minha |meus? )?{_BILL}(?: \w+){{0,2}} (?:nem pensar|de jeito nenhum|jamais|nunca|eu nao|deus me livre)\b",
    rf"\b(?:recuso|me recuso a|me nego a|evito|nao autorizo|nao me sinto segur[oa] (?:de|para|em))(?: \w+)? {_SEND}\b",
    rf"\b{_BILL}\b.*\bnao (?:vou|quero)(?: ficar)? {_SEND}$",
    # I would rather not say
    r"\bprefiro nao (?:informar|dizer|passar|falar|dar|mostrar|compartilhar|expor)\b",
    # nobody sees my bill
    r"\b(?:minha conta|conta minha|meus documentos?) (?:eu )?(?:ninguem|nao e para qualquer)\b",
)
_NOT_WONT_SEND = says(
    r"\b(?:agora|hoje|amanha|no momento|ainda|por aqui nao|errad\w+|outra|consigo|mensage\w+|mais tarde|carteiro|correio|como|desconto|vcs)\b",
    r"\bnao (?:passou|passa)\b|\bpassar (?:aperto|fome|necessidade|vergonha|dessa)",
)

# --- other firms, fraud -----------------------------------------------------------------------------------------------
_COMPETITOR = says(
    # I have, signed, joined, am with another one
    rf"\b(?:tenho|fiz|fechei|assinei|aderi|entrei|contratei|participo|to|estou|sou|uso|recebo|ganho|tava|estava|fui)\b(?: \w+){{0,4}} (?:com|de|da|do|na|no|em|numa|num|pela) (?:a |o |uma |um )?{_OTHER_FIRM}\b(?! (?:casa|conta|cidade|bolsa|pessoa|mulher|hora|dia|lugar|estado|numero|celular|nome|moca))",
    # somebody else offered, promised, called
    rf"\b{_OTHER_FIRM}(?: \w+){{0,5}} ?(?:me )?(?:ofereceu|ofereceram|oferece|oferecendo|prometeu|prometeram|da \d|deu|dao|cobra|cobrou|ligou|passou aqui|veio aqui|desconta|nao cobra|paga mais)\b",
    rf"\b(?:me )?(?:ofereceu|ofereceram|ofereceu|prometeu|prometeram|deram|fizeram|recebi|oferta d[aeo]|proposta d[aeo])(?: \w+){{0,4}} (?:\d+ ?(?:%|por ?cento)|proposta melhor|coisa melhor|desconto maior|{_OTHER_FIRM})",
    r"\btem (?:uma |outra |umas )?(?:empresa|firma|companhia|usina|cooperativa)s?(?: \w+){0,4} (?:que )?(?:da|dao|oferece\w*|cobra\w*|desconta\w*|paga\w*) ?(?:mais|\d+|menos|melhor)?",
    # somebody I know has it with another one
    rf"\b(?:{RELATIVE}|colega|amig[oa]|conhecid[oa])(?: \w+){{0,3}} (?:com|numa|na|de|em) (?:uma |um )?{_OTHER_FIRM}\b",
)
_NOT_COMPETITOR = says(
    rf"(?<!concorrente )(?<!concorrencia )\b(?:com|da|de|na) {_US}\b(?!.*\b(?:outra|outro|concorr\w+)\b)|\b(?:vcs|a serena) (?:da|dao|cobra\w*|oferece\w*)\b|\boutr[oa] (?:conta|casa|numero|pessoa|celular|plano|hora|dia|cidade|estado|nome|chip|bolsa|titular|opcao|distribuidora|foto|desconto)\b|\bso tenho\b|\bnao (?:tenho|fiz|sou)\b"
)
_FRAUD_FEAR = says(
    # I was told to give nothing to anybody here; right or wrong
    r"\bnao (?:e para )?(?:dar|mandar|passar) (?:\w+ ){0,3}(?:para|a) (?:ninguem|estranh\w+|desconhecid\w+)|\bcoisa (?:errada|certa|seria|de deus) ou (?:coisa )?(?:errada|certa|seria|enrolacao)\b",
    # I am wary
    r"\b(?:pe atras|desconfiad[oa]|cabreir[oa]|ressabiad[oa]|cism\w+|desconfi\w+|encucad[oa]|grilad[oa]|com a pulga atras)\b",
    # it smells, looks like, is a trick
    r"\b(?:parece|parecendo|cheira\w*|cheiro|tem|deve ser|pode ser|isso e|isso ai e|e|isso tem|nao e|coisa de|sera)(?: \w+){0,3} (?:armacao|treta|mentira|mutreta|trambique\w*|lorota|enrolacao|conto do vigario|migue|coisa de ladrao|virus|quadrilha|esquema|pegadinha|maracutaia|balela|esparrela|caça niquel|arapuca|fria)\b",
    r"\b(?:trambique\w*|quadrilha|bandidagem|virus)\b",
    # too good to be true
    r"\bbom demais para ser\b|\besmola demais\b|\bmuita esmola\b|\bo santo desconfia\b",
    # it happened to me, or to mine
    r"\b(?:me|nos) (?:passaram|passou) a perna\b|\bja (?:cai|caiu|fui|foi|me|perdi|levei)(?: \w+){0,3} (?:enganad[oa]|golpe|lograd[oa]|roubad[oa]|numa dessas|calote)\b|\bperd(?:i|eu) dinheiro\b|\bnao caio n(?:essa|isso|esse)\b|\bser enganad[oa]\b|\bcai(?:u|r)? nessa\b",
    # who proves it, what will you do with my data
    r"\bquem (?:me )?(?:prova|garante|assegura)\b|\bcomo (?:eu )?(?:vou )?(?:saber|sei|confiar|confio|ter certeza)(?: \w+){0,2} (?:vcs|isso|serena|verdade|real|serio)\b|\b(?:vao|vai|vcs) usar (?:meus|minha|os meus)(?: \w+){0,2} para\b|\b(?:fazer|tirar) emprestimo\b",
    # not to trust this
    r"\b(?:nao|num|nem) (?:da para )?confi(?:o|ar|a|amos)\b(?: \w+){0,3} (?:ness[ae]s?|nisso|em|mensage\w+|promoc\w+|internet|link\w*|vcs)\b",
)
_NOT_FRAUD = says(
    rf"\b(?:{_PEOPLE})(?: \w+){{0,2}} nao confia\b|\bnao desconfi|\bquem garante que (?:vai|nao) (?:chover|faltar)"
)

# --- customers, businesses, hard times --------------------------------------------------------------------------------
_CUSTOMER = says(
    # I am, was, have been yours
    r"\b(?:sou|somos|era|fui|e) (?:ja )?(?:um |uma )?(?:cliente|assinante)s?(?: \w+){0,2} (?:de vcs|d[ao] serena|faz|ha|desde|antig[oa]|serena)\b",
    rf"\b(?:ja )?(?:to|estou|estamos|tamos) com {_US} (?:ha|faz|desde|tem|ja)\b|\bfaco parte d[ao] (?:serena|programa)\b|\bja (?:to|estou|fui) (?:cadastrad[oa]|inscrit[oa]) e\b",
    # I signed, joined, use, receive
    rf"\b(?:ja )?(?:assinei|fechei|contratei|aderi|entrei|fiz (?:a |minha )?(?:adesao|assinatura|contrato))\b(?: \w+){{0,3}} (?:com )?(?:a |o )?{_US}\b",
    rf"\bja (?:aderi|contratei|fiz (?:a |minha )?adesao|participo|recebo|uso|ganho|tenho|pago)\b(?: \w+){{0,5}} (?:com|de|da|do) {_US}\b|\bja (?:aderi|fiz (?:a |minha )?adesao)\b(?! com)|\bja (?:recebo|ganho) (?:os? )?(?:creditos?|desconto)\b|\bja participo(?: (?:d[ao] (?:serena|programa)|com vcs))?$|\btenho (?:conta|contrato|plano) com (?:vcs|a serena)(?: ja)?\b|\bcontrato (?:assinado )?com (?:vcs|a serena)\b",
    # the discount or the bill of yours went wrong
    r"\b(?:nao|sem) (?:caiu|veio|entrou|apareceu|recebi|vi|chegou) (?:o |meu |ainda |nenhum |os |meus )*(?:desconto|credito)s?\b|\b(?:recebi|veio|chegou|vieram)(?: \w+){0,2} (?:faturas?|boletos?|contas?) d(?:a serena|e vcs)\b|\bcontratei vcs\b",
)
_NOT_CUSTOMER = says(
    r"\b(?:se|quando|caso) (?:eu )?(?:for|virar|assinar|aderir|entrar|contratar|fechar)\b|\bnao (?:sou|fiz|assinei|tenho|contratei)\b|\bcomo\b|\bquero ser\b|\bcom outra\b|\bvai (?:vir|chegar)\b"
)
_COMPANY = says(
    # a business of ours, named as what it is
    rf"^(?:(?:mas|e|sim|isso|a|essa) )*{_BUSINESS} (?:e|ta) (?:minha|meu|nossa|nosso|no meu)\b|\b(?:respondo|assino|falo) (?:\w+ )?(?:pel[ao]|d[ao]) {_BUSINESS}\b",
    rf"\b(?:tenho|temos|e|sou de|sou da|somos|aqui e|minha|meu|nosso|nossa|conta d[aeo]|na|no|d[ao]) (?:um |uma |uns |o |a |pequen[oa] |grande )*{_BUSINESS}(?: (?:pequen[oa]|grande|de \w+|particular|mecanica|familiar|propri[oa]))*\b(?! (?:de luz|de energia|solar|que|me|vem|serena|eletric\w+|do bairro me|sabe|vcs))",
    rf"^(?:e )?(?:um |uma |o |a |e )*{_BUSINESS} de \w+$|\b(?:nossa|minha) (?:empresa|firma|industria)\b|\bpessoa juridica\b|\bconta comercial\b|\bconta e comercial\b|\bestabelecimento comercial\b",
    r"\b(?:aqui e|falo) (?:d[aeo]|pel[ao]) (?:clinica|hotel|construtora|padaria|colegio|condominio|sindicato|associacao|cooperativa|financeiro|mercado|restaurante|loja|farmacia)\b",
)
_NOT_COMPANY = says(
    r"\boutra (?:empresa|firma)\b|\bna gaveta\b|\b(?:trabalho|emprego|filh\w+|net\w+)\b.*\b(?:escola|creche|loja|empresa|escritorio)\b|\b(?:na|da|pra) (?:igreja|escola|creche|loja|academia|farmacia) (?:agora|hoje|ja)\b|\b(?:to|estou|fui|vou|indo|saindo|chegar) (?:n[ao]|para|d[ao]|ali|com|num|numa) ?(?:n?[ao] )?(?:\w+)$|\bimprimir\b|\be d?a empresa\b$|\bempresa (?:seria|confiavel|e)\b|\bqual (?:e )?(?:a )?empresa\b"
)
_HARDSHIP = says(
    # a death, an accident, widowed
    rf"\b(?:acabei de perder|perdi|perdemos) (?:a |o )?(?:minha |meu )?{RELATIVE}\b|\b(?:fiquei|sou) viuv[oa]\b|\b(?:sofr(?:eu|i|emos)|teve|tive) (?:um |uma )?(?:acidente|avc|infarto|derrame|enfarte|aborto|queda)\b",
    # money and food run short
    r"\bsituacao (?:\w+ )?(?:ta |e |anda )?(?:feia|braba|dificil|critica|apertada|preta)\b|\b(?:faltando|faltou|falta)(?: ate)? (?:comida|o que comer|dinheiro|leite|remedio)\b|\bdevendo (?:ate|a deus)\b|\bnao (?:to |estou )?(?:consigo|conseguindo|consegui) pagar\b|\bvida (?:ta )?dificil\b|\bno vermelho\b|\bnome sujo\b|\bsem um tostao\b|\bsem dinheiro nem\b|\bfui despejad[oa]\b",
)
_NOT_HARDSHIP = says(
    r"\bperdi (?:a |o )?(?:conta|fatura|senha|vontade|interesse|paciencia|hora)\b|\bmeu nome sujo\b.*\bposso\b"
)

# --- no more -------------------------------------------------------------------------------------------------------
_DECLINE = says(
    # not for me, it will not be
    r"\bnao (?:vai|vou|da para) rolar\b|\bnao quero (?:me )?(?:meter|mexer|envolver|entrar)(?: \w+)? (?:n(?:isso|essa|esse)|com isso|em nada)\b|\bperdi (?:a |o )?(?:vontade|interesse|animo)\b|\bsem vontade\b",
    # it is not worth it, I do not need it, I stay as I am
    r"\b(?:acho que )?nao (?:vale|compensa)(?: \w+)? (?:a pena|o trabalho|o esforco)\b|\b(?:to|estou) (?:de boa|bem assim|tranquil[oa]),? nao (?:preciso|quero)\b|^(?:to|estou) de boa$|\bprefiro (?:continuar|ficar|seguir|permanecer) (?:como|do jeito que|assim)\b|\bfic(?:o|ar) (?:do jeito que|como) (?:ta|to|estou|esta)\b",
    # we decided not to
    r"\b(?:resolvemos|decidimos|optamos|resolvi|decidi|optei)(?: por)? nao (?:seguir|prosseguir|aderir|participar|continuar|fazer|entrar|contratar)\b|\b(?:vou|vamos) (?:passar|pular) (?:dessa|essa|desta)(?: vez)?\b",
    r"^(?:ah |olha |acho )*melhor nao$",
)
_NOT_DECLINE = says(
    r"\bnao vale (?:a pena )?mandar\b|\bnao (?:vai|compensa) (?:o|esse|esses) (?:plano|desconto|\d)|\bsera\b|\bfidelidade\b|\b(?:premium|basico|intermediario)\b|\bse nao\b"
)

# --- the holder -------------------------------------------------------------------------------------------------------
_HOLDER_OTHER = says(
    rf"\bquem (?:consta|assina|aparece|ta|vem|paga|responde|e o {_HOLDER}|e a {_HOLDER})(?: \w+){{0,3}} e (?:o |a )?(?:meu|minha|{RELATIVE})\b|\bt(?:a|o) n?o d(?:a|o) (?:minha|meu) {RELATIVE}\b|\bo nome e d[aeo] (?:meu|minha)? ?{RELATIVE}\b|\bnao (?:ta|e|vem|fica) no meu nome\b(?! nao ta)",
)
_HOLDER_ME = says(
    r"\bo nome (?:na|da) (?:conta|fatura) e (?:o )?meu\b|\bno nome meu\b|\b(?:conta|fatura) (?:e )?minha(?: mesmo)? no meu (?:cpf|nome)\b|\beu (?:sou|que sou) (?:o |a )?(?:responsavel|titular|don[oa])\b"
)
_NOT_HOLDER_ME = says(r"\bnao (?:sou|e|ta)\b|\bempresa\b")
_HOLDER_ABSENT = says(
    rf"\b{_HOLDER}\b(?: \w+){{0,4}} (?:mora|foi|mudou|vive|ta|trabalha) (?:para |la |n[oa]s? |em |embarcad[oa]|fora|longe|pres[oa])|\bel[ae] (?:ta|trabalha|vive) (?:embarcad[oa]|pres[oa]|fora d[oe] \w+|no exterior|viajando)\b",
    rf"\b(?:perdi (?:o )?contato|nao tenho (?:mais )?contato|nunca vi|nao conheco|nao (?:acho|encontro|localizo)|a gente nao (?:conversa|se fala))\b(?=.*\b(?:{_HOLDER}|ex)\b)|\b(?:{_HOLDER}|ex)\b.*\b(?:a gente nao (?:conversa|se fala)|nao falo com|sumiu|perdi contato)\b",
)
_HOLDER_AGREES = says(
    rf"\b(?:{RELATIVE}|el[ae]|{_HOLDER}) (?:ja )?(?:deixou|liberou|mandou|pediu) (?:eu|para eu|que eu)\b|\b(?:tudo )?combinado com (?:el[ae]|(?:a |o )?(?:minha |meu )?{RELATIVE})\b|\bpor el[ae] (?:ta )?(?:tudo bem|tranquilo|sem problema|ok|pode)\b|\bel[ae] (?:\w+ )?(?:que )?(?:ta|esta) de acordo\b|\b(?:super )?a favor\b",
)
_NOT_AGREES = says(r"\bnao\b|\bjamais\b|\bnunca\b|\bde jeito nenhum\b|\bsera\b|\bse \w+ (?:deix|liber)")

_HOLDER_REFUSES = says(
    rf"\b(?:de jeito nenhum|nem a pau|nem morta?|nunca|jamais) (?:que )?(?:el[ae]|{RELATIVE}|{_HOLDER}) (?:vai )?(?:assin\w+|aceit\w+|concord\w+|autoriz\w+|deix\w+|top\w+)"
)

# --- another language -------------------------------------------------------------------------------------------------
_LANGUAGE = says(r"\bje (?:ne )?(?:parle|comprends|suis)\b|\bnon parlo\b|\bich spreche\b|\bmwen pa pale\b|\bno hablo\b")

KINDS: tuple[Rule, ...] = (
    Rule(M.LATER, _LATER, _NOT_LATER),
    Rule(M.WONT_SEND, _WONT_SEND, _NOT_WONT_SEND, whole=True),
    Rule(M.COMPETITOR, _COMPETITOR, _NOT_COMPETITOR, asked=True),
    Rule(M.FRAUD_FEAR, _FRAUD_FEAR, _NOT_FRAUD, asked=True),
    Rule(M.CUSTOMER, _CUSTOMER, _NOT_CUSTOMER, asked=True),
    Rule(M.COMPANY, _COMPANY, _NOT_COMPANY),
    Rule(M.HARDSHIP, _HARDSHIP, _NOT_HARDSHIP),
    Rule(M.DECLINE, _DECLINE, _NOT_DECLINE),
    Rule(M.HOLDER_OTHER, _HOLDER_OTHER, asked=True),
    Rule(M.HOLDER_ME, _HOLDER_ME, _NOT_HOLDER_ME),
    Rule(M.HOLDER_ABSENT, _HOLDER_ABSENT, whole=True),
    Rule(M.HOLDER_AGREES, _HOLDER_AGREES, _NOT_AGREES),
    Rule(M.HOLDER_REFUSES, _HOLDER_REFUSES),
    Rule(M.LANGUAGE, _LANGUAGE, asked=True),
)
