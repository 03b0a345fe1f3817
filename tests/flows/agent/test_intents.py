"""What a lead wants is recognised in the words leads use, and not in words that only look alike."""

from __future__ import annotations

import pytest

from flows.agent.intents import Intent, choice, detect, looks_like_question, question
from flows.agent.words import faq
from flows.assistant.place.places import Nothing, find

WANTED = {
    Intent.ACTIVATE: [
        "Ativar Perfil", "Ativar Perfil!", "ativar perfil", "ATIVAR PERFIL", "ativar meu perfil",
        "quero ativar meu perfil",
        "Oi, quero ativar", "ativar", "bom dia quero ativar o meu perfil",
    ],
    Intent.CONFIRM: [
        "sim", "Sim!", "SIM", "siiim", "s", "ss", "sim, isso mesmo", "isso", "isso mesmo", "é isso aí", "correto",
        "certo",
        "está certo", "tá certo", "tudo certo", "exatamente", "ok", "blz", "beleza", "pode ser", "claro",
        "com certeza", "uhum",
        "confirmo", "👍", "✅", "ok 👍", "sim moro em recife", "Oi! Sim", "bom dia, isso mesmo", "sim, por favor",
        "é sim", "quero sim",
        "perfeito", "sim eu quero saber mais", "sou eu sim", "Sim, obrigado",
        "oi desculpa a demora, é aqui sim", "ah é verdade eu preenchi. sim é recife", "agora sim", "issso", "isssooo",
        "isso aí", "siim", "é verdade", "certo, obrigado", "desculpa, é sim",
    ],
    Intent.DENY: [
        "não", "Não!", "nao", "NÃO", "n", "não, moro em Olinda", "nao e recife", "não é", "errado", "está errado",
        "o valor está errado",
        "não está certo", "negativo", "de jeito nenhum", "claro que não", "não é isso", "👎", "nao mudei",
        "não, obrigado",
        "não confere", "tá tudo errado", "sim mas o nome está errado",
        "mesmo assim prefiro não", "não precisa avisar", "não precisa", "não precisa, obrigado", "nãoo", "melhor não",
        "desculpa, não",
    ],
    Intent.CHOOSE: ["2", "opção 2", "quero o 2", "a segunda", "quero o plano 3"],
    Intent.SEND_BILL_LATER: [
        "mando depois", "Mando mais tarde", "depois eu mando", "agora não", "agora não posso", "amanhã eu envio",
        "envio amanhã",
        "não estou em casa", "to no trabalho", "não tenho a conta aqui", "quando eu chegar em casa mando", "mais tarde",
        "vou mandar daqui a pouco", "assim que eu chegar em casa eu mando", "vou procurar a conta",
        "não tenho ela aqui agora",
        "posso não, agora não consigo", "ok, depois", "eu tiro a foto quando chegar em casa",
        "deixa eu procurar a conta que meu neto guardou na gaveta", "vo tira a foto e ja mamdo", "vou pensar",
        "mando quando chegar em casa", "deixa eu pegar a conta", "tenho que achar a conta",
    ],
    Intent.ASK_HUMAN: [
        "quero falar com uma pessoa", "Quero falar com um atendente", "atendente", "ATENDENTE", "humano", "me liga",
        "me liguem por favor",
        "pode me ligar?", "podem me ligar", "falar com alguém", "tem alguém aí", "quero falar com um consultor",
        "atendimento humano",
        "me transfere para um vendedor", "passa pra um atendente", "preciso de um atendente",
        "não quero falar com robô",
        "quero conversar com gente de verdade", "queria falar com uma pessoa de verdade", "liga pra mim",
        "chama um humano",
        "então eu queria falar com alguém por favor", "prefiro falar com uma pessoa", "Consultor",
        "preciso de ajuda humana", "alguém pode me atender?",
        "falar com atendente", "quando puder me liga", "me liga quando der",
    ],
    Intent.OPT_OUT: [
        "parar", "PARAR", "Pare", "pare!!!", "para", "Para!", "sair", "SAIR", "stop", "cancelar", "descadastrar",
        "remover", "quero sair",
        "quero parar", "parar por favor", "oi, parar", "não quero mais", "nao quero mais nada",
        "não quero mais receber mensagens",
        "não me mande mais mensagens", "não me mande mais", "nao me mandem mais nada", "me tira da lista",
        "me tirem dessa lista",
        "tira meu número", "remova meu contato", "pare de me mandar mensagem", "para de mandar mensagem",
        "parem de me ligar",
        "não quero receber mensagens", "não quero mais contato", "me descadastre", "quero me descadastrar",
        "não me incomode mais",
        "me deixem em paz", "não me chame mais", "cancelar inscrição", "quero sair da lista", "sair da lista",
        "n quero mais", "cancela",
        "por favor não me mandem mais mensagens",
        "Não quero mais, obrigado", "obrigado, mas não quero mais receber nada",
    ],
    Intent.NOT_INTERESTED: [
        "não tenho interesse", "nao tenho interesse", "sem interesse", "não me interessa", "não quero",
        "não quero obrigado", "desisto",
        "desisti", "não estou interessada", "não quero participar", "deixa pra lá",
        "Obrigado mas não tenho mais interesse",
        "não tenho nenhum interesse", "n tenho interesse",
    ],
    Intent.ERASE: [
        "apague meus dados", "Apagar meus dados", "quero apagar meus dados", "exclua meus dados",
        "excluir meu cadastro", "deletar meu cadastro",
        "delete meus dados", "LGPD", "lgpd", "removam meus dados", "apaga tudo sobre mim",
        "quero que apaguem todos os meus dados",
        "por favor excluam o meu cadastro", "esqueçam meus dados", "como faço para apagar meus dados?",
        "quero a exclusão dos meus dados",
        "apagar tudo", "apaga meu número",
    ],
    Intent.THANKS: [
        "obrigado", "Obrigada!", "obg", "muito obrigado", "valeu", "vlw", "brigadão", "obrigadaaa", "agradeço",
        "grata", "🙏",
        "Ok, obrigada", "tudo bem, muito obrigado pela atenção", "obrigada a você", "ok obrigado", "brigada", "tks",
    ],
    Intent.GREETING: [
        "oi", "Olá", "bom dia", "Boa tarde!", "boa noite", "oiii", "oie", "opa", "e aí", "Oi, tudo bem?", "alô",
        "Bom dia! Sou a Ana",
    ],
    Intent.GOODBYE: [
        "tchau", "Tchau!", "até mais", "até logo", "obrigado, tchau", "abraço", "tenha um bom dia",
        "um bom dia pra você", "falou",
    ],
    Intent.IS_ROBOT: [
        "você é um robô?", "vc é robo", "você é uma pessoa?", "voce é humano", "estou falando com um robô?",
        "to falando com uma maquina",
        "é robô?", "isso é um robô?", "você é inteligência artificial?", "isso é uma IA?", "estou falando com quem?",
        "você é de verdade?",
        "robô?",
    ],
}  # fmt: skip

