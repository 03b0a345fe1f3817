"""Which plan of the list a person decides for: by number, place, percentage, name or commitment (domain.md 2.1, step 12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.assistant.hear.amounts import WORDS
from flows.assistant.hear.rule import RELATIVE
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Item, Meaning, Question
from flows.brazil.folding import fold
from flows.domain import Offer

M = Meaning
_NUMBERS = {"um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "one": 1, "two": 2, "three": 3, "uno": 1, "dos": 2}  # fmt: skip
_ORDINALS = {"primeir": 1, "segund": 2, "terceir": 3, "quart": 4, "quint": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
_FOREIGN = {"first": 1, "second": 2, "third": 3, "segundo": 2, "tercero": 3, "primero": 1, "tercer": 3, "primer": 1}
_LABEL = r"(?:planos?|opcao|opcoes|numero|num|nr|item|alternativa|proposta|oferta|distribuidora|cidade|option|plan|number|la|el)"
_WANT = (
    r"(?:quero|queria|gostaria d[eo]|prefiro|escolho|escolhi|escolheria|escolhemos|fico com|ficaria com|ficamos com|(?:vou |quero |queria |gostaria de )?ficar com"
    r"|vou (?:de|com|querer|no|na|pelo|ficar com|fechar|pegar|optar pelo|escolher)|vamos (?:de|no|com|nesse|pelo|querer|fechar)|pode ser|seria|gostei d[oa]|curti|me interess\w+|interesse n[oa]|acho que|manda|pega|bota|poe|coloca|contrata\w*|fech(?:a|o|ar|ei|amos|ado)(?: com| n)?|aceito|pelo|pela|marca|anota|topo|escolha|opt(?:o|amos|ei|ar) pel[oa]|me ve|dale|toca|vou|i want|i ll take|give me|quiero|me quedo con|la|el|melhor|decidi|decidimos|resolvi|assina)"
)
_POLITE = r"(?:por favor|mesmo|obrigad[oa]|entao|sim|ok|eu|acho|que|quero|e|isso|ai|ne|mais|gostei|valeu|beleza|vai|ta|bom|certo|fechado|combinado|parece|dia|boa|tarde|noite|para mim|moc[oa]|minha|meu|fia|filha|fi|so|uai|bah|tche|tri|po|mano|veio|vei|viu|hein|oxe|oxente|eita|egua|vixe|menin[oa]|gente|querid[oa]|amig[oa]|agora|sim senhora?|pois|ah|hm|k|deu|quem|pronto|decidido|logo|bem|serve|the|one|please|a gente|nos|pras|para as|duas|os|dois|para os|das|casas|contas|na verdade|melhor|resolvi|pensei|vamos|bora|ja|la|senhora|cara|so|serei|firme|macho|rapaz|de|vez|pensando|olha|tudo|por|mim|oi|ola)"
_VALUE = rf"(?:[0-9]{{1,2}}|{'|'.join(_NUMBERS)})"
_ALONE = re.compile(
    rf"^(?:(?:{_WANT}|{_POLITE}|o|a|no|na|do|da) )*(?:{_LABEL} )?(?P<value>{_VALUE})(?: {_POLITE}| {_LABEL})*$"
)
_LABELLED = re.compile(
    rf"\b(?:plano|opcao|numero|item|alternativa|proposta|oferta|option|plan|number) (?:de )?(?:numero |o |a )?(?P<value>{_VALUE})\b(?! (?:%|por cento|reais|mil|meses|anos|contas))"
)
_WANTED = re.compile(
    rf"\b{_WANT} (?:{_POLITE} )*(?:o|a|no|na|d[eo]|com o) (?P<value>{_VALUE})\b(?! (?:%|por cento|reais|mil|mes|meses|anos|de|contas|desconto|casas))"
)
_BARE_O = re.compile(
    rf"(?:^|\be |\bentao |\bsim |\bo plano )o (?P<value>{_VALUE})(?:$| (?:mesmo|entao|por favor|sim|que|para as duas|viu|ne|e melhor|e bom|pra|para|ai))"
)
_ORDINAL = re.compile(
    rf"(?:^|\b(?:o|a|no|na|pelo|pela|do|da|the|el|la|esse|{_WANT}|{_POLITE}|opcao|plano) )(?P<which>primeir|segund|terceir|quart|quint|[1-5](?=[oa]\b))[oa]\b(?=$| (?:{_LABEL}|{_POLITE}|com|tem|que|da lista|d[ae]ss[ae]s?|para|pra|one|e)\b)(?! que (?:eu|nao|ja))"
)
_FOREIGN_ORDINAL = re.compile(
    r"\b(?:the |el |la )?(?P<which>first|second|third|tercero|primero|tercer)\b(?: one| plan| option)?"
)
_LAST = re.compile(
    rf"(?:^|\b(?:o|a|no|na|pelo|pela|the|el|{_WANT}|{_POLITE}) )(?:ultim[oa]|last|derradeir[oa])\b(?=$| (?:{_LABEL}|{_POLITE}|da lista|dos|de|one)\b)"
)
_MIDDLE = re.compile(
    r"\b[oan]{1,2} do meio\b|\bdo meio\b|\bintermediari[oa]\b|\bthe middle\b|\bel del medio\b|\b[oa] central\b"
)
_NOT_A_PICK = re.compile(
    r"\b(?:segunda|terca|quarta|quinta|sexta)s?(?: feira)\b|\b(?:na|ate|ate a|toda|proxima|nesta|desta) (?:segunda|quarta|quinta|sexta)\b|\b(?:segunda|2a) via\b|\bprimeir[ao] (?:conta|fatura|vez|lugar|mes|boleto|coisa|e)\b|\b(?:em|de) (?:primeiro|segundo) lugar\b|\bultim[ao]s? (?:conta|fatura|mes|boleto|vez|coisa|pergunta)\w*|\b(?:das|as|dia|ate as|depois das|a partir das|antes das|depois d[ae]s?) \d{1,2}\b|\bum segundo\b|\b(?:so |1 |um )segundinho\b|\bsegundo (?:el[ae]|vcs|o site|a|meu|minha)\b"
)
_REFUSES = re.compile(
    r"\bnao (?:quero|gostei|me interess\w+|prefiro|aceito|seria|e|entendi|sei|vou|curti|escolh\w+|serve)\b|\b(?:nenhum|nenhuma|nem|tirando|exceto|duvidas?|fora)\b"
    r"|(?<!pelo )(?<!ao )\bmenos\b(?! (?:tempo|fidelidade|contrato|prazo|meses|anos|pres[oa]|amarr\w+|burocracia|me|prende|amarra))"
)
_DECIDES = re.compile(
    r"\b(?:quero|escolho|escolhi|fico com|ficar com|ficamos com|prefiro|vou (?:de|com|querer|no)|pode ser|fechado|fecho|aceito|vamos (?:no|de|com)|i ll take|i want|quiero)\b"
)
_WEIGHS = re.compile(
    r"\b(?:qual|quais|melhor (?:o|a|eu|qual)|e melhor|compensa|vale|diferenca|recomend\w+|indic\w+|sugere|acha|entre o|ou o|ou a|ou d[eo]|to em duvida|em duvida|sera|ainda nao|vou pensar|pensando|nao sei|nao decidi|se eu (?:escolher|pegar|quiser|for)|e se|e o \w+ (?:tem|e|que)|que historia|o que e|me explica|explica|tem (?:multa|fidelidade|taxa)\?|o \d tem|interessante|parece bom|gostei mas|dos? dois)\b"
)
_FREE = re.compile(
    r"\b(?:sem|s) (?:a )?(?:fidelidade|fidelizacao|prazo|contrato|amarras?|amarracao|multa|permanencia|compromisso|carencia|tempo|prender|lock in|commitment|permanencia|ficar pres[oa]|enrosco|obrigacao)|\bque nao (?:me |nos )?(?:prend\w+|amarr\w+|tem (?:prazo|fidelidade|multa|contrato|tempo|carencia|permanencia)|segur\w+|obrig\w+|fideliza|tenha (?:fidelidade|prazo|multa|contrato))|\bnao tem (?:contrato|prazo|fidelidade|multa|carencia)\b|\b(?:da para|posso|pode|podemos|consigo) (?:sair|cancelar) (?:quando|a hora|a qualquer)|\bsair quando\b|\blivre\b|\bnao (?:me )?(?:prende|amarra)\b|\bsem me (?:prender|amarrar)|\bfidelidade (?:zero|0|nenhuma)\b|\bzero fidelidade\b|\b(?:posso|pode) (?:sair|cancelar) (?:quando|a hora)|\bsem nada de fidelidade\b|\bno (?:commitment|contract)\b|\bsin (?:permanencia|fidelidad|contrato)\b"
)
_MOST = re.compile(
    r"\b(?:maior|mais|max\w*|melhor) (?:o |a )?(?:desconto|descontinho|porcentagem|percentual|economia|abatimento|de desconto|barato|em conta|economic[oa]|descontao|% )|\bque (?:tiver |da |der |desconta |abate |economiza |tem )+(?:mais|o maior|o melhor|maior|melhor)\b|\bmais (?:barato|vantajos[oa]|em conta|alto|economic[oa])\b|\bmaior(?: de todos| deles| %)?$|\bque (?:mais )?(?:desconta|abate|economiza)(?: mais)?\b|\bbiggest discount\b|\bmayor descuento\b|\bmais desconto\b|\bmais gordo\b|\bo de maior\b|\bcheapest\b|\bo que mais\b|\bmas barato\b|\bmaiorzao\b|\bda mais$|\bpaga menos\b"
)
_LEAST_TIME = re.compile(
    r"\b(?:menos|menor|mais curto|curt\w+) (?:tempo|prazo|fidelidade|contrato|meses|anos|permanencia|periodo)\b|\bprende menos\b|\bmenos (?:me )?(?:pres[oa]|amarr\w+)|\bmais curt[oa]\b|\bprazo menor\b"
)
_MOST_TIME = re.compile(
    r"\b(?:mais|maior|longo) (?:tempo|prazo|fidelidade|contrato|longo)\b|\bmais longo\b|\bprazo maior\b|\bo longo\b"
)
_BOUND = re.compile(
    r"\bcom (?:a )?(?:fidelidade|prazo|contrato|permanencia)\b|\bque (?:tem|prende|amarra)\b(?: \w+)? ?(?:fidelidade|prazo|contrato)?"
)
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d+)?) ?(?:%|por ?cento|porcento)")
_FIGURE = re.compile(r"(?<![\d.,$])(\d{1,2}(?:[.,]\d+)?)(?![\d.,]|\s*(?:reais|mil|mes|ano|dia|h\b|hora|conta|kwh))")
_TEEN = re.compile(
    rf"\b(?:{'|'.join(w for w in WORDS if 11 <= WORDS[w] <= 40)})(?: (?:e )?(?:um|dois|tres|quatro|cinco|seis|sete|oito|nove|meio))?\b(?! (?:anos|mes|meses|reais|mil))"
)
_TIME = re.compile(
    rf"\b(?P<count>\d{{1,2}}|{'|'.join(sorted(WORDS, key=len, reverse=True))}) (?P<unit>mes|meses|anos?)\b"
)
_OTHER = re.compile(
    r"^(?:(?:entao|ah|sim|quero|prefiro|e|vou|fico com|ta|ok|bom|no|eu|pode ser|queria|na verdade|melhor|agora) )*o outro(?: entao| mesmo| sim| por favor| plano)*$"
)
_EXCLUDED = re.compile(
    rf"\b(?:nem|menos|tirando|exceto|fora|nao quero|nao gostei d?)(?: (?:o|a|do|da|de|no|plano|opcao|d[eo] plano))* (?P<value>{_VALUE}|primeir[oa]|segund[oa]|terceir[oa]|ultim[oa])\b(?! (?:meses|anos|%))|^(?:o |a )(?P<denied>[1-9]|primeir[oa]|segund[oa]|terceir[oa]) nao\b"
)
_OF_ANOTHER = re.compile(
    rf"\b(?:{RELATIVE}|amig[oa]|colega)\b(?: \w+){{0,2}} (?:pegou|tem|fez|escolheu|fechou|pegaram|ta no|usa)\b"
)
_NONE = re.compile(
    r"\btem (?:nada|algo|algum|alguma coisa|coisa|mais) (?:\w+ )?(?:melhor|maior|alem)\b|\btem outro$|\besses? ai nao\b|\bess[ea]s? nao$|\bta fraco\b|"
    r"\bnenhum(?:a)?\b(?! (?:problema|erro|custo|duvida|interesse|momento|lugar|jeito|dia|contrato|dado|mal|deles? tem|outro|outra))|\bnem um nem outro\b|\bnao (?:gostei|curti|quero|me interess\w+) (?:de |d?)?(?:nenhum\w*|esses? planos?|desses?|esses)\b|\bso (?:fecho|aceito|quero|faco|entro|vou|topo|se for)(?: \w+)? (?:com|se|por|a partir|de) (?:\w+ ){0,3}\d+ ?(?:%|por cento|de desconto)?|\b(?:queria|quero|tem|tinha) (?:um |algum |outro |mais )*(?:de |com |desconto de )?\d+ ?(?:%|por cento)|\b(?:tem|quero|queria|ver|mostra|existe)(?: \w+)? outr[oa]s? (?:planos?|opcao|opcoes|desconto)\b|\bnada disso\b|\bmuito pouco\b|\bdesconto (?:e |ta )?(?:muito )?(?:baixo|pouco|pequeno|fraco|mixaria)\b|\bnone of (?:them|these)\b|\bninguno\b|\bachei (?:pouco|fraco|baixo)\b|\bneither\b"
)


@dataclass(frozen=True)
class Pick:
    """A position on a list, whether it is plainly meant, and the words."""

    position: int
    certain: bool
    quote: str


def choices(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield the plan that a message decides for, or that it wants none of them."""
    offers = scene.offers
    if not offers or not scene.chooses:
        return
    last: Item | None = None
    for clause in (*one.clauses, *((one.whole,) if len(one.clauses) > 1 else ())):
        if clause is one.whole and last is not None:
            break
        if len(clause.words) > 40 or _OF_ANOTHER.search(clause.said):
            continue
        if pick := _pick(clause, offers, scene):
            plan = next((offer.plan_id for offer in offers if offer.position == pick.position), None)
            certain = pick.certain and (last is None or last.plan == plan or clause is not one.whole)
            # "Óbvio… que não. O sem fidelidade": the last word counts.
            last = Item(M.CHOICE, pick.quote, clause.message, certain=certain, plan=plan)
        elif (
            last is None
            and clause is not one.whole
            and not clause.asks
            and len(clause.words) <= 8
            and _another_percent(clause, offers)
        ):
            yield Item(M.NONE_OF_THEM, clause.quote, clause.message)
            return
        elif (
            last is None
            and (match := _NONE.search(clause.said))
            and not _percent_listed(clause, offers)
            and clause is not one.whole
        ):
            if not clause.asks or re.search(r"\b(?:outr[oa]s?|nenhum|\d)", match[0]):
                yield Item(M.NONE_OF_THEM, clause.quoted(match), clause.message)
                return
    if last is not None:
        if any(
            c.asks and re.search(r"^(?:e )?(?:se|caso) (?:eu|a gente)\b", c.said) for c in one.clauses
        ) and not _DECIDES.search(one.whole.said):
            # "Esse do meio, se eu sair antes pago alguma coisa?" asks about it first.
            last = replace(last, certain=False)
        doubts = one.clauses and any(_WEIGHS.search(c.said) for c in one.clauses)
        yield replace(
            last, certain=last.certain and not (doubts and len(one.clauses) > 1 and not _DECIDES.search(one.whole.said))
        )


