"""What can be said: one code for each reviewed sentence, the facts it needs, and where each fact was read.

`decide` chooses acts and writes no text; `say` has one sentence for each code (`say/prompts/reviewed.toml`), and a test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from flows.assistant.meaning import Question


class Source(StrEnum):
    """Where a fact was read; a sentence may state nothing that was read nowhere."""

    FORM = "form"
    LEAD = "lead"  # the person's own words, in this turn or before
    BILL = "bill"
    PLANS = "plans"  # the plans API, read in this turn
    SHOWN = "shown"  # plans as they were shown before
    FAQ = "faq"
    TERMS = "terms"  # what the company promises and requires, by setting
    PLACES = "places"  # the list of municipalities


class Fact(NamedTuple):
    """A typed value (an IBGE code, reais, a date, offers, a name); `say` puts it into words."""

    value: Any
    read: Source


class Code(StrEnum):
    """Every sentence there is. The value is its key in `reviewed.toml`."""

    GREET = "greeting.unnamed"
    GREET_BY_NAME = "greeting.named"
    GREET_CALLS = "greeting.calls"
    GREET_BY_NAME_CALLS = "greeting.named_calls"
    PRIVACY = "greeting.privacy"

    PLACE_ASK = "place.ask"
    PLACE_AGAIN = "place.again"
    PLACE_EXAMPLE = "place.example"
    PLACE_OTHER = "place.other"
    PLACE_CITY = "place.city"
    PLACE_CITY_AGAIN = "place.city_again"
    PLACE_WHICH_STATE = "place.which_state"
    PLACE_CONFIRM_FORM = "place.confirm_form"
    PLACE_CONFIRM = "place.confirm"
    PLACE_CONFIRM_AGAIN = "place.confirm_again"
    PLACE_WHICH = "place.which"
    PLACE_WHICH_FORM = "place.which_form"
    PLACE_WHICH_FIRST = "place.which_first"
    PLACE_WHICH_AGAIN = "place.which_again"
    PLACE_NOTED = "place.noted"
    PLACE_WHY = "place.why"

    UTILITY_ASK = "utility.ask"
    UTILITY_AGAIN = "utility.again"
    UTILITY_RIGHT = "utility.right"
    UTILITY_OTHER = "utility.other"

    SERVED = "coverage.served"
    SERVED_HOW = "coverage.how"
    SERVED_PLANS = "coverage.plans"
    STALE = "coverage.stale"
    SLOW = "coverage.slow"
    SLOW_WITH_BILL = "coverage.slow_with_bill"
    NOT_SERVED = "coverage.not_served"
    NO_PLAN = "coverage.no_plan"
    NOTICE_ASK = "coverage.notice"
    NOTICE_AGAIN = "coverage.notice_again"
    NOTICE_KEPT = "coverage.notice_kept"
    NOTICE_DECLINED = "coverage.notice_declined"
    NOTICE_NONE = "coverage.notice_none"
    STILL_CLOSED = "coverage.still_closed"
    NO_BILL = "coverage.no_bill"
    NOTHING_YET = "coverage.nothing_yet"

    BILL_ASK = "bill.ask"
    BILL_AGAIN = "bill.again"
    BILL_FOR_PLAN = "bill.for_plan"
    BILL_ONCE_MORE = "bill.once_more"
    BILL_NEWEST = "bill.newest"
    BILL_HOW = "bill.how"
    BILL_OTHER_WAY = "bill.other_way"
    BILL_OBJECTION = "bill.objection"
    BILL_LATER = "bill.later"
    BILL_NOT_HERE = "bill.not_here"
    BILL_NOT_READ = "bill.not_read"
    BILL_MINIMUM = "bill.minimum"
    AMOUNT_KNOWN = "bill.amount_known"
    AMOUNT_NOTED = "bill.amount_noted"
    RECEIVED = "bill.received"
    RECEIVED_BESIDE = "bill.received_beside"
    OTHER_KEPT = "bill.other_kept"
    UNREAD = "bill.unread"
    UNREAD_MANY = "bill.unread_many"
    DIFFERENT_BILLS = "bill.several"
    KNOWN_FILE = "bill.known"
    KEPT_FOR_LATER = "bill.kept_for_later"
    WRONG_TYPE = "bill.wrong_type"
    TOO_LARGE = "bill.too_large"
    NOT_FETCHED = "bill.not_fetched"
    NO_TOTAL = "bill.no_total"
    NO_HOLDER = "bill.no_holder"
    INCOMPLETE = "bill.incomplete"
    UNREADABLE = "bill.unreadable"
    TIPS = "bill.tips"
    TOO_OLD = "bill.too_old"
    LOCKED = "bill.locked"
    OTHER_DOCUMENT = "bill.other_document"
    NOT_DOCUMENT = "bill.not_document"
    GAVE_UP = "bill.gave_up"

    READING = "reading.values"
    READING_AGAIN = "reading.values_again"
    READING_RIGHT = "reading.right"
    READING_RIGHT_AGAIN = "reading.again"
    READING_TAKEN = "reading.taken"
    READING_WHAT = "reading.what"
    READING_WHAT_AGAIN = "reading.what_again"
    READING_NOTED = "reading.noted"
    READING_NOTED_TOTAL = "reading.noted_total"
    READING_NOTED_UTILITY = "reading.noted_utility"
    READING_WHICH_PLACE = "reading.which_place"
    READING_WHICH_CITY = "reading.which_city"
    SEND_OTHER = "reading.send_other"
    QUALIFIED = "reading.qualified"
    REVIEW = "reading.review"

    HOLDER_ASK = "holder.ask"
    HOLDER_AGAIN = "holder.again"
    HOLDER_AGREES = "holder.agrees"
    HOLDER_UNSURE = "holder.unsure"
    HOLDER_OTHER = "holder.other"
    HOLDER_ABSENT = "holder.absent"
    HOLDER_DECEASED = "holder.deceased"
    HOLDER_ME = "holder.me"

    SMALL = "small.explained"
    SMALL_LARGER = "small.larger"
    SMALL_AGAIN = "small.again"
    SMALL_CLOSED = "small.closed"
    SMALL_SEND = "small.send"

    PLANS = "plans.list"
    PLANS_SCOPE = "plans.scope"
    PLANS_SHOWN = "plans.shown"
    PLAN_ASK = "plans.ask"
    PLAN_AGAIN = "plans.again"
    PLAN_ASK_ONE = "plans.ask_one"
    PLAN_AGAIN_ONE = "plans.again_one"
    PLAN_CONFIRM = "plans.confirm"
    PLAN_GONE = "plans.gone"
    PLAN_ONLY_LISTED = "plans.only_listed"
    PLAN_DOUBT = "plans.doubt"
    PLANS_TERMS = "plans.terms"
    PLANS_APART = "plans.apart"
    PLANS_LATER = "plans.later"
    CHOSEN = "plans.chosen"

    CALLS_QUALIFIED = "handover.qualified"
    CALLS_REVIEW = "handover.review"
    CALLS_CHOSEN = "handover.chosen"
    CALLS_AGAIN = "handover.changed"

    PERSON_CALLED = "person.called"
    PERSON_WAITING = "person.waiting"
    PERSON_UNDER_AGE = "person.under_age"
    PERSON_OFFER = "person.offer"
    PERSON_UNKNOWN = "person.unknown"
    PERSON_STUCK = "person.stuck"
    PERSON_NO_BILL = "person.no_bill"
    PERSON_UNDECIDED = "person.undecided"
    PERSON_ASIDE = "person.aside"
    ABOVE = "person.above"  # what was asked once more is answered already
    PERSON_STAYING = "person.staying"

    STOPPED = "stop.farewell"
    STILL_STOPPED = "stop.still_stopped"
    CANCEL_ASK = "stop.cancel_ask"
    CANCEL_NEITHER = "stop.neither"
    ERASE_ASK = "erase.confirm"
    ERASED = "erase.done"
    ERASE_KEPT = "erase.kept"

    WRONG_PERSON = "wrong.person"
    WRONG_PERSON_AGAIN = "wrong.again"

    CUSTOMER = "circumstance.customer"
    CANCELS = "circumstance.cancels"
    TENANT = "circumstance.tenant"
    COMPANY = "circumstance.company"
    SEVERAL_BILLS = "circumstance.several_bills"
    OWN_PANELS = "circumstance.own_panels"
    LOW_INCOME = "circumstance.low_income"
    EXCLUDED = "circumstance.excluded"
    POWER_CUT = "circumstance.power_cut"
    SECOND_COPY = "circumstance.second_copy"
    COMPETITOR = "circumstance.competitor"
    FRAUD_FEAR = "circumstance.fraud_fear"
    LANGUAGE = "circumstance.language"
    HARDSHIP = "circumstance.hardship"
    CONDOLENCES = "circumstance.condolences"
    ACCESS = "circumstance.access"
    CALL_AT = "circumstance.call_at"
    CALL_AT_NOTED = "circumstance.call_at_noted"
    NEW_NUMBER = "circumstance.new_number"
    SECRET = "circumstance.secret"

    ANSWER = "answer"  # a reviewed answer of the FAQ; fact `faq` is its id
    AUDIO = "heard.audio"
    VIDEO = "heard.video"
    LOCATION = "heard.location"
    CONTACTS = "heard.contacts"
    ORDER = "heard.order"
    UNSUPPORTED = "heard.unsupported"
    THANKS = "heard.thanks"
    BYE = "heard.bye"
    HERE = "heard.here"
    WAITING = "heard.waiting"
    NO_HURRY = "heard.no_hurry"
    LOST = "heard.lost"
    I_SEE = "heard.i_see"
    LAUGH = "heard.laugh"
    WITH_YOU = "heard.with_you"
    UPSET = "heard.upset"
    UPSET_AGAIN = "heard.upset_again"
    REPEATED = "heard.repeated"
    NOTED = "heard.noted"
    RECAP = "heard.recap"
    RECAP_PLAN = "heard.recap_plan"
    RECAP_NOTHING = "heard.recap_nothing"
    UNCLEAR = "heard.unclear"
    STILL_UNCLEAR = "heard.still_unclear"

    DECLINED = "closing.declined"
    WITHDRAWN = "closing.withdrawn"
    COME_BACK = "closing.come_back"
    GOODBYE = "closing.goodbye"
    CONSULTANT = "closing.consultant"
    STILL_WITH_US = "closing.still_with_us"
    TEAM_READS = "closing.team_reads"
    AGREED = "closing.agreed"
    CHOICE_STANDS = "closing.choice_stands"
    CHANGE_PASSED_ON = "closing.changed"
    CALL_AT_PASSED_ON = "closing.call_at"
    WHEN = "closing.when"
    WHEN_AS_ASKED = "closing.when_as_asked"
    PROGRAM_HERE = "closing.here"
    OVERDUE = "closing.overdue"
    STILL_OVERDUE = "closing.still_overdue"
    ADULT = "closing.adult"
    CLOSING_UPSET = "closing.upset"
    CLOSING_QUESTION = "closing.question"

    NEXT_PLACE = "next.place"
    NEXT_UTILITY = "next.utility"
    NEXT_BILL = "next.bill"
    NEXT_BILL_OK = "next.bill_ok"
    NEXT_HOLDER = "next.holder"
    NEXT_PLAN = "next.plan"
    NEXT_REVIEW = "next.review"
    NEXT_NOTICE = "next.notice"

    RECALL_PLACE = "recall.place"
    RECALL_CONFIRM_PLACE = "recall.confirm_place"
    RECALL_WHICH_CITY = "recall.which_city"
    RECALL_UTILITY = "recall.utility"
    RECALL_BILL = "recall.bill"
    RECALL_BILL_OK = "recall.bill_ok"
    RECALL_BILL_WRONG = "recall.bill_wrong"
    RECALL_BILL_PLACE = "recall.bill_place"
    RECALL_HOLDER = "recall.holder"
    RECALL_PLAN = "recall.plan"
    RECALL_NOTICE = "recall.notice"


# Sentences that say a person will speak with the lead; each needs a hand-over that is recorded.
PROMISES_A_PERSON = frozenset({
    Code.CALLS_QUALIFIED, Code.CALLS_REVIEW, Code.CALLS_CHOSEN, Code.CALLS_AGAIN, Code.PERSON_CALLED,
    Code.PERSON_WAITING, Code.PERSON_UNDER_AGE, Code.GAVE_UP, Code.CUSTOMER, Code.CANCELS, Code.CONSULTANT, Code.WHEN, Code.PROGRAM_HERE,
    Code.WHEN_AS_ASKED, Code.OVERDUE, Code.STILL_OVERDUE, Code.CHANGE_PASSED_ON, Code.CALL_AT_PASSED_ON, Code.WITHDRAWN,
    Code.ADULT, Code.STILL_WITH_US, Code.TEAM_READS, Code.CHOICE_STANDS,
})  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One sentence to say. `asks` is the question it asks, with the ids of the buttons or rows that answer it."""

    code: Code
    facts: Mapping[str, Fact] = field(default_factory=dict)
    asks: Question | None = None
    choices: tuple[str, ...] = ()