NOT_WANTED = {
    Intent.ACTIVATE: ["não quero ativar", "meu perfil está certo", "ativaram minha luz ontem", "oi"],
    Intent.CONFIRM: [
        "não", "não está certo", "certo dia faltou luz", "isso é golpe?", "ok mas não quero", "claro que não",
        "quero falar com um atendente",
        "isso não", "quero saber mais", "quanto custa?", "pode me ligar?", "pode ser mês que vem?", "é robô?", "parar",
        "sim mas o nome está errado", "tem certeza?", "minha conta", "obrigado",
        "ok obrigado", "blz vlw", "valeu", "é verdade?", "isso é verdade?", "desculpa a demora", "não. sim?",
    ],
    Intent.DENY: [
        "sim", "não sei", "não entendi", "não tenho a conta aqui", "não recebi nada", "não consigo mandar",
        "não tenho dúvida",
        "por que não?", "não precisa de placa?", "sim, não tenho dúvidas", "não lembro", "ok", "se não der eu aviso",
        "recife",
        "não é golpe?", "não precisa pagar nada", "não precisa de placa", "prefiro não falar com robô",
    ],
    Intent.CHOOSE: [
        "300", "2024", "81999887766", "sim", "na segunda eu mando", "segunda-feira", "um desconto", "tenho 2 contas",
        "", "segunda via",
    ],
    Intent.SEND_BILL_LATER: [
        "quando posso mandar a conta?", "já mandei", "a conta chega mais tarde esse mês", "pago mais tarde?", "sim",
        "não", "depois que assinar muda algo?",
        "quanto custa", "vocês me mandam depois?", "segue a conta", "deixa eu ver os planos", "deixa pra lá",
    ],
    Intent.ASK_HUMAN: [
        "não quero falar com atendente", "não me liga", "não me ligue", "uma pessoa me falou disso",
        "a conta está no nome de outra pessoa",
        "você é humano?", "você é uma pessoa?", "moro com mais uma pessoa", "alguém me indicou vocês",
        "meu consultor de vendas falou",
        "já falei com o atendente", "não precisa ligar", "somos 4 pessoas em casa", "bom dia",
        "quem atende se faltar luz?",
        "vocês atendem Recife?", "como ligar a energia", "estou falando com um humano?", "quando vão me ligar?",
        "que horas vocês vão ligar?", "quando o consultor me liga?",
    ],
    Intent.OPT_OUT: [
        "para Recife", "Para Recife", "moro indo para Olinda", "pode cancelar?", "quando vai sair",
        "quando vai sair o desconto?",
        "quero parar de pagar caro",
        "a luz não para de subir", "pare na segunda opção", "não pare", "posso cancelar depois?", "posso cancelar?",
        "tem multa para cancelar o contrato?",
        "para mim está ótimo", "pra mim pode ser", "para quem?", "vou sair agora e mando depois",
        "não quero mais pagar caro", "não quero mais de um plano",
        "não quero placa", "não quero", "não", "sair mais barato", "chega quando o desconto?",
        "me manda mais informações", "não me mandaram nada",
        "não tenho interesse em placas", "remover a taxa", "parou de funcionar", "quero sair da Enel",
        "vou sair de casa",
        "não recebi mais a mensagem", "não quero receber duas contas", "quero mais informações",
    ],
    Intent.NOT_INTERESTED: [
        "tenho interesse", "tenho muito interesse", "não tenho interesse em placas, só no desconto", "não quero placa",
        "não quero pagar caro",
        "não tenho dúvida", "sim", "não", "e se eu desistir depois?", "não quero falar com robô",
        "qual o interesse de vocês?",
    ],
    Intent.ERASE: [
        "não apague meus dados", "vocês vão apagar meus dados depois?", "vocês seguem a LGPD?",
        "meus dados estão seguros?", "a luz apagou",
        "apagaram a luz da rua", "apague a luz", "quero cadastrar", "meu cadastro está certo",
        "excluir a taxa de iluminação",
    ],
    Intent.THANKS: [
        "sou obrigado a mandar a conta?", "é obrigado mandar foto?", "não sou obrigada a assinar", "vale a pena?",
        "valeu a pena pra ele", "oi",
    ],
    Intent.GREETING: ["a conta do oitavo mês", "sim", "moro em Olinda", "obrigado", "mando boa noite depois"],
    Intent.GOODBYE: [
        "até que horas atendem?", "fui eu que pedi", "falou que era barato", "sim", "bom dia", "ele falou comigo",
    ],
    Intent.IS_ROBOT: [
        "quero falar com um humano", "não quero falar com robô", "uma pessoa", "sou uma pessoa física",
        "é pessoa física", "oi", "ela é uma pessoa boa",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in WANTED.items() for t in texts])
