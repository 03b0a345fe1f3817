"""What a message asks: the reviewed answer that fits, or that none does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.rule import DOUBTS_ROBOT
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.knowledge import match
from flows.assistant.meaning import Item, Meaning, Owner

M = Meaning

# These say themselves what is wanted; the question they are put as asks nothing more.
_ASKED_BY = frozenset({
    M.SHOW_PLANS, M.READ_AGAIN, M.PERSON, M.STOP, M.ERASE, M.GO_ON, M.NOTICE, M.LATER, M.CANNOT_SEND, M.GREETING, M.LOST, M.WAITING,
    M.LANGUAGE, M.CALL_AT, M.REPEATED, M.SECOND_COPY, M.NEW_NUMBER, M.CHOICE, M.CANCEL, M.UPSET, M.HOLDER_AGREES, M.NONE_OF_THEM,
    M.ALREADY_SENT, M.OTHER_BILL, M.CHAT, M.WRONG_PERSON, M.RECAP, M.WHAT_NEXT,
})  # fmt: skip
_NO_QUESTION = re.compile(
    r"^(?:ne|ta|ok|certo|viu|sabe|entendeu|blz|beleza|tudo bem|tudo bom|td bem|como vai|tudo na paz|tudo em paz|tudo certo por ai|tudo tranquilo|tudo de boa|como vc ta|e vc|que|oi|ola|hein|sim|nao|pode ser|pode|k|serio|jura|ah e|e|e mesmo|combinado|fechou|entao ta|isso|certeza|quem|bom dia|boa tarde|boa noite|alo|hum|hm|como)*(?: (?:ne|viu|k|vc|tudo|gente|moc[ao]))*$"
)
_TAG = re.compile(r"\b(?:ne|nao e|certo|ta|ok|viu|entendeu|sabe|hein|tudo bem|pode ser|da certo|beleza|combinado)$")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def questions(one: Utterance, items: tuple[Item, ...]) -> Iterator[Item]:
    """Yield what each sentence asks; `items` are what was read of the message before."""
    seen: set[str | None] = set()
    clauses = list(reversed(one.clauses))
    for sentence in one.sentences:
        own = []
        while clauses and clauses[-1].words[-1].end <= sentence.words[-1].end:
            own.append(clauses.pop())
        for item in _asked_in(sentence, own, items, one):
            if item.faq not in seen:
                seen.add(item.faq)
                yield item


def _asked_in(sentence: Clause, clauses: list[Clause], items: tuple[Item, ...], one: Utterance) -> Iterator[Item]:
    if not _LETTERS.search(sentence.quote):
        return
    asking = [
        clause
        for clause in clauses
        if (clause.asks or (_by_words(clause, ()) and not any(item.meaning is M.EXCLUDED for item in items)))
        and not _NO_QUESTION.match(clause.said)
    ]
    if not asking:
        if len(sentence.words) <= 8 and not _tells(sentence, items) and (found := match(sentence.quote)):
            yield Item(M.QUESTION, sentence.quote, sentence.message, faq=found)
        return
    for clause in asking:
        covered = [
            item
            for item in items
            if item.quote
            and item.message == clause.message
            and (item.quote in clause.quote or item.meaning is M.WHAT_NEXT and clause.quote in item.quote)
        ]
        short = len(clause.words) <= 2 and not clause.alone
        # The clause asks, whether or not its mark stood in the quote; "entra?" alone asks nothing that can be known.
        found = (
            _by_words(clause, items)
            or (match(f"{sentence.quote}?") if len(clause.words) <= 2 and 2 < len(sentence.words) <= 8 else None)
            or (match(f"{clause.quote}?") if len(clause.words) > 1 or clause.alone else None)
            or (match(f"{sentence.quote}?") if len(asking) == 1 else None)
            or _in_its_tail(clause)
            or (match(f"{clause.quoted(condition)}?") if (condition := _CONDITION.search(clause.said)) else None)
        )
        if found is None and _MAY_I.match(clause.said):
            # "É da pousada, tudo no CNPJ. Tem problema?" asks of what was told before.
            found = match(f"{one.whole.quote}?")
            short = False
        by_wish = any(item.meaning in _ASKED_BY and item.certain for item in covered)
        if _IS_IT_OK.match(clause.said) and items:
            # What was told right before has its own answer.
            continue
        if found == "mudanca_de_endereco" and not _MOVES.search(sentence.said):
            # "Se eu apagar perco o desconto?" asks of another loss than by moving.
            found = None
        if any(
            item.meaning in (M.LOST, M.YES) and item.quote == clause.quote or item.meaning is M.LOST for item in covered
        ):
            continue
        have = {item.meaning for item in items}
        if (found is None and (by_wish or _only_tag(clause) or short or M.SECRET in have)) or (
            len(clause.words) <= 3 and M.NONE_OF_THEM in have
        ):
            continue
        if found is not None and any(
            item.meaning in _ASKED_BY - {M.CANCEL, M.CHAT, M.UPSET, M.LOST, M.GREETING} for item in covered
        ):
            continue
        if found == "atende_minha_cidade" and M.COMPETITOR in have:
            # "Me deram 20%, vocês cobrem?"
            continue
        if found == "quem_assina" and M.HOLDER_AGREES in have:
            continue
        if found is None and any(item.meaning is M.FRAUD_FEAR for item in covered):
            found = "e_confiavel"
        yield Item(M.QUESTION, clause.quote, clause.message, faq=found)


# What a question asks for by its form more than by its words, and what people ask without a question's.
_BY_WORDS = (
    # Whether a person writes here.
    ("e_robo", re.compile(DOUBTS_ROBOT)),
    # In reais, not in percent.
    (
        "desconto_em_reais",
        re.compile(
            r"\bnao entendo (?:nada )?de (?:porcentagem|percentual)|\b(?:fala|diz|explica|bota|mostra)(?: \w+){0,2} em (?:reais|dinheiro)\b|\bfa(?:z|ca|zer) (?:a|essa|as) contas?(?: ai)? (?:para mim|aqui|ai)\b|\b(?:quanto|quantos) (?:da |e |fica )?(?:isso )?em (?:reais|dinheiro)\b|\bda (?:uns|umas|mais de|quase) \d+ reais (?:a menos|de desconto)\b"
        ),
    ),
    # The bill in another name, the contract beforehand, irrigation, partners: told as often as asked.
    (
        "titularidade",
        re.compile(
            r"(?<!ja )\b(?:passar|passo|passa|botar|boto|mudar|mudo|trocar|colocar|transferir)(?: \w+){0,3} (?:para o|no) meu nome\b(?! e)"
        ),
    ),
    (
        "contrato_minuta",
        re.compile(
            r"\b(?:receb\w+|ler|leitura|ver|mand\w+|envi\w+|encaminh\w+|analis\w+)(?: \w+){0,3} (?:minuta|contrato)\b(?! (?:assinado|com outra))"
        ),
    ),
    (
        "rural",
        re.compile(
            r"\birriga\w+|\bbomba (?:de agua|para|do poco)\b|\btarifa rural\b|\b(?:luz|conta|energia) rural\b|\baquicultura\b"
        ),
    ),
    (
        "parceria",
        re.compile(
            r"\b(?:quero|busco|procuro|gostaria de|interesse em|proponho)(?: \w+){0,2} (?:parceria|parceir[oa]|revend\w+|representante comercial)\b|\bcomissao por (?:contrato|venda|cliente)\b|\bpor contrato fechado\b"
        ),
    ),
    (
        "como_funciona_desconto",
        re.compile(
            r"\b(?:explica|fala|diz|conta)(?: \w+){0,2} como (?:e|funciona|fica)(?: isso| esse desconto| esse negocio| tudo)?$"
        ),
    ),
    (
        "quando_ligam",
        re.compile(r"^(?:(?:e|mas|em|ate) )*quanto tempo(?: (?:demora|leva|isso|mais|ate (?:me )?(?:lig|cham)\w+))*$"),
    ),
    # For how long one is bound; what becomes of it when the house or the shop is given up; what joining costs.
    (
        "fidelidade",
        re.compile(
            r"\b(?:pres[oa]s?|amarrad[oa]s?|prende\w*|amarra\w*)\b(?: \w+){0,2} (?:quanto tempo|quantos (?:meses|anos)|ate quando)\b|\b(?:quanto tempo|quantos (?:meses|anos)|ate quando)\b(?: \w+){0,4} (?:pres[oa]s?|amarrad[oa]s?|prende\w*|amarra\w*)\b|\bqual (?:deles |desses |plano |e )?(?:o )?(?:que )?(?:prende|amarra|segura|tem)(?: \w+)? (?:menos|mais|menor|maior) (?:tempo|prazo|fidelidade|meses|anos)\b"
        ),
    ),
    (
        "prazo_cancelamento",
        re.compile(
            r"\b(?:se|quando|caso)(?: (?:eu|a gente|nos|um dia|precisar|tiver que|tiver de|resolver))* (?:fech\w+|entreg\w+|encerr\w+|desativ\w+|deslig\w+|desocup\w+) (?:(?:a|o|as|os|minha|meu|nossa|nosso|essa|esse|de) )*(?:loj\w+|atelie|salao|comercio|ponto|negocio|empresa|firma|padaria|restaurante|lanchonete|bar|sala|oficina|estudio|escritorio|consultorio|clinica|fabrica|barbearia|mercadinho|mercado|luz|imovel|casa|ap|apartamento|kitnet)\b"
        ),
    ),
    (
        "tem_custo",
        re.compile(
            r"\b(?:tenho|tem|preciso|precisa|hay)(?: (?:que|de))? pagar (?:algo|alguma coisa|alguma taxa|algum valor)\b|\bcu?anto (?:cuesta|sale)\b|\bhay que pagar\b|\bdo i (?:have|need) to pay\b|\bhow much does (?:it|this) cost\b|\bis (?:it|this) free\b|\bes gratis\b"
        ),
    ),
    # Who signs; when it comes here; without a bill.
    (
        "quem_assina",
        re.compile(r"^(?:(?:e|mas|entao|ai) )*quem (?:que |e que )?(?:assina|vai assinar|tem que assinar)\b"),
    ),
    ("quando_chega", re.compile(r"\b(?:c|q)uando (?:llega\w*|habra|va a llegar|vai chegar|empieza\w*)\b")),
    (
        "por_que_a_conta",
        re.compile(
            r"\bsem (?:ter que |precisar )?(?:mandar|enviar|passar|mostrar) (?:a |minha |nenhuma |essa )*(?:conta|foto|fatura)\b"
        ),
    ),
    # Yes or no: is it sold here.
    (
        "atende_minha_cidade",
        re.compile(
            r"^(?:(?:e|mas|entao|sim ou nao|ou nao|vcs|a serena|me diz|so quero saber se|afinal) )*(?:atende|atendem)(?: (?:ou nao|aqui|sim ou nao))*$"
        ),
    ),
    # Which of the plans we would take.
    (
        "qual_o_melhor",
        re.compile(
            r"\b(?:vale|compensa)(?: a pena)? (?:ficar|pegar|prender|esperar|amarrar)\b(?: \w+){0,4} (?:anos?|meses|a mais)\b|\b(?:e )?melhor o \w+(?: \w+)? ou o\b|\bqual (?:\w+ ){0,3}(?:acha(?! que)|indica|recomenda|sugere|escolheria|compensa mais|pegaria)\b|\bme ajud[ae] a (?:escolher|decidir)\b|\bqual (?:e |seria )?(?:o )?(?:plano )?melhor (?:para|pra) (?:mim|quem|meu|minha)"
        ),
    ),
)
# "Esse de 36 meses, se eu mudar de casa fico presa?": the condition alone says what is asked.
_CONDITION = re.compile(r"\b(?:se|caso|quando) (?:eu|a gente|um dia)\b.*")
_IS_IT_OK = re.compile(
    r"^(?:(?:and|but|y|so) )*(?:is (?:this|that|it) (?:a problem|ok|okay|fine|possible|allowed)|hay problema|se puede|es posible)$"
)
_MOVES = re.compile(
    r"\b(?:mud\w+|enderec\w+|casas?|imovel|ap|apartamento|vend\w+|alug\w+|bairro|cidade|estado|troc\w+|sa(?:ir|io|ia)|transf\w+|levar?|outr[oa]|move|moving|local|lugar)\b"
)
_MAY_I = re.compile(
    r"^(?:(?:e|mas|ai|sera que|isso|assim|mesmo|ainda) )*(?:tem problema|pode|posso|serve|da certo|rola|aceita|consigo|vale|da)(?: (?:assim|mesmo|ainda|ser|isso|algum))*$"
)
_NEXT_PLACE = re.compile(
    r"^(?:(?:que pena|poxa|ah|ata|ok|entendi|mas|puxa|nossa|tendi|vixe) )*(?:e |e se (?:for|fosse) )(?:em |no |na |para |la em |ai em |aqui em |la na |a casa |na casa )?"
)


def _by_words(clause: Clause, items: tuple[Item, ...]) -> str | None:
    """Return what a clause plainly asks for; "e Palhoça?" asks whether that place is served."""
    for faq, pattern in _BY_WORDS:
        if pattern.search(clause.said):
            return faq
    named = any(
        item.meaning is M.PLACE and item.owner is not Owner.OTHER and item.quote and item.quote in clause.quote
        for item in items
    )
    return "atende_minha_cidade" if named and len(clause.words) <= 9 and _NEXT_PLACE.match(clause.said) else None


def _in_its_tail(clause: Clause) -> str | None:
    """Return what a run-on asks at its end: "meu cel é ruim a câmera serve o pdf do app?"."""
    starts = [begins.start() for begins in _BEGINS.finditer(clause.said)]
    tails = [tail for start in reversed(starts) if start and (tail := _THREE_WORDS.match(clause.said, start))]
    return next((found for tail in tails if (found := match(f"{clause.quoted(tail)}?"))), None)


_BEGINS = re.compile(r"\b(?:serve|posso|precisa|tem que|como|quanto|quando|qual|onde|por que|vale|aceita|da para)\b")
_THREE_WORDS = re.compile(r"\w+(?: \w+){2}.*")


def _only_tag(clause: Clause) -> bool:
    """ "Sou de Recife, tá?" asks nothing."""
    return bool(_TAG.search(clause.said)) and len(clause.words) <= 4 or not re.search(r"[a-z]{3}", clause.said)


def _tells(sentence: Clause, items: tuple[Item, ...]) -> bool:
    """True where something else was read in the sentence: "moro de aluguel" tells, and asks nothing."""
    quiet = {M.GREETING, M.THANKS}
    return any(item.message == sentence.message and item.meaning not in quiet for item in items)