def listed(clause: Clause, names: tuple[str, ...]) -> Pick | None:
    """Return which entry of a list of names is picked: by its number, its place, or words that only it has."""
    said = clause.said
    if clause.asks and not _DECIDES.search(said):
        return None
    found = _by_name(clause, names) or _by_number(said, len(names))
    if len(found) != 1 or _REFUSES.search(said):
        return None
    return Pick(found.pop(), True, clause.quote)


def _pick(clause: Clause, offers: tuple[Offer, ...], scene: Scene) -> Pick | None:
    said = _NOT_A_PICK.sub(" ", clause.said).strip()
    said = re.sub(r" +", " ", said)
    if not said:
        return None
    decides = bool(_DECIDES.search(said))
    if (clause.asks and not decides) or (_WEIGHS.search(said) and not decides):
        return None
    many = len(offers)
    if excluded := _excluded(said, many) | _excluded_names(said, offers):
        left = [offer.position for offer in offers if offer.position not in excluded]
        positive = _by_attribute(re.sub(_EXCLUDED, " ", said), offers) if len(left) != 1 else None
        if positive and positive[0] not in excluded:
            return Pick(positive[0], positive[1], clause.quote)
        return Pick(left[0], False, clause.quote) if len(left) == 1 else None
    if _REFUSES.search(said):
        free = _by_attribute(said, offers) if _FREE.search(said) or _LEAST_TIME.search(said) else None
        return Pick(free[0], False, clause.quote) if free and not re.search(r"\bnao quero (?:o |a )", said) else None
    if attribute := _by_attribute(said, offers):
        guessed = bool(re.search(r"\b(?:acho que|talvez|parece|deve ser)\b", said)) and not decides
        return Pick(attribute[0], attribute[1] and not guessed, clause.quote)
    numbers = _by_percent(clause, offers) or _by_number(said, many)
    if len(numbers) == 1 and 1 <= (only := next(iter(numbers))) <= many:
        return Pick(only, True, clause.quote)
    if not numbers or max(numbers) > many:
        figures = _by_figure(said, offers)
        if len(figures) == 1:
            return Pick(figures.pop(), True, clause.quote)
    names = _by_name(clause, tuple(offer.name for offer in offers))
    if len(names) == 1 and (decides or len(clause.words) <= 5):
        return Pick(names.pop(), True, clause.quote)
    if (
        len(numbers) == 1
        and many < max(numbers) < 10
        and (decides or len(clause.words) <= 3)
        and not _PERCENT.search(said)
    ):
        return Pick(0, True, clause.quote)
    if many == 2 and _OTHER.search(said):
        return _the_other(clause, offers, scene)
    return None


