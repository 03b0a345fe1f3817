"""What a lead says of the bill that was read back: right, wrong and where, another value, another bill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.bill import utilities
from flows.assistant.hear.amounts import money_in
from flows.assistant.hear.companies import company_in, denies
from flows.assistant.hear.rule import RELATIVE
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Field, Item, Meaning, Question

M = Meaning

_RIGHT = re.compile(
    r"(?<!nao )\b(?:ta|tao|tava|valor(?:es)?|numeros?|leitura|e|ficou|veio|tudo|isso|bem|tri|muito|bah|super|dados|uai|mt|todos?|todas?|aqui|totalmente|absolutamente|leu|estao|parece|acho que ta|deu)(?: (?:tudo|bem|isso|tri|muito|mesmo|sim|super|todos?|os dados|dados|na|as|informac\w+|ai|tudinho|td|direitinho|completamente|igual|tudim))* (?:cert[oa]s?|corret[oa]s?|ok|conforme|nos conforme?s?|perfeit[oa]s?|igual(?:zinho)?|batendo|ce[rt]tissim\w|exat[oa]|direitinho|direito|em ordem|de acordo|nos trinques|beleza|joia|legal|bem certo|show|conferido|confere|bate|verdade|dez|100%)\b(?! (?:nao|que nao|o valor|o nome))"
    r"|^(?:(?:oi|sim|isso|e|ta|bah|tri|uai|ah|bem|muito|uau|nossa|ok|egua|oxe|tche|po|entao|olha|legal|beleza|aff|moca|moco|eita|minha|filha|fia|meu|bom dia) )*(?:tudo )?(?:cert[oa]s?|corret[oa]s?|confere(?:m)?|conferid[oa]|bate(?:u|m)?|perfeit[oa]|acertou|acertaram|acerto|exat[oa]|exatamente|certeiro|correctly|correct|all (?:correct|good|right)|that s (?:right|correct)|looks (?:good|right)|direitinho|igualzinho|nos conformes?|tudo nos conformes?|na mosca|sem erro|impecavel|tudo ok|tudo joia|tudo batendo|perfecto|todo (?:bien|correcto)|esta (?:bien|correcto)|ta bien)\b(?! (?:o valor|que nao|nao|seria|e|mas|ou))"
    r"|\b(?:acertou|acertaram|leu|leram) (?:em cheio|tudo|tudinho|todos?|direitinho|direito|certo|bem|tudim|na mosca|perfeit\w+|certinho|tudo certo)\b|\bnada (?:de )?errad\w+|\bnao (?:tem|ha|vi|achei|encontrei|notei|percebi|tenho) (?:(?:nenhum|qualquer|um) )?(?:nada (?:de )?errado|erros?|problema|engano|reparo|defeito|falha)\b|\bsem erro\b|\bnada (?:a|para|que) (?:corrigir|mudar|ajustar|acertar)\b|\bnao tenho (?:nada )?(?:o )?que corrigir\b|\bnao vi nada (?:de )?errado\b|\bfechou (?:certo|certinho|direitinho)\b|\bprocedem?\b|\b(?:os|meus) dados (?:tao|estao|sao)? ?(?:cert|corret|ok|bat|confer|esses|iss)\w*|\b(?:pode|pdo) (?:confirmar|seguir assim)\b|\bconfirmo (?:os dados|tudo|sim|isso)\b|\be (?:isso|esses|o que ta) (?:mesmo|ai|dados|tudo|escrito)\b|\bsao esses (?:mesmo|dados|ai)\b|\bis (?:right|correct)\b|\bmeus dados\b$"
    r"|\be (?:esse|este|isso) (?:o )?(?:valor|total) (?:mesmo|sim)\b|^(?:(?:sim|ah|para mim|mas) )*(?:ta (?:bom|otimo|bem|tranquilo) (?:assim|do jeito que ta|como ta)|assim ta (?:bom|otimo))(?: mesmo)?$|^(?:o )?(?:valor|total)(?: da conta)? (?:e|ta) (?:esse|este|isso)(?: mesmo| sim| ai)?$"
)
_NOT_RIGHT = re.compile(
    r"\b(?:nao|num) (?:ta|tao|esta|e|bate|confere|acertou|leu|ficou|tava)\b(?! (?:nada )?errad)|\b(?:errad|incorret|diferent|trocad)\w*(?<!nada errado)|\bquase\b|\bmenos (?:o|a)\b|\bso (?:o|a|que)\b|\bta certo que\b|\bmas (?:o|a) \w+ (?:nao|ta|e)\b|\btirando\b|\bexceto\b|\bsera que\b"
)
_WRONG = re.compile(
    r"\b(?:valor|nome|titular|cidade|endereco|vencimento|distribuidora|companhia|data|total)(?: certo| correto)? (?:e|seria|era) (?:d[aeo] )?outr[oa]\b|\berrad[oa]s?\b|\bincorret\w+|\bdiferentes?\b|\btrocad[oa]s?\b|\b(?:algum|um|tem|ha) (?:erro|engano|coisa errada|problema)\b|^(?:um )?erro\b|\b(?:deu|dando|da) (?:um )?erro n[oa]\b|\b(?:valor|nome|titular|total|vencimento|cidade|endereco)(?: \w+){0,4} (?:deu|dando|da|com) (?:um )?erro\b|\berrou\b|\bleu errado\b|\bfaltou\b|\bfaltando\b|\bfalta(?:m)? (?:um|uma|o|a|meu|minha)\b|\bdiscordo\b|\b(?:valor|nome|titular|cidade|endereco|vencimento|distribuidora)(?: \w+)? mudou\b|(?<!esse )\b(?:valor|nome|titular|cidade|endereco|vencimento|distribuidora) (?:(?:que )?ta )?nao$|\bmeu nome e (?:com|escrito|sem)\b|\bequivocad\w|\bwrong\b|\bincorrect\b|\bmal\b$"
    r"|\bnao (?:e|era|foi|sao|ta|tao|bate|batem|confere|conferem|deu|veio|fecha|se chama|mora|moro|vence|sou|acertou|leu|condiz|corresponde|procede|tava|ficou|vem|pago|chega)\b(?! (?:errad|golpe|nada|so|que|problema|tod[oa]|sempre|a mesma|outra|meu nome (?:e|ta)))"
    r"|\b(?:veio|e|foi|deu|sao) (?:r\$ )?[\d.,]+ (?:reais )?e nao \d|\b(?:consta|aparece|ta) (?:o )?nome de outr[ao]|\bna verdade (?:e|foi|o|a|sao|deu|veio|vence)\b|\bo (?:certo|correto|valor certo|nome certo|valor correto) (?:e|seria)\b|\b(?:ta|veio|ficou) (?:faltando|com)\b(?= (?:um|o|a) (?:erro|nome|valor|outro))"
)
_NOT_WRONG = re.compile(
    r"\b(?:nunca|nao) (?:foi|e|ta|fo[mr]\w*) trocad|\bnada (?:de )?errad|\bnao (?:tem|ha|vi|achei) (?:nada|erro|nenhum)|\bnao (?:ta|tem nada|e|esta) errad|\bnao (?:sei|entendi|e golpe|sou (?:o|a) titular)\b|\bsem erro\b"
)
_OTHER_BILL = re.compile(
    r"(?<!nunca )(?<!nao )(?<!ainda )\b(?:mandei|enviei|passei|anexei|foi|era|peguei|mandou|foto) (?:\w+ ){0,3}(?:conta |fatura |arquivo |foto |pdf |boleto )?(?:errad[oa]|trocad[oa]|da outra casa|do mes passado|antig[oa]|velh[oa]|vencid[oa] errada|da vizinha|do vizinho|d[aeo] (?:agua|internet|gas|telefone))\b"
    r"|\b(?:conta|fatura|foto|arquivo|boleto|pdf) (?:e |ta |era |foi )?(?:a )?(?:errad[oa]|trocad[oa]|da outra casa|d[eo] outr[oa] \w+|antig[oa]|velh[oa]|do vizinho|da vizinha|de outra pessoa)\b(?! (?:o|de valor))|\bnao (?:e|era) (?:a |essa |esse )?(?:minha conta|essa conta|a conta|essa a conta|essa|essa a|essa ai|esse arquivo|essa foto|essa fatura)(?=$| (?:nao|que|e|ai|mandei|vou|desculpa|certa|mesmo|k|moc|ne|era))"
    r"|\b(?:ess[ae]|est[ae])(?: ai)?(?: conta| fatura| foto)? (?:nao e|e) (?:a |da )?(?:minha|certa|antiga|velha|outra|do vizinho|da vizinha|d[ao] minha \w+|da loja|errada|de outra)\b(?<!e a minha)(?<!e a certa)|\b(?:vou |posso |deixa eu |quero |prefiro |da para |consigo )?(?:mand|envi|tir)(?:ar|o|arei|ando)(?: \w+){0,2} (?:a |o |uma )?(?:outr[oa]|cert[oa]|daqui|d[ae] (?:minha )?casa|minha(?= ?$)|nov[oa]|mais nova|mais recente|atualizada|correta|foto melhor|desse mes|deste mes)\b(?! (?:hora|dia|pessoa|casa (?:tambem)?$|vez|momento))|\b(?:era|e) (?:a|para ser a) outra\b|\bvou trocar (?:a conta|a foto|o arquivo)\b|\b(?:posso|da para) (?:mandar|trocar) (?:por )?outra\b|\bwrong bill\b|\bi ll send another\b|\bmandei (?:a |o )?errad[oa]\b|\bera (?:a |para ser a )?outr[oa]\b|\bera (?:a )?d[aeo] (?:loja|outra casa|vizinh[oa]|praia|sitio)\b|\b(?:ess[ae]|est[ae]) (?:ai )?nao e (?:a )?minha(?: conta)?\b(?! distribuidora| cidade| companhia)|\b(?:mandei|enviei) o boleto do\b|\bsegue a (?:correta|certa|outra)\b|\bpeguei a errada\b|\b(?:troquei|confundi) as (?:contas|fotos|faturas|bolas)\b|\bmandei a d[ao] (?:agua|gas|internet|telefone|vizinh\w|loja)\b|\bdesconsider\w+ (?:essa|a conta|a foto|esse)\b|\bignora (?:essa|a conta)\b|\bessa (?:ai )?e (?:antiga|velha|do mes passado|de outro)\b"
)
_DATA_WRONG = re.compile(
    r"\b(?:valor|nome|titular|cidade|endereco|vencimento|distribuidora|data|total) (?:d[ae]ss?[ae] |da )?(?:conta )?(?:ta|veio|e|esta|nao)\b|\b(?:ta|veio) errad[oa] (?:o|a) (?:valor|nome)|^(?:a |essa )?conta ta errada$"
)
_DATA_TOLD = re.compile(
    r"\b(?:valor|total|vencimento|titular|nome)(?: d[ae] (?:conta|fatura))? (?:(?:certo|correto|real|mesmo) )?(?:e|ta|nao|foi|vence|veio)\b"
)
_TOPICS = {
    Field.TOTAL: re.compile(r"\b(?:valor(?:es)?|total|preco|quantia|reais|dinheiro|r\$|amount|monto)\b"),
    Field.HOLDER: re.compile(
        r"\b(?:nome|titular|dono|dona|chama|chamo|name|nombre|sobrenome|titularidade|razao social)\b"
    ),
    Field.UTILITY: re.compile(r"\b(?:distribuidora|concessionaria|companhia|empresa)\b"),
    Field.PLACE: re.compile(r"\b(?:cidade|estado|endereco|lugar|municipio|city|ciudad|moro|bairro|rua|uf)\b"),
    Field.DUE_DATE: re.compile(
        r"\b(?:vencimento|vence|venceu|data|dia \d|dia|(?<!daqui 1 )(?<!daqui um )(?<!daqui a um )mes|referencia|due date|vencida)\b"
    ),
    Field.OTHER: re.compile(r"\b(?:consumo|kwh|leitura|numero|tudo|dados?|instalacao|medidor|uc)\b"),
}
_BARE_VALUE = re.compile(
    r"^(?:nao |e |foi |era |deu |veio |sao |o certo e |na verdade e |uns |de |e de |certo e |correto e |sim |o valor e |valor |total )*(?:r\$ )?[\d.,]+(?: reais| conto)?(?: e \d+ centavos)?(?: mesmo| sim| certo| isso)*$"
)


def corrections(one: Utterance, scene: Scene, places: tuple[Item, ...]) -> Iterator[Item]:
    """Yield what is right and wrong with the bill as it was read; `places` are those that the message names."""
    # "O valor certo é 480", while the place is what is asked, corrects the bill, too.
    open_ = scene.reads_back or (scene.asked is Question.BILL_PLACE and bool(_DATA_TOLD.search(one.whole.said)))
    found: list[Item] = []
    for clause in one.clauses:
        said = clause.said
        match = _OTHER_BILL.search(said)
        if match and not _DATA_WRONG.search(said) and (open_ or scene.state.bill or "errad" in said or "outra" in said):
            found.append(Item(M.OTHER_BILL, clause.quoted(match), clause.message))
            continue
        if not open_ or clause.asks:
            continue
        if _GOES_ON_ASKING.match(one.whole.said) and clause is not one.clauses[0] and any(c.asks for c in one.clauses):
            # "Tá certo sim, mas o vencimento eu pago sempre dia 10, muda?": right, and a question.
            continue
        if item := _value(clause, scene, places):
            found.append(item)
        elif scene.reads_back and (match := _WHOSE.search(said)):
            found.append(Item(M.HOLDER_OTHER, clause.quoted(match), clause.message))
        elif (match := _WRONG.search(said)) and not _NOT_WRONG.search(said):
            found += _wrong(clause, match)
        elif (match := _RIGHT.search(said)) and not _NOT_RIGHT.search(re.sub(r"\bnada (?:de )?errad\w+", "", said)):
            found.append(Item(M.BILL_RIGHT, clause.quoted(match), clause.message))
        elif scene.asked is Question.BILL_WRONG and _topics(said) and len(clause.words) <= 6:
            found += [Item(M.BILL_WRONG, clause.quote, clause.message, field=field) for field in _topics(said)]
        elif match := re.search(r"\b(?:menos|tirando|exceto|so) (?:o|a) (?P<what>\w+)", said):
            found += [
                Item(M.BILL_WRONG, clause.quoted(match), clause.message, field=field) for field in _topics(match[0])
            ]
    yield from _plainest(found)


# "Isso é o dono", "esse aí é meu pai", "é o nome do marido dela": whose the name on the bill is.
_WHOSE = re.compile(
    rf"^(?:(?:isso|isto|sim|ah|aham|entao|ess[ea]|est[ea]|nome|titular|o|a|ai|pois|uai|oxe|que ta|que aparece) )*(?:[a-z]+ )?(?:e|era|eh) (?:o |a )?(?:nome )?(?:d[aeo]s? )?(?:(?:meu|minha|nosso|nossa) )?(?:{RELATIVE}|don[oa]|proprietari[oa]|locador\w*|antig[oa] (?:don[oa]|morador\w*|inquilin[oa]))\b(?! (?:falou|disse|que (?:falou|disse|mandou|tirou|vai)))"
    r"|^(?:\w+ )?(?:that s|thats|that is|it s|its|he s|she s|he is|she is) (?:my|the) (?:wife|husband|mother|father|landlord|landlady|owner|mom|dad|brother|sister|boss|son|daughter|partner|uncle|aunt|grand\w+)\b"
)
_GOES_ON_ASKING = re.compile(
    r"^(?:(?:sim|ok|e|ah) )*(?:(?:es)?ta (?:tudo )?cert[oa]|cert[oa]|confere|isso|corret[oa])(?: (?:sim|mesmo|tudo))*\b"
)


def _topics(said: str) -> list[Field]:
    return [field for field, pattern in _TOPICS.items() if pattern.search(said)]


def _plainest(found: list[Item]) -> Iterator[Item]:
    """Leave out "it is wrong" beside what is wrong, and a field beside the same field with its value."""
    wrong = [item for item in found if item.meaning is M.BILL_WRONG]
    named = any(item.field is not Field.OTHER for item in wrong)
    valued = {item.field for item in wrong if item.amount or item.utility or item.places}
    for item in found:
        if item.meaning is M.BILL_WRONG:
            empty = not (item.amount or item.utility or item.places)
            if (named and item.field is Field.OTHER) or (empty and item.field in valued):
                continue
        yield item


def _value(clause: Clause, scene: Scene, places: tuple[Item, ...]) -> Item | None:
    """Return what follows from a value that was named: the same as read is right, another is wrong."""
    said, bill = clause.said, scene.state.bill
    day = re.search(r"\b(?:dia )?(\d{1,2})(?:/\d{1,2})?\b(?! (?:reais|mil))", said)
    if day and bill and bill.due and _TOPICS[Field.DUE_DATE].search(said) and int(day[1]) != bill.due.day:
        return Item(M.BILL_WRONG, clause.quote, clause.message, field=Field.DUE_DATE)
    # "Paguei 380 e não 412": what is denied is no second value.
    money = money_in(clause) or money_in(_without_denied(clause))
    names_total = bool(_TOPICS[Field.TOTAL].search(said)) and not re.search(r"\b(?:vence|vencimento|dia \d)", said)
    bare = bool(_BARE_VALUE.match(said)) and (money is not None and money.value >= 32)
    corrects = scene.asked is Question.BILL_WRONG or bool(_DEU.search(said))
    if money and _USUALLY.search(said) and not (names_total or _denied_value(said, bill)):
        # "Mas no verão vem 300": another month's.
        return None
    if money and (money.marked or bare or names_total or corrects or _denied_value(said, bill)):
        total = bill.total if bill else None
        if total is not None and (money.value == total or (money.value == int(total) and "," not in money.quote)):
            if not _denied_value(said, bill) and not re.search(r"\b(?:nao|errad\w+)\b", said):
                return Item(M.BILL_RIGHT, money.quote, clause.message, amount=money.value)
            return Item(M.BILL_WRONG, clause.quote, clause.message, field=Field.TOTAL)
        return Item(M.BILL_WRONG, clause.quote, clause.message, field=Field.TOTAL, amount=money.value)
    company = company_in(clause, scene, told=True)
    known = (utilities.canonical(bill.utility, bill.state) or bill.utility) if bill else None
    if not company and known and denies(clause, scene, known):
        return Item(M.BILL_WRONG, clause.quote, clause.message, field=Field.UTILITY)
    if company and bill:
        if known == company[0]:
            return None
        denied = re.search(r"\bnao\b", said)
        if denied or scene.asked is Question.BILL_WRONG or re.search(r"\b(?:e|da|distribuidora|conta)\b", said):
            return Item(M.BILL_WRONG, clause.quote, clause.message, field=Field.UTILITY, utility=company[0])
    for place in places:
        told = bill and place.certain and place.quote and place.quote in clause.quote and bill.place not in place.places
        asked = scene.asked is Question.BILL_WRONG
        if told and (asked or re.search(r"\b(?:nao|errad\w+|cidade|endereco|certo e|na verdade)\b", said)):
            return Item(
                M.BILL_WRONG, clause.quote, clause.message, field=Field.PLACE, places=place.places, state=place.state
            )
    return None


_DEU = re.compile(r"\b(?:deu|veio|paguei|foi|era|(?:conta|fatura|mes|agora|minha) e)(?: de| so)? (?:r\$ )?\d{2}")
_USUALLY = re.compile(
    r"\b(?:costuma|geralmente|normal\w*|media|sempre|as vezes|outros? mes\w*|mes passado|antes|ano passado|(?:no|na) (?:verao|inverno|calor|frio)|em (?:janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)|quando)\b"
)


def _without_denied(clause: Clause) -> Clause:
    if not (denied := _NOT_THIS.search(clause.said)):
        return clause
    start, end = clause.span(denied)
    kept = tuple(word for word in clause.words if word.end <= start or word.start >= end)
    return replace(clause, words=kept) if kept else clause


_NOT_THIS = re.compile(r" (?:e )?nao (?:r\$ )?\d[\d.,]*(?: reais)?\b")


def _denied_value(said: str, bill: object) -> bool:
    return bool(re.search(r"\bnao (?:e|foi|deu|era|sao|veio|ta)(?: de)? (?:r\$ )?\d", said))


def _wrong(clause: Clause, match: re.Match[str]) -> list[Item]:
    fields = _topics(clause.said)
    if not fields and re.search(r"\bnao (?:e|foi|deu) (?:r\$ )?\d", clause.said):
        fields = [Field.TOTAL]
    if not fields:
        return [Item(M.BILL_WRONG, clause.quoted(match), clause.message, field=Field.OTHER)]
    return [Item(M.BILL_WRONG, clause.quote, clause.message, field=field) for field in fields]
