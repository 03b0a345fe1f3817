"""What no model sees, and what a consultant still does."""

from __future__ import annotations

import pytest

from flows.assistant.hear import masked


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a senha é ivone1961", "a senha é [senha]"),
        ("a senha do site da celpe é ivone1961 pode entrar", "a senha do site da celpe é [senha] pode entrar"),
        ("senha: Abc123!", "senha: [senha]"),
        ("cpf 529.982.247-25", "cpf [documento]"),
        ("52998224725", "[documento]"),
        ("meu RG é 12.345.678-9", "meu RG é [documento]"),
        ("cnh 01234567890", "cnh [documento]"),
        ("cartão 4111 1111 1111 1111", "cartão [cartão]"),
        ("moro na rua das flores 45", "moro na [endereço]"),
        ("av. boa viagem, 1200 apto 301", "[endereço]"),
        ("me liga 81 99888-7766", "me liga [telefone]"),
        ("ana@gmail.com", "[e-mail]"),
        ("login: ana123 e a senha é x9y8z7", "login: [login] e a senha é [senha]"),
    ],
)
def test_it_is_masked(text: str, seen: str) -> None:
    assert masked(text)[0] == seen


@pytest.mark.parametrize(
    "text",
    [
        "Recife, bairro do Salgado",
        "conta de R$ 1.245,67",
        "uns 9 mil",
        "CNPJ 11.222.333/0001-81",
        "cep 50030-230",
        "o 2",
        "16% por 36 meses",
        "esqueci a senha",
        "a senha é os 5 primeiros do cpf",
        "rua das flores",
        "tenho 72 anos",
        "vence 20/11/2026",
        "Ana Maria da Silva",
        "a conta é da av. Recife",
        "tem email do comercial?",
        "qual o email de vocês?",
    ],
)
def test_it_stays(text: str) -> None:
    assert masked(text)[0] == text


def test_a_phone_is_masked_and_no_secret() -> None:
    assert masked("81 99888-7766")[1] is False and masked("cpf 529.982.247-25")[1] is True
