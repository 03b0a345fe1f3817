"""What we may have asked a person: the closed set of our questions. What may be answered is `meaning`'s."""

from __future__ import annotations

from enum import StrEnum


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
