"""The shapes Meta sends, as far as we read them, and forgiving: a value of another type counts as absent.

Only an id without which nothing can be keyed is required. Being strict elsewhere would throw a person's message away
because, say, the profile name beside it is a number. Sources: docs/whatsapp.md 2.2, 3, 4.4 and 7.1.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from webhook.storable import fits_key

T = TypeVar("T")


def _word(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _short(value: Any) -> str | None:
    word = _word(value)
    return word if word and fits_key(word) else None


def _id(value: str) -> str:
    if not fits_key(value):
        raise ValueError("an id is empty or too long for an index")
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _code(value: Any) -> int | None:
    number = _number(value)
    # The column is a 32-bit integer; Meta's codes have six digits.
    return int(number) if number is not None and abs(number) < 2**31 else None


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


Word = Annotated[str | None, BeforeValidator(_word)]
"""Text that is not empty, or None."""
Short = Annotated[str | None, BeforeValidator(_short)]
"""A `Word` that becomes part of an indexed column."""
Number = Annotated[float | None, BeforeValidator(_number)]
Code = Annotated[int | None, BeforeValidator(_code)]
Flag = Annotated[bool | None, BeforeValidator(lambda value: value if isinstance(value, bool) else None)]
Maybe = Annotated[T | None, BeforeValidator(_object)]
Several = Annotated[list[T], BeforeValidator(_objects)]
Id = Annotated[str, AfterValidator(_id)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Profile(Shape):
    name: Word = None
    username: Word = None


class ContactShape(Shape):
    """One of `value.contacts[]`: the person, not a shared contact card."""

    user_id: Short = None
    wa_id: Word = None
    profile: Maybe[Profile] = None


class Context(Shape):
    id: Word = None
    forwarded: Flag = None
    frequently_forwarded: Flag = None


class TextBody(Shape):
    body: Word = None


class ButtonShape(Shape):
    """A tapped quick reply of a template."""

    text: Word = None
    payload: Word = None


class Choice(Shape):
    id: Word = None
    title: Word = None


class Interactive(Shape):
    """A tapped reply button or list row; other kinds (`nfm_reply`, `call_permission_reply`) leave both empty."""

    button_reply: Maybe[Choice] = None
    list_reply: Maybe[Choice] = None


class FileShape(Shape):
    id: Word = None
    mime_type: Word = None
    sha256: Word = None
    filename: Word = None
    caption: Word = None
    voice: Flag = None


class Location(Shape):
    latitude: Number = None
    longitude: Number = None
    name: Word = None
    address: Word = None


class CardPhone(Shape):
    wa_id: Word = None


class CardShape(Shape):
    """A shared contact card. Only `origin == "contact_request"` proves that it is the sender's own."""

    origin: Word = None
    vcard: Word = None
    phones: Several[CardPhone] = []


class Order(Shape):
    text: Word = None


class Reaction(Shape):
    """`emoji` is absent or empty when the reaction was taken back."""

    message_id: Word = None
    emoji: Word = None


class Referral(Shape):
    """The advertisement or post through which somebody writes; on any type of message."""

    source_type: Word = None
    source_id: Word = None
    source_url: Word = None
    headline: Word = None
    body: Word = None
    ctwa_clid: Word = None


class System(Shape):
    type: Word = None
    wa_id: Word = None


class Error(Shape):
    code: Code = None


class Change(Shape):
    """What an `edit` or a `revoke` is about; `message` has the new content, in the shape of a message without its id."""

    original_message_id: Short = None
    message: Maybe[dict[str, Any]] = None


class MessageShape(Shape):
    """One of `value.messages[]`."""

    id: Id
    type: Word = None
    sender: Word = Field(default=None, alias="from")
    from_user_id: Short = None
    group_id: Word = None
    timestamp: Any = None
    origin: Word = None
    context: Maybe[Context] = None
    errors: Several[Error] = []
    text: Maybe[TextBody] = None
    button: Maybe[ButtonShape] = None
    interactive: Maybe[Interactive] = None
    image: Maybe[FileShape] = None
    document: Maybe[FileShape] = None
    audio: Maybe[FileShape] = None
    video: Maybe[FileShape] = None
    sticker: Maybe[FileShape] = None
    location: Maybe[Location] = None
    contacts: Several[CardShape] = []
    order: Maybe[Order] = None
    reaction: Maybe[Reaction] = None
    referral: Maybe[Referral] = None
    system: Maybe[System] = None
    edit: Maybe[Change] = None
    revoke: Maybe[Change] = None


class Echo(MessageShape):
    """One of `value.message_echoes[]`: a message of a person's, from the phone app, on a number shared with it."""

    to: Word = None
    to_user_id: Short = None


class Pricing(Shape):
    category: Word = None
    type: Word = None


class StatusShape(Shape):
    """One of `value.statuses[]`; `status` is an open set."""

    id: Id
    status: Annotated[str, Field(min_length=1, max_length=64)]
    timestamp: Any = None
    recipient_user_id: Short = None
    recipient_participant_user_id: Short = None
    biz_opaque_callback_data: Word = None
    pricing: Maybe[Pricing] = None
    errors: Several[Error] = []


class ChangedId(Shape):
    previous: Id
    current: Id


class UserIdUpdate(Shape):
    """One of `value.user_id_update[]`; here, and nowhere else, `user_id` is an object."""

    user_id: ChangedId
    wa_id: Word = None
    timestamp: Any = None


class UserPreference(Shape):
    """One of `value.user_preferences[]`; its timestamp is a number."""

    user_id: Short = None
    wa_id: Word = None
    category: Word = None
    value: Id
    timestamp: Any = None
