"""Which plans of a list words describe: by percentage, months, figures, or how one compares with the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flows.assistant.hear.amounts import NUMBER_WORDS, WORDS, number_of
from flows.assistant.hear.utterance import Clause
from flows.brazil.folding import fold
from flows.domain import Offer

PERCENT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d+)?) ?(?:%|por ?cento|porcento)")
FIGURE = re.compile(
    r"(?<![\d.,$])(\d{1,2}(?:[.,]\d+)?)(?![\d.,]|\s*(?:reais|mil|mes(?:es)?|anos?|dias?|h|horas?|contas?|kwh)\b)"
)
TEEN = re.compile(
    rf"\b(?:{'|'.join(w for w in WORDS if 11 <= WORDS[w] <= 40)})(?: (?:e )?(?:um|dois|tres|quatro|cinco|seis|sete|oito|nove|meio))?\b(?! (?:anos|mes|meses|reais|mil)\b)"
)
TIME = re.compile(
    rf"\b(?P<count>\d{{1,2}}|(?:(?:vinte|trinta|quarenta|cinquenta|sessenta) [ei] )?(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})) (?P<unit>mes|meses|anos?)\b"
)
_TIES = r"(?:prend(?:e|em|a|am|er|endo)|amarr(?:a|am|e|ar|ando)|segur(?:a|am|e|ar|ando)|obrig(?:a|am|ue|ar)|fideliz\w+|trav(?:a|e|ar))"
_TERM = r"(?:fidelidade|fidelizacao|prazo|contrato|amarras?|amarracao|multa|permanencia|compromisso|carencia|enrosco|obrigacao|nada disso)"
FREE = re.compile(
    # without a term, without being tied
    rf"\b(?:sem|s) (?:a |ter |essa )?(?:que )?(?:{_TERM}|tempo|ficar pres[oa]|lock in|commitment|(?:me |nos |se )?{_TIES})\b|\b(?:fidelidade|prazo) (?:zero|0|nenhum\w*)\b|\bzero fidelidade\b|\bsem nada de fidelidade\b"
    # what ties nobody, has no term, where nobody is tied
    rf"|\bque (?:eu |a gente )?nao(?: (?:me|nos|se|a gente|vai|tem|tenha|precis\w+|preciso|tenho|de|que|fic\w+|faz|fica))* (?:pres[oa]s?|amarrad[oa]s?)\b"
    rf"|\b(?:nao|nem|nada que|sem que)(?: (?:me|nos|se|a gente|vai|fica|fique|que|te))* {_TIES}(?: (?:ninguem|a gente|nada|eu))*\b|\bnao (?:tem|tenha|exige|pede|cobra)(?: \w+)? (?:{_TERM}|tempo(?! (?:para|de (?!contrato|fidelidade))))\b"
    rf"|\b(?:la|el|lo) que no(?: (?:me|te|se))* {_TIES}\b"
    rf"|\b(?:nao|sem) (?:se |eu |a gente )?(?:pag\w+|tem|ter|cobr\w+) (?:a )?multa\b|\b(?:sair|ir embora|cancelar|largar|pular fora|desistir|me mandar) (?:quando|a (?:qualquer|hora)|na hora|em qualquer)"
    # one may leave at will
    r"|\b(?:da para|posso|pode|podemos|consigo)(?: (?:me|eu|a gente))* (?:sair|cancelar|largar|desistir)(?: \w+)? (?:quando|a hora|a qualquer)|\bsair quando\b|(?<!me )(?<!to )(?<!estou )(?<!fico )(?<!fica )(?<!tempo )(?<!dia )\b(?:livre|solt[oa])\b(?! (?:para|a |de (?:manha|tarde|noite)|depois|no |na |so |as ))"
    r"|\bquiero(?: \w+){0,2} s[ie][mn] (?:fidelidade?|permanencia|contrato)\b|\b(?:no|without)(?: an?y?)? (?:commitment|contract|lock in|fixed term)\b|\bsi[mn] (?:permanencia|fidelidad|plazo|atadura\w*|compromiso)\b|\bsin (?:fidelidade?|contrato)\b"
)
MOST = re.compile(
    r"\b(?:maior|mais|max\w*|melhor) (?:o |a )?(?:desconto|descontinho|porcentagem|percentual|economia|abatimento|de desconto|barato|em conta|economic[oa]|descontao|% )|\bque (?:tiver |da |der |desconta |abate |economiza |tem )+(?:mais|o maior|o melhor|maior|melhor)\b|\bmais (?:barat(?:o|inho|im)|vantajos[oa]|em conta|alto|economic[oa])\b|\bmaior(?: de todos| deles| %)?$|\bque mais (?:descont(?:a|e|ar)|abat(?:e|er)|economiz(?:a|e|ar))\b|\bque (?:descont(?:a|e|ar)|abat(?:e|er)|economiz(?:a|e|ar)) (?:muito )?mais\b|\bbiggest discount\b|\bmayor descuento\b|\bmais desconto\b|\bmais gordo\b|\bo de maior\b|\bdesconto maior\b|\bcheapest\b|\bo que mais\b|\bmas barato\b|\bmaiorzao\b|\bda mais$|\bpaga menos\b"
)
LEAST = re.compile(r"\b(?:menor|menos) (?:desconto|porcentagem|percentual)\b|\bdesconto menor\b")
LEAST_TIME = re.compile(
    r"\b(?:menos|menor|mais curto|curt\w+) (?:tempo|prazo|fidelidade|contrato|meses|anos|permanencia|periodo)\b|\bprende menos\b|\bmenos (?:me )?(?:pres[oa]|amarr\w+)|\bmais curt[oa]\b|\bprazo menor\b"
)
MOST_TIME = re.compile(
    r"\b(?:mais|maior|longo) (?:tempo|prazo|fidelidade|contrato|longo)\b|\bmais longo\b|\bprazo maior\b|\bo longo\b"
)
BOUND = re.compile(
    r"\bo d[ae] (?:a )?fidelidade\b|\bcom (?:a )?(?:fidelidade|prazo|contrato|permanencia)\b|\bque (?:tem|prende|amarra)\b(?: \w+)? ?(?:fidelidade|prazo|contrato)?"
)
MIDDLE = re.compile(r"\bdo mei[oa]?\b|\bintermediari[oa]\b|\bthe middle\b|\bel del medio\b|\b[oa] central\b")
FIRST_BILL = re.compile(
    r"\bprimeir[ao] (?:conta|fatura|mes|boleto)\b.*\b(?:vcs|serena|pag\w+|gratis|graca|free|ganh\w+|bonus)\b|\b(?:pag\w+|ganh\w+|dao|da|com|gratis)(?: \w+)? (?:a )?primeira (?:conta|fatura)\b"
)
# "O de 24": a figure, and nothing that says of what.
OF_A_FIGURE = re.compile(
    r"(?:(?:entao|quero|vou|fico|com|no|pode ser) )*(?:o|esse|no)(?: plano)? de (?:[5-9]|[1-9]\d)(?: meses)?$"
    r"|(?:(?:entao|eu|mas|ah|ok|ta|so|me) )*(?:quero|queria|preciso(?: de)?|d[ae]|faz|faca|arruma|consegue|libera|aceito|fecho)(?: (?:com|uns|um|pelo menos|no minimo|desconto|de|por|logo))* (?:[2-9]\d)(?: ?(?:%|por ?cento))?(?: de desconto| que (?:eu )?fecho| e fecho)?$"
)


_FAR_FROM_IT = re.compile(r"\b(?:nem|credo|livre|jamais|nunca)\b")
_OF_A_TERM = re.compile(
    r"\b(?:[oa]|n[oa]|n?ess[ea]|n?aquel[ea]|plano|pel[oa]|opcao) (?:de|d[oa]s?|com|que (?:e|tem|sao|dura|prende)) "
)


def by_attribute(said: str, offers: tuple[Offer, ...], whole: str = "") -> tuple[int, bool] | None:
    """Return the one plan that has all that was named, and whether that is plain.

    One comparison is a guess, asked back; two things that only one plan has together are no guess. Where no plan has all of
    them, the first that was looked for is guessed. `whole` holds also what `said` leaves out as no pick: "a primeira conta".
    """
    told = [(fits, plain) for fits, plain in _attributes(said, offers, whole or said) if fits]
    if not told:
        return None
    common = set.intersection(*(fits for fits, _ in told))
    if len(common) == 1:
        return common.pop(), len(told) > 1 or told[0][1]
    first = told[0][0]
    return (min(first), False) if len(first) == 1 else None


def _attributes(said: str, offers: tuple[Offer, ...], whole: str) -> Iterator[tuple[set[int], bool]]:
    """Yield for each attribute that is named the positions that have it, and whether it tells plainly."""

    def having(has: Callable[[Offer], bool]) -> set[int]:
        return {offer.position for offer in offers if has(offer)}

    months, percents = [offer.fidelity_months for offer in offers], [offer.discount for offer in offers]
    if FREE.search(said):
        yield having(lambda offer: offer.fidelity_months == 0), True
    elif time := TIME.search(said):
        count = int(time["count"]) if time["count"].isdigit() else int(number_of(time["count"]) or 0)
        term = count * 12 if time["unit"].startswith("ano") else count
        if not re.search(r"\b(?:nao|muito tempo|demais|muito|muita|tanto|longo)\b", said):
            # "Na idade dela 5 anos é otimismo" names no plan as plainly as "o de 5 anos" does.
            plain = len(said.split()) <= 5 or bool(_OF_A_TERM.search(said))
            plain = plain and not _FAR_FROM_IT.search(said)
            yield having(lambda offer: offer.fidelity_months == term), plain
    elif LEAST_TIME.search(said):
        yield having(lambda offer: offer.fidelity_months == min(months)), False
    elif MOST_TIME.search(said):
        yield having(lambda offer: offer.fidelity_months == max(months)), False
    elif BOUND.search(said):
        yield having(lambda offer: offer.fidelity_months > 0), True
    if FIRST_BILL.search(whole):
        yield having(lambda offer: any("fatura" in fold(benefit) for benefit in offer.benefits)), False
    if MOST.search(said):
        yield having(lambda offer: offer.discount == max(percents)), bool(_PLAINLY_MOST.search(said))
    elif LEAST.search(said):
        yield having(lambda offer: offer.discount == min(percents)), False
    if MIDDLE.search(said) and len(offers) == 3:
        yield {2}, True


# "O de maior desconto" names one plan of the list as plainly as "o sem fidelidade"; "o melhor" weighs.
_PLAINLY_MOST = re.compile(
    r"^(?!.*\b(?:melhor|barato|acho|talvez)\b).*\b(?:maior (?:desconto|porcentagem|percentual)|desconto maior|(?:da|tem|tiver|der|oferece|de) mais desconto|(?:descont\w+|abat\w+|economiz\w+) mais|(?:fech[ao]|quero|bota|vou de|vou querer|pode ser) n?o maior$)\b"
)


def by_percent(clause: Clause, offers: tuple[Offer, ...]) -> set[int]:
    wanted = {plain_percent(value) for value in PERCENT.findall(clause.said)}
    wanted |= {
        plain_percent(value) for value in _spoken_percents(clause.said) if re.search(r"por ?cento|%", clause.said)
    }
    return with_percents(wanted, offers)


# "Deu 3 a 1 pro que dá 12".
_GIVES = re.compile(r"\bque (?:da|abate|desconta|tira|tem|vem com|oferece) \d\d?\b(?! (?:meses|anos|reais))")


def by_figure(said: str, offers: tuple[Offer, ...], *, decides: bool) -> set[int]:
    """ "O de 18", "dezesseis", "o de sessenta": a number that is no position and one plan's percentage or months, in a short text."""
    if len(said.split()) > (20 if decides else 10):
        return set()
    gives = _GIVES.search(said)
    wanted = {plain_percent(value) for value in FIGURE.findall(gives[0] if gives else said)}
    spoken = {number_of(match[0]) for match in NUMBER_WORDS.finditer(said)}
    wanted |= set(_spoken_percents(said)) | {str(number) for number in spoken if number and number > 20}
    if len(wanted) != 1:
        return set()
    return with_percents(wanted, offers) or {o.position for o in offers if str(o.fidelity_months) in wanted}


def with_percents(wanted: set[str], offers: tuple[Offer, ...]) -> set[int]:
    if len(wanted) != 1:
        return set()
    return {offer.position for offer in offers if plain_percent(offer.percent) in wanted}


def percent_listed(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    return bool(with_percents({plain_percent(value) for value in PERCENT.findall(clause.said)}, offers))


def another_percent(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    """ "O de 20%", "o de 24", where no plan has it: what a plan has was taken before."""
    return (
        bool(re.search(r"^(?:\w+ )*(?:o|um|com|a|plano)(?: plano)? (?:de |d)?\d", clause.said))
        and bool(PERCENT.search(clause.said))
        and not percent_listed(clause, offers)
    ) or bool(OF_A_FIGURE.match(clause.said))


def _spoken_percents(said: str) -> Iterator[str]:
    for match in TEEN.finditer(said):
        words = match[0].split()
        value = sum(WORDS[word] for word in words if word != "e" and word in WORDS)
        yield f"{value}.5" if "meio" in words else str(value)


def plain_percent(value: str) -> str:
    """Return a percentage as one writes it shortest: `16,0` → `16`."""
    return value.replace(",", ".").removesuffix(".0")
