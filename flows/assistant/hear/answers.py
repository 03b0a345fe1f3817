"""Yes, no and "I do not know", however they are said: short answers, and the first words of longer ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.rule import begins_with_no
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Item, Meaning, Question

# Words around an answer that are none: greetings, vocatives, exclamations of every region, thanks, laughter.
_AROUND = r"(?:oi|oie|ola|opa|alo|ei|ih|eh|bom dia|boa tarde|boa noite|tudo bem|entao|ah|ai|aff|nossa|olha|moca|moco|moc[oa]|senhora?|minha (?:fia|filha|querida|flor|linda|nega|jovem|amiga|santa|joia)|meu (?:fi|filho|rei|querido|amigo|bem|jovem|patrao|parceiro|caro|nobre|chapa)|gente|querid[oa]|amig[oa]|amigao|po|uai|ue|bah|tche|vixe|oxe|oxente|eita|mano|mana|man[oa]|veio|vei|menin[oa]|fia|fi|fio|so|sô|egua|visse|viu|ne|hein|gur[ií]a?|guria|guri|piá|pia|capaz|parceiro|parca|cara|brother|truta|patrao|chefe|rei|bem|hm+|k|obrigad[oa]|por favor|agora|ja|la|aqui|ai|mesmo|eu|a gente|com certeza|graças|gracas a deus|amem|deus|se deus quiser|me desculpa?|desculpa|a demora|demorei|robo|carambolas|caramba|poxa|rapaz|macho|maninho|tio|tia|dona|seu|tri|barbaridade|legal|trem|bom|ate agora|ta|tava|dez|10|100 ?%|demais|tudo|por enquanto|sem duvida|pela madrugada|no caso|na verdade|de casa|xente|arre|ora|ora bolas|cabra|bichin\w*|homi|homem|hum|aff maria|ave maria|vige|virgem|nada|e|vai|capitao|chefia|doutora?|mestre|comandante|_amei|_palmas|_amem)"
_YES = (
    r"(?:sim|isso(?: mesmo| ai| sim| tudo| dai)?|issae|correto|corret[oa]s?|cert[oa]s?|exat[oa]|exatamente|exatinho|confirmo|confirmad[oa]|confirma|confirmar|ok|okay|beleza|pode ser|pode sim|pode|claro|claro que sim|com certeza|certeza|perfeito|positivo"
    r"|ta (?:bom|otimo|bem) assim|ta|ta sussa|sussa|de boas|massa|top|mara|ta bom|ta certo|ta ok|ta tudo certo|tudo certo|tudo correto|tudo ok|afirmativo|fechado|combinado|joia|show(?: de bola)?|vamos|quero|quero sim|aceito|e|e isso(?: mesmo| ai)?|e esse(?: mesmo| ai)?|e essa(?: mesma| ai)?|ess[ea] mesm[oa]|e el[ae](?: mesm[oa]| sim| ai)?"
    r"|sou|sou eu|sou sim|moro|moro sim|moramos|e sim|e aqui(?: mesmo| sim)?|aqui mesmo|e la(?: mesmo| sim)?|la mesmo|e verdade|pois e|yes|yes please|sure|of course|right|correct|that s right|that is right|sure thing|absolutely|si|claro que si|asi es|por supuesto|dale|va|vale|bueno|por favor|sem duvida|logico|obvio|obviamente|evidente|evidentemente|pode continuar|pode prosseguir|pode (?:fazer|seguir|fechar|marcar|ir|tocar|confirmar|registrar|anotar)|manda (?:ver|bala|brasa)|continuo morando(?: (?:ai|la|aqui))?|foi isso que (?:veio|deu)"
    r"|de acordo|concordo|autorizo|tenho (?:toda |a )?certeza(?: absoluta)?(?: sim)?|exatamente isso|tenho sim|tenho interesse|tenho|to sim|tao certos|tao corretos|gostaria|gostaria sim|topo|demorou|firmeza|suave|na moral|ja e|tranquilo|de boa|tamo junto|fechou|bora|partiu|pode cre|pode crer|com prazer|e o certo|acertou|acertou em cheio|na mosca|ate hoje|ainda|ainda e|ainda moro|ainda sim|continua|continua sendo|e a mesma|a mesma|mesma|o mesmo|mesmo|nao mudou|e essa cidade(?: ai| mesmo| sim)?|pode (?:por|colocar|deixar|ser) ess[ea](?: ai| mesm[oa])?|confirmadissimo|nao mudei|nunca sai|sempre foi|nascid[oa] e criad[oa]|verdade|e dai mesmo|dai mesmo|quero esse|quero essa|esse|essa|quero ele|esse ai|(?:e )?ess[ea](?: plano)?(?: mesm[oa])? que (?:eu )?quero(?: mesmo| sim)?|e esse plano(?: mesmo| sim| ai)?|ess[ea] plano(?: mesmo| ai)?|e esse que eu quero|vou querer esse|vou nesse|nesse mesmo|fico com ele|fico com esse|e esse ai mesmo|(?:bora|fech[ao]|vamos|vou|pode (?:ser|por|botar|fechar|marcar)|fico|fica|pego|bote|bota)(?: com| em)? n?ess[ea]|_sim|uai se e|se e|ta valendo|nao vejo problema|sem problemas?|nao me importo(?: de \w+)?(?: nao)?|por que nao|e por que nao|porque nao|nao e que e mesmo|nao e outra nao|perfeitamente|combinado|nao e que e|podes crer|podexa|deixa comigo|certo sim|positivo e operante|quero sim por favor|eh nois|e nois|pdc|pse|yes sir|simbora|aprovado|aprovo|acho bom|quero muito|seria otimo|seria bom|adoraria|com toda certeza|total|totalmente|precisamente|justamente|justo|e bem isso|bem isso|isso que eu quero|concorda|chama|pode chamar|chama sim|manda|pode mandar|apaga|(?:pode|podem) (?:apagar|eliminar|excluir|deletar|remover)(?: (?:tudo|sim|mesmo|isso))*|apaga sim|avisa sim)"
)
_NO = r"(?:nao|no(?! \d)|negativo|nunca|jamais|nem|nao nao|e nao|nao e|nao sou|nao moro|nao mora|nao moro mais|nao e mais|nao mesmo|nao e nao|nao quero|nao quero nao|nao precisa(?: nao| mesmo| se preocupar| disso| avisar| me avisar| de aviso| chamar| de atendente)?|nao preciso|nao carece|nao obrigad[oa]|claro que nao|de jeito (?:nenhum|maneira)|de jeito nenhum|errou|prefiro (?:por )?aqui mesmo|de maneira nenhuma|nem pensar|nem morta?|nem a pau|nada disso|nada a ver|acho que nao|agora nao|dessa vez nao|errado|incorreto|errad[oa]|nao ta|nao confere|nao bate|nao foi|nao era|nao e ess[ea]|nao e isso|nao e aqui|nao e la|nao aqui|nao e dai|mudei|me mudei|outra|outro|nao mais|mais nao|nao pode|nao gostei|nao autorizo|nao aceito|nao concordo|prefiro nao|melhor nao|nem um nem outro|nenhum|nenhuma|nenhum dos dois|nenhuma das duas|nem um nem o outro|nope|not really|no way|para nada|de ninguna manera|que nada|que nao|capaz que nao|que isso nao|magina|imagina|ainda nao|nadinha|necas|nem ferrando|nunca nem vi|nao ainda|nao moramos|nao somos|nao tenho|nao se preocup\w+|_nao|dispenso|deixa|nao chama|nao e necessario|nao ha necessidade|nao faco questao|nao avisa|nao apaga|nao apague|nao apagar|sem necessidade|nem precisa|nem quero|esquece|nao e o caso|nao senhora?|nao e esse|nao e essa|nao e essa nao|e outra|e outro|e outra cidade|outra cidade|e em outra cidade|nem e|nunca morei (?:ai|la|nessa cidade)|(?:me )?mudei d(?:e la|ai|essa cidade)|ja nao (?:moro|e|sou)(?: mais)?(?: la| ai| aqui| nessa)?|isso nao|esse nao|essa nao|nao e dessa cidade|(?:essa casa |essa )?(?:eu )?(?:ja )?vendi(?: (?:essa casa|ela|ja))?|nao e verdade)"
_UNSURE = re.compile(
    r"\bnao (?:sei|faco ideia|tenho (?:certeza|ideia|nocao)|lembro|me lembro|to lembrad[oa]|recordo|saberia|to certo|to cert[oa])\b(?! (?:tirar|mandar|enviar|mexer|usar|como|fazer|ler|escrever|anexar|abrir|fotografar|escanear|baixar|onde (?:fica|anexa|manda|clica|anda)|por onde|tirar foto|falar|quem (?:e|sao|te|preencheu|vcs)|nada de|de nada|d[eo] que))"
    r"|\bsei la\b|\b(?:creio|penso|suponho) que\b|\bna duvida\b|\bnao (?:perguntei|falei com (?:el[ae]|minha|meu))\b|\bainda nao (?:falei|perguntei|conversei)\b|\bnao lembro\b|\bsei nao\b|\btalvez\b|\bquem sabe\b(?! (?:\w+ )?(?:mexer|fazer|usar|tirar|mandar|diss?o|e (?:meu|minha|o|a)\b))|\b(?:tenho|com) duvidas? se\b|\bdepende\b|\bpode ser que\b|\bsera\b$|\bto em duvida\b|\b(?:to|estou|fiquei|tou|fico) (?:na duvida |em duvida |dividid[oa] )?entre (?:o|os|a) (?!trabalho|casa)|\btenho (?:minhas )?duvidas\b|\bfaco ideia nao\b|\bsei (?:bem )?nao\b|\bnem sei\b|\bvou (?:ter que |ver e )?(?:perguntar|confirmar|checar|verificar|conferir|olhar|falar|conversar) (?:para|com|pro|na conta|se|isso|antes|direitinho|pra|la)\b|\b(?:preciso|tenho que|deixa eu) (?:perguntar|confirmar|checar|verificar|conferir|falar com|ver com)\b|\bsei de cor nao\b|\b(?<!se )(?<!nao )acho\b(?! (?:que )?(?:vcs|vc|isso|isto|melhor|caro|bom|estranho|pouco|muito|um absurdo|otimo|ruim|esquisito))|\bi don t know\b|\bnot sure\b|\bmaybe\b|\bi think\b|\bno (?:lo )?se\b|\bcreo que\b|\bquizas?\b|\btal vez\b|\bprovavelmente\b|\bacredito que\b|\bparece que\b|\btanto faz\b|\bqualquer um\b|\bvc que sabe\b|\bmais ou menos\b(?! (?:uns? |umas |r\$ )?\d)|\bdeve ser\b|\bimagino que\b|\bdifícil dizer\b"
)
_NOT_UNSURE = re.compile(
    r"\bnao sei (?:se vale|se confio|tirar|mandar)\b|\bvou (?:ver|falar) (?:os planos|a lista)|\bquem sabe (?:um dia|na proxima|depois|mais (?:para|pra) frente)\b|\btalvez (?:depois|mais tarde|amanha|outra hora|um dia|em outro)"
)
_ONLY = re.compile(rf"^(?:(?:{_AROUND})(?: |$))*(?P<answer>(?:{_YES})(?= |$))(?: (?:{_YES}|{_AROUND})(?= |$))*$")
_ONLY_NO = re.compile(
    rf"^(?:(?:{_AROUND})(?: |$))*(?P<answer>(?:{_NO})(?= |$))(?: (?:{_NO}|{_AROUND}|sim senhor)(?= |$))*$"
)
# A yes to one question only: elsewhere it wishes for what nobody put to the person.
DELETES = re.compile(r"(?:podem? )?(?:apag|elimin|exclu|delet|remov)")
_LONGEST_ONLY = 12
# "E", "bom" or "tudo" around an answer are none alone; a bare "e" is the start of a question.
_NEVER_ALONE = frozenset(
    {
        "e",
        "e ela",
        "e ele",
        "ta",
        "va",
        "nem",
        "ainda",
        "mesmo",
        "tenho",
        "outro",
        "outra",
        "mesma",
        "quero esse",
        "manda",
        "deixa",
        "imagina",
        "nenhum",
        "nenhuma",
        "esse",
        "essa",
        "mudei",
        "verdade",
        "bueno",
        "e verdade",
    }
)
_BEGINS_YES = re.compile(
    rf"^(?:(?:{_AROUND}) )*(?P<answer>sim|(?:ja )?(?:falei|disse|respondi|confirmei|te falei|te disse) que (?:sim|e|ta|pode|quero|moro)|isso mesmo|isso ai(?! (?:e|que|nao|ta|parece))|isso(?! (?:e|que|nao|ai|de|funciona|vai|tem|da|custa|vale|seria|foi|me|so|ta))|e sim|com certeza|claro que sim|claro|confirmo|exato|exatamente|correto|certo|ta certo|ta correto|e aqui|e isso|ainda e|ainda moro|yes|pode ser|si|afirmativo|positivo|aceito|concordo|continua sendo|quero sim|pode sim|pode chamar|pode apagar|ok|yep|_sim|beleza|aceito|tenho sim|moro sim|sou sim)\b(?! (?:que nao|nao|ou nao|ou|se|senhor|que (?:e|vou|eu|vcs)))"
)
_BEGINS_NO = re.compile(
    rf"^(?:(?:{_AROUND}) )*(?P<answer>nao(?= (?:e|sou|moro|fica|ta|foi|mora|confere|bate|confirmo|concordo|era|mudei|pode|gostei|autorizo|aceito|obrigad[oa]|precisa|quero|nao|moramos|e mais|eu|a conta|agora|mais|isso|chama|apaga|avisa|senhora?|moca|moco|uai|tche))|nao e|negativo|acho que nao|claro que nao|nunca|de jeito nenhum|nada disso|prefiro nao|no(?= (?:it|the|i|thanks|thank|es|soy|vivo)))\b"
)
_NOT_NO = re.compile(
    r"\bnao (?:pera|perai|espera|calma)\b|\bnao (?:e que e|e outra)\b|\bnao (?:e |ta |esta )?(?:golpe|errad|problema|caro|ruim|verdade que)|\bnao (?:sei|entend\w+|tenho (?:certeza|duvida|como|camera|interesse|nada)|consig\w+|recebi|lembro|tem (?:problema|nada|erro|pressa|jeito|como)|precis\w+ (?:instalar|de placa|pagar)|quero (?:desist|cancel|parar|pagar|ficar|mandar|receber|contrato|fidelidade)|vou mandar|gosto de mandar|preenchi|me (?:mand|cham|lig|escrev))"
)
# Only where a yes or no was asked does a "não" at the beginning of something longer answer it.
_CLOSED = frozenset(
    {
        Question.CONFIRM_PLACE,
        Question.BILL_OK,
        Question.BILL_PLACE,
        Question.HOLDER,
        Question.CONFIRM_PLAN,
        Question.NOTICE,
        Question.PERSON,
        Question.CANCEL,
        Question.ERASE,
    }
)
_ENDS_YES = re.compile(r"^(?!.*\bnao\b)(?:e|ta|sou|moro|fica|mora|quero|pode|tenho|concorda|aceita|assina)\b.* sim$")
# Where the no comes last, as it often does: "precisa avisar não", "concorda não".
_ENDS_NO = re.compile(
    r"^(?:(?:oi|ah|olha|acho que|moc[ao]|ela|ele|eu|e|ta|pode|la|ai|isso|sou|moro|aqui) )*(?:precis\w+|quer\w*|carece|concord\w+|aceit\w+|assin\w+|confere|bate|e|sou|moro|mora|ta|pode|chama|apaga|avisa|gost\w+|tenho|tem|fica)\b(?: \w+){0,3} nao(?: (?:viu|obrigad[oa]|moc[ao]|uai|so|tche))*$"
)

# "Isso é robô né" speaks of something, and agrees to nothing.
SPEAKS_OF_IT = re.compile(r"(?:mas |e |ai )*isso (?:aqui |ai )?(?:e|eh|seria) (?!isso|mesmo|sim|ai$|verdade$)")
# What is a yes wherever in a message it stands; a late "ok" or "não" may belong to anything.
_CLEAR = re.compile(
    r"^(?:sim|isso mesmo|e isso|e sim|e aqui|aqui sim|ta cert[oa]|ta correto|correto|confirmo|com certeza|e o certo|yes)\b"
)
# "Segue a conta", "toma": the file comes as a message of its own.
_HANDS_OVER = re.compile(
    rf"^(?:(?:{_AROUND}|ta bom|ok|eu|te|lhe|ja|consegui) )*(?:(?:segue|toma|vai|la vai|eis|olha|(?:ta |esta )?aqui(?: (?:ta|esta|vai|segue|tem))?|(?:vou |to )?(?:mandando|enviando)|encaminho|mando|envio|baixei|peguei|achei|encontrei|tirei|te mando|printei|consegui)(?: (?:ai|aqui|agora|em anexo|anexo|la|entao|ja))*(?: (?:a|o|minha|essa|foto|conta|fatura|pdf|boleto|print|imagem|factura|da|de|do|luz|energia|ai))*|(?:a )?(?:foto|imagem|conta|fatura)(?: da (?:conta|luz|fatura))?)$"
)
_PREFACE = re.compile(rf"^(?:(?:{_AROUND})(?: |$))*$")
_IRONY = re.compile(
    r"\b(?:claro|sim|com certeza) (?:porque )?eu (?:adoro|amo)\b|\badoro mandar\b|\bcom certeza vou ficar\b"
)


def answers(one: Utterance, asked: Question | None) -> Iterator[Item]:
    """Yield yes, no and unsure of one message; `asked` is the question they answer."""
    found: set[Meaning] = set()
    if _IRONY.search(one.whole.said):
        return
    first = True
    for clause in one.clauses:
        item = _answer(clause, asked, first=first)
        if not first and item is not None and item.meaning is not Meaning.UNSURE:
            late_no = item.meaning is Meaning.NO and asked is not None and _ONLY_NO.search(clause.said)
            handed = asked is Question.BILL and re.match(r"(?:segue|em anexo)\b", clause.said)
            # "Agora foi né, isso aí", of what was read.
            right = asked is Question.BILL_OK and clause.said == "isso ai"
            item = item if _CLEAR.search(clause.said) or late_no or handed or right else None
        first = first and (item is None and bool(_PREFACE.match(clause.said)))
        # "Não, não é não": once is enough.
        if item is not None and item.meaning not in found:
            found.add(item.meaning)
            yield item


def _answer(clause: Clause, asked: Question | None, *, first: bool) -> Item | None:
    said = clause.said
    if asked is Question.BILL and not clause.asks and _HANDS_OVER.match(said):
        return Item(Meaning.YES, clause.quote, clause.message)
    if SPEAKS_OF_IT.match(said):
        return None
    if (match := _UNSURE.search(said)) and not _NOT_UNSURE.search(said) and not clause.asks:
        return Item(Meaning.UNSURE, clause.quoted(match), clause.message)
    if re.fullmatch(r"(?:e |ue |uai )*(?:por que|porque) nao", said):
        return Item(Meaning.YES, clause.quote, clause.message)
    if re.match(r"(?:uai |ue |oxe )*nao e (?:que e|outra)\b", said):
        return Item(Meaning.YES, clause.quote, clause.message)
    doubts = clause.asks and clause.text[clause.words[-1].end :].lstrip()[:1] == "?"
    if doubts:
        return None
    if len(clause.words) <= _LONGEST_ONLY:
        if (match := _ONLY_NO.search(said)) and not (
            clause.alone
            and match["answer"] in (("nem", "imagina") if asked in _CLOSED else ("nem", "deixa", "imagina"))
        ):
            return _item(Meaning.NO, clause, match)
        if (match := _ONLY.search(said)) and not (
            (DELETES.match(match["answer"]) and asked is not Question.ERASE)
            or match["answer"] in _NEVER_ALONE
            and not _sure_alone(match["answer"], clause.quote, asked)
        ):
            return _item(Meaning.YES, clause, match)
    if (
        asked in _CLOSED
        and not clause.asks
        and (_ENDS_NO.search(said) or begins_with_no(clause))
        and not _NOT_NO.search(said)
        and len(clause.words) <= 8
    ):
        return Item(Meaning.NO, clause.quote, clause.message)
    if asked is not None and _ENDS_YES.search(said) and len(clause.words) <= 7:
        return Item(Meaning.YES, clause.text[clause.words[-1].start : clause.words[-1].end], clause.message)
    if first and not clause.asks:
        if asked in _CLOSED and (match := _BEGINS_NO.search(said)) and not _NOT_NO.search(said):
            return _item(Meaning.NO, clause, match)
        if (match := _BEGINS_YES.search(said)) and (asked is Question.ERASE or not DELETES.match(match["answer"])):
            return _item(Meaning.YES, clause, match)
    return None


def _sure_alone(word: str, quote: str, asked: Question | None) -> bool:
    """ "Esse" and "é" are a yes where one thing was put to the person."""
    if word == "e":
        return ("é" in quote.lower() or quote.lower() == "eh") and asked is not Question.PLACE
    if word in ("e ela", "e ele"):
        # "É ela", of what was shown; "e ela?" goes on about somebody.
        return quote.lower().startswith(("é", "eh")) and asked in (Question.BILL_OK, Question.CONFIRM_PLAN)
    if word == "ta":
        # "Está certo?" "Tá."
        return asked in (
            Question.BILL,
            Question.BILL_OK,
            Question.BILL_PLACE,
            Question.CONFIRM_PLACE,
            Question.CONFIRM_PLAN,
        )
    closed = asked in (Question.CONFIRM_PLACE, Question.CONFIRM_PLAN, Question.BILL_OK, Question.BILL_PLACE)
    return closed or (asked in (Question.PLAN, Question.NOTICE, Question.PERSON) and word in ("quero esse", "manda"))


def _item(meaning: Meaning, clause: Clause, match: re.Match[str]) -> Item:
    start, end = match.span("answer")
    first = clause.said[:start].count(" ") if start else 0
    count = clause.said[start:end].count(" ") + 1
    # Words of the plain text may stand for one word of the message ("oq"): cut at what there is.
    words = clause.words
    last = min(len(words), first + count) - 1
    first = min(first, last)
    return Item(meaning, clause.text[words[first].start : words[last].end], clause.message)
