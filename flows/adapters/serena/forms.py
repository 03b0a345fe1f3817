"""What Serena's partnership API wants to know to register a lead, and what its refusals mean (docs/domain.md 4.4, 4.5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from brutils import is_valid_cnpj, is_valid_cpf

from flows.brazil.phones import InvalidPhone, canonical, is_landline, national_digits
from flows.domain import Plan

PersonType = Literal["natural", "juridical"]

_OF_BOTH = (
    "fullName",
    "personType",
    "emailAddress",
    "mobilePhone",
    "utilityBillHolder",
    "utilityBillingValue",
    "identificationNumber",
    "zipCode",
    "state",
    "city",
    "street",
    "number",
    "neighborhood",
)
# The text of the API's description wants the three personal fields "from all", its shape for companies lacks them:
# a company has neither nationality nor marital status, so they are asked of people only.
REQUIRED: dict[PersonType, tuple[str, ...]] = {
    "natural": (*_OF_BOTH, "nationality", "maritalStatus", "profession"),
    "juridical": (*_OF_BOTH, "companyName"),
}
_FIELDS = frozenset(name for names in REQUIRED.values() for name in names)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
# Goes into an address: nothing that could lead to another path.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A qualified lead with what the partner needs; whatever is unknown stays None. Not shown in logs or errors.

    `phone` as a person writes it or in E.164; `bill_value` in reais; `bill_holder` None means the person themselves.
    """

    full_name: str | None = field(default=None, repr=False)
    person_type: PersonType | None = None
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    bill_holder: PersonType | None = None
    bill_value: Decimal | None = field(default=None, repr=False)
    identification: str | None = field(default=None, repr=False)
    nationality: str | None = field(default=None, repr=False)
    marital_status: str | None = field(default=None, repr=False)
    profession: str | None = field(default=None, repr=False)
    company_name: str | None = field(default=None, repr=False)
    zip_code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    street: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    neighborhood: str | None = field(default=None, repr=False)
    complement: str | None = field(default=None, repr=False)
    plan: Plan | None = field(default=None, repr=False)


class Refusal(StrEnum):
    """What a 400, 409 or 422 says."""

    NOT_ELIGIBLE = "not_eligible"
    DUPLICATE = "duplicate"
    FIELDS = "fields"
    OTHER = "other"


def lead_body(applicant: Applicant) -> dict[str, Any]:
    """The create-lead body with all that is known and usable; a malformed CPF, phone or CEP counts as unknown."""
    person = applicant.person_type
    texts = {
        "fullName": applicant.full_name,
        "personType": person,
        "emailAddress": _email(applicant.email),
        "mobilePhone": _phone(applicant.phone),
        "utilityBillHolder": applicant.bill_holder or person,
        "identificationNumber": _identification(applicant.identification, person),
        "zipCode": _zip_code(applicant.zip_code),
        "state": _state(applicant.state),
        "city": applicant.city,
        "street": applicant.street,
        "number": applicant.number,
        "neighborhood": applicant.neighborhood,
        "complement": applicant.complement,
    }
    if person == "natural":
        texts |= {
            "nationality": applicant.nationality,
            "maritalStatus": applicant.marital_status,
            "profession": applicant.profession,
        }
    elif person == "juridical":
        texts["companyName"] = applicant.company_name
    body: dict[str, Any] = {name: " ".join(text.split()) for name, text in texts.items() if text and text.strip()}
    if applicant.bill_value is not None and applicant.bill_value.is_finite() and applicant.bill_value > 0:
        body["utilityBillingValue"] = float(round(applicant.bill_value, 2))
    if applicant.plan:
        body["plan"] = _plan(applicant.plan)
    return body


