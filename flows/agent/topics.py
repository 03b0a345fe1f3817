"""Which question of the FAQ a message asks: ids of `prompts/faq.toml`, one per row of domain.md, section 7."""

from __future__ import annotations

import re

from flows.agent.folding import fold

IS_ROBOT = re.compile(
    r"\b(?:voce|vc|vcs|voces|ce|tu|aqui|isso|isto|quem)\b.{0,12}\b(?:e|eh|es|sao|seria|fala)\b (?:um |uma |so )?"
    r"(?:robo\w*|robot|bot|maquina|ia\b|inteligencia artificial|pessoa|humano|humana|gente|ser humano|real\b|de verdade|"
    r"atendente virtual|assistente virtual|chat ?gpt|programa|automatic[oa])"
    r"|\b(?:estou|to|tou|tô) (?:aqui )?(?:falando|conversando|falano) com (?:um |uma |o |a |quem)?"
    r"(?:robo\w*|robot|bot|maquina|ia|pessoa|humano|gente|alguem|atendente|inteligencia|$)"
    r"|^(?:mas |ah |e |eh |isso |voce |vc )*(?:robo|robot|bot|ia|chat ?gpt|maquina|inteligencia artificial)(?: ne| isso| mesmo)?$"
    r"|\b(?:resposta|mensagem|atendimento) (?:e )?automatic[oa]|\balguem de verdade\b.*\b(?:ai|aqui)\b"
)