def test_a_wish_is_recognised(intent: Intent, text: str) -> None:
    assert intent in detect(text)


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in NOT_WANTED.items() for t in texts])
def test_words_that_look_alike_are_no_wish(intent: Intent, text: str) -> None:
    assert intent not in detect(text)


def test_several_wishes_in_one_message_are_all_recognised() -> None:
    found = detect("Oi, não quero mais, apaguem meus dados. Obrigado, tchau")
    assert {Intent.GREETING, Intent.ERASE, Intent.THANKS, Intent.GOODBYE, Intent.OPT_OUT} <= found


@pytest.mark.parametrize("text", ["", "   ", "😀", "kkkkk", "...", "1.245,67", "a" * 4000, "não " * 900])
def test_noise_does_no_harm(text: str) -> None:
    assert not detect(text) & {Intent.OPT_OUT, Intent.ERASE, Intent.ASK_HUMAN, Intent.CONFIRM}
    assert choice(text, 3, ["Plano A", "Plano B", "Plano C"]) is None


@pytest.mark.parametrize(
    ("text", "payload", "expected"),
    [
        ("Ativar Perfil", "ATIVAR_PERFIL", {Intent.ACTIVATE}),
        ("Começar", "ATIVAR_PERFIL", {Intent.ACTIVATE}),
        ("Sim", "confirm", {Intent.CONFIRM}),
        ("Sim, é essa", "confirm:city", {Intent.CONFIRM}),
        ("Falar com pessoa", "ask_human", {Intent.ASK_HUMAN}),
        ("Não", "deny", {Intent.DENY}),
        ("Quero este", "choose:2", {Intent.CHOOSE}),
        ("Parar", "qualquer-coisa", {Intent.OPT_OUT}),
    ],
)
def test_a_tapped_button_counts_by_its_id_and_else_by_its_label(text: str, payload: str, expected: set[Intent]) -> None:
    assert detect(text, payload) == expected