def _the_other(clause: Clause, offers: tuple[Offer, ...], scene: Scene) -> Pick | None:
    """ "O outro" of two: the one that is neither proposed nor chosen; where none is, nobody knows which."""
    of = scene.state.proposed or scene.state.chosen
    rest = [offer.position for offer in offers if offer.plan_id != of]
    return Pick(rest[0], True, clause.quote) if of is not None and len(rest) == 1 else None


def _by_attribute(said: str, offers: tuple[Offer, ...]) -> tuple[int, bool] | None:
    """Return the one plan that has what was named, and whether that is plain; comparing is a guess, asked back."""
    if _FREE.search(said):
        free = [offer.position for offer in offers if offer.fidelity_months == 0]
        return (free[0], True) if len(free) == 1 else None
    if time := _TIME.search(said):
        count = int(time["count"]) if time["count"].isdigit() else WORDS[time["count"]]
        months = count * 12 if time["unit"].startswith("ano") else count
        fits = [offer.position for offer in offers if offer.fidelity_months == months]
        return (
            (fits[0], True)
            if len(fits) == 1 and not re.search(r"\b(?:nao|muito tempo|demais|muito|muita|tanto|longo)\b", said)
            else None
        )
    if _LEAST_TIME.search(said):
        least = min(offer.fidelity_months for offer in offers)
        fits = [offer.position for offer in offers if offer.fidelity_months == least]
        return (fits[0], False) if len(fits) == 1 else None
    if _MOST_TIME.search(said):
        most = max(offer.fidelity_months for offer in offers)
        fits = [offer.position for offer in offers if offer.fidelity_months == most]
        return (fits[0], False) if len(fits) == 1 else None
    if _MOST.search(said):
        best = max(offer.discount for offer in offers)
        fits = [offer.position for offer in offers if offer.discount == best]
        return (fits[0], False) if len(fits) == 1 else None
    if _MIDDLE.search(said) and len(offers) == 3:
        return 2, True
    if _BOUND.search(said):
        bound = [offer.position for offer in offers if offer.fidelity_months > 0]
        return (bound[0], True) if len(bound) == 1 else None
    return None


