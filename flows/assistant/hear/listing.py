"""Which entry of a numbered list is picked: by its number, its place, or words that only it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.assistant.hear.rule import RELATIVE
from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import Clause
from flows.brazil.folding import fold
from flows.domain import Offer

NUMBERS = {
    "um": 1,
    "uma": 1,
    "dois": 2,
    "duas": 2,
    "tres": 3,
    "quatro": 4,
    "cinco": 5,
    "seis": 6,
    "sete": 7,
    "oito": 8,
    "nove": 9,
    "dez": 10,
    "one": 1,
    "two": 2,
    "three": 3,
    "uno": 1,
    "dos": 2,
}
ORDINALS = {"primeir": 1, "segund": 2, "terceir": 3, "quart": 4, "quint": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
FOREIGN = {"first": 1, "second": 2, "third": 3, "segundo": 2, "tercero": 3, "primero": 1, "tercer": 3, "primer": 1}
_LABEL = r"(?:planos?|linhas?|opcao|opcoes|numero|num|nr|item|alternativa|proposta|oferta|distribuidora|cidade|option|plan|number|la|el)"
_WANT = (
    r"(?:quer(?:o|ia|em|emos)?|gostaria d[eo]|prefir[oa]|prefer(?:e|em|imos)|escolh(?:o|i|eria|emos|eu|eram)|pediu|fico com|ficaria com|ficamos com|(?:vou |quero |queria |gostaria de )?ficar com"
    r"|vou (?:de|com|querer|no|na|pelo|ficar com|fechar|pegar|optar pelo|escolher)|vamos (?:de|no|com|nesse|pelo|querer|fechar)|pode (?:ser|por|botar|colocar|marcar|fechar|fazer)|seria|gostei d[oa]|curti|me interess\w+|interesse n[oa]|acho que|manda|pega|bota|poe|coloca|contrata\w*|fech(?:a|o|ar|ei|amos|ado)(?: com| n)?|aceito|pelo|pela|marca|anota|topo|escolha|opt(?:o|amos|ei|ar) pel[oa]|me ve|dale|toca|vou|i want|i ll take|give me|quiero|me quedo con|la|el|melhor|decid(?:i|imos|iu|iram)(?: por| pelo)?|resolvi|assina|sera|vai ser|vai|ficou)"
)
_POLITE = r"(?:por favor|mesmo|obrigad[oa]|entao|sim|ok|eu|acho|que|quero|e|isso|ai|ne|mais|gostei|valeu|beleza|vai|ta|bom|certo|fechado|combinado|parece|dia|boa|tarde|noite|para mim|moc[oa]|minha|meu|fia|filha|fi|so|uai|bah|tche|tri|po|mano|veio|vei|viu|hein|oxe|oxente|eita|egua|vixe|menin[oa]|gente|querid[oa]|amig[oa]|agora|sim senhora?|pois|ah|hm|k|deu|quem|pronto|decidido|logo|bem|serve|the|one|please|a gente|nos|pras|para as|duas|os|dois|para os|das|casas|contas|na verdade|melhor|resolvi|pensei|vamos|bora|ja|la|senhora|cara|so|serei|firme|macho|rapaz|de|vez|pensando|olha|tudo|por|mim|oi|ola)"
_VALUE = rf"(?:[0-9]{{1,2}}|{'|'.join(NUMBERS)})"
ALONE = re.compile(
    rf"^(?:(?:{_WANT}|{_POLITE}|o|a|no|na|do|da) )*(?:{_LABEL} )?(?P<value>{_VALUE})(?: {_POLITE}| {_LABEL})*$"
)
LABELLED = re.compile(
    rf"\b(?:plano|opcao|numero|item|alternativa|proposta|oferta|option|plan|number) (?:de )?(?:(?:escolh\w+|quero|numero|o|a|e) )*(?P<value>{_VALUE})\b(?! (?:%|por cento|reais|mil|meses|anos|contas))"
)
WANTED = re.compile(
    rf"\b{_WANT} (?:{_POLITE} )*(?:o|a|no|na|d[eo]|com o) (?P<value>{_VALUE})\b(?! (?:%|por cento|reais|mil|mes|meses|anos|de|contas|desconto|casas))"
)
BARE_O = re.compile(
    rf"(?:^|\be |\bentao |\bsim |\bo plano )o (?P<value>{_VALUE})(?:$| (?:mesmo|entao|por favor|sim|que|para as duas|viu|ne|e melhor|e bom|pra|para|ai))"
)
ORDINAL = re.compile(
    rf"(?:^|\b(?:o|a|no|na|pelo|pela|do|da|the|el|la|esse|{_WANT}|{_POLITE}|opcao|plano) )(?P<which>primeir|segund|terceir|quart|quint|[1-5](?=[oa]\b))[oa]\b(?=$| (?:{_LABEL}|{_POLITE}|com|tem|que|da lista|d[ae]ss[ae]s?|para|pra|one|e|(?:me )?(?:atende|agrada|convem|interess\w+))\b)(?! que (?:eu|nao|ja)| andar\b)"
)
FOREIGN_ORDINAL = re.compile(
    r"\b(?:the |el |la )?(?P<which>first|second|third|tercero|primero|tercer)\b(?: one| plan| option)?"
)
_TOP = re.compile(r"\b(?:do topo|n?o (?:la )?de cima|(?:em|por) cima de tod\w+|(?:item|plano|opcao) inicial)\b")
_BOTTOM = re.compile(
    r"\b(?:n?o (?:la )?de ?baixo|em ?baixo de tod\w+|de ?baixo de tod\w+|(?:item|plano|opcao) final)\b"
)
LAST = re.compile(
    rf"(?:^|\b(?:o|a|no|na|pelo|pela|the|el|{_WANT}|{_POLITE}) )(?:ultim[oa]|last|derradeir[oa])\b(?=$| (?:{_LABEL}|{_POLITE}|da lista|dos|de|one)\b)"
)
NOT_A_PICK = re.compile(
    # a concession: "mesmo com desconto menor", "ainda que prenda"
    r"^(?:mas |entao )*primeiro (?:de tudo|eu|quero|preciso|gostaria|queria|deixa|me|uma|vou|tenho)\b|\b(?:mesmo|ainda|nem) (?:com|que|sendo|se|assim|tendo)\b.*$|\be ja era$|\be (?:depois|dai|ai|mais tarde) (?:vc |vcs |a gente |eu |te )?(?:ve|vejo|vemos|olha|olho|fala|falo|manda|mando|confere|pergunta)\b.*$|\b(?:segunda|terca|quarta|quinta|sexta)s?(?: feira)\b|\b(?:na|ate|ate a|toda|proxima|nesta|desta) (?:segunda|quarta|quinta|sexta)\b|\b(?:segunda|2a) via\b|\b(?:primeir|segund|terceir|quart|quint)[ao]s? (?:dia|pessoa|atend\w+|empresa|ano|casa|filh\w+|parcela|hora|coisa|que me|conta|fatura|vez(?:es)?|lugar|mes|boleto|semana|mensagem|tentativa|andar)\b|\bprimeir[ao] e\b|\b(?:em|de) (?:primeiro|segundo) lugar\b|\bultim[ao]s? (?:contas?|faturas?|mes(?:es)?|boletos?|vez(?:es)?|coisas?|perguntas?)\b|\b(?:das|as|dia|ate as|depois das|a partir das|antes das|depois d[ae]s?) \d{1,2}\b|^(?:segunda|terca|quarta|quinta|sexta) (?:eu|a gente|te|vou|feira)\b|\bum segundo\b|\b(?:so |1 |um )segundinho\b|\bsegundo (?:el[ae]|vcs|o site|a|meu|minha)\b"
)
REFUSES = re.compile(
    r"\bnao (?:quero|gostei|me interess\w+|prefiro|aceito|seria|e|entendi|sei|vou(?! (?:me )?(?:mudar|sair|embora|vender))|curti|escolh\w+|serve)\b|\b(?:nenhum|nenhuma|nem|tirando|exceto|duvidas?|fora)\b"
    r"|(?<!pelo )(?<!ao )\bmenos\b(?! (?:tempo|fidelidade|contrato|prazo|meses|anos|pres[oa]|amarr\w+|burocracia|me|prende|amarra))"
)
DECIDES = re.compile(
    r"\b(?:quero|escolho|escolhi|escolheu|escolhemos|fico com|ficar com|ficamos com|prefiro|vou (?:de|com|querer|n[oa]|naquel[ea]|ness[ea])|anota|bota|vai ser|decid(?:i|imos|iu) (?:pel[oa]|n[oa]|por|o)|(?:me )?coloque|pode (?:ser|fazer|por|botar|colocar|marcar|anotar|fechar)|fechado|fecho|aceito|vamos (?:no|de|com)|na verdade melhor|(?:el[ae]|a gente) achou melhor|i ll take|i want|quiero)\b"
)
# A plan with a verb of its own, a "but", or "isn't it?": it is spoken of, asked about or doubted.
_A_PLAN = (
    r"(?:d[aeo]|plano|premium|basico|intermediario|primeiro|segundo|terceiro|meio|\d+ ?%?|esse|maior|menor|desconto)"
)
TELLS_OF_IT = re.compile(
    r"(?<!que )(?<!que nao )\b(?:prende|amarra|obriga|segura|tem|teria|vem|da|dura|custa|paga|cobra|vale|compensa|parece|assusta|sai|seria|era)\b"
    rf"|\b{_A_PLAN} (?:e|eh|sao|fica)\b(?! (?:o (?:que|meu|mesmo)|esse|isso|ok|certo))"
    rf"|\b{_A_PLAN} (?:es)?ta\b(?! (?:bom|bien|bem|otimo|ok|certo|perfeito|show|joia|decidido|fechado))"
    r"|\bpegadinha\b|\bfurada\b|\bn[eé]\b|^(?:pq|porque|por que)\b"
)
WEIGHS = re.compile(
    r"\b(?:qual|quais|melhor (?:o|a|eu|qual)|e melhor|compensa|vale|diferenca|recomend\w+|indic\w+|sugere|acha|entre o|ou o|ou a|ou d[eo]|to em duvida|em duvida|sera|ainda nao|vou pensar|pensando|nao sei|nao decidi|se eu (?:escolher|pegar|quiser|for)|e se|e o \w+ (?:tem|e|que)|que historia|o que e|me explica|explica|tem (?:multa|fidelidade|taxa)\?|o \d tem|quer(?:o|ia)? (?:saber|entender)|(?:fal[ae]|cont[ae]|diz|explic\w+) (?:mais |um pouco )*(?:d[oe]|sobre)|deixa eu (?:ver|olhar|ler|pensar)|vou (?:ver|olhar|ler)|interessante|parece bom|gostei mas|dos? dois)\b"
)
BINDING = re.compile(
    r"\b(?:nao|nem) (?:quero|queria|gosto de|posso|pretendo|vou) (?:\w+ )?(?:ficar )?(?:amarrad[oa]|pres[oa]|me (?:prender|amarrar)|contrato longo|fidelidade|nada que (?:me )?(?:prend\w+|amarr\w+)|compromisso)\b"
)
OTHER = re.compile(
    r"^(?:(?:entao|ah|sim|quero|prefiro|e|vou|fico com|ta|ok|bom|no|eu|pode ser|queria|na verdade|melhor|agora) )*o outro(?: entao| mesmo| sim| por favor| plano)*$"
)
EXCLUDED = re.compile(
    rf"\b(?:nem|menos|tirando|exceto|fora|nao quero|nao gostei d?)(?: (?:o|a|do|da|de|no|plano|opcao|d[eo] plano))* (?P<value>{_VALUE}|primeir[oa]|segund[oa]|terceir[oa]|ultim[oa])\b(?! (?:meses|anos|%))|^(?:o |a )(?P<denied>[1-9]|primeir[oa]|segund[oa]|terceir[oa]) nao\b"
)
THE_BEST = re.compile(
    r"(?:(?:eu|quero|queria|me|ve|da|passa|manda|pode ser|fico com|vou|de|no) )*(?:o|no) (?:que for |mais )?melhor(?: (?:plano|deles|de todos|dos \w+|para mim|mesmo|ne|ai|uai|po))*$"
)
OF_ANOTHER = re.compile(
    rf"\b(?!(?:marido|espos[oa]|mulher|mae|pai|companheir[oa]|pais|avo)\b)(?:{RELATIVE}|amig[oa]|colega)\b(?: \w+){{0,2}} (?:pegou|tem|fez|escolheu|fechou|pegaram|ta no|usa)\b"
)
# None of the plans will do.
_WAYS_OF_NONE = (
    # too little, too weak
    r"\b(?:os tres|todos|esses planos|esses descontos|as opcoes)(?: \w+)? (?:sao|tao|prendem|e) (?:muito )?(?:ruins?|fracos?|baixos?|poucos?|caros?|demais)\b"
    r"|\b(?:muito |bem |tao )?(?:baix\w+|pouc\w+|frac\w+|fraquinh\w+) (?:esse |o |de )?desconto\b|\bdesconto (?:muito |bem |e |ta )*(?:fraquinh\w+|baixinh\w+|pouquinh\w+|ruim|miseria|merreca)\b"
    r"|(?<!era )(?<!e )(?<!por )\bso isso (?:de desconto|mesmo)\b|\besperava (?:mais|um desconto)\b|\bta (?:muito )?(?:pouco|baixo|fraco)\b|\bcom esse desconto nao\b"
    # only with more
    r"|\bso se (?:fosse|for|tiver|tivesse|der) (?:uns |de )?\d+|\bmenos (?:de|que) \d+ ?%?(?: \w+){0,2} nao\b|\bnao tem (?:um |algum |o )?(?:(?:de |com )\d+|[2-9]\d(?: ?%| por ?cento)?$)|\bquero mais que isso\b"
    # neither of them; another one
    r"|\bnem um nem outro\b|\boutr[oa] (?:plano|opcao|desconto)(?: \w+)? nao tem\b|\btem (?:coisa|algo|alguma coisa) melhor\b|\bnao (?:curti|gostei d[eo]|quero|me agradou|me convenceu) nenhum\w*\b"
    r"|\bachei(?: \w+){0,4} (?:pouc|frac|baix|ruin|ruim|pequen|fraquinh|pouquinh)\w*\b"
)
# "Quero um desconto maior": one that is not on the list.
_LARGER = r"\b(?:quero|queria|preciso de|busco|procuro|(?<!que )tem|teria|so (?:fecho|aceito) com) (?:algum |alguma |um |uma |outr[oa] )?(?:desconto|plano|opcao|percentual|coisa|proposta)(?: \w+)? (?:maior|melhor)\b|\b(?:quero|queria|preciso de) mais desconto\b"
NONE = re.compile(
    _LARGER
    + r"|^muito (?:baixo|pouco|fraco)s?$|\b(?:\d+ ?%?|isso|esse desconto|desconto) e (?:muito |bem |so )?(?:pouco|baixo|fraco)\b|"
    r"\btem (?:nada|algo|algum|outr[oa]|alguma coisa|coisa|mais) (?:\w+ )?(?:melhor|maior|alem)\b|\btem outro$|\besses? ai nao\b|\bess[ea]s? nao$|\bta fraco\b|"
    r"\bnenhum(?:a)?\b(?! (?:problema|erro|custo|duvida|interesse|momento|lugar|jeito|dia|contrato|dado|mal|deles? tem|outro|outra))|\bnao (?:gostei|curti|quero|me interess\w+) (?:de |d?)?(?:nenhum\w*|esses? planos?|desses?|esses)\b|\bso (?:fecho|aceito|quero|faco|entro|vou|topo|se for)(?: \w+)? (?:com|se|por|a partir|de) (?:\w+ ){0,3}\d+ ?(?:%|por cento|de desconto)?|\b(?:queria|quero|tem|tinha) (?:um |algum |outro |mais )*(?:de |com |desconto de )?\d+ ?(?:%|por cento)|\b(?:tem|quero|queria|ver|mostra|existe)(?: \w+)? outr[oa]s? (?:planos?|opcao|opcoes|desconto)\b|\b(?:quero|queria|deixa eu) ver outr[oa]s?\b|\bnada disso\b|\bmuito pouco\b|\bdesconto (?:e |ta )?(?:muito )?(?:baixo|pouco|pequeno|fraco|mixaria)\b|\bnone of (?:them|these)\b|\bninguno\b|\bneither\b|"
    + _WAYS_OF_NONE
)

WANTS_ANOTHER = re.compile(
    r"\b(?:esperava|queria) (?:um |mais|uma)|\b(?:quero|preciso de|busco|procuro|(?<!que )tem|teria|so (?:fecho|aceito) com) (?:algum |um |uma |alguma |outro )(?:\w+ )?(?:maior|melhor)\b|"
    + _LARGER
)
# Beside another question: "quero o 1", "o 2", "plano 2", "prefiro o sem fidelidade"; never "1" or "uns 450".
NAMES_ONE = re.compile(
    r"^(?:\w+ ){0,4}o (?:1|2|3|um|dois|tres|primeiro|segundo|terceiro|do meio|sem|com|de \d+ ?%?)\b|\bplano (?:1|2|3|um|dois|tres|premium|basico|intermediario|sem|do|de)\b"
    r"|\b(?:quero|prefiro|escolho|fico com|vou querer|vou de|vou ficar com|pode ser|fecho|fechado|manda|bota|poe|por) (?:o|no|com o) \w+"
)
# What somebody else of the house wants is no decision yet.
SOMEBODY_ELSE = re.compile(
    rf"\b(?:el[ae]|{RELATIVE}) (?:ja |so |que |ate )?(?:quer|queria|prefere|gostou d|escolheria|falou n?[oa]|acha melhor) ?[oa]?\b(?!.*\b(?:decidimos|vamos|ficamos|resolvemos)\b)"
)


@dataclass(frozen=True)
class Pick:
    """A position on a list, whether it is plainly meant, and the words."""

    position: int
    certain: bool
    quote: str


def listed(clause: Clause, names: tuple[str, ...]) -> Pick | None:
    """Return which entry of a list of names is picked: by its number, its place, or words that only it has."""
    said = clause.said
    if clause.asks and not DECIDES.search(said):
        return None
    found = by_name(clause, names) or by_number(said, len(names))
    if len(found) != 1 or REFUSES.search(said):
        return None
    return Pick(found.pop(), True, clause.quote)


_HOW_MANY = re.compile(r"\b(?:d?n?[oa]s|d?ess[ea]s|tod[oa]s) (?:dois|duas|tres|2|3)\b")


def by_number(said: str, many: int) -> set[int]:
    """Return every position that the words name by number or place; "olha os três" names none."""
    said = _HOW_MANY.sub(" ", said)
    alone = (ALONE,) if len(said.split()) <= 12 else ()
    for pattern in (*alone, LABELLED, WANTED, BARE_O):
        if hits := [match["value"] for match in pattern.finditer(said)]:
            values = {NUMBERS.get(hit) or int(hit) for hit in hits}
            # "opção 1 ou 2", "o 1 e o 2": a second small number in the text makes it unclear.
            others = {int(n) for n in re.findall(r"\b[1-9]\b", said)}
            return values | others if pattern is not ALONE else values
    if ordinals := {ORDINALS[match["which"]] for match in ORDINAL.finditer(said)}:
        return ordinals
    if foreign := {FOREIGN[match["which"]] for match in FOREIGN_ORDINAL.finditer(said)}:
        return foreign
    if _TOP.search(said):
        return {1}
    return {many} if LAST.search(said) or _BOTTOM.search(said) else set()


def excluded(said: str, many: int) -> set[int]:
    """Return the positions that the words say no to."""
    values = {match["value"] or match["denied"] for match in EXCLUDED.finditer(said)}
    positions = {
        NUMBERS.get(v) or (int(v) if v.isdigit() else ORDINALS.get(v[:-1], many if v.startswith("ultim") else 0))
        for v in values
    }
    return {position for position in positions if 1 <= position <= many}


def by_name(clause: Clause, names: tuple[str, ...]) -> set[int]:
    """Whole names first, the longest alone if one contains another; then words that only one entry has."""
    said = fold(clause.quote)
    folded = [fold(name) for name in names]
    whole = {i for i, name in enumerate(folded, 1) if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)}
    if whole:
        kept = {i for i in whole if not any(folded[i - 1] in folded[j - 1] and i != j for j in whole)}
        return kept or {max(whole, key=lambda i: len(folded[i - 1]))}
    words = [set(re.findall(r"[a-z]{2,}", name)) for name in folded]
    own = [mine - set().union(*(w for j, w in enumerate(words) if j != i)) for i, mine in enumerate(words)]
    spoken = {_spelt(word, words) for word in said.split()} - NOT_TELLING
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
NOT_TELLING = words_of(
    """
    plano planos de do da com sem meses mes anos desconto fidelidade conta luz energia serena para que quero sim nao
    se em to am pa no na os as um uma ou sao santa santo rio sul norte nova novo grande boa bom bem ok premium
    basico
    """
) - {"premium", "basico"}


def of_another_term(said: str, plan: Offer, offers: tuple[Offer, ...]) -> bool:
    """Tell whether words name a plan by a term that only another one has: "quero o 3, o de 60"."""
    named = {int(match) for match in re.findall(r"\b[od]e? de (\d\d)\b(?! ?(?:%|por))", said)}
    named &= {offer.fidelity_months for offer in offers if offer.fidelity_months}
    return bool(named) and plan.fidelity_months not in named and not any(int(100 * o.discount) in named for o in offers)
