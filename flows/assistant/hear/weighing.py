"""What each reading of a message leaves of the others: a "não" inside a wish, an amount that corrects the bill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.hear.hours import put_off
from flows.assistant.hear.offers import TOLD, tells_something_else
from flows.assistant.hear.rule import DOUBTS_ROBOT
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.settling import explained, overlap
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Question

M = Meaning


def weighed(found: list[Item], one: Utterance, scene: Scene) -> Iterator[Item]:
    """Leave out what another item explains better: an answer inside a wish, an amount that corrects the bill."""
    found = [put_off(item, one, scene) for item in found]
    have = {item.meaning for item in found}
    reading = scene.reads_back
    closed = scene.asked in _CLOSED
    if _declines_politely(one, have, scene):
        yield Item(M.DECLINE, one.whole.quote, one.message)
        return
    for item in found:
        if closed and item.meaning in (M.YES, M.NO) and tells_something_else(item, found, one, scene):
            continue
        if closed and item.meaning is M.DECLINE and not _STRONG.search(one.whole.said):
            if M.NO not in have:
                have.add(M.NO)
                yield replace(item, meaning=M.NO)
            continue
        if item.meaning is M.WRONG_PERSON and reading and M.BILL_WRONG in have and not _NOT_ME.search(one.whole.said):
            # "Esse não é meu nome" of a bill that was read back: the name on it is wrong.
            continue
        if (
            item.meaning is M.NAME
            and M.BILL_WRONG in have
            and re.search(r"(?i)\bnome [eé] (?:com|escrit|sem)", item.quote)
        ):
            # "Meu nome é com Z."
            continue
        if item.meaning is M.WRONG_PERSON and M.YES in have and not _NOT_ME.search(one.whole.said):
            # "Isso, mas quem preencheu foi minha neta": the form is this person's.
            continue
        if item.meaning is M.CANCEL and M.CUSTOMER in have:
            # "Quero cancelar, já sou cliente": then a contract it is.
            item = replace(item, certain=True)
        if item.meaning is M.UNSURE and any(o.meaning is M.PERSON and overlap(item, o, one.text) for o in found):
            continue
        if item.meaning is M.WRONG_PERSON and M.NEW_NUMBER in have and not _NOT_ME.search(one.whole.said):
            # "Meu número novo é 81 98888-7766."
            continue
        if (
            item.meaning is M.NO
            and scene.asked is Question.NOTICE
            and M.PLACE in have
            and not one.whole.asks
            and item.quote.lower() in ("não", "nao")
        ):
            # "Não, Pernambuco mesmo": no answer to the offer of a notice.
            continue
        if item.meaning is M.NAME and any(o.meaning is M.PLACE and o.quote and o.quote in item.quote for o in found):
            # "Aqui é Mossoró" names a city.
            continue
        if item.meaning is M.WRONG_PERSON and scene.asked is Question.HOLDER and not _NOT_ME.search(one.whole.said):
            # "Foi ela que preencheu": the holder wants it, and nobody denies to be who we write to.
            if M.HOLDER_AGREES not in have:
                yield replace(item, meaning=M.HOLDER_AGREES)
            continue
        if (
            item.meaning is M.YES
            and closed
            and (have & _ANSWERS_JOURNEY or any(c.asks for c in one.clauses) or _GOES_ON.fullmatch(item.quote.strip()))
            and (_MERELY_OK.match(item.quote) or _GOES_ON.fullmatch(item.quote.strip()))
        ):
            # "Tá bom, é Recife sim" answers what waits behind the offer; "continua" accepts no offer either.
            if _GOES_ON.fullmatch(item.quote.strip()) and M.GO_ON not in have:
                yield replace(item, meaning=M.GO_ON, about=None)
            continue
        if item.meaning is M.LATER and closed and _NOT_NOW.search(one.whole.said) and not TOLD.search(one.whole.said):
            # "Agora não" declines an offer, and puts nothing off; "ainda não tenho conta" does.
            yield Item(M.NO, item.quote, item.message)
            continue
        if item.meaning is M.LATER and _WAIT.fullmatch(item.quote) and have - _BESIDE_WAIT:
            # "Pera, mudei de ideia, o três."
            continue
        if item.meaning is M.LATER and any(o.meaning is M.PERSON and overlap(item, o, one.text) for o in found):
            # "Prefiro conversar com gente" puts nothing off.
            continue
        if item.meaning is M.HOLDER_REFUSES and scene.asked is not Question.HOLDER and _is_mine(have, scene):
            # "Meu marido não quer mexer com isso, a conta é minha": nobody is asked for his consent.
            continue
        if (
            item.meaning is M.YES
            and M.NO in have
            and re.fullmatch(r"(?i)(?:t[aá] )?(?:de boa|tranquilo|beleza|bom|ok)", item.quote)
        ):
            # "Tá de boa, não quero."
            continue
        if item.meaning is M.YES and scene.asked is Question.CONFIRM_PLACE and _ELSEWHERE.search(one.whole.said):
            yield Item(M.NO, one.whole.quote, one.message)
            continue
        if item.meaning is M.LATER and (M.CALL_AT in have or (M.GOODBYE in have and _IF_NEEDED.search(one.whole.said))):
            # "Qualquer coisa eu chamo" takes leave.
            continue
        if item.meaning is M.NO and M.GOODBYE in have and _IF_NEEDED.search(one.whole.said):
            # "Não, por hoje é só."
            continue
        if item.meaning is M.NO and closed and M.LATER in have and _NOT_NOW.search(one.whole.said):
            continue
        if (
            closed
            and item.meaning is M.GO_ON
            and not _GOES_ON.fullmatch(item.quote.strip())
            and have & {M.YES}
            and len(one.whole.words) <= 4
        ):
            continue
        if item.meaning in (M.YES, M.NO, M.UNSURE) and explained(
            item, found, have, one, reading, closed, scene.asked is Question.HOLDER, scene.asked in _PROPOSED
        ):
            continue
        if item.meaning is M.YES and _MERELY_OK.match(item.quote) and (M.THANKS in have or M.GOODBYE in have):
            # "Ok, obrigado" ends a talk; "sim, obrigado" answers.
            continue
        if item.meaning is M.YES and len(item.quote) <= 2 and _DOUBTS.search(one.whole.said):
            # "É robô nada": the verb is no answer.
            continue
        if item.meaning is M.YES and M.BILL_WRONG in have and re.match(r"(?i)(?:cert|corret)", item.quote):
            continue
        if item.meaning is M.PERSON and M.CALL_AT in have and re.search(r"(?i)\b(?:lig|telefon|retorn)", item.quote):
            # "Me liga amanhã de manhã" says when, and asks nobody to come now.
            continue
        if item.meaning is M.AMOUNT and have & {M.BILL_WRONG, M.BILL_RIGHT} and reading:
            continue
        if item.meaning in _ENDS and _OF_THE_PLAN.search(one.whole.said) and _withdraws(scene):
            # Nobody who has only chosen has a contract to end.
            if M.DECLINE not in have:
                have.add(M.DECLINE)
                yield replace(item, meaning=M.DECLINE, certain=True)
            continue
        if (
            item.meaning is M.COMPANY
            and scene.asked is Question.HOLDER
            and M.HOLDER_AGREES not in have
            and _SIGNS.search(one.whole.said)
        ):
            # "A firma é minha": whoever may sign for the holder on the bill answers the question.
            have.add(M.HOLDER_AGREES)
            yield Item(M.HOLDER_AGREES, one.whole.quote, one.message)
        if have & _SAID_BETTER.get(item.meaning, frozenset()) and not (
            (item.meaning is M.DECLINE and _STRONG.search(one.whole.said))
            or (item.meaning is M.UPSET and not _OF_ANYBODY.search(item.quote))
            or (item.meaning is M.UTILITY and scene.asked is Question.UTILITY)
            or (
                item.meaning is M.OTHER_BILL
                and re.search(r"(?i)mand|envi|passei|errad|troc|\bera\b|\bfoi\b|n[aã]o", item.quote)
            )
            or (item.meaning is M.LOST and not re.search(r"(?i)confus|perdid", item.quote))
        ):
            continue
        if item.meaning is M.HOLDER_AGREES and M.UNSURE in have:
            item = replace(item, certain=False)
        if item.meaning is M.UTILITY and any(other.utility for other in found if other.meaning is M.BILL_WRONG):
            continue
        if item.meaning is M.PLACE and not item.places and M.COMPETITOR in have:
            continue
        if item.meaning is M.PLACE and any(
            other.places == item.places for other in found if other.meaning is M.BILL_WRONG
        ):
            continue
        yield item


def _is_mine(have: set[Meaning], scene: Scene) -> bool:
    return M.HOLDER_ME in have or (scene.state.bill is not None and scene.state.bill.holder == "match")


def _declines_politely(one: Utterance, have: set[Meaning], scene: Scene) -> bool:
    """ "Não, obrigada" where no offer waits that it could decline: then it is the whole thing."""
    return (
        (scene.asked in _OF_THE_JOURNEY or not scene.state.greeted)
        and have <= {M.NO, M.THANKS, M.GREETING, M.CHAT, M.GOODBYE}
        and {M.NO, M.THANKS} <= have
        and bool(_NO_THANKS.match(one.whole.said))
    )


_OF_THE_JOURNEY = frozenset({Question.PLACE, Question.CONFIRM_PLACE, Question.BILL, Question.PLAN})
_NO_THANKS = re.compile(
    r"^(?:(?:oi|ola|bom dia|boa tarde|boa noite|ah|olha|moc[ao]|e|hm|tudo bem|agradeco) )*(?:nao|nao quero|nao precisa|no momento nao|agora nao|por enquanto nao|muito|mas|dispenso|vou dispensar| )* ?(?:muito )?(?:obrigad[oa]|agradec\w+|grat[oa]|dispenso)\b(?! por (?:me )?(?:avis|escla|explic|respond|ajud))"
)
# What stands beside something that says it better, or that only mentions it.
_SAID_BETTER = {
    M.UTILITY: frozenset({M.POWER_CUT, M.COMPETITOR}),
    M.LOST: frozenset({M.PLACE, M.CHOICE, M.BILL_RIGHT}),
    M.REPEATED: frozenset({M.READ_AGAIN, M.HOLDER_AGREES}),
    M.DECLINE: frozenset({M.NONE_OF_THEM, M.BILL_RIGHT, M.CHOICE, M.GO_ON}),
    M.UNSURE: frozenset({M.DECLINE, M.HARDSHIP}),
    M.WHAT_NEXT: frozenset({M.BILL_RIGHT}),
    M.OTHER_BILL: frozenset({M.SEVERAL_BILLS}),
    **dict.fromkeys((M.UPSET, M.YES), frozenset({M.FRAUD_FEAR})),
}
# Whom one fears, not whom one insults.
_OF_ANYBODY = re.compile(r"(?i)^(?:ladr\w+|golpista\w*|bandid\w+|estelionat\w+|pol[ií]cia)$")
_SIGNS = re.compile(
    r"^(?!.*\b(?:nao|contador\w*|patrao|chefe)\b).*\b(?:minha|meu|nossa|nosso|propri[oa]|don[oa]|soci[oa]|proprietari[oa]|respond[oe]|assino|eu|represento|responsavel)\b"
)
_IF_NEEDED = re.compile(r"\b(?:qualquer (?:coisa|duvida)|precisar|precisando|por (?:hoje|ora|enquanto))\b")
# "É, mas a conta é de outro lugar."
_ELSEWHERE = re.compile(r"\b(?:conta|ela|luz|essa)\b.*\boutr[oa] (?:lugar|cidade|endereco|estado|canto)\b")
_WAIT = re.compile(r"(?i)(?:pera|per[aá]i|pera[ií]?|espera|calma|guenta)(?: a[ií])?")
_BESIDE_WAIT = frozenset({M.LATER, M.CHAT, M.GREETING, M.YES, M.NO, M.UNSURE, M.THANKS})
_DOUBTS = re.compile(DOUBTS_ROBOT)
# Words that deny being the person, or knowing of the form, and mean nothing else.
_NOT_ME = re.compile(
    r"\bnao (?:sou|fui|conheco|preenchi|pedi|me cadastr\w+)\b|\bnunca\b|\bjamais\b|\bengano\b|\b(?:numero|pessoa|chip) (?:errad|trocad|nov)\w+|\bwrong\b|\bdesconheco\b"
)
_ANSWERS_JOURNEY = frozenset(
    {
        M.CHOICE,
        M.PLACE,
        M.BILL_RIGHT,
        M.BILL_WRONG,
        M.UTILITY,
        M.AMOUNT,
        M.HOLDER_AGREES,
        M.HOLDER_REFUSES,
        M.LATER,
    }
)
_GOES_ON = re.compile(
    r"(?:pode |vamos |quero |bora )?(?:continu(?:a|e|ar)|prosseg(?:uir|ue)|prossiga|segu(?:e|ir)|siga|segue)(?: (?:ai|sim|por aqui|entao))*",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(r"^(?:oi |olha |ah |por )*(?:agora (?:ainda )?nao|ainda nao|nao agora)\b")
# A yes or no answers these; "dispenso" there declines what was offered and nothing more.
_PROPOSED = frozenset({Question.CONFIRM_PLACE, Question.CONFIRM_PLAN, Question.BILL_OK})
_CLOSED = frozenset({Question.NOTICE, Question.PERSON, Question.ERASE, Question.CANCEL})
_MERELY_OK = re.compile(
    r"(?:ok+|okay|beleza|blz|tá|ta|tá bom|ta bom|tá ok|ta ok|tudo bem|entendi|certo então)$", re.IGNORECASE
)
_STRONG = re.compile(r"\b(?:desist\w+|interesse|interessad\w+|participar|aderir|continuar|contratar)\b")
_ENDS = frozenset({M.CANCEL, M.SHOW_PLANS})
_OF_THE_PLAN = re.compile(
    r"\b(?:cancel\w+|desist\w+|desfaz\w+|nao quero mais)\b(?: \w+){0,2} (?:o |esse |aquele |do )(?:plano|pedido)\b"
)


def _withdraws(scene: Scene) -> bool:
    return scene.state.chosen is not None or scene.state.ended is not None or bool(scene.offers)
