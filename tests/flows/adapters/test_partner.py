"""Registering a lead over HTTP, against a double of Serena's partnership API that keeps e-mail and phone unique."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import flows
from flows.adapters.serena.forms import REQUIRED, lead_body, lead_id, missing_fields
from flows.adapters.serena.partner import AlreadyKnown, Applicant, Incomplete, NotEligible, PartnerApi, Registered
from flows.domain import Plan
from flows.errors import Fix, GiveUp, OutcomeUnknown, TryAgain
from tests.http_double import DROPS, HANGS, Answer, HttpDouble, Request, answer

pytestmark = pytest.mark.anyio

TOKEN = "serena-token"
LEADS = "/sales-conversion/leads"
PLAN = Plan(
    plan_id=556,
    name="Plano Premium-18%",
    utility="CELPE",
    discount=Decimal("0.18"),
    fidelity_months=60,
    benefits=("Primeira fatura paga",),
)
ADDRESS = {
    "zip_code": "50030230",
    "state": "pe",
    "city": "Recife",
    "street": "Rua da Aurora",
    "number": "100",
    "neighborhood": "Boa Vista",
}
MARIA = Applicant(
    full_name="Maria  da Silva",
    person_type="natural",
    email="maria@exemplo.com.br",
    phone="+5581999887766",
    bill_value=Decimal("350.40"),
    identification="529.982.247-25",
    nationality="brasileira",
    marital_status="solteira",
    profession="professora",
    plan=PLAN,
    **ADDRESS,
)
BAKERY = Applicant(
    full_name="João Souza",
    person_type="juridical",
    email="padaria@exemplo.com.br",
    phone="(81) 98877-6655",
    bill_value=Decimal("1200"),
    identification="11.222.333/0001-81",
    company_name="Padaria Exemplo Ltda",
    complement="loja 2",
    **ADDRESS,
)


class PartnerDouble(HttpDouble):
    """Keeps leads; `filters` False makes the list ignore its query, as an API does that names its filters otherwise."""

    def __init__(self, *, filters: bool = True, lists_only_names: bool = True) -> None:
        super().__init__()
        self.leads: dict[str, dict[str, Any]] = {}
        self._filters = filters
        self._lists_only_names = lists_only_names

    def add(self, **lead: Any) -> str:
        """Keep a lead; returns its id."""
        new_id = f"lead-{len(self.leads) + 1}"
        self.leads[new_id] = lead
        return new_id

    def calls(self) -> list[str]:
        """Method and path of every request, in order."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def usual(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return answer({"message": "Unauthorized"}, 401)
        if request.path == LEADS and request.method == "POST":
            return self._create(request.json)
        if request.path == LEADS:
            return answer({"leads": [self._listed(one) for one in self._found(request.query)]})
        lead = self.leads.get(request.path.removeprefix(f"{LEADS}/"))
        if lead is None:
            return answer({"message": "Not Found"}, 404)
        if request.method == "PUT":
            lead.update(request.json)
        return answer({"id": request.path.rpartition("/")[2]} | lead)

    def _create(self, body: dict[str, Any]) -> Answer:
        for known in self.leads.values():
            if known["emailAddress"] == body["emailAddress"]:
                return answer({"message": f"Contact with email {body['emailAddress']} already exists"}, 409)
            if known["mobilePhone"] == body["mobilePhone"]:
                return answer({"message": f"already exist lead, try update lead - {body['mobilePhone']}"}, 422)
        return answer({"id": self.add(**body)}, 201)

    def _found(self, query: dict[str, str]) -> list[str]:
        wanted = query.items() if self._filters else ()
        return [one for one, lead in self.leads.items() if all(lead.get(name) == value for name, value in wanted)]

    def _listed(self, one: str) -> dict[str, Any]:
        lead = self.leads[one]
        shown = {"fullName": lead["fullName"], "status": "negociacao"} if self._lists_only_names else lead
        return {"id": one} | shown


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def partner():
    with PartnerDouble() as double:
        yield double


@asynccontextmanager
async def opened(url: str, *, token: str = TOKEN, **more: Any) -> AsyncIterator[PartnerApi]:
    async with PartnerApi(base_url=url, token=token, **({"retry_delays": (0.0, 0.0)} | more)) as api:
        yield api


@pytest.fixture
async def api(partner):
    async with opened(partner.url) as adapter:
        yield adapter


