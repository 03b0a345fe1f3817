"""What leads say on the way is heard as what it is, and words that only look like it are not."""

from __future__ import annotations

import pytest

from flows.agent.cues import Cue, cues

HEARD = {
    Cue.UNDER_AGE: [
        "sou menor de idade mas a conta é da minha mãe", "tenho quinze", "sou de menor", "tenho 16 anos, posso fazer?",
        "tenho 15", "oi tenho 17 mas minha mãe deixa", "ainda sou menor", "sou menor", "sou menor de 18",
        "não tenho 18 ainda", "ainda não fiz 18", "tenho dezesseis anos", "menor de idade", "tenho só 14 anos",
        "vou fazer 18 mês que vem", "sou dimenor",
    ],
    Cue.WHEN_CALLED: [
        "quando vão me ligar?", "que horas vocês vão ligar", "quando o consultor me chama?", "ninguém me ligou",
        "demora muito?", "qual o prazo?",
    ],
    Cue.WILL_SEND: ["vo tira a foto e ja mamdo", "vou mandar", "já te mando", "tirando foto", "vou bater a foto"],
    Cue.CHOOSES: ["kero o 2", "vou querer o segundo", "prefiro o sem fidelidade", "quero o 1"],
    Cue.WHEN_STARTS: ["quando começa o desconto?", "e começa na próxima conta?", "começa já no próximo mês?"],
    Cue.SECRET: [
        "meu CPF é 123.456.789-09", "123.456.789-09", "minha senha da celpe é gato123", "precisa do meu cpf?",
        "posso passar a senha do site?", "vou mandar meus dados bancários", "senha: gato123", "quer a senha da celpe?",
    ],
    Cue.IN_TIME: ["desculpa a demora! ainda dá tempo?", "ainda tenho tempo?", "dá tempo ainda?", "ainda dá tempo de participar?"],
}  # fmt: skip

NOT_HEARD = {
    Cue.UNDER_AGE: [
        "não sou menor de idade", "tenho 2 contas", "tenho 12 contas", "tenho dez anos de empresa", "tenho 18 anos",
        "quero o menor", "o de menor valor", "tenho 15% de desconto?", "meu filho tem 15 anos", "tenho 45",
        "sou maior de idade", "não tenho 18% de desconto?", "tenho 15 reais de crédito", "pago menos", "tenho 3",
        "moro há 5 anos aqui", "tenho quinze dias para pagar",
    ],
    Cue.WHEN_CALLED: [
        "oi desculpa a demora, é aqui sim", "desculpe pela demora", "perdão a demora", "quando puder me liga", "sim",
        "foi mal a demora em responder",
    ],
    Cue.WILL_SEND: ["não vou", "vou pensar", "a foto ficou boa"],
    Cue.CHOOSES: ["mesmo assim prefiro não", "sim", "moro em Recife"],
    Cue.WHEN_STARTS: ["minha conta começa com 7", "sim"],
    Cue.IN_TIME: ["não tenho tempo", "quanto tempo demora?", "ainda tenho tempo até amanhã", "não dá tempo ainda"],
    Cue.SECRET: ["a CPFL", "me liga no 81 99988-7766", "345 678 reais", "instalação 123456789", "moro na rua da Senhora"],
}  # fmt: skip


@pytest.mark.parametrize(("cue", "text"), [(c, t) for c, texts in HEARD.items() for t in texts])
def test_a_cue_is_heard(cue: Cue, text: str) -> None:
    assert cue in cues(text)


@pytest.mark.parametrize(("cue", "text"), [(c, t) for c, texts in NOT_HEARD.items() for t in texts])
def test_words_that_look_alike_are_no_cue(cue: Cue, text: str) -> None:
    assert cue not in cues(text)
