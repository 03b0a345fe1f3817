"""Reads a burst by rules alone: every message by every rule, then what each leaves of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flows.assistant.hear import taps
from flows.assistant.hear.amounts import amounts
from flows.assistant.hear.answers import answers
from flows.assistant.hear.bursts import Run, runs
from flows.assistant.hear.buttons import pointed
from flows.assistant.hear.choosing import choices
from flows.assistant.hear.companies import companies
from flows.assistant.hear.corrections import corrections
from flows.assistant.hear.hours import asks_to_be_called
from flows.assistant.hear.languages import language_of
from flows.assistant.hear.masking import mail_in, phone_in, tells_secret
from flows.assistant.hear.naming import names
from flows.assistant.hear.pointing import pointed_back
from flows.assistant.hear.quarters import without_quarters
from flows.assistant.hear.questions import questions
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.settling import settled, state_of
from flows.assistant.hear.states import of_ceps, of_companies
from flows.assistant.hear.utterance import Utterance, plain, utterance
from flows.assistant.hear.ways import found as read_by_ways
from flows.assistant.hear.weighing import weighed
from flows.assistant.hear.whereabouts import whereabouts
from flows.assistant.meaning import Item, Meaning, Mood, Owner, Question, Reading
from flows.domain import Inbound, InboundMessage

M = Meaning
_SILENT = frozenset({Inbound.STICKER, Inbound.SYSTEM})
_FILES = frozenset({Inbound.IMAGE, Inbound.DOCUMENT})
_CAPTION = 4
_MOST_CHARACTERS = 4096
_ONLY_MARKS = re.compile(r"^[\s?!.…]*[?.…][\s?!.…]*$")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_YES_OR_NO = frozenset({M.YES, M.NO, M.UNSURE})


def read(messages: Sequence[InboundMessage], scene: Scene) -> Reading:
    """Return what a burst means by rules alone. Pure; what is only likely is not certain."""
    items = [item for run in runs(messages) for item in _run(run, messages, scene)]
    if any(message.type in _FILES for message in messages):
        # "Vê se dá", "e essa?" beside a picture asks to look at it, which is done anyway.
        items = [item for item in items if not _of_the_picture(item, messages[item.message])]
    items = without_quarters(items, messages, scene)
    if scene.chooses:
        items += pointed_back([utterance(m.text, n) for n, m in enumerate(messages) if m.text.strip()], scene)
    words = " ".join(message.text for message in messages if message.type is not Inbound.REACTION)
    language = language_of(words)
    if language != "pt" and not any(item.meaning is M.LANGUAGE for item in items):
        first = next((n for n, message in enumerate(messages) if message.text.strip()), 0)
        items.append(Item(M.LANGUAGE, messages[first].text.strip(), first))
    return Reading(settled(tuple(items)), _mood_of({item.meaning for item in items}, plain(words)), language)


def _of_the_picture(item: Item, message: InboundMessage) -> bool:
    short = item.meaning is M.QUESTION and len(item.quote.split()) <= _CAPTION
    return short and (item.faq is None or message.type in _FILES)


def _run(run: Run, messages: Sequence[InboundMessage], scene: Scene) -> Iterator[Item]:
    """Read messages that go on with one another as one, and say of each item in which of them its words stand."""
    if len(run.numbers) == 1:
        yield from _message(messages[run.numbers[0]], run.numbers[0], scene)
        return
    for item in _text(utterance(run.text, run.numbers[0]), scene):
        yield run.placed(item)


def _message(message: InboundMessage, number: int, scene: Scene) -> Iterator[Item]:
    if message.type in _SILENT:
        return
    if message.type is Inbound.REACTION:
        if item := taps.reaction(message, number):
            yield item
        return
    if message.payload and (item := taps.tapped(message, number, scene)):
        yield item
        return
    if message.type is Inbound.LOCATION and (item := taps.pin(message, number)):
        yield item
        return
    text = message.text[:_MOST_CHARACTERS]
    if not text.strip():
        return
    about = taps.question_quoted(message)
    one = utterance(text, number)
    at = scene if about is None else replace(scene, state=replace(scene.state, asked=about, resume=None))
    for item in _text(one, at):
        yield replace(item, about=about) if about and item.meaning in _YES_OR_NO else item


def _text(one: Utterance, scene: Scene) -> list[Item]:
    """Return what one text means, in the order it was said."""
    if _ONLY_MARKS.match(one.text):
        return [Item(M.WAITING, one.text.strip(), one.message)]
    if not one.clauses:
        return [Item(M.CHAT, one.text.strip(), one.message, certain=False)] if _EMOJI.search(one.text) else []
    if at_button := list(pointed(one, scene)):
        return at_button
    if scene.wishes and len(one.whole.words) <= _SHORT and _NO_NOTICE.search(one.whole.said):
        # Of who waits to be told of plans: no stop, and no lack of interest.
        return [Item(M.NO, one.whole.quote, one.message, about=Question.NOTICE)]
    if _STOP_IT.fullmatch(one.whole.said) and (scene.asked not in _OF_A_STATE or M.UPSET in scene.state.told):
        return [Item(M.STOP, one.whole.quote, one.message)]
    if _ITS_ME.fullmatch(one.whole.said) and scene.asked not in _OF_THE_HOLDER:
        # To who asks for somebody by name; of the bill, and of its place, it says nothing.
        return [Item(M.GREETING, one.whole.quote, one.message)]
    found, talk = read_by_ways(one)
    if tells_secret(one.text):
        found.append(Item(M.SECRET, one.whole.quote, one.message))
    if phone_in(one.text) and not any(item.meaning in (M.NEW_NUMBER, M.SECRET) for item in found):
        found.append(Item(M.NEW_NUMBER, one.whole.quote, one.message, text=one.whole.quote[:200]))
    if any(item.meaning is M.NEW_NUMBER for item in found) and asks_to_be_called(one):
        found.append(Item(M.CALL_AT, one.whole.quote, one.message, about=Question.PERSON, text=one.whole.quote[:200]))
    if mail_in(one.text) and not any(item.meaning in (M.CALL_AT, M.SECRET) for item in found):
        found.append(Item(M.CALL_AT, one.whole.quote, one.message, text=one.whole.quote[:200]))
    found += names(one)
    # "Fala com ele, no (31) 98888-1234" says no "no" of other languages.
    answered = [i for i in answers(one, scene.asked) if not (phone_in(one.text) and i.quote.lower() == "no")]
    said_yes = any(item.meaning is M.YES for item in answered)
    in_ceps, of_utilities = list(of_ceps(one, scene)), list(of_companies(one, scene))
    known = next((state_of(item) for item in (*in_ceps, *of_utilities)), None)
    places = list(whereabouts(one, scene, known, yes=said_yes))
    found += places or (in_ceps if scene.state.place else in_ceps + of_utilities)
    found += companies(one, scene, next((state_of(item) for item in places if item.certain), None))
    if scene.asked is Question.CANCEL:
        found += _which_end(one, {item.meaning for item in found})
    picked = (
        []
        if _THINKS_FIRST.search(one.whole.said) and not _DECIDED.search(one.whole.said)
        else list(choices(one, scene))
    )
    found += picked
    if not picked and M.COMPETITOR in scene.state.told and (match := _WITH_THE_OTHER.search(one.whole.said)):
        found.append(Item(M.DECLINE, one.whole.quoted(match), one.message))
    found += corrections(one, scene, tuple(places))
    found += amounts(one, scene.asked, chooses=scene.chooses and scene.asked in (Question.PLAN, Question.CONFIRM_PLAN))
    found += answered
    found = list(weighed(_placed(found, one), one, scene))
    if _FOR_ANOTHER.search(one.whole.said):
        # "Não, é minha mãe que fez o cadastro, eu tô respondendo": no answer to what was asked.
        found = [item for item in found if item.meaning is not M.NO]
    found += questions(one, tuple(found))
    if not found:
        found += talk or _tells_something(one)
    return sorted(found, key=lambda item: one.text.find(item.quote) if item.quote else 0)


def _tells_something(one: Utterance) -> list[Item]:
    """A sentence that no rule reads is probably talk, and is marked as the guess it is."""
    words = [word.key for word in one.whole.words if _is_word(word.key)]
    told = one.whole.quote[:200] if len(words) >= _TELLS and not _EXCLAIMS.search(one.whole.said) else None
    return (
        [Item(M.CHAT, one.whole.quote, one.message, certain=False, text=told)]
        if len(words) >= 3 and not one.whole.asks
        else []
    )


def _which_end(one: Utterance, have: set[Meaning]) -> Iterator[Item]:
    """Read what answers "our messages, or a contract?": "o contrato", "só as mensagens", "os dois"."""
    said = one.whole.said
    if one.whole.asks or len(one.whole.words) > 10:
        return
    # "São duas contas, ambas no meu nome" speaks of something else.
    both = len(one.whole.words) <= 4 and re.search(r"\b(?:os dois|as duas|ambos|ambas|tudo)\b", said)
    if M.CANCEL not in have and (
        both or (re.search(r"\bcontrato\b", said) and not re.search(r"\b(?:nem|nao|sem)\b", said))
    ):
        yield Item(M.CANCEL, one.whole.quote, one.message)
    if M.STOP not in have and (
        both
        or (
            re.search(r"\b(?:mensage\w*|contato|parar|receber)\b", said)
            and not re.search(r"\bnao (?:as|e|sao)? ?mensage", said)
        )
    ):
        yield Item(M.STOP, one.whole.quote, one.message)


def _is_word(word: str) -> bool:
    return len(word) >= 2 and bool(re.search(r"[aeiou]", word)) and not re.search(r"[bcdfghjklmnpqrstvwxz]{4}", word)


def _placed(found: list[Item], one: Utterance) -> list[Item]:
    """Give a wish to be told the place that stands in its sentence: "quando chegar em Jaboatão me avisem"."""
    notice = next((item for item in found if item.meaning is M.NOTICE), None)
    if notice is None:
        return found
    told_in = next((s.quote for s in one.sentences if notice.quote in s.quote), notice.quote)
    places = [item for item in found if item.meaning is M.PLACE and item.places and item.quote in told_in]
    places = [item for item in places if item.owner is not Owner.ME or item.quote in notice.quote]
    if not places:
        return found
    return [
        replace(item, places=places[-1].places) if item is notice else item for item in found if item not in places[-1:]
    ]


_SHORT = 12
# Words of a sentence that no rule reads and that tells something: a consultant reads it.
_TELLS = 6
# Laughter, or a sigh over what everybody sighs over.
_EXCLAIMS = re.compile(
    r"\bk\b|^(?:nossa|vixe|eita|oxe|oxente|ave maria|caramba|poxa|puxa|meu deus|credo|misericordia|jesus|uai|bah)\b"
)
_NOTICES = r"(?: \w+){0,4} (?:avis(?:e|em|a|ar|ad[oa]|os?)|notific(?:a|ar|ad[oa]|ac\w+|uem?))\b"
_NO_NOTICE = re.compile(
    r"\b(?:nao|nem) (?:precis\w+|quer(?:o|ia|emos)|carece|me)"
    + _NOTICES
    + r"|\b(?:cancel\w+|desist\w+|dispens\w+|esquec\w+|deix\w+|tir\w+|remov\w+|par(?:a|e|em|ar))"
    + _NOTICES
)
_IRONY = re.compile(
    r"\bah sim com certeza\b|\bclaro porque eu (?:adoro|amo)\b|\bobvio que nao\b|\bque maravilha outro\b|\boutro robo\b"
)
_ITS_ME = re.compile(
    r"(?:(?:oi|oie|ola|opa|alo|sim|bom dia|boa tarde|boa noite|e|ta|tudo bem|aqui|isso|eu) )*sou eu(?: (?:mesm[oa]|sim|aqui|moc[ao]|querid[oa]))*"
)
# "10 sem fidelidade e 12 com 3 anos… vou conversar com meu marido": what is weighed is not chosen.
_THINKS_FIRST = re.compile(
    r"\b(?:vou|preciso|tenho que|deixa eu|quero) (?:so |ainda |primeiro |antes )*(?:pensar|conversar|ver (?:com|direito|melhor)|falar com (?:meu|minha|o|a|el[ae])|perguntar|consultar|analisar)\b|\b(?:depois|dps) (?:eu )?(?:te |lhe )?(?:falo|digo|decido|respondo)\b"
)
_DECIDED = re.compile(
    r"\b(?:quero (?:o|esse|ess[ea]|a) |fico com|vou (?:de|querer|no|ficar com)|escolho|fechado|pode ser o|anota o|decidi(?:mos)?|mudei)\b"
)
_FOR_ANOTHER = re.compile(
    r"\b(?:el[ae]|minha \w+|meu \w+) (?:que|quem) (?:preencheu|fez|cadastrou|pediu)\b.*\b(?:respond|escrev|convers|fal)(?:endo|ando)\b(?! com)"
)
# Of who told us of another offer; a plan would be "o outro".
_WITH_THE_OTHER = re.compile(
    r"\b(?:(?:vou|vamos|quero|prefiro|melhor|decidi|resolvi) (?:ficar|fechar|continuar|seguir|assinar) com|(?:fico|fechei|fecho|continuo|sigo|assinei|ficamos|fechamos) com|vou de|prefiro) (?:a outra|el[ae]s|a del[ae]s)\b(?! (?:opcao|alternativa|conta|casa|me|que me|ofere\w*))(?!.*\bmas\b)"
)
_OF_THE_HOLDER = frozenset({Question.HOLDER, Question.BILL_OK, Question.BILL_WRONG, Question.BILL_PLACE})
# The verb, where no state was asked for, or of somebody who is angry; with its accent it is the state.
_STOP_IT = re.compile(r"para(?: (?:por favor|agora|ja|com isso|de uma vez|po|porra))*")
_OF_A_STATE = frozenset({Question.PLACE, Question.CONFIRM_PLACE, Question.WHICH_CITY})
_SAD = frozenset({M.HARDSHIP, M.HOLDER_DECEASED})
_WORRIED = frozenset({M.FRAUD_FEAR})


def _mood_of(meanings: set[Meaning], said: str) -> Mood:
    """Return how a person sounds who means this."""
    if M.UPSET in meanings:
        return Mood.UPSET
    if meanings & _SAD:
        return Mood.SAD
    if meanings & _WORRIED:
        return Mood.WORRIED
    if re.search(r"\bk\b", said) or _IRONY.search(said):
        return Mood.JOKING
    return Mood.CALM