async def test_a_person_is_registered_with_all_that_the_partner_wants(partner, api):
    assert await api.register(MARIA) == Registered("lead-1")
    (request,) = partner.requests
    assert request.json == {
        "fullName": "Maria da Silva",
        "personType": "natural",
        "emailAddress": "maria@exemplo.com.br",
        "mobilePhone": "81999887766",
        "utilityBillHolder": "natural",
        "utilityBillingValue": 350.4,
        "identificationNumber": "52998224725",
        "nationality": "brasileira",
        "maritalStatus": "solteira",
        "profession": "professora",
        "zipCode": "50030-230",
        "state": "PE",
        "city": "Recife",
        "street": "Rua da Aurora",
        "number": "100",
        "neighborhood": "Boa Vista",
        "plan": {
            "planName": "Plano Premium-18%",
            "discount": "0.18",
            "loyaltyRequirement": "60",
            "benefit": "Primeira fatura paga",
        },
    }
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"


async def test_a_company_is_asked_for_its_name_and_not_for_a_marital_status(partner, api):
    assert await api.register(BAKERY) == Registered("lead-1")
    body = partner.requests[0].json
    assert (body["companyName"], body["identificationNumber"]) == ("Padaria Exemplo Ltda", "11222333000181")
    assert (body["mobilePhone"], body["complement"]) == ("81988776655", "loja 2")
    assert not {"nationality", "maritalStatus", "profession", "plan"} & body.keys()


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("full_name", "fullName"),
        ("email", "emailAddress"),
        ("phone", "mobilePhone"),
        ("bill_value", "utilityBillingValue"),
        ("identification", "identificationNumber"),
        ("nationality", "nationality"),
        ("marital_status", "maritalStatus"),
        ("profession", "profession"),
        ("zip_code", "zipCode"),
        ("state", "state"),
        ("city", "city"),
        ("street", "street"),
        ("number", "number"),
        ("neighborhood", "neighborhood"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_is_sent(partner, api, name, field):
    assert await api.register(replace(MARIA, **{name: None})) == Incomplete((field,))
    if name != "bill_value":
        assert await api.register(replace(MARIA, **{name: "  "})) == Incomplete((field,))
    assert partner.requests == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identification": "529.982.247-26"}, "identificationNumber"),
        ({"identification": "11222333000181"}, "identificationNumber"),
        ({"phone": "+14155550123"}, "mobilePhone"),
        ({"phone": "(81) 3456-7890"}, "mobilePhone"),
        ({"phone": "99988-7766"}, "mobilePhone"),
        ({"email": "maria@"}, "emailAddress"),
        ({"zip_code": "5003023"}, "zipCode"),
        ({"state": "Pernambuco"}, "state"),
        ({"bill_value": Decimal("0")}, "utilityBillingValue"),
        ({"bill_value": Decimal("NaN")}, "utilityBillingValue"),
    ],
)
def test_what_cannot_be_used_counts_as_missing(change, field):
    assert missing_fields(lead_body(replace(MARIA, **change))) == (field,)


def test_a_lead_from_the_chat_lacks_what_we_do_not_ask_there():
    lacking = missing_fields(lead_body(Applicant(full_name="Maria", phone="+5581999887766", city="Recife", state="PE")))
    assert {"personType", "identificationNumber", "emailAddress", "zipCode"} <= set(lacking)
    assert set(lacking) <= set(REQUIRED["natural"])


def test_old_mobiles_get_their_ninth_digit_and_an_alphanumeric_cnpj_keeps_its_letters():
    assert lead_body(replace(MARIA, phone="81 8877-6655"))["mobilePhone"] == "81988776655"
    company = replace(BAKERY, identification="12.abc.345/01de-35")
    assert lead_body(company)["identificationNumber"] == "12ABC34501DE35"


@pytest.mark.parametrize(
    ("body", "status", "known"),
    [
        ({"id": 42}, 200, "42"),
        ({"result": {"id": "a-1"}}, 201, "a-1"),
        ({"lead": {"id": "a-2"}}, 202, "a-2"),
        ({"leadId": "a-3"}, 201, "a-3"),
        ({"ok": True}, 201, None),
        ({"id": "../contracts"}, 201, None),
        (["x"], 201, None),
        (None, 200, None),
    ],
)
async def test_any_2xx_registers_whatever_its_answer_looks_like(partner, api, body, status, known):
    partner.then(answer(body, status))
    assert await api.register(MARIA) == Registered(known)


@pytest.mark.parametrize("raw", [Answer(204), Answer(201, b"created", {"content-type": "text/plain"})])
async def test_a_2xx_without_json_registers_too(partner, api, raw):
    partner.then(raw)
    assert await api.register(MARIA) == Registered(None)


@pytest.mark.parametrize("status", [400, 409, 422])
async def test_a_lead_that_the_partner_does_not_take_is_no_error(partner, api, status):
    partner.then(answer({"errors": [{"message": "Lead não está apto a seguir no cadastro"}]}, status))
    assert await api.register(MARIA) == NotEligible()
    assert len(partner.requests) == 1