# The first that fits wins, so the narrow ones stand before the broad ones.
_TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (topic, re.compile(rf"\b(?:{'|'.join(patterns)})\b"))
    for topic, patterns in {
        "meus_dados": (
            r"(?:m(?:eus|inhas)|os|nossos) (?:dados|informacoes)", "dados pessoais", "lgpd", "privacidade", r"vaza\w*",
            r"(?:como|onde|quem|de onde)\b.*\b(?:conseg\w+|peg(?:aram|ou)|pass(?:aram|ou)|arrum\w+|obt\w+|acha\w+|tem|tirou)\b"
            r".*\b(?:numero|contato|telefone|zap|whatsapp|whats)",
            r"(?:segur[oa]|seguranca|perigos[oa]|risco)\b.*\b(?:mandar|enviar|passar|foto)",
            r"(?:mandar|enviar|passar)\b.*\b(?:segur[oa]|perigos[oa]|risco)",
        ),
        "por_que_a_conta": (
            r"(?:por ?que|pq|para que|pra que|motivo|finalidade)\b(?!.*\b(?:alt[ao]|car[ao]|aument\w+|subi\w+|vem|vei\w+|pagar|pago)\b)"
            r".{0,60}\b(?:contas?|faturas?|boleto|foto)",
            r"(?:precisa\w*|preciso|tem que|tenho que|necessari[oa]|obrigad[oa]|obrigatori[oa])\b.{0,20}"
            r"\b(?:mandar|enviar|passar|mostrar)\b.{0,20}\b(?:contas?|faturas?|foto|boleto)",
        ),
        "primeira_fatura": (
            r"primeir[ao] (?:fatura|conta|boleto|mes|mensalidade|parcela)\b.*\b(?:gratis|gratuit[ao]|graca|free|pag\w+|isent\w+)",
            r"(?:gratis|graca|pag\w+|isent\w+)\b.*\bprimeir[ao] (?:fatura|conta|boleto|mes|mensalidade)",
        ),
        "bandeira": (r"bandeiras?",),
        "indicacao": (
            r"indica(?:r|cao|coes|ndo)\b(?!.*\bplanos?\b)", r"indico\b", r"indique e ganhe", r"(?:ganho|bonus)\b.*\bamig[oa]s?",
        ),
        "quem_nao_pode": (
            r"quem (?:nao )?(?:pode|consegue|tem direito)", r"requisitos?", r"criterios?", r"tarifa (?:social|branca)",
            r"baixa renda", r"cad ?unico", r"alta tensao", r"mercado livre", r"nome sujo", r"negativad[oa]", r"serasa",
            r"(?:ja )?(?:tenho|temos|possuo|uso|coloquei|instalei) (?:as |uns |umas |os )?(?:placas?|paine(?:l|is)|energia solar|solar)",
            r"(?:contas?|faturas?) (?:\w+ )?(?:atrasad[oa]s?|em atraso|vencid[oa]s?|em aberto)", r"(?:devendo|divida|debitos? em aberto)",
            r"(?:valor|consumo|conta|gasto) minim[oa]", r"minimo (?:da|de|para)", r"a partir de (?:quanto|que valor|qual valor)",
            r"(?:sou|moro de|pago|casa de|casa alugad[oa]|imovel) (?:inquilin[oa]|alug\w+)", r"alugad[oa]", r"irrigacao",
            r"(?:precis\w+|tem que|tenho que) ser (?:o |a )?titular", r"no nome (?:de|da|do|dela|dele|dos)\b.{0,25}\b(?:pode|posso|serve|tem problema|da certo|vale)",
            r"(?:posso|consigo|pode|podemos|qualquer um|qualquer pessoa|todo mundo) (?:participar|aderir|entrar|pode)",
            r"(?:empresas?|comercio|cnpj|loja|condominio|sitio|fazenda|zona rural)\b.{0,15}\b(?:pode|podem|serve|tambem|participa\w*)",
        ),
        "duas_contas": (
            r"(?:duas|dois|2) (?:contas|faturas|boletos|pagamentos|cobrancas)",
            r"(?:outr[ao]|mais um|mais uma) (?:conta|fatura|boleto|cobranca)", r"(?:conta|boleto|fatura) separad[ao]",
            r"(?:conta|boleto|fatura) d[ae] serena", r"uma (?:so|unica) (?:conta|fatura)", r"um (?:so|unico) boleto",
            r"continu\w+ (?:\w+ ){0,2}(?:recebendo|vindo|chegando|pagando)\b.{0,20}\b(?:conta|fatura|boleto)",
        ),
        "mudanca_de_endereco": (
            r"(?:mud(?:ar|armos|o|asse|anca|ando)|transfer\w+|troc(?:ar|o))\b.{0,25}\b(?:endereco|casa|residencia|apartamento|apto|imovel|bairro|cidade)",
            r"(?:se|quando|caso) (?:eu |a gente |nos )?(?:me |nos )?mudar(?:mos|em)?\b(?! (?:de|o|a) (?:plano|ideia|distribuidora|concessionaria))",
            r"vou me mudar", r"de mudanca",
        ),
        "muda_distribuidora": (
            r"(?:mud\w+|troc\w+|continu\w+|deix\w+|sai\w*|cancel\w+|substitu\w+)\b.{0,40}\b(?:distribuidora|concessionaria|companhia|fornecedor\w*|"
            r"enel|cemig|celpe|neoenergia|equatorial|coelba|cpfl|energisa|light|copel|celesc)",
            r"(?:fic\w+|falt\w+|acab\w+|ca(?:i|ir|iu)|queda|fica)\b.{0,12}\b(?:a|de|da|sem) (?:luz|energia)", r"falt(?:a|ar|ou) (?:luz|energia)",
            r"sem (?:luz|energia|sol)\b", r"(?:nao (?:tem|tiver|fizer)|falta\w*) sol", r"(?:a|de|e a) noite(?! (?:eu|mando|envio))", r"nublado",
            r"chov\w+|chuva\w*", r"apagao", r"interromp\w+|interrupcao",
        ),
        "precisa_de_placa": (
            r"placas?", r"paine(?:l|is)", r"telhado", r"obras?", r"reforma\w*", r"instalar", r"instalam?",
            r"(?<!numero da )(?<!codigo da )instalac(?:ao|oes)", r"equipamentos?", r"quebra\w*", r"(?:trocar?|mexer?)\b.{0,12}\b(?:relogio|medidor|fiacao)",
        ),
        "fidelidade": (
            r"fidelidade", r"cancel(?:ar|o|a|amento)", r"multas?", r"contratos?", r"rescis\w+", r"rescindir", r"carencia", r"permanencia",
            r"(?:quiser|posso|quero|consigo|da para|da pra) (?:sair|desistir|parar)", r"(?:sair|desistir) depois", r"prazo minimo",
            r"quanto tempo\b.{0,15}\b(?:fico|dura|pres[oa]|obrigad[oa])", r"amarrad[oa]", r"fic\w+ pres[oa]",
        ),
        "e_confiavel": (
            r"golpe\w*", r"pegadinha", r"confiave(?:l|is)", r"fraude", r"piramide", r"enganacao", r"furada", r"cilada", r"mentira", r"falcatrua",
            r"(?:e|eh|isso|seria) (?:mesmo )?(?:verdade|verdadeir[oa]|serio|legal|legalizad[oa]|permitid[oa]|segur[oa]|honest[oa]|real)",
            r"dentro da lei", r"(?:tem|existe|qual)\b.{0,10}\blei", r"na lei", r"lei \d+", r"aneel", r"(?:posso|da para|da pra|como) confiar",
            r"regulamentad[oa]", r"procon", r"reclame aqui", r"sacanagem",
        ),
        "atende_minha_cidade": (
            r"atend(?:e|em|eriam?|ia)(?! (?:o telefone|ligacao))", r"cobertura", r"cobrem?",
            r"(?:tem|funciona\w*|chega\w*|atua\w*|opera\w*|vale|disponivel|existe|oferecem?)\b.{0,25}\b(?:na|no|em|aqui|para|pra)\b"
            r".{0,12}\b(?:cidades?|regiao|regioes|estados?|bairro|municipios?|interior|onde (?:eu )?moro)",
            r"(?:quais|que|em que|em quais|qual) (?:sao as |as )?(?:cidades?|regiao|regioes|estados?|lugares)", r"na minha (?:cidade|regiao|area)",
            r"onde (?:voces|vcs|a serena) (?:atu\w+|atend\w+|funcion\w+|est\w+)", r"(?:tem|ta) disponivel",
        ),
        "forma_de_pagamento": (
            r"(?:como|onde) (?:eu |que eu |se |que |e que |seria |faz para |faco para |faco pra )*(?:pag(?:o|a|ar)|faco o pagamento)\b(?! menos)",
            r"cartao", r"pix", r"boletos?", r"debito automatico", r"formas? de pag\w+", r"(?:como e|como fica|sobre) (?:feito )?o pagamento", r"parcel\w+",
        ),
        "energia_por_assinatura": (
            r"(?:por|uma|e|de) assinatura(?! do contrato)", r"geracao (?:distribuida|compartilhada)", r"(?:energia|usina) compartilhada", r"usinas?",
            r"creditos? de energia", r"(?:sao|e|que) (?:esses |os |esse |o )?creditos?", r"fazenda solar", r"energia solar",
        ),
        "o_que_e_serena": (
            r"(?:o que|oq|oque|quem|que|qual)(?: que)? (?:e|eh|seria|sao|faz|fazem)(?: a| essa| esta| o)* (?:serena|srna|empresa|voces|vcs|voce|companhia)",
            r"que empresa", r"qual (?:e )?(?:o nome d)?a empresa", r"(?:o que|oq|oque) (?:e que )?(?:voces|vcs|a serena|a empresa) (?:faz|fazem|sao|vende\w*|oferece\w*)",
            r"(?:quem|voces|vcs) (?:sao|fala) (?:quem|voces|vcs|de onde)", r"do que se trata", r"quem (?:e|esta falando|fala)$", r"o que e isso",
        ),
        "tem_custo": (
            r"custos?", r"custa\w*", r"mensalidades?", r"taxas?(?! minima| de iluminacao)", r"adesao", r"invest\w+", r"gratis", r"gratuit[oa]", r"de graca", r"precos?",
            r"(?:precis\w+|tenho que|tem que|ter que|tem de|tenho de|vou) (?:\w+ )?pagar (?:algo|alguma|algum|nada|para|pra|por|taxa|voces)",
            r"(?:precis\w+|tenho que|tem que|ter que) pagar", r"pag(?:a|o|ar) (?:algo|alguma coisa|para entrar|pra entrar|para aderir|para participar)",
            r"cobra(?:m|do|da|r)?(?! (?:o|a) (?:desconto|conta))", r"sai caro", r"valor (?:do plano|da assinatura|do servico|da adesao)", r"tem algum gasto",
        ),
        "quanto_economizo": (
            r"quant[oa]s?\b.{0,30}\b(?:econom\w+|descont\w+|pagar|pago|por cento|porcento|diminu\w+|reduz\w*|abat\w+|baix\w+|ganh\w+|menos)", r"quantos? %",
            r"qual (?:e |o |a |seria |vai ser |sera |valor |do |de )*(?:descontos?|economia|porcentagem|percentual)", r"economiz\w+", r"economia",
            r"(?:tem|da|vai ter|recebo|ganho|consigo|maior|melhor) (?:\w+ )?desconto", r"desconto (?:e|seria|fica) (?:de )?quanto", r"valor do desconto",
            r"compensa", r"vale (?:mesmo )?a pena", r"vantage(?:m|ns)", r"simula\w+", r"quanto (?:fica|ficaria|vai ficar|vem|viria)\b.*\bconta",
        ),
        "como_funciona_desconto": (
            r"funciona\w*", r"como (?:e que |que |e |seria |vem |aparece |sai |recebo |ganho |fica |vai |vou ter |tenho |consigo |faz |faco |para |pra |ter |o |a |esse |essa |isso )*"
            r"(?:descontos?|isso|calculad[oa]|creditos?|abatid[oa]|feito|aparece)", r"explic\w+ (?:como|melhor|isso|direito|ai|pra mim|para mim)",
            r"entender (?:como|melhor|direito|isso)", r"taxa minima", r"iluminacao publica", r"(?:quando|onde) (?:\w+ ){0,2}(?:descontos?|valer)", r"como (?:seria|assim)",
        ),
    }.items()
)  # fmt: skip