PLANS = ["Plano Básico-14%", "Plano Plus-16%", "Plano Premium-18%"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2), ("2.", 2), ("2)", 2), (" 3 ", 3), ("2️⃣", 2), ("1 por favor", 1), ("o 2", 2), ("a 2", 2),
        ("quero o 2", 2), ("Quero a opção 2", 2),
        ("opção 2", 2), ("opcao dois", 2), ("plano 3", 3), ("plano número 1", 1), ("número 2", 2), ("vou de 2", 2),
        ("fico com o 3", 3), ("pode ser o 1", 1),
        ("acho que o 2", 2), ("a segunda", 2), ("A segunda opção", 2), ("segunda opção", 2), ("o segundo", 2),
        ("segundo", 2), ("quero a primeira", 1),
        ("primeiro plano", 1), ("o terceiro por favor", 3), ("o último", 3), ("a última", 3), ("quero o último", 3),
        ("dois", 2), ("um", 1), ("o um", 1),
        ("três", 3), ("o do meio", 2), ("o de 16%", 2), ("quero o de 16 por cento", 2), ("o plano de 14%", 1),
        ("Plus", 2), ("o básico", 1), ("quero o plano premium", 3),
        ("Plano Plus-16%", 2), ("PREMIUM", 3), ("quero o 2, mas tem fidelidade?", 2), ("não, o 2", 2),
        ("eu quero o segundo plano mesmo", 2),
        ("então eu acho que vou querer o segundo", 2), ("ok quero o 1", 1), ("Sim, o 3", 3), ("pode ser o segundo", 2),
        ("gostei da primeira", 1), ("o 3 vlw", 3), ("2 valeu", 2), ("o 1 tks", 1), ("o 2 blz", 2),
        ("ta bom vai, o de 18", 3), ("quero o 16", 2), ("ta bom, o 14", 1), ("o plano de 18", 3),
        ("ah então eu vou querer o segundo né que tem menos tempo de contrato", 2), ("vou ficar com o 3", 3),
        ("vou ficar com o plus", 2), ("a 2ª opção", 2), ("a 2ª", 2), ("o 1º", 1), ("o premeiro", 1), ("kero o 2", 2),
        ("kero o premeiro", 1), ("ficamos com o segundo", 2),
    ],
)  # fmt: skip
def test_a_pick_from_a_list_is_understood(text: str, expected: int) -> None:
    assert choice(text, 3, PLANS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2024", "300", "R$ 300", "81999887766", "4", "0", "10", "sim", "oi", "não", "1 ou 2?", "o 1 ou o 2",
        "entre o 1 e o 2", "não quero o 2", "nem o básico nem o plus",
        "o 2 tem fidelidade?", "o plano 2 tem fidelidade?", "qual a diferença do 1 para o 2", "na segunda eu mando",
        "segunda-feira", "segunda feira eu vejo", "a segunda via da conta",
        "a primeira conta é grátis?", "primeiro eu queria saber como funciona", "a primeira vez", "em primeiro lugar",
        "tenho 2 contas", "quero um desconto", "uma pergunta",
        "um momento", "2 mil reais", "moro há 2 anos", "dia 2", "o de 90%", "me dê 90%", "quanto é o plano plus?",
        "não entendi o plano 2", "nenhum", "desconto", "plano",
        "quero saber do plano", "minha conta vem 280", "2 pessoas", "às 2 horas", "conta de luz", "o melhor plano",
        "segundo a minha esposa é golpe", "última conta foi 300", "o de 17", "18 reais", "dia 18", "18 de agosto",
        "tenho 18 anos", "menos o 2", "2ª via", "na 2ª feira eu mando", "entre o 16 e o 18", "o de 18 tem fidelidade?",
    ],
)  # fmt: skip
def test_what_is_no_clear_pick_picks_nothing(text: str) -> None:
    assert choice(text, 3, PLANS) is None


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("é a CEMIG", ["CEMIG", "ENERGISA MG"], 1),
        ("energisa", ["CEMIG", "ENERGISA MG"], 2),
        ("CPFL Piratininga", ["CPFL Paulista", "CPFL Piratininga"], 2),
        ("cpfl", ["CPFL Paulista", "CPFL Piratininga"], None),
        ("Campo Grande MS", ["Campo Grande MS", "Campo Grande AL", "Campo Grande RN"], 1),
        ("a do MS", ["Campo Grande MS", "Campo Grande AL", "Campo Grande RN"], 1),
        ("RN", ["Campo Grande MS", "Campo Grande AL", "Campo Grande RN"], 3),
        ("campo grande", ["Campo Grande MS", "Campo Grande AL", "Campo Grande RN"], None),
        ("Plano Solar Mais", ["Plano Solar", "Plano Solar Mais"], 2),
        ("Plano Solar", ["Plano Solar", "Plano Solar Mais"], 1),
    ],
)
def test_names_on_the_list_pick_their_entry(text: str, names: list[str], expected: int | None) -> None:
    assert choice(text, len(names), names) == expected


