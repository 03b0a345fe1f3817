"""Where the lead's bill comes from: takes city and distribuidora, and asks for what is missing.

The form's city is confirmed, never asked again; a namesake or a guess is asked back (docs/domain.md 2.1).
"""

from __future__ import annotations

from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.meaning import Item, Meaning, Owner, Question
from flows.assistant.state import Area
from flows.domain import STATE_CODES, Stage

M = Meaning
QUESTIONS = frozenset({Question.PLACE, Question.CONFIRM_PLACE, Question.WHICH_CITY})
ASKS_COVERAGE = "atende_minha_cidade"
_MOST_CANDIDATES = 10


def state_of(place: int) -> str:
    """Return the UF of a municipality (IBGE code of seven digits)."""
    return STATE_CODES[place // 100_000]


def known(draft: Draft) -> int | None:
    """Return the place the lead confirmed or named, else the form's while nobody denied it."""
    if draft.state.place is not None:
        return draft.state.place
    form = () if draft.state.form_denied else draft.case.form.places
    return form[0] if len(form) == 1 else None


def take(draft: Draft) -> bool:
    """Take the place a burst names, confirms or denies; True when that was understood."""
    state, asked = draft.state, draft.case.state.waiting
    confirmed = _to_confirm(draft) if asked is Question.CONFIRM_PLACE else None
    if confirmed and M.SEVERAL_BILLS in draft.reading and draft.answer(Question.CONFIRM_PLACE) is M.YES:
        # "Sim, mas tenho duas casas, a outra em Olinda": one at a time, and the one that was confirmed comes first.
        return settle(draft, confirmed)
    if several := _of_several(draft):
        if (place := known(draft)) in several and place is not None:
            return settle(draft, place)
        draft.know(candidates=several)
        return True
    if state.place is not None and any(state.place in item.places for item in draft.reading.of(M.PLACE)):
        # "É Recife", once more.
        return True
    item = _meant(draft)
    if item is not None:
        if len(item.places) == 1 and item.certain:
            return settle(draft, item.places[0])
        if item.places:
            return _suggest(draft, item.places)
        if item.state and (asked in QUESTIONS or state.place is None):
            return _take_state(draft, item.state)
    if asked is Question.CONFIRM_PLACE and (place := _to_confirm(draft)):
        answer = draft.answer(Question.CONFIRM_PLACE)
        if answer is M.YES:
            return settle(draft, place)
        if answer is M.NO:
            # The city goes; a state that was told with it stays.
            draft.know(form_denied=True, candidates=())
            return True
    if asked is Question.WHICH_CITY and draft.answer(Question.WHICH_CITY) is M.NO:
        draft.know(form_denied=True, candidates=(), state=None)
        return True
    return False


def named(draft: Draft, among: tuple[int, ...] = ()) -> int | None:
    """Return the one place that the burst names for certain; of namesakes, or of a state, the one that is `among` them."""
    said = [item for item in draft.reading.of(M.PLACE) if item.owner is not Owner.OTHER]
    # "A conta é de Recife, moro em Salvador": the bill's before where the person lives, then the last word.
    for item in sorted(reversed(said), key=lambda item: item.owner is not Owner.BILL):
        if len(item.places) == 1 and item.certain:
            return item.places[0]
        fits = [code for code in among if code in item.places or (not item.places and item.state == state_of(code))]
        if len(fits) == 1:
            return fits[0]
    return None


def settle(draft: Draft, place: int, *, quietly: bool = False) -> bool:
    """Note the place. Another place than before makes everything that was read for that one worthless."""
    state = draft.state
    if state.place == place:
        return draft.case.state.waiting in QUESTIONS or M.PLACE in draft.reading
    if state.place is not None and not quietly:
        draft.say(Code.PLACE_NOTED, place=Fact(place, Source.LEAD))
    draft.facts["ibge_code"] = place
    draft.know(
        place=place,
        candidates=(),
        state=None,
        form_denied=False,
        coverage=None,
        utility=None,
        utilities=(),
        chosen=None,
        proposed=None,
        offered=None,
        no_notice=False,
        misses=0,
    )
    return True


def settle_of_the_bill(draft: Draft) -> None:
    """Make the confirmed bill's place the lead's, where the lead had named or confirmed none."""
    bill = draft.state.bill
    if bill and bill.place and draft.state.place is None:
        settle(draft, bill.place)


def ask(draft: Draft) -> None:
    """Ask where the bill comes from, by the narrowest question that what is known allows."""
    draft.stage = Stage.AWAITING_PLACE
    state, options = draft.state, _candidates(draft)
    before = draft.case.state
    asked_before = before.candidates or (() if before.form_denied else draft.case.form.places)
    changed = options != asked_before or state.state != before.state
    if len(options) > _MOST_CANDIDATES:
        draft.ask(Question.PLACE, Code.PLACE_WHICH_STATE, Code.PLACE_EXAMPLE, fresh=changed)
    elif len(options) > 1:
        draft.ask(
            Question.WHICH_CITY,
            Code.PLACE_WHICH_FORM
            if draft.case.form.apart and not state.candidates
            else Code.PLACE_WHICH_FIRST
            if _of_several(draft)
            else Code.PLACE_WHICH,
            Code.PLACE_WHICH_AGAIN,
            fresh=changed,
            choices=[f"place:{code}" for code in options],
            places=Fact(options, Source.LEAD),
        )
    elif place := _to_confirm(draft):
        form = not state.candidates
        draft.ask(
            Question.CONFIRM_PLACE,
            Code.PLACE_CONFIRM_FORM if form else Code.PLACE_CONFIRM,
            Code.PLACE_CONFIRM_AGAIN,
            fresh=asked_before != (place,),
            choices=(f"place:{place}", "place:no"),
            place=Fact(place, Source.FORM if form else Source.LEAD),
        )
    elif state.state:
        told = Fact(state.state, Source.LEAD)
        draft.ask(Question.PLACE, Code.PLACE_CITY, Code.PLACE_CITY_AGAIN, fresh=changed, state=told)
    else:
        denied = state.form_denied and not draft.case.state.form_denied and not state.disowned
        again = Code.PLACE_EXAMPLE if state.misses else Code.PLACE_AGAIN
        draft.ask(Question.PLACE, Code.PLACE_OTHER if denied else Code.PLACE_ASK, again)


# What a word about the distribuidora comes with, where it is all that is told.
_OF_IT = frozenset({M.UTILITY, M.YES, M.NO, M.PLACE, M.GREETING, M.THANKS, M.CHAT, M.QUESTION})


def take_utility(draft: Draft) -> bool:
    """Take the distribuidora that was named: the answer where a city has several, else a word about the city's own."""
    item, state = draft.reading.last(M.UTILITY), draft.state
    if item is None or item.utility is None or not item.certain:
        return False
    uf = state_of(state.place) if state.place else None
    if state.utilities and state.utility is None:
        fits = [name for name in state.utilities if name == item.utility or draft.case.same(item.utility, name, uf)]
        if len(fits) != 1:
            return False
        draft.know(utility=fits[0], utilities=(), coverage=None)
        return True
    if state.place is None or state.coverage is not Area.SERVED or not state.utility:
        # It will be seen once the place is known; until then it says at most the state, which `hear` has read.
        return True
    fits_own = draft.case.same(item.utility, state.utility, uf)
    if fits_own is not False and any(item.meaning not in _OF_IT for item in draft.reading.items):
        # "A conta dá 640, CPFL": it is what we know, and not what is told.
        return True
    code = Code.UTILITY_OTHER if fits_own is False else Code.UTILITY_RIGHT
    draft.say(code, utility=Fact(state.utility, Source.PLANS), place=Fact(state.place, Source.LEAD))
    return True


def ask_utility(draft: Draft, place: int, names: tuple[str, ...]) -> None:
    """Ask which distribuidora is on the bill."""
    draft.stage = Stage.AWAITING_PLACE
    draft.ask(
        Question.UTILITY,
        Code.UTILITY_ASK,
        Code.UTILITY_AGAIN,
        choices=[f"utility:{name[:180]}" for name in names],
        place=Fact(place, Source.LEAD),
        names=Fact(names, Source.PLANS),
    )


def asks_coverage(draft: Draft) -> bool:
    """Tell whether somebody asks what is served."""
    return any(item.faq == ASKS_COVERAGE for item in draft.reading.of(M.QUESTION))


def elsewhere(draft: Draft) -> int | None:
    """Return the place of which is asked whether it is served, where it is somebody else's and the lead has an own one."""
    others = [i for i in draft.reading.of(M.PLACE) if i.owner is Owner.OTHER and i.certain and len(i.places) == 1]
    own = known(draft)
    if not others or own is None or own in others[-1].places or draft.state.nothing_here or not asks_coverage(draft):
        return None
    return others[-1].places[0]


def _of_several(draft: Draft) -> tuple[int, ...]:
    """Return the places of several bills that were named in one breath: which of them comes first is asked, not guessed."""
    if M.SEVERAL_BILLS not in draft.reading or draft.state.place is not None:
        return ()
    bills = [item for item in draft.reading.of(M.PLACE) if item.owner is Owner.BILL and item.certain]
    codes = tuple(dict.fromkeys(item.places[0] for item in bills if len(item.places) == 1))
    return codes if len(codes) > 1 else ()


def _meant(draft: Draft) -> Item | None:
    """Return the item that says where the bill is: the bill's own place before where the person lives.

    Where a place is known and was not asked for, only the bill's own moves it: "moro no Rio" beside a bill of Recife does not.
    """
    free = asks_coverage(draft) and (known(draft) is None or draft.state.nothing_here)
    # "Minha filha mora em Salvador, lá atende?" is asked for that house, where there is no other.
    items = [item for item in draft.reading.of(M.PLACE) if item.owner is not Owner.OTHER or free]
    bills = [item for item in items if item.owner is Owner.BILL]
    if bills:
        return _narrowest(bills)
    area = draft.state.coverage
    if draft.state.place is not None and draft.case.state.waiting not in QUESTIONS and not (area and area.nothing_here):
        return None
    return _narrowest(items) if items else None


def _narrowest(items: list[Item]) -> Item:
    """Return the last city; a state that was named beside it says which of its namesakes."""
    cities = [item for item in items if item.places]
    if not cities:
        return items[-1]
    city = cities[-1]
    states = {item.state for item in items if item.state and not item.places}
    if len(city.places) > 1 and states:
        fits = tuple(code for code in city.places if state_of(code) in states)
        if fits:
            return Item(M.PLACE, city.quote, city.message, city.certain, places=fits, owner=city.owner)
    return city


def _suggest(draft: Draft, places: tuple[int, ...]) -> bool:
    """Take namesakes or a guess as what the place may be: asked back, never acted on."""
    here = known(draft)
    if here in places and (draft.state.place is not None or len(places) > 1):
        # "Campo Grande" of somebody whose form says which.
        return settle(draft, here) if here is not None else True
    if draft.state.place in places:
        return True
    if len(places) > 1 and draft.state.state:
        fits = tuple(code for code in places if state_of(code) == draft.state.state)
        if len(fits) == 1:
            return settle(draft, fits[0])
        places = fits or places
    if draft.state.place is not None:
        # A guess moves nobody away from a place that was confirmed.
        return False
    draft.know(candidates=places)
    return True


def _take_state(draft: Draft, state: str) -> bool:
    form = () if draft.state.form_denied else draft.case.form.places
    if len(form) == 1 and state_of(form[0]) == state and not draft.state.candidates:
        # Recife of the form and "sou de Pernambuco" agree: the city still wants its yes.
        return True
    fits = tuple(code for code in _candidates(draft) if state_of(code) == state)
    if len(fits) == 1:
        return settle(draft, fits[0])
    if draft.state.place is not None and state_of(draft.state.place) == state:
        return True
    draft.know(candidates=fits, state=state, form_denied=True)
    return True


def _candidates(draft: Draft) -> tuple[int, ...]:
    """Return what the place may be: of the lead's last words, else of a form that gave no state."""
    if draft.state.candidates:
        return draft.state.candidates
    form = () if draft.state.form_denied else draft.case.form.places
    return form if len(form) > 1 else ()


def _to_confirm(draft: Draft) -> int | None:
    """Return the one place that wants a yes: a guess, or else the form's."""
    options = _candidates(draft)
    if options:
        return options[0] if len(options) == 1 else None
    return known(draft)
