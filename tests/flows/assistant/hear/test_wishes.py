"""Stop, erase, person, cancel: what must never be missed, and never be heard where it was not said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.assistant.hear import Scene
from flows.assistant.meaning import Meaning, Question
from tests.flows.assistant.hear.saying import BILL, any_of, choosing, heard, reading_back, scene, sure


@pytest.mark.parametrize(
    "said",
    [
        "parar",
        "sair",
        "cancelar",
        "PARE",
        "stop",
        "não me mande mais mensagem",
        "me tira dessa lista",
        "vcs são uns vagabundo, me tira dessa merda",
        "chega de mensagem",
        "para de me encher",
        "não quero mais receber isso",
        "me deixa em paz",
        "no me escriban más",
        "remove me from this list",
        "descadastrar",
        "vou bloquear vocês",
        "tira meu número daí",
        "como faço pra sair da lista?",
        "não me chame mais",
    ],
)
def test_stop_is_certain(said: str) -> None:
    assert "stop" in sure(heard(said)) and not sure(heard(said)) & {"cancel", "erase"}


@pytest.mark.parametrize(
    "said",
    [
        "quero cancelar meu contrato",
        "quero cancelar",
        "não pare",
        "para Recife",
        "pará",
        "minha luz não para de subir",
        "tem multa se eu cancelar?",
        "posso sair quando quiser?",
        "quero parar de pagar caro",
        "não me mande foto borrada né",
        "pare de chamar de senhora",
        "vou sair de casa agora",
        "quero sair do aluguel",
    ],
)
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
        ("mando amanhã", "later"),
        ("tô no trabalho, depois te mando", "later"),
        ("vou pensar", "later"),
        ("PODE SER AMANHA ENTAO", "later"),
        ("posso mandar mais tarde?", "later"),
        ("não vou mandar minha conta pra estranho", "wont_send"),
        ("não consigo tirar foto", "cannot_send"),
        ("sou deficiente visual", "cannot_send"),
        ("quero participar", "go_on"),
        ("como faço pra participar?", "go_on"),
        ("me convence", "go_on"),
        ("quais são as opções", "show_plans"),
        ("me mostra os planos", "show_plans"),
        ("pode ler pra mim o que achou", "read_again"),
        ("só depois das 18", "call_at"),
        ("mudei de número", "new_number"),
        ("meu número é 81 99888-7766", "new_number"),
        ("já mandei", "already_sent"),
        ("já falei", "repeated"),
        ("como assim", "lost"),
        ("obrigada", "thanks"),
        ("tchau", "goodbye"),
        ("?", "waiting"),
        ("tem alguém aí?", "waiting"),
        ("vocês sumiram?", "waiting"),
        ("esqueceram de mim?", "waiting"),
        ("há alguém aí?", "waiting"),
        ("ainda tá aí?", "waiting"),
    ],
)
def test_other_wishes_and_talk(said: str, means: str) -> None:
    assert means in any_of(heard(said, scene("bill")))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("não sou a Ana", "wrong_person"),
        ("eu nunca preenchi nada disso", "wrong_person"),
        ("já sou cliente de vcs", "customer"),
        ("minha mãe faleceu e a conta tá no nome dela", "holder_deceased"),
        ("ele mora em são paulo", "holder_absent"),
        ("a conta vem no nome do proprietário", "holder_other"),
        ("ela é a titular", "holder_other"),
        ("tá no meu nome", "holder_me"),
        ("moro de aluguel", "tenant"),
        ("somos uma padaria", "company"),
        ("tenho duas casas", "several_bills"),
        ("já tenho placa em casa", "own_panels"),
        ("sou baixa renda", "low_income"),
        ("minha luz foi cortada", "power_cut"),
        ("preciso da segunda via", "second_copy"),
        ("a concorrente me deu 20%", "competitor"),
        ("isso é golpe né", "fraud_fear"),
        ("do you speak English?", "language"),
        ("tenho 16 anos", "under_age"),
        ("tô internada fazendo quimio", "hardship"),
        ("bando de golpista", "upset"),
        ("a senha do site da celpe é ivone1961", "secret"),
        ("cpf 529.982.247-25", "secret"),
    ],
)
def test_circumstances(said: str, means: str) -> None:
    assert means in any_of(heard(said))


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("meu filho tem 16 anos", "under_age"),
        ("moro aqui há 17 anos", "under_age"),
        ("qual o cnpj de vocês?", "company"),
        ("vou receber duas contas?", "several_bills"),
        ("precisa botar placa?", "own_panels"),
        ("não moro de aluguel", "tenant"),
        ("e se faltar luz?", "power_cut"),
        ("minha mãe vai mandar", "holder_deceased"),
        ("não sou cliente", "customer"),
        ("vou baixar a segunda via e mando", "second_copy"),
        ("a conta vem absurda", "upset"),
    ],
)
def test_what_only_looks_like_one(said: str, never: str) -> None:
    assert never not in any_of(heard(said))


@pytest.mark.parametrize(
    "said",
    [
        "não precisa mais me avisar",
        "não quero mais aviso",
        "pode cancelar o aviso",
        "deixa pra lá o aviso",
        "não me avise mais",
        "desisti do aviso",
        "pode parar de me avisar",
        "cancela a notificação por favor",
        "não quero mais ser avisada",
    ],
)
def test_who_waits_to_be_told_may_take_that_back_in_own_words(said: str) -> None:
    (item,) = heard(said, replace(scene(), wishes=(2611606,))).items
    assert (item.meaning, item.about, item.certain) == (Meaning.NO, Question.NOTICE, True)


@pytest.mark.parametrize(
    "said",
    [
        "não recebi o aviso",
        "ninguém me avisou",
        "quero o aviso",
        "me avisa quando tiver",
        "obrigada pelo aviso",
        "sair",
        "não quero mais",
    ],
)
def test_what_only_speaks_of_a_notice_takes_nothing_back(said: str) -> None:
    assert not any(item.about is Question.NOTICE for item in heard(said, replace(scene(), wishes=(2611606,))).items)


NOT_MEANT = {
    "decline": [
        "tá bom assim",
        "ta bom assim, pode seguir",
        "tá bom assim, o 2",
        "pra mim tá ótimo assim",
        "prefiro ficar na primeira opção",
        "prefiro ficar só com 14%",
        "prefiro ficar com o do meio",
        "não quero dor de cabeça, quero o 2",
        "não quero complicação depois, o 2",
        "prefiro continuar no whatsapp",
        "prefiro ficar sem fidelidade",
        "não vejo motivo de preocupação",
        "não vejo por que não",
        "não vejo motivo pra não fechar",
        "o 1 não me convenceu",
        "esse valor não faz sentido pra mim",
        "pode desconsiderar a foto anterior",
        "resolvi mandar de outro jeito",
        "quero não esperar muito",
        "larga mão de besteira",
    ],
    "access": [
        "e o preço muda?",
        "e isso muda alguma coisa?",
        "o valor é o que muda",
        "e a distribuidora muda?",
        "pagar à vista é ruim",
        "o desconto à vista é ruim",
        "não vejo mal nenhum",
        "não enxergo desconto nenhum",
        "não ouço falar de vocês",
    ],
    "holder_agrees": [
        "a Celpe vai aceitar",
        "o banco vai autorizar o pagamento",
        "vai aceitar print",
        "vai autorizar o débito",
        "o site vai aceitar pdf",
    ],
    "holder_refuses": [
        "não vai aceitar minha foto",
        "acho que o sistema não vai deixar",
        "o celular não vai deixar",
        "a Celpe não vai querer isso",
        "ele disse pra não esquecer de mandar",
        "não vai deixar anexar",
    ],
    "fraud_fear": [
        "meu marido vai pegar minha conta",
        "ela vai pegar minha fatura",
        "meu filho vai pegar minha conta lá",
        "meio estranho esse valor",
        "o nome veio meio estranho",
        "achei o consumo muito estranho",
        "fiz um empréstimo pra pagar a luz",
        "já pegaram minha foto?",
    ],
    "recap": [
        "ela já marcou consulta",
        "ele agendou o médico",
        "ta gravado o video",
        "foi registrado BO",
        "já marcou consulta",
        "a consulta tá marcada pra amanhã",
        "meu filho já anotou",
        "ta salvo no celular",
        "a casa tá registrada no nome da minha mãe",
    ],
    "already_sent": [
        "vê em cima da geladeira",
        "vou ver a conta em cima da mesa",
        "ta acima do valor",
        "procura a conta aí",
        "tá em cima do armário",
        "olha o preço em cima da conta",
        "subi a escada agora",
        "quanto foi a conta",
        "coloquei a conta no meu nome",
        "botei a conta em débito automático",
        "já fiz isso com outra empresa",
    ],
    "cannot_send": [
        "ta dando erro no valor",
        "deu erro no nome",
        "o valor deu erro",
        "o valor da conta tá dando erro",
        "não vejo como isso funciona",
        "tô brigando com a Celpe",
        "tô sofrendo pra pagar a luz",
        "a foto não ficou borrada",
        "quem sabe da conta é minha mulher",
        "não sei como vocês mandam a conta",
        "o site mostra que o valor caiu",
        "a foto eu não sei onde tá",
        "não enxergo desconto nenhum",
    ],
    "person": [
        "passo no setor amanhã",
        "falo com pessoal de casa amanhã",
        "eu falo com a equipe depois",
        "fala com o pessoal lá de casa",
        "vou passar na central",
        "coloca na área de serviço",
        "fala com o suporte da Celpe",
    ],
    "later": [
        "deixa eu pagar a conta de 300",
        "deixa eu ficar com o 2",
        "deixa eu te dizer uma coisa",
        "deixa eu perguntar uma coisa",
        "deixa eu aproveitar o desconto",
        "pode ser a segunda",
    ],
    "own_panels": ["energia do sol é boa?", "gosto de energia do sol", "a energia do sol vem pra cá?"],
    "power_cut": [
        "ninguém tem luz barata",
        "hoje ninguém tem luz em dia",
        "minha geladeira estragou",
        "tô no escuro sobre esse contrato",
    ],
    "holder_other": ["em nome de quem?", "em nome da verdade", "vem em nome da serena?", "é em nome de vocês?"],
    "excluded": [
        "não tenho irrigação",
        "minha conta não tem irrigação nenhuma",
        "vocês atendem quem tem irrigação?",
        "não tenho as contas atrasadas",
    ],
    "wrong_person": [
        "não é a Enel não",
        "não é a Enel que cobra",
        "comprei o celular ontem",
        "ganhei um celular novo",
        "tenho um telefone novo",
    ],
    "hardship": ["tá difícil escolher", "tá difícil de decidir", "minha irmã quer um desconto especial"],
}


@pytest.mark.parametrize(("never", "said"), [(never, said) for never, every in NOT_MEANT.items() for said in every])
def test_what_only_sounds_like_one_is_none(never: str, said: str) -> None:
    for at in (scene("bill"), reading_back(), choosing(), scene("holder", bill=BILL)):
        assert never not in any_of(heard(said, at)), at.asked


@pytest.mark.parametrize(
    ("at", "said", "means"),
    [
        (choosing(), "tá bom assim, o 2", {"choice"}),
        (choosing(), "prefiro ficar na primeira opção", {"choice"}),
        (choosing(), "prefiro ficar só com 14%", {"choice"}),
        (choosing(), "não quero dor de cabeça, quero o 2", {"choice"}),
        (choosing(), "pode ser a segunda", {"choice"}),
        (choosing(), "ta bom assim, pode seguir", {"yes", "go_on"}),
        (reading_back(), "tá bom assim", {"bill_right"}),
        (reading_back(), "pra mim tá ótimo assim", {"bill_right"}),
        (reading_back(), "tá ótimo do jeito que tá", {"bill_right"}),
        (scene("holder", bill=BILL), "ele já tá ciente e vai assinar", {"holder_agrees"}),
        (choosing("confirm_plan", chosen=101), "tá bom assim", {"yes"}),
        (reading_back(), "deu erro no nome", {"bill_wrong"}),
        (reading_back(), "deu certo", {"bill_right"}),
        (reading_back(), "o que leu na conta?", {"read_again"}),
        (reading_back(), "me diz o que leu", {"read_again"}),
        (reading_back(), "fala de novo o que vc leu", {"read_again"}),
        (reading_back(), "o que o robô leu aí?", {"read_again"}),
        (scene("bill"), "agora o que eu faço?", {"what_next"}),
        (scene("holder", bill=BILL), "vai assinar sim", {"holder_agrees"}),
        (scene("holder", bill=BILL), "ela vai aceitar", {"holder_agrees"}),
        (scene("holder", bill=BILL), "ele não vai deixar", {"holder_refuses"}),
        (scene("bill"), "sou muda", {"access"}),
        (scene("bill"), "minha mãe é muda", {"access"}),
        (scene("bill"), "vão pegar meus dados?", {"fraud_fear"}),
        (scene("bill"), "olha aí em cima", {"already_sent"}),
        (scene("bill"), "me passa pro setor de vendas", {"person"}),
        (scene("bill"), "vocês marcaram?", {"recap"}),
        (scene("bill"), "aqui ninguém tem luz", {"power_cut"}),
        (scene("bill"), "tenho bomba de irrigação", {"excluded"}),
    ],
)
def test_and_what_is_said_beside_it_is_heard(at: Scene, said: str, means: set[str]) -> None:
    assert means & sure(heard(said, at)) and "decline" not in any_of(heard(said, at))


@pytest.mark.parametrize(
    ("said", "faq"),
    [
        ("e agora? qual a multa?", "fidelidade"),
        ("e agora? precisa de obra?", "precisa_de_placa"),
        ("qual o próximo passo? posso cancelar?", "fidelidade"),
    ],
)
def test_who_asks_what_comes_next_may_ask_more(said: str, faq: str) -> None:
    found = heard(said, reading_back())
    assert "what_next" in sure(found) and faq in {item.faq for item in found.items}