_LEAD_IN = (
    r"^(?:(?:oi|ola|opa|bom|boa|dia|tarde|noite|e|mas|entao|ah|olha|assim|ok|certo|sim|tudo bem|moca|moco|so|ai|ta|tá|"
    r"gente|amig[oa]|por favor|pfv|me diz|e ai|uma coisa|agora|hum+|kk+) )*"
)
_ASKS = re.compile(
    _LEAD_IN + r"(?:"
    r"como\b(?! (?:combinado|falei|disse|eu disse|sempre|voce disse))|quant[oa]s?\b|qual\b|quais\b|onde\b|o que\b|oq\b|oque\b|quem\b|cade\b|"
    r"quando\b(?! (?:eu|chegar|puder|der|tiver|sair|for|voltar|conseguir|a conta))|que (?:horas|dia|empresa|tipo|desconto|plano|valor|cidades?)\b|"
    r"por ?que\b|porque\b|pq\b|pra que\b|para que\b|sera que\b|sera\b|"
    r"(?:eu )?(?:precis[ao]|precisam|posso|consigo|devo|existe|aceitam?|atendem?|muda|cobram?|funciona|compensa|vale)\b(?! (?:da conta|mandar depois))|"
    r"(?:eu )?(?:tem|tenho|tinha) (?:que|de|alguma?|fidelidade|multa|taxa|custo|mensalidade|desconto|como|cobertura|placa|obra|na|no|em|contrato|bonus|risco)\b|"
    r"pode\b(?! (?:ser|sim|mandar|enviar|continuar|prosseguir|falar|deixar|apagar|me ligar|ligar|seguir)\b)|"
    r"(?:da|daria) (?:pra|para)\b|e (?:se|quando)\b|"
    r"(?:e|eh) (?:verdade|golpe|segur[oa]|legal|gratis|gratuit[oa]|de graca|confiavel|serio|possivel|mesmo|robo|pegadinha|obrigatori[oa]|preciso|necessari[oa]|boleto|no boleto)\b|"
    r"(?:eu )?(?:vou|vai|vao) (?:ter|pagar|receber|ficar|mudar|precisar|instalar|vir|ser)\b|"
    r"(?:isso|esse desconto|essa energia|voces|vcs|a serena) (?:e|eh|tem|sao|atende\w*|cobra\w*|funciona\w*|instala\w*|faz|fazem|vende\w*|conseg\w+|peg\w+|vao|vai|precisa\w*|aceita\w*)\b)"
)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:(?:quero|queria|gostaria de|preciso|posso|pode(?:ria)?) (?:muito |so |mesmo |me )*(?:saber|entender|perguntar|dizer se|explicar|tirar)|"
    r"(?:uma|tenho|tirar|com|algumas?|minha) duvidas?|nao (?:entendi|compreendi) (?:direito |bem |muito bem |ainda )*(?:como|o que|se|por que|qual|porque|nada)|"
    r"me (?:explica|explique|fala|fale|diz|diga|tira)(?: uma| ai| mais| melhor| direito| isso)* (?:como|se|o que|qual|quanto|sobre|duvida|porque|por que|isso)|"
    r"me explic\w+|saber (?:se|como|quanto|qual|o que|mais|sobre|quem|por que)|fala(?:r)? mais sobre|quero mais informac\w+|mais (?:informacoes|detalhes))\b"
)
_STATES_A_FACT_THAT_ASKS = re.compile(
    r"^(?:eu |mas |e |ja |eu ja |mas eu )*(?:tenho|temos|possuo|uso) (?:\w+ )?(?:placas?|paine(?:l|is)|energia solar|tarifa social|tarifa branca|baixa renda)\b"
)
_FEW_WORDS = 4
_ABOUT_OURSELVES = re.compile(r"^(?:eu |ja |a |o |minha |meu )*(?:pago|paguei|recebi|mandei|mando|vou|quero|sou|moro|estou|nao|sem|conta|fatura|segue|aqui|esse|esta|essa)\b")