def missing_fields(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The required fields, under the API's names, that a body lacks; without a person type those that both need."""
    required = REQUIRED.get(body.get("personType"), _OF_BOTH)  # type: ignore[arg-type]
    return tuple(name for name in required if name not in body)


def refusal(status: int, answer: Any) -> tuple[Refusal, tuple[str, ...]]:
    """What a refusal means, and for `FIELDS` which ones it names. `status` is 400, 409 or 422."""
    said = _plain(" ".join(_strings(answer)))
    if "nao esta apt" in said or "not eligible" in said:
        return Refusal.NOT_ELIGIBLE, ()
    # "Contact with email … already exists", "already exist lead, try update lead - …"
    if "already exist" in said or "ja existe" in said or "ja cadastrad" in said:
        return Refusal.DUPLICATE, ()
    named = tuple(name for name in sorted(_FIELDS) if re.search(rf"\b{name.lower()}\b", said))
    if named:
        return Refusal.FIELDS, named
    return (Refusal.DUPLICATE if status == 409 else Refusal.OTHER), ()


def lead_id(answer: Any) -> str | None:
    """The id in an answer whose shape nobody documented: at the top, or under `result`, `data` or `lead`."""
    if not isinstance(answer, dict):
        return None
    for name in ("id", "leadId", "publicId"):
        value = answer.get(name)
        if isinstance(value, int | str) and not isinstance(value, bool) and is_id(str(value)):
            return str(value)
    return next((found for name in ("result", "data", "lead") if (found := lead_id(answer.get(name)))), None)


def id_in_refusal(answer: Any, body: Mapping[str, Any]) -> str | None:
    """The id of the lead that a refusal speaks of: a field, or X in "already exist lead, try update lead - X".

    What X is, nobody wrote down; where it is the phone number that we sent, it is no id.
    """
    if found := lead_id(answer):
        return found
    named = re.search(r"update lead\s*[-:]\s*([\w-]+)", " ".join(_strings(answer)))
    return (
        named[1]
        if named and is_id(named[1]) and not same_value(body, {"mobilePhone": named[1]}, "mobilePhone")
        else None
    )


def is_id(text: str) -> bool:
    """True for what may stand in an address as a lead's id."""
    return bool(_ID.fullmatch(text))


def records(answer: Any) -> list[dict[str, Any]]:
    """The leads of a list answer: bare, or under `leads`, either of them under `result`."""
    inner = answer.get("result", answer) if isinstance(answer, dict) else answer
    inner = inner.get("leads") if isinstance(inner, dict) else inner
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def record(answer: Any) -> dict[str, Any]:
    """One lead, bare or wrapped; empty when there is none to read."""
    for name in ("result", "data", "lead"):
        if isinstance(answer, dict) and isinstance(answer.get(name), dict):
            answer = answer[name]
    return answer if isinstance(answer, dict) else {}


def same_person(body: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """True when a record is certainly this applicant's: the same document, or without one to compare, the same name
    with the same e-mail or phone. A family shares phones and mailboxes, and we do not write into a relative's file."""
    contact = any(same_value(body, found, name) for name in ("emailAddress", "mobilePhone"))
    if found.get("identificationNumber"):
        return same_value(body, found, "identificationNumber")
    return contact and same_value(body, found, "fullName")


def changes(body: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What an update has to say: the fields that differ. Who the person is, is never rewritten."""
    fixed = ("personType", "identificationNumber")
    return {name: value for name, value in body.items() if name not in fixed and found.get(name) != value}


def same_value(body: Mapping[str, Any], found: Mapping[str, Any], name: str) -> bool:
    """True when both hold the same value, punctuation, case and accents aside."""
    ours, theirs = _comparable(name, body.get(name)), _comparable(name, found.get(name))
    return bool(ours) and ours == theirs


def _comparable(name: str, value: Any) -> str:
    if not isinstance(value, str | int):
        return ""
    if name == "mobilePhone":
        return _phone(str(value)) or ""
    return re.sub(r"[^a-z0-9@]", "", _plain(str(value)))


def _email(text: str | None) -> str | None:
    return text.strip() if text and _EMAIL.fullmatch(text.strip()) else None


def _phone(text: str | None) -> str | None:
    """National digits of a Brazilian mobile; the API's field is for those alone."""
    try:
        phone = canonical(text or "")
    except InvalidPhone:
        return None
    return None if is_landline(phone) else national_digits(phone)


def _identification(text: str | None, person: PersonType | None) -> str | None:
    """CPF or CNPJ without punctuation (a CNPJ may hold letters since 2026), None when its check digits are wrong."""
    bare = re.sub(r"[\s./-]", "", text or "").upper()
    valid = {"natural": is_valid_cpf, "juridical": is_valid_cnpj}.get(person or "")
    return bare if valid and valid(bare) else None


def _zip_code(text: str | None) -> str | None:
    digits = re.sub(r"[\s.-]", "", text or "")
    return f"{digits[:5]}-{digits[5:]}" if re.fullmatch(r"[0-9]{8}", digits) and digits != "00000000" else None


def _state(text: str | None) -> str | None:
    return text.strip().upper() if text and re.fullmatch(r"\s*[A-Za-z]{2}\s*", text) else None


def _plan(plan: Plan) -> dict[str, str]:
    """All strings, and other names than the same plan has when it is read."""
    return {
        "planName": plan.name,
        "discount": format(plan.discount, "f"),
        "loyaltyRequirement": str(plan.fidelity_months),
        "benefit": "; ".join(plan.benefits),
    }


def _strings(answer: Any) -> list[str]:
    """Every text in an answer, names included: an error's shape is not documented."""
    if isinstance(answer, str):
        return [answer]
    if isinstance(answer, dict):
        return [text for name, value in answer.items() for text in (str(name), *_strings(value))]
    return [text for item in answer for text in _strings(item)] if isinstance(answer, list) else []


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