async def test_a_refusal_that_names_fields_says_which(partner, api):
    partner.then(answer({"message": ["zipCode must be valid", "maritalStatus should not be empty"]}, 400))
    assert await api.register(MARIA) == Incomplete(("maritalStatus", "zipCode"))


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_nobody_knows_is_given_up(partner, api, status):
    partner.then(answer({"message": "no"}, status))
    with pytest.raises(GiveUp) as raised:
        await api.register(MARIA)
    assert raised.value.code == status


async def test_a_known_lead_is_looked_up_and_only_what_changed_is_updated(partner, api):
    await api.register(MARIA)
    moved = replace(MARIA, street="Rua Nova", number="7")
    assert await api.register(moved) == AlreadyKnown("lead-1")
    assert partner.calls()[1:] == [f"POST {LEADS}", f"GET {LEADS}", f"GET {LEADS}/lead-1", f"PUT {LEADS}/lead-1"]
    assert partner.requests[-1].json == {"street": "Rua Nova", "number": "7"}


async def test_a_known_lead_without_news_is_not_updated(partner, api):
    await api.register(MARIA)
    assert await api.register(MARIA) == AlreadyKnown("lead-1")
    assert "PUT" not in " ".join(partner.calls())


async def test_the_phone_finds_a_lead_that_the_mailbox_does_not(partner, api):
    await api.register(MARIA)
    assert await api.register(replace(MARIA, email="nova@exemplo.com.br")) == AlreadyKnown("lead-1")
    assert partner.leads["lead-1"]["emailAddress"] == "nova@exemplo.com.br"


async def test_an_id_that_is_known_already_needs_no_look_up(partner, api):
    await api.register(MARIA)
    assert await api.register(replace(MARIA, number="8"), partner_lead_id="lead-1") == AlreadyKnown("lead-1")
    assert partner.calls()[2:] == [f"GET {LEADS}/lead-1", f"PUT {LEADS}/lead-1"]


async def test_an_id_in_the_refusal_is_used_and_checked(partner, api):
    known = partner.add(**lead_body(MARIA))
    partner.then(answer({"message": f"already exist lead, try update lead - {known}"}, 422))
    assert await api.register(MARIA) == AlreadyKnown(known)
    assert partner.calls() == [f"POST {LEADS}", f"GET {LEADS}/{known}"]


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("lists_only_names", [True, False])
async def test_a_relatives_file_is_never_written(filters, lists_only_names):
    """Mother and daughter share a mailbox: the partner calls it a duplicate, and we must not rename the mother."""
    with PartnerDouble(filters=filters, lists_only_names=lists_only_names) as partner:
        mother = lead_body(
            replace(MARIA, full_name="Ana da Silva", identification="111.444.777-35", phone="81988887777")
        )
        partner.add(**mother)
        partner.add(**lead_body(BAKERY))
        async with opened(partner.url) as api:
            assert await api.register(MARIA) == AlreadyKnown(None)
        assert partner.leads["lead-1"] == mother
        assert not any(call.startswith("PUT") for call in partner.calls())


async def test_a_list_that_ignores_its_filter_is_read_with_care():
    with PartnerDouble(filters=False) as partner:
        partner.add(**lead_body(BAKERY))
        own = partner.add(**lead_body(MARIA))
        async with opened(partner.url) as api:
            assert await api.register(replace(MARIA, number="9")) == AlreadyKnown(own)
        assert f"GET {LEADS}/lead-1" not in partner.calls()


async def test_a_look_up_that_is_refused_leaves_the_file_alone(partner, api):
    partner.add(**lead_body(MARIA))
    partner.then(answer({"message": "Contact with email x already exists"}, 409), answer({}, 400), answer({}, 404))
    assert await api.register(MARIA) == AlreadyKnown(None)


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_an_update_that_is_refused_does_not_make_the_lead_unknown(partner, api, status):
    known = partner.add(**lead_body(replace(MARIA, number="1")))
    lead = {"id": known} | partner.leads[known]
    partner.then(answer({"id": known, "message": "already exist lead"}, 409), answer(lead), answer({}, status))
    assert await api.register(MARIA) == AlreadyKnown(known)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_wants_a_person_and_is_not_tried_again_at_once(partner, status):
    clock = Clock()
    partner.then(answer({"message": "no"}, status))
    async with opened(partner.url, clock=clock) as api:
        for _ in range(2):
            with pytest.raises(Fix):
                await api.register(MARIA)
        assert len(partner.requests) == 1
        clock.now += 61
        assert await api.register(MARIA) == Registered("lead-1")


