"""Everything the assistant can understand: the closed set of what a person may mean, and what each meaning carries.

`hear` turns messages into a `Reading` of these, by rules or by a model; `decide` knows nothing else of language. The
text behind each meaning is what a model is told of it, so this file is the whole contract between the three.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Literal

Carried = Literal["about", "places", "state", "owner", "utility", "amount", "plan", "field", "faq", "text"]


class Meaning(StrEnum):
    """One thing a person can mean: its code, when it holds, in words for whoever hears, and which fields its item carries."""

    when: str
    carries: tuple[Carried, ...]

    def __new__(cls, code: str, when: str, carries: tuple[Carried, ...] = ()) -> Meaning:
        meaning = str.__new__(cls, code)
        meaning._value_, meaning.when, meaning.carries = code, when, carries
        return meaning

    # answers to what we asked
    YES = (
        "yes",
        "agrees with what was asked (`about`, else the question that waits), or does it right now: sim, isso, pode "
        "ser, tá certim, já vou mandar a foto, 👍",
        ("about",),
    )
    NO = "no", "denies or declines what was asked, and nothing more: não, não precisa, é não", ("about",)
    UNSURE = "unsure", "does not know the answer: não sei, acho que, vou perguntar pra ela", ("about",)
    CHOICE = (
        "choice",
        "decides for one plan of the list that was shown: 2, o do meio, o de 16%, o sem fidelidade, o que não prende. "
        "By exclusion (nem o 1 nem o 3), or where only a wish fits one of them (não quero ficar presa), it is not "
        "certain. Asking about a plan or comparing is no choice",
        ("plan",),
    )
    NONE_OF_THEM = (
        "none_of_them",
        "wants none of the plans that were shown, or another discount than listed: nenhum, só fecho com 30%",
    )
    BILL_RIGHT = (
        "bill_right",
        "says that what was read on the bill is right: tá certo, confere, acertou tudo, tudo nos conforme",
    )
    BILL_WRONG = (
        "bill_wrong",
        "says that something read on the bill is wrong (`field`), maybe with the right value: não é 412, é 450",
        ("field", "amount", "utility", "places", "state"),
    )
    OTHER_BILL = (
        "other_bill",
        "sent the wrong bill or wants to send another one instead: mandei a conta errada, vou mandar outra",
    )
    HOLDER_AGREES = (
        "holder_agrees",
        "the holder of the bill, somebody else, agrees or can sign: ela aceita, já conversei com ele, ele assina",
    )
    HOLDER_REFUSES = "holder_refuses", "the holder does not agree or cannot sign: ele não quer, ela não assina nada"
    # facts
    PLACE = (
        "place",
        "names a city or state, and whose (`owner`): the bill's, mine, or somebody's who does not matter here. "
        "Quarters and nicknames count by their city",
        ("places", "state", "owner"),
    )
    UTILITY = "utility", "names the distribuidora on the bill: é a Celpe, minha conta é da CEB", ("utility",)
    AMOUNT = "amount", "says what the bill costs a month, in reais: vem uns 450, 3 unidades somando 9 mil", ("amount",)
    NAME = "name", "says how the person who writes is called: aqui é o Josué", ("text",)
    NEW_NUMBER = (
        "new_number",
        "has, or wants to be called on, another number: mudei de número, me liga no fixo",
        ("text",),
    )
    # questions
    QUESTION = (
        "question",
        "asks something. `faq` is the id of the reviewed answer that fits, or none where no listed answer fits",
        ("faq",),
    )
    # wishes
    GO_ON = (
        "go_on",
        "wants to take part or to go on: quero participar, como faço, segue, vamos continuar, Ativar Perfil",
    )
    SHOW_PLANS = (
        "show_plans",
        "wants to see the plans, or one before a list was shown: quais são as opções, quero aquele de 18% do anúncio",
    )
    READ_AGAIN = "read_again", "wants to hear again what was read on the bill: lê pra mim o que achou"
    RECAP = (
        "recap",
        "asks whether, or what, we noted, or asks us to note something: anotou o horário?, qual plano ficou?, "
        "registra isso",
    )
    WHAT_NEXT = (
        "what_next",
        "asks what happens now, or what came of it for this person: e agora?, posso ou não posso?, o que falta?, qual o "
        "próximo passo?, deu certo?",
    )
    LATER = (
        "later",
        "will send or answer later, thinks about it, talks to somebody first, is busy: mando amanhã, vou pensar",
    )
    DECLINE = (
        "decline",
        "does not want to take part (any more): não tenho interesse, desisti, deixa pra lá. Not merely one plan or "
        "question, and not taking leave for today",
    )
    WONT_SEND = (
        "wont_send",
        "does not want to send the bill, or to give data at all: não vou mandar minha conta pra estranho, não passo "
        "meus dados",
    )
    NOTICE = (
        "notice",
        "wants to be told when there is news for a place (`places` where it is named): me avisa quando chegar, pode "
        "avisar",
        ("places",),
    )
    CALL_AT = (
        "call_at",
        "says when, how or with whom contact suits: só depois das 18, me liga amanhã de manhã, depois do dia 15, só "
        "por escrito, não atendo ligação, fala com meu neto; an hour or a day alone, where that was the matter: às "
        "18h. `about` is person where they ask us to call: pode me ligar amanhã?",
        ("text", "about"),
    )
    PERSON = (
        "person",
        "wants a person of ours instead of a program: quero falar com alguém, me passa um atendente, chama. Somebody "
        "at the house, or a call to somebody else, is none",
    )
    STOP = (
        "stop",
        "wants no more messages: parar, sair, não me mande mais, me tira dessa lista. Never the end of a contract",
    )
    ERASE = "erase", "wants own data erased: apaga meus dados, exclui meu cadastro"
    CANCEL = (
        "cancel",
        "wants to end a contract with Serena; not certain where it may as well mean our messages (quero cancelar)",
    )
    # circumstances
    WRONG_PERSON = (
        "wrong_person",
        "is not the person of the form, or never filled it: não sou a Ana, peguei esse chip agora, nunca preenchi "
        "nada disso",
    )
    CUSTOMER = "customer", "is Serena's customer already: já sou cliente, meu desconto não veio esse mês"
    HOLDER_DECEASED = "holder_deceased", "the holder of the bill has died: está no nome da minha mãe que faleceu"
    HOLDER_ABSENT = (
        "holder_absent",
        "the holder is somebody who is away or hard to reach: o dono mora em São Paulo, ele está viajando",
    )
    HOLDER_OTHER = (
        "holder_other",
        "the bill is in somebody else's name: está no nome do meu pai, ela é a titular, a conta é do proprietário",
    )
    HOLDER_ME = (
        "holder_me",
        "the bill is in the name of who writes: está no meu nome, sou a titular, é meu nome de casada",
    )
    TENANT = "tenant", "lives for rent: moro de aluguel, minha casa é alugada"
    COMPANY = "company", "speaks for a company or shop: somos uma padaria, tenho CNPJ, é do condomínio"
    SEVERAL_BILLS = "several_bills", "has more than one bill or house: tenho duas casas, são 3 unidades"
    OWN_PANELS = "own_panels", "has solar panels of their own: já tenho placa em casa"
    LOW_INCOME = (
        "low_income",
        "has the social tariff or is on social aid: sou baixa renda, tenho tarifa social, bolsa família",
    )
    EXCLUDED = (
        "excluded",
        "tells of what may keep the bill out besides panels and the social tariff: a pump of irrigation, a fish farm, two "
        "or more unpaid bills, the white tariff, high tension",
    )
    POWER_CUT = "power_cut", "has no power, or was cut off: minha luz foi cortada, quero religação, caiu a energia aqui"
    SECOND_COPY = (
        "second_copy",
        "wants a copy, a payment or another service of the distribuidora: preciso da segunda via",
    )
    COMPETITOR = (
        "competitor",
        "has or had an offer of another company: a concorrente me deu 20%, já tenho com outra empresa",
    )
    FRAUD_FEAR = "fraud_fear", "fears fraud: isso é golpe né, minha vizinha caiu num desses, quem garante"
    CANNOT_SEND = (
        "cannot_send",
        "cannot take, see or send a picture, or does not know how: não sei tirar foto, sou deficiente visual",
    )
    LANGUAGE = (
        "language",
        "writes in, or asks for, another language than Portuguese: do you speak English? hola, soy argentina",
    )
    UNDER_AGE = "under_age", "is not of age: tenho 16 anos"
    HARDSHIP = (
        "hardship",
        "tells of illness, grief or need: tô internada, perdi meu emprego, fiquei desempregado, tem aparelho de "
        "oxigênio em casa",
    )
    ACCESS = "access", "is deaf, blind, or cannot read or hear well: sou surdo, uso leitor de tela, não sei ler direito"
    # talk
    GREETING = "greeting", "greets: oi, bom dia"
    THANKS = "thanks", "thanks: obrigada, vlw tmj, Deus abençoe"
    GOODBYE = "goodbye", "takes leave, for now or for today: tchau, até mais, por hoje é só"
    WAITING = "waiting", "calls for us: ?, alô, tem alguém aí, e aí. Who agrees to wait (ok, vou aguardar) takes leave"
    ALREADY_SENT = "already_sent", "says that the bill was sent: já mandei"
    REPEATED = "repeated", "complains that we ask what was answered: já falei, de novo?"
    LOST = "lost", "does not understand us or how to do it: não entendi, como assim, como que manda"
    SECRET = "secret", "gives or offers a document number, a password, a card or an address: a senha é…, cpf 529…"
    UPSET = "upset", "insults, threatens or is angry: bando de golpista, vou no procon"
    CHAT = "chat", "says something that asks nothing of us: jokes, sarcasm, news of the day, an exclamation"


class Question(StrEnum):
    """What we may have asked, and may be waiting for."""

    PLACE = "place"  # of which city and state is the bill
    CONFIRM_PLACE = "confirm_place"  # is it this one (the form's, or a guess of ours)
    WHICH_CITY = "which_city"  # which of these namesakes
    UTILITY = "utility"  # which of the city's distribuidoras
    BILL = "bill"  # a photo or PDF of the bill
    BILL_OK = "bill_ok"  # is what was read on the bill right
    BILL_WRONG = "bill_wrong"  # what is different on it
    BILL_PLACE = "bill_place"  # the bill's place or the one that was known
    HOLDER = "holder"  # does the holder of the bill agree to sign
    PLAN = "plan"  # which of the plans
    CONFIRM_PLAN = "confirm_plan"  # is it this plan (a guess of ours)
    NOTICE = "notice"  # shall we tell you when there is news for your place
    PERSON = "person"  # shall a person of the team take over
    CANCEL = "cancel"  # stop our messages, or end a contract with Serena
    ERASE = "erase"  # really erase everything


# Offers and safeguards beside the journey: the question that waited before them still waits.
ASIDES = frozenset({Question.PERSON, Question.CANCEL, Question.ERASE})


class Owner(StrEnum):
    """Whose place it is that was named. Only the bill's place counts; where I live stands for it until the bill's is said."""

    BILL = "bill"  # the bill, or the house it is for, is there ("a conta é de Olinda", "a casa da minha mãe em Recife")
    ME = "me"  # I live or am there ("moro em Recife", "sou de Floripa")
    OTHER = "other"  # somebody else lives there, and the bill is not said to be ("ele mora em São Paulo")


class Mood(StrEnum):
    """How the person sounds; it changes the tone and how often we ask, never a fact."""

    CALM = "calm"
    UPSET = "upset"
    SAD = "sad"
    WORRIED = "worried"
    JOKING = "joking"


class Field(StrEnum):
    """What of a bill a person can call wrong."""

    TOTAL = "total"
    HOLDER = "holder"
    UTILITY = "utility"
    PLACE = "place"
    DUE_DATE = "due_date"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was meant, and the words it rests on.

    `quote` stands in message `message` of the burst letter by letter; it is empty for a tap and for what a reaction says.
    `places` are IBGE codes: one where the place is known, several namesakes, none where only `state` (UF) was named.
    `plan` is a `plan_id` of the list that was shown, None where no such plan is on it. `faq` None: nothing fits. `amount`
    is in reais. `text` is what a consultant should read. `certain` False means a guess: it is asked back, never acted on.
    """

    meaning: Meaning
    quote: str = ""
    message: int = 0
    certain: bool = True
    about: Question | None = None
    places: tuple[int, ...] = ()
    state: str | None = None
    owner: Owner | None = None
    utility: str | None = None
    amount: Decimal | None = None
    plan: int | None = None
    field: Field | None = None
    faq: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Reading:
    """All that one burst means, in the order it was said. `language` is an ISO 639-1 code."""

    items: tuple[Item, ...] = ()
    mood: Mood = Mood.CALM
    language: str = "pt"

    @cached_property
    def _meant(self) -> frozenset[Meaning]:
        return frozenset(item.meaning for item in self.items)

    @cached_property
    def _certain(self) -> frozenset[Meaning]:
        return frozenset(item.meaning for item in self.items if item.certain)

    def __contains__(self, meaning: object) -> bool:
        return meaning in self._meant

    def of(self, *meanings: Meaning) -> Iterator[Item]:
        """Yield the items of these meanings, as they were said."""
        return (item for item in self.items if item.meaning in meanings)

    def last(self, *meanings: Meaning) -> Item | None:
        """Return the last such item: who corrects himself within a burst means the last word."""
        return next((item for item in reversed(self.items) if item.meaning in meanings), None)

    def means(self, *meanings: Meaning) -> bool:
        """Tell whether any of these is meant for certain."""
        return not self._certain.isdisjoint(meanings)