@pytest.mark.parametrize(
    ("text", "percents", "expected"),
    [
        ("o de 18", ["18", "16", "14"], 1),
        ("ta bom vai, o de 18", ["18", "16", "14"], 1),
        ("14,5", ["18", "14,5"], 2),
        ("o de 18%", ["18", "16"], 1),
        ("o de 2", ["12", "2"], 2),
        ("o 2", ["12", "11"], 2),
        ("o de 18", ["18", "18"], None),
        ("o de 30", ["18", "16"], None),
        ("minha conta é 18", ["18", "16"], None),
        ("18 meses", ["18", "16"], None),
    ],
)
def test_a_bare_number_picks_the_only_plan_with_that_discount(
    text: str, percents: list[str], expected: int | None
) -> None:
    assert choice(text, len(percents), ["Plano Solar", "Plano Lunar"], percents) == expected


def test_the_only_entry_may_be_called_this_one() -> None:
    assert choice("quero esse", 1, PLANS[:1]) == 1
    assert choice("pode ser esse mesmo", 1, PLANS[:1]) == 1
    assert choice("quero esse", 3, PLANS) is None


QUESTIONS = {
    "o_que_e_serena": [
        "quem são vocês?", "o que é a serena", "que empresa é essa", "o que vocês fazem?", "Quem é?",
        "vcs são de que empresa?", "vocês não são a celpe?", "a serena é de são paulo?", "é da celpe?",
        "vocês são da Neoenergia?", "a serena fica em são paulo?",
    ],
    "e_confiavel": [
        "isso é golpe?", "É pegadinha?", "é confiável", "isso é verdade mesmo?", "como vou saber que não é golpe",
        "tem alguma lei sobre isso?", "ISSO É SEGURO?",
        "é verdade?", "é verdade que tem desconto?", "vocês são de confiança?",
    ],
    "precisa_de_placa": [
        "precisa de placa?", "então eu queria saber assim se precisa por placa no telhado", "tem que fazer obra?",
        "vão instalar alguma coisa na minha casa?",
        "Precisa instalar painel solar", "vai quebrar alguma parede", "PRECISA POR PLACAS SOLARES NO TELHADO",
        "placa solar?", "tem que trocar o relógio?",
    ],
    "tem_custo": [
        "quanto custa?", "tem custo?", "tem mensalidade", "preciso pagar para entrar?", "tem taxa de adesão?",
        "é de graça?", "qual o preço", "é grátis?", "preciso investir alguma coisa", "vocês cobram alguma coisa?",
    ],
    "quanto_economizo": [
        "quanto vou economizar?", "qual é o desconto?", "quanto de desconto eu tenho", "de quanto é o desconto?",
        "quantos % de desconto?", "vale a pena?",
        "quanto vou pagar?", "então moça eu queria saber quanto que eu vou economizar por mês", "quais as vantagens?",
        "compensa mesmo?", "18% de 500 dá 90 reais né?",
    ],
    "como_funciona_desconto": [
        "como funciona?", "como o desconto aparece?", "como vem o desconto na conta", "me explica como funciona isso",
        "não entendi como funciona", "como assim?", "quando começa o desconto?",
    ],
    "duas_contas": [
        "vou receber duas contas?", "vou pagar dois boletos?", "são 2 faturas?", "vem outra conta para pagar?",
        "continuo recebendo a conta da Celpe?", "vai vir um boleto separado",
    ],
    "muda_distribuidora": [
        "muda a distribuidora?", "vou ter que trocar de concessionária", "vou ficar sem luz?", "e se faltar luz?",
        "e à noite?", "e quando não tem sol?", "continuo com a Cemig?", "e quando chove?",
        "estou sem luz desde ontem", "tá sem luz aqui em casa", "moço estamos sem energia",
    ],
    "atende_minha_cidade": [
        "vocês atendem Recife?", "atende minha cidade?", "tem na minha região?", "quais cidades vocês atendem",
        "funciona na minha cidade?", "onde vocês atendem?", "Vocês atendem no interior?",
    ],
    "primeira_fatura": [
        "a primeira fatura é grátis?", "a primeira conta é de graça?", "vocês pagam a primeira conta?",
        "é verdade que a primeira fatura é paga por vocês?",
    ],
    "fidelidade": [
        "tem fidelidade?", "posso cancelar quando quiser?", "tem multa?", "fidelidade", "e se eu quiser sair depois?",
        "como é o contrato?", "qual o prazo do contrato", "pode cancelar?",
    ],
    "mudanca_de_endereco": [
        "e se eu mudar de casa?", "e se eu me mudar?", "posso transferir para outro endereço?",
        "vou mudar de apartamento, e aí?",
    ],
    "bandeira": ["e a bandeira vermelha?", "pago bandeira?", "bandeira vermelha"],
    "forma_de_pagamento": [
        "como pago?", "aceita cartão?", "posso pagar no pix?", "é no boleto?", "qual a forma de pagamento",
    ],
    "indicacao": [
        "ganho algo por indicar um amigo?", "tem programa de indicação?", "se eu indicar alguém ganho desconto?",
        "indicação dá bônus?",
    ],
    "por_que_a_conta": [
        "por que precisam da minha conta?", "pra que a foto da conta?", "pq tenho que mandar a conta de luz",
        "precisa mandar foto da conta?", "para que serve a conta de luz?",
    ],
    "energia_por_assinatura": [
        "o que é energia por assinatura?", "o que é geração compartilhada", "o que são créditos de energia?",
        "é energia solar?",
    ],
    "quem_nao_pode": [
        "quem pode participar?", "quem não pode participar?", "tenho placa solar, posso?", "já tenho energia solar",
        "tenho tarifa social", "qual o valor mínimo?", "estou com conta atrasada, posso?", "moro de aluguel, pode?",
        "a conta está no nome da minha mãe, tem problema?",
    ],
    "meus_dados": [
        "o que fazem com meus dados?", "como conseguiram meu número?", "meus dados estão seguros?", "e a LGPD?",
        "é seguro mandar a foto da conta?", "quem passou meu contato pra vocês",
    ],
    "e_robo": ["você é um robô?", "estou falando com uma pessoa?", "vc é ia"],
}  # fmt: skip