@pytest.mark.parametrize("status", [302, 404, 405, 413])
async def test_an_answer_that_only_a_wrong_address_gives_wants_a_person(partner, api, status):
    partner.then(answer({}, status))
    with pytest.raises(Fix):
        await api.register(MARIA)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_registration_that_was_refused_is_repeated(partner, api, status):
    partner.then(answer({}, status), answer({}, status))
    assert await api.register(MARIA) == Registered("lead-1")
    assert len(partner.requests) == 3


@pytest.mark.parametrize(("status", "tries"), [(429, 3), (503, 3), (500, 1), (502, 1)])
async def test_a_registration_that_may_have_begun_is_not_repeated_by_us(partner, api, status, tries):
    partner.then(*[answer({}, status)] * 3)
    with pytest.raises(TryAgain) as raised:
        await api.register(MARIA)
    assert raised.value.code == status
    assert len(partner.requests) == tries


async def test_a_wait_that_is_too_long_is_left_to_the_caller(partner, api):
    partner.then(answer({}, 429, retry_after="120"))
    with pytest.raises(TryAgain) as raised:
        await api.register(MARIA)
    assert raised.value.after_seconds == 120
    assert len(partner.requests) == 1


@pytest.mark.parametrize("trouble", [DROPS, HANGS, answer({}, 504)], ids=["drops", "hangs", "504"])
async def test_a_registration_without_an_answer_is_unknown_and_found_by_the_next_call(partner, trouble):
    partner.then(trouble)
    async with opened(partner.url, timeout=0.3) as api:
        with pytest.raises(OutcomeUnknown):
            await api.register(MARIA)
        assert len(partner.requests) == 1
        partner.add(**lead_body(MARIA))
        assert await api.register(MARIA) == AlreadyKnown("lead-1")


async def test_a_registration_that_was_never_written_can_be_tried_again():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with opened(f"http://127.0.0.1:{unused.getsockname()[1]}") as api:
            with pytest.raises(TryAgain):
                await api.register(MARIA)


@pytest.mark.parametrize("trouble", [answer({}, 500), answer({}, 429), answer({}, 504), DROPS])
async def test_looking_up_and_updating_are_repeated_because_they_do_no_harm(partner, api, trouble):
    known = partner.add(**lead_body(replace(MARIA, number="1")))
    lead = answer({"id": known} | partner.leads[known])
    duplicate = answer({"message": "Contact with email x already exists"}, 409)
    found = answer({"result": {"leads": [{"id": known, "fullName": "Maria da Silva"}]}})
    partner.then(duplicate, trouble, found, trouble, lead, trouble, trouble)
    assert await api.register(MARIA) == AlreadyKnown(known)
    assert partner.leads[known]["number"] == "100"


async def test_an_update_that_keeps_failing_can_be_tried_again(partner, api):
    known = partner.add(**lead_body(replace(MARIA, number="1")))
    lead = answer({"id": known} | partner.leads[known])
    partner.then(answer({"id": known, "message": "already exist lead"}, 409), lead, *[answer({}, 500)] * 3)
    with pytest.raises(TryAgain):
        await api.register(MARIA)


async def test_neither_the_token_nor_the_person_reaches_a_log_or_an_error(partner, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="httpcore")  # its DEBUG lines show headers, ours are what is tested
    raised: list[str] = [repr(MARIA)]
    echo = {"message": f"no: {MARIA.email} {MARIA.identification}"}
    for trouble in (answer(echo, 422), answer(echo, 401), answer(echo, 500), DROPS, answer(echo, 404)):
        async with opened(partner.url) as api:
            partner.then(trouble)
            with pytest.raises((Fix, GiveUp, TryAgain, OutcomeUnknown)) as error:
                await api.register(MARIA)
            raised += [str(error.value), repr(error.value)]
    partner.add(**lead_body(MARIA))
    async with opened(partner.url) as api:
        await api.register(MARIA)
        await api.register(replace(MARIA, full_name="Outra Pessoa", identification="111.444.777-35"))
    for text in (caplog.text, *raised):
        for secret in (TOKEN, "Maria", "maria", "529", "81999887766", "Aurora", "50030"):
            assert secret not in text


def test_an_id_never_leads_to_another_address():
    for bad in ("../x", "a/b", "", "a?b", "x" * 65, True, 1.5, None, {"id": 1}):
        assert lead_id({"id": bad}) is None


def test_the_endpoint_for_a_distribuidoras_password_is_nowhere():
    folder = Path(flows.__file__).parent
    for file in folder.rglob("*.py"):
        text = file.read_text("utf-8").lower()
        assert "utility-credentials" not in text and '"patch"' not in text, file.name
