"""Stop, erase, person, cancel: what must never be missed, and never be heard where it was not said."""

from __future__ import annotations

import pytest

from tests.flows.assistant.hear.saying import any_of, heard, scene, sure


@pytest.mark.parametrize(
    "said",
    [
        "parar", "sair", "cancelar", "PARE", "stop", "não me mande mais mensagem", "me tira dessa lista", "vcs são uns vagabundo, me tira dessa merda", "chega de mensagem",
        "para de me encher", "não quero mais receber isso", "me deixa em paz", "no me escriban más", "remove me from this list", "descadastrar", "vou bloquear vocês",
        "tira meu número daí", "como faço pra sair da lista?", "não me chame mais",
    ],
)  # fmt: skip
def test_stop_is_certain(said: str) -> None:
    assert "stop" in sure(heard(said)) and not sure(heard(said)) & {"cancel", "erase"}


@pytest.mark.parametrize(
    "said",
    [
        "quero cancelar meu contrato", "quero cancelar", "não pare", "para Recife", "pará", "minha luz não para de subir", "tem multa se eu cancelar?", "posso sair quando quiser?",
        "quero parar de pagar caro", "não me mande foto borrada né", "pare de chamar de senhora", "vou sair de casa agora", "quero sair do aluguel",
    ],
)  # fmt: skip
def test_no_stop(said: str) -> None:
    assert "stop" not in any_of(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "apaga meus dados",
        "quero que excluam meu cadastro",
        "LGPD",
        "tira meus dados do sistema",
        "delete my data",
        "Solicito a exclusão dos meus dados",
        "apaga tudo",
    ],
)
def test_erase_is_certain(said: str) -> None:
    assert "erase" in sure(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "não apague meus dados",
        "apaga essa foto, mandei errado",
        "vocês apagam meus dados?",
        "tira a foto",
        "não sei tirar foto",
    ],
)
def test_no_erase(said: str) -> None:
    assert "erase" not in sure(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "quero falar com alguém",
        "atendente",
        "me passa um atendente",
        "tem como falar com uma pessoa?",
        "não quero falar com robô",
        "me liga",
        "chama um consultor",
        "human please",
    ],
)
def test_a_person_is_certain(said: str) -> None:
    assert "person" in sure(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "não precisa me ligar",
        "quando vão me ligar?",
        "vou falar com minha mãe",
        "tem alguém aí?",
        "me liga amanhã de manhã",
        "ele é uma pessoa boa",
    ],
)
def test_no_person(said: str) -> None:
    assert "person" not in sure(heard(said))


@pytest.mark.parametrize(
    ("said", "certain"),
    [
        ("quero cancelar meu contrato", True),
        ("quero cancelar", False),
        ("onde eu cancelo", False),
        ("quero encerrar o contrato com a Serena", True),
    ],
)
def test_a_contract_to_cancel(said: str, certain: bool) -> None:
    assert ("cancel" in sure(heard(said))) is certain and "cancel" in any_of(heard(said))


@pytest.mark.parametrize(
    "said",
    ["tem multa se eu cancelar?", "posso cancelar depois?", "quero cancelar minha internet", "não quero cancelar"],
)
def test_nothing_to_cancel(said: str) -> None:
    assert "cancel" not in any_of(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "não tenho interesse",
        "desisti",
        "deixa pra lá",
        "não quero participar",
        "perdi o interesse",
        "not interested",
        "não quero mais",
    ],
)
def test_who_declines(said: str) -> None:
    assert "decline" in sure(heard(said)) and "stop" not in any_of(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "posso desistir depois?",
        "meu marido não tem interesse mas eu tenho",
        "não quero placa",
        "não desisti",
        "oi, mudei de ideia, quero sim",
        "não quero ficar preso em contrato",
    ],
)
def test_who_does_not(said: str) -> None:
    assert "decline" not in any_of(heard(said))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("mando amanhã", "later"), ("tô no trabalho, depois te mando", "later"), ("vou pensar", "later"), ("PODE SER AMANHA ENTAO", "later"), ("posso mandar mais tarde?", "later"),
        ("não vou mandar minha conta pra estranho", "wont_send"), ("não consigo tirar foto", "cannot_send"), ("sou deficiente visual", "cannot_send"),
        ("quero participar", "go_on"), ("como faço pra participar?", "go_on"), ("me convence", "go_on"), ("quais são as opções", "show_plans"), ("me mostra os planos", "show_plans"),
        ("pode ler pra mim o que achou", "read_again"), ("só depois das 18", "call_at"), ("mudei de número", "new_number"), ("meu número é 81 99888-7766", "new_number"),
        ("já mandei", "already_sent"), ("já falei", "repeated"), ("como assim", "lost"), ("obrigada", "thanks"), ("tchau", "goodbye"), ("?", "waiting"), ("tem alguém aí?", "waiting"), ("vocês sumiram?", "waiting"), ("esqueceram de mim?", "waiting"), ("há alguém aí?", "waiting"), ("ainda tá aí?", "waiting"),
    ],
)  # fmt: skip
def test_other_wishes_and_talk(said: str, means: str) -> None:
    assert means in any_of(heard(said, scene("bill")))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("não sou a Ana", "wrong_person"), ("eu nunca preenchi nada disso", "wrong_person"), ("já sou cliente de vcs", "customer"), ("minha mãe faleceu e a conta tá no nome dela", "holder_deceased"),
        ("ele mora em são paulo", "holder_absent"), ("a conta vem no nome do proprietário", "holder_other"), ("ela é a titular", "holder_other"), ("tá no meu nome", "holder_me"),
        ("moro de aluguel", "tenant"), ("somos uma padaria", "company"), ("tenho duas casas", "several_bills"), ("já tenho placa em casa", "own_panels"), ("sou baixa renda", "low_income"),
        ("minha luz foi cortada", "power_cut"), ("preciso da segunda via", "second_copy"), ("a concorrente me deu 20%", "competitor"), ("isso é golpe né", "fraud_fear"),
        ("do you speak English?", "language"), ("tenho 16 anos", "under_age"), ("tô internada fazendo quimio", "hardship"), ("bando de golpista", "upset"),
        ("a senha do site da celpe é ivone1961", "secret"), ("cpf 529.982.247-25", "secret"),
    ],
)  # fmt: skip
def test_circumstances(said: str, means: str) -> None:
    assert means in any_of(heard(said))


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("meu filho tem 16 anos", "under_age"), ("moro aqui há 17 anos", "under_age"), ("qual o cnpj de vocês?", "company"), ("vou receber duas contas?", "several_bills"),
        ("precisa botar placa?", "own_panels"), ("não moro de aluguel", "tenant"), ("e se faltar luz?", "power_cut"), ("minha mãe vai mandar", "holder_deceased"),
        ("não sou cliente", "customer"), ("vou baixar a segunda via e mando", "second_copy"), ("a conta vem absurda", "upset"),
    ],
)  # fmt: skip
def test_what_only_looks_like_one(said: str, never: str) -> None:
    assert never not in any_of(heard(said))