def question(text: str) -> str | None:
    """The id of the FAQ entry that a message asks about, or None. A statement about the same thing is not a question."""
    said = fold(text)
    if IS_ROBOT.search(said):
        return "e_robo"
    topic = next((topic for topic, pattern in _TOPICS if pattern.search(said)), None)
    if topic is None or looks_like_question(text) or _STATES_A_FACT_THAT_ASKS.search(said):
        return topic
    # "fidelidade", "e a bandeira vermelha": two words are a question when they are not about the lead's own doings.
    bare = len(said.split()) <= _FEW_WORDS and not _ABOUT_OURSELVES.search(said) and not re.search("[0-9]", said)
    return topic if bare and topic in _ASKED_BY_A_NOUN else None


_ASKED_BY_A_NOUN = frozenset({
    "bandeira", "duas_contas", "e_confiavel", "energia_por_assinatura", "fidelidade", "forma_de_pagamento", "indicacao",
    "precisa_de_placa", "primeira_fatura", "quanto_economizo", "tem_custo", "como_funciona_desconto", "quem_nao_pode",
})  # fmt: skip


def looks_like_question(text: str) -> bool:
    """True when a message asks something, with or without a question mark (people talk into the keyboard)."""
    said = fold(text)
    return "?" in text or bool(_ASKS.search(said) or _WANTS_TO_KNOW.search(said))