def _by_percent(clause: Clause, offers: tuple[Offer, ...]) -> set[int]:
    wanted = {_plain(value) for value in _PERCENT.findall(clause.said)}
    wanted |= {_plain(value) for value in _spoken_percents(clause.said) if re.search(r"por ?cento|%", clause.said)}
    return _with_percents(wanted, offers)


def _by_figure(said: str, offers: tuple[Offer, ...]) -> set[int]:
    """ "O de 18", "dezesseis": a number that is no position and exactly one plan's percentage, in a short text."""
    if len(said.split()) > 10:
        return set()
    wanted = {_plain(value) for value in _FIGURE.findall(said)} | set(_spoken_percents(said))
    return _with_percents(wanted, offers) if len(wanted) == 1 else set()


def _with_percents(wanted: set[str], offers: tuple[Offer, ...]) -> set[int]:
    if len(wanted) != 1:
        return set()
    return {offer.position for offer in offers if _plain(offer.percent) in wanted}


def _percent_listed(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    wanted = {_plain(value) for value in _PERCENT.findall(clause.said)}
    return bool(wanted) and bool(_with_percents(wanted, offers))


def _another_percent(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    """ "O de 20%", where no plan has it."""
    return (
        bool(re.search(r"^(?:\w+ )*(?:o|um|com|a|plano)(?: plano)? (?:de |d)?\d", clause.said))
        and bool(_PERCENT.search(clause.said))
        and not _percent_listed(clause, offers)
    )


def _spoken_percents(said: str) -> list[str]:
    found = []
    for match in _TEEN.finditer(said):
        words = [word for word in match[0].split() if word != "e"]
        value = sum(WORDS[word] for word in words if word in WORDS)
        found.append(f"{value}.5" if "meio" in words else str(value))
    return found


def _plain(value: str) -> str:
    return value.replace(",", ".").removesuffix(".0")


def _by_number(said: str, many: int) -> set[int]:
    alone = (_ALONE,) if len(said.split()) <= 12 else ()
    for pattern in (*alone, _LABELLED, _WANTED, _BARE_O):
        if hits := [match["value"] for match in pattern.finditer(said)]:
            values = {_NUMBERS.get(hit) or int(hit) for hit in hits}
            # "opção 1 ou 2", "o 1 e o 2": a second small number in the text makes it unclear.
            others = {int(n) for n in re.findall(r"\b[1-9]\b", said)}
            return values | others if pattern is not _ALONE else values
    if ordinals := {_ORDINALS[match["which"]] for match in _ORDINAL.finditer(said)}:
        return ordinals
    if foreign := {_FOREIGN[match["which"]] for match in _FOREIGN_ORDINAL.finditer(said)}:
        return foreign
    return {many} if _LAST.search(said) else set()


def _excluded(said: str, many: int) -> set[int]:
    values = {match["value"] or match["denied"] for match in _EXCLUDED.finditer(said)}
    positions = {
        _NUMBERS.get(v) or (int(v) if v.isdigit() else _ORDINALS.get(v[:-1], many if v.startswith("ultim") else 0))
        for v in values
    }
    return {position for position in positions if 1 <= position <= many}


def _excluded_names(said: str, offers: tuple[Offer, ...]) -> set[int]:
    """ "Nem o premium nem o básico": the plans whose own word stands behind a no."""
    found = set()
    for offer in offers:
        for word in set(fold(offer.name).split()) - _NOT_TELLING:
            if re.search(
                rf"\b(?:nem|menos|tirando|exceto|fora|nao quero|nao gostei d)(?: |)(?:o |a |do |da |esse |ess[ea] )?(?:plano )?{re.escape(word)}\b",
                said,
            ):
                found.add(offer.position)
    return found


def _by_name(clause: Clause, names: tuple[str, ...]) -> set[int]:
    """Whole names first, the longest alone if one contains another; then words that only one entry has."""
    said = fold(clause.quote)
    folded = [fold(name) for name in names]
    whole = {i for i, name in enumerate(folded, 1) if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)}
    if whole:
        kept = {i for i in whole if not any(folded[i - 1] in folded[j - 1] and i != j for j in whole)}
        return kept or {max(whole, key=lambda i: len(folded[i - 1]))}
    words = [set(re.findall(r"[a-z]{2,}", name)) for name in folded]
    own = [mine - set().union(*(w for j, w in enumerate(words) if j != i)) for i, mine in enumerate(words)]
    spoken = {_spelt(word, words) for word in said.split()} - _NOT_TELLING
    return {i for i, mine in enumerate(own, 1) if mine & spoken}


def _spelt(word: str, names: list[set[str]]) -> str:
    """Return the word of a listed name of which this is a slip: `intermediaro` → `intermediario`."""
    known = [name for own in names for name in own if len(name) >= 6]
    near = (
        process.extractOne(word, known, scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2)
        if len(word) >= 6
        else None
    )
    return near[0] if near else word


# Words of a plan's or place's name that people also say without meaning it.
_NOT_TELLING = frozenset(
    """plano planos de do da com sem meses mes anos desconto fidelidade conta luz energia serena para que quero sim nao se em to am pa no
    na os as um uma ou sao santa santo rio sul norte nova novo grande boa bom bem ok premium basico""".split()
) - {"premium", "basico"}


def waits_for_choice(scene: Scene) -> bool:
    """Tell whether a plan is asked for right now."""
    return bool(scene.offers) and scene.asked in (Question.PLAN, Question.CONFIRM_PLAN)