@pytest.mark.parametrize(("topic", "text"), [(i, t) for i, texts in QUESTIONS.items() for t in texts])
def test_a_question_finds_its_topic(topic: str, text: str) -> None:
    assert question(text) == topic


@pytest.mark.parametrize(("topic", "text"), [(entry.id, text) for entry in faq().values() for text in entry.questions])
def test_the_reviewed_questions_find_their_own_answer(topic: str, text: str) -> None:
    assert question(text) == topic


def test_every_topic_has_a_reviewed_answer() -> None:
    assert set(QUESTIONS) == set(faq())


@pytest.mark.parametrize(
    "text",
    [
        "oi", "bom dia", "boa noite", "sim", "não", "obrigado", "moro em Recife", "segue a conta",
        "minha conta vem 300 reais", "pago 300 de luz", "mando a noite", "mando a conta à noite",
        "a conta está no nome da minha mãe", "mandei a foto da conta", "quero o plano 2", "tudo certo", "que legal",
        "que bom", "minha esposa vai mandar", "meu endereço é rua das flores",
        "faltou luz ontem aqui", "recebi a conta hoje", "quando eu chegar em casa mando",
        "como combinado segue a foto", "minha instalação é 123456", "pode continuar", "paguei o boleto",
        "mudei de casa ano passado", "o que tem maior desconto", "quero cancelar", "quero parar",
        "quero falar com um atendente", "parar", "ok", "👍", "", "é a celpe", "a distribuidora é a celpe",
        "ah é verdade eu preenchi. sim é recife", "é verdade", "de novo??? já falei que minha conta é 600",
        "vocês são um bando de ladrão, palhaçada", "sem problema",
    ],
)  # fmt: skip
def test_a_statement_asks_about_no_topic(text: str) -> None:
    assert question(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "?", "como funciona", "quanto custa isso", "queria saber se tem fidelidade",
        "então eu queria saber assim se precisa por placa no telhado", "tenho uma dúvida", "me explica melhor",
        "vocês atendem Recife", "é golpe", "posso cancelar", "e se eu me mudar", "oi bom dia qual o desconto",
        "por que precisa da conta", "pq isso", "vou ter que pagar alguma coisa", "não entendi como funciona",
        "será que compensa", "tem que instalar algo", "quero saber mais sobre o desconto", "pode pagar no pix",
        "isso é de graça", "de novo? quanto custa?", "vocês são ladrões?", "vocês são de onde", "é verdade?",
    ],
)  # fmt: skip
def test_a_question_is_seen_without_its_mark(text: str) -> None:
    assert looks_like_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "oi", "sim", "não", "moro em Recife", "segue a conta", "quero o 2", "pode ser", "pode sim", "pode mandar",
        "que bom", "que legal", "quando eu chegar em casa mando", "como combinado",
        "obrigado", "mando depois", "minha conta vem 300", "é isso", "é sim", "tenho interesse", "parar", "",
        "quero saber mais", "gostaria de mais informações", "vocês são um bando de ladrão, palhaçada",
        "de novo??? já falei que minha conta é 600", "ah é verdade eu preenchi", "isso é um absurdo",
        "que merda de atendimento", "vocês são muito chatos",
    ],
)  # fmt: skip
def test_a_statement_is_no_question(text: str) -> None:
    assert not looks_like_question(text)


@pytest.mark.parametrize(
    "text",
    [t for texts in [*WANTED.values(), *NOT_WANTED.values(), *QUESTIONS.values()] for t in texts
     if not any(city in t.lower() for city in ("recife", "olinda", "são paulo"))],
)  # fmt: skip
def test_ordinary_talk_names_no_place(text: str) -> None:
    assert find(text) == Nothing()
    assert find(text, expecting_place=True) == Nothing() or len(text.split()) == 1
