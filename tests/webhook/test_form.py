"""A form is accepted in every spelling it ever had, and refused with a message for each field that is wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from webhook.form import FormRejected, Honeypot, LeadForm, parse_form

LEAD = {"name": "Maria da Silva", "phone": "(81) 99988-7766", "consent": True}


def accepted(**fields: Any) -> LeadForm:
    return parse_form(LEAD | fields)


def errors(**fields: Any) -> dict[str, str]:
    with pytest.raises(FormRejected) as refused:
        parse_form(LEAD | fields)
    return refused.value.errors


def test_the_landing_page_form_is_read() -> None:
    lead = parse_form(
        {
            "nomeCompleto": "  Maria   da Silva ",
            "email": "Maria.Silva@Exemplo.COM.br",
            "whatsapp": "(81) 99988-7766",
            "valorContaLuz": "1.250,00",
            "tipoCliente": "casa",
            "cidade": "recife",
            "estado": "pernambuco",
            "consentimentoLGPD": True,
            "versaoConsentimento": "2026-11",
            "utm_source": "instagram",
            "timestamp": "2026-11-22T12:00:00Z",
        }
    )
    assert lead == LeadForm(
        name="Maria da Silva",
        email="Maria.Silva@exemplo.com.br",
        phone="+5581999887766",
        invoice_amount=Decimal("1250.00"),
        client_type="natural",
        city="Recife",
        state="PE",
        consent=True,
        consent_text_version="2026-11",
        source="instagram",
    )


@pytest.mark.parametrize(
    ("field", "value", "spellings"),
    [
        ("name", "Ana Lima", ["name", "nome", "nomeCompleto", "NOMECOMPLETO", "lead_name", "Nome Completo"]),
        ("email", "a@b.com", ["email", "Email", "lead_email"]),
        ("phone", "+5581999887766", ["phone", "whatsapp", "WhatsApp", "lead_phone"]),
        ("client_type", "juridical", ["tipoCliente", "tipo_cliente", "client_type", "clientType", "Tipo Cliente"]),
        ("city", "Olinda", ["city", "cidade", "Cidade"]),
        ("state", "PE", ["state", "estado", "ESTADO"]),
        ("consent_text_version", "v2", ["consent_version", "consentVersion", "versaoConsentimento"]),
        ("source", "google", ["utm_source", "origem", "source"]),
    ],
)
def test_every_spelling_of_a_key_is_known(field: str, value: str, spellings: list[str]) -> None:
    for spelling in spellings:
        form = {key: other for key, other in LEAD.items() if key != field} | {spelling: value}
        lead = parse_form(form)
        assert (getattr(lead, field), lead.extra) == (value, []), spelling


@pytest.mark.parametrize(
    "key", ["valorContaLuz", "valorConta", "valor_conta_luz", "account_value", "accountValue", "Valor Conta Luz"]
)
def test_every_spelling_of_the_bill_is_known(key: str) -> None:
    assert accepted(**{key: "R$ 350,00"}).invoice_amount == Decimal(350)


def test_the_first_spelling_that_says_something_wins() -> None:
    assert parse_form({"nome": " ", "name": None, "lead_name": "Ana Lima"} | LEAD | {"name": ""}).name == "Ana Lima"


@pytest.mark.parametrize(
    ("given", "amount"),
    [("350", "350"), ("150,5", "150.50"), ("550.00", "550"), (350.5, "350.50"), (1250.123, "1250.12"), (89, "89")]
    + [("200 reais e 50 centavos", "200.50"), ("1,5 mil", "1500"), ("R$ 1.245,67", "1245.67")],
)
def test_a_bill_is_money_in_reais(given: Any, amount: str) -> None:
    lead = accepted(invoice_amount=given)
    assert (lead.invoice_amount, lead.invoice_band) == (Decimal(amount), None)


@pytest.mark.parametrize(
    "band", ["R$100 - R$200", "R$201 - R$500", "Acima de R$500", "de 200 a 500", "Até R$ 300", "mais de 1.000"]
)
@pytest.mark.parametrize("key", ["faixaConta", "valorConta"])
def test_a_band_is_text_and_no_number(key: str, band: str) -> None:
    lead = accepted(**{key: band})
    assert (lead.invoice_amount, lead.invoice_band) == (None, band)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        *((word, "natural") for word in ("casa", "Minha casa", "residencial", "Residência", "RESIDENTIAL", "PF")),
        *((word, "juridical") for word in ("empresa", "comercial", "industrial", "PJ", "juridical")),
        *((word, None) for word in ("", "talvez", "sítio", None)),
    ],
)
def test_the_kind_of_customer_is_known_or_asked(given: str | None, kind: str | None) -> None:
    assert accepted(tipoCliente=given).client_type == kind


@pytest.mark.parametrize(
    ("given", "city"),
    [
        ("rio-branco", "Rio Branco"),
        ("rio-de-janeiro", "Rio de Janeiro"),
        ("RECIFE", "Recife"),
        ("são joão del-rei", "São João Del-rei"),
        ("Ji-Paraná", "Ji-Paraná"),
        (" Rio   Branco ", "Rio Branco"),
        ("", None),
    ],
)
def test_a_city_is_a_slug_or_a_label(given: str, city: str | None) -> None:
    assert accepted(city=given).city == city


@pytest.mark.parametrize(
    ("given", "state"),
    [("PE", "PE"), ("pe", "PE"), ("Pernambuco", "PE"), ("sao-paulo", "SP"), ("São Paulo", "SP"), ("Pará", "PA")]
    + [("mato-grosso-do-sul", "MS"), ("Distrito Federal", "DF"), ("", None)],
)
def test_a_state_is_one_of_27(given: str, state: str | None) -> None:
    assert (accepted(state=given).state, accepted(state=given).state_text) == (state, None)


def test_an_unknown_state_is_kept_as_text_and_asked_again() -> None:
    lead = accepted(estado="Guanabara")
    assert (lead.state, lead.state_text) == (None, "Guanabara")


@pytest.mark.parametrize("yes", [True, "true", "TRUE", "on", "1", "sim", " Sim "])
def test_consent_is_a_clear_yes(yes: Any) -> None:
    assert accepted(consent=yes).consent is True


@pytest.mark.parametrize("no", [False, None, "", "false", "não", "yes please", 1, [True], {"ok": True}])
def test_anything_else_is_no_consent(no: Any) -> None:
    assert list(errors(consent=no)) == ["consent"]
    assert parse_form(LEAD | {"consent": no}, consent_required=False).consent is False


@pytest.mark.parametrize("name", ["Ana", "Silva-Santos", "João D'Ávila Jr.", "Sant’Anna", "Nguyễn Văn A", "Y" * 120])
def test_real_names_are_accepted(name: str) -> None:
    assert accepted(name=name).name == name


@pytest.mark.parametrize("name", ["", "Al", "Y" * 121, "Maria 2", "---", "a@b.com", "http://x.y/z", "R2-D2", "😀😀😀"])
def test_other_names_are_refused(name: str) -> None:
    assert list(errors(name=name)) == ["name"]


def test_invisible_characters_do_not_refuse_a_name() -> None:
    assert accepted(name="\u200bMaria\0 da\u00a0Silva\n").name == "Maria da Silva"


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a b@c.com", "a@b..com", "@b.com", "a@b.com, c@d.com", "x" * 250 + "@b.com"]
)
def test_a_wrong_email_is_refused(email: str) -> None:
    assert list(errors(email=email)) == ["email"]


@pytest.mark.parametrize("phone", ["", "123", "+1 202 555 0100", "abc", "(20) 99988-7766", "11111111111"])
def test_a_phone_that_cannot_be_brazilian_is_refused(phone: str) -> None:
    assert list(errors(phone=phone)) == ["phone"]


@pytest.mark.parametrize(
    "value", ["não sei", "-5", "9" * 99, "0", 0, -3.5, float("nan"), float("inf"), 10**20, True, ["350"]]
)
def test_a_bill_that_is_no_amount_is_refused(value: Any) -> None:
    assert list(errors(valorConta=value)) == ["invoice_amount"]


@pytest.mark.parametrize(
    "phone", ["(00) 98877-6655", "00988776655", "(00) 8877-6655", "+00 98877-6655", "(20) 99988-7766"]
)
def test_an_area_code_that_does_not_exist_is_named_as_the_reason(phone: str) -> None:
    assert "DDD não existe" in errors(phone=phone)["phone"]


def test_an_international_number_is_told_apart_from_a_wrong_area_code() -> None:
    assert "só atendemos números do Brasil" in errors(phone="00 1 202 555 0100")["phone"]


@pytest.mark.parametrize("field", ["name", "email", "phone", "city", "state", "client_type", "source"])
@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}, 5, 1.5, False])
def test_a_value_of_another_type_gets_a_message(field: str, value: Any) -> None:
    assert list(errors(**{field: value})) == [field]


def test_all_errors_come_at_once() -> None:
    with pytest.raises(FormRejected) as refused:
        parse_form({"name": "M4ria", "email": "x", "city": "c" * 121})
    assert set(refused.value.errors) == {"name", "email", "phone", "city", "consent"}


def test_the_error_itself_holds_no_personal_data() -> None:
    with pytest.raises(FormRejected) as refused:
        parse_form({"name": "M4ria", "phone": "81 9998"})
    assert str(refused.value) == "form rejected: consent, name, phone"


@pytest.mark.parametrize("filled", ["http://spam.example", True, ["x"]])
def test_a_program_falls_into_the_honeypot(filled: Any) -> None:
    with pytest.raises(Honeypot):
        accepted(website=filled)
    assert accepted(website="").name == LEAD["name"]


def test_only_the_names_of_unknown_keys_are_kept_and_not_many() -> None:
    lead = accepted(cpf="529.982.247-25", utm_campaign="x" * 99)
    assert lead.extra == ["cpf", "utm_campaign"]
    assert len(accepted(**{f"k{n}": 1 for n in range(99)}).extra) == 20
    assert accepted(**{"k" * 99: 1}).extra == ["k" * 40]


def test_a_long_source_is_cut() -> None:
    assert accepted(source="s" * 200).source == "s" * 80
