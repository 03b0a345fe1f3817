"""Twelve invented bills as their PDF text comes out of pypdf, each with what a careful person would read.

Persons, numbers and keys are made up; the order of the lines, the traps and the labels are those of real layouts.
`traps` are numbers on the page that must never become an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.flows.assistant.bill.paper import boleto, collection, key

OCT, SEP = date(2026, 10, 1), date(2026, 9, 1)


@dataclass(frozen=True)
class Layout:
    """A bill's text and the fields in it; fields that are not named are not judged."""

    name: str
    text: str
    expected: dict[str, Any]
    traps: tuple[str, ...] = field(default=())


def _layout(name: str, text: str, *, traps: tuple[str, ...] = (), **expected: Any) -> Layout:
    expected["total_amount"] = Decimal(expected["total_amount"])
    return Layout(name, text.strip(), expected, traps)


NEOENERGIA_PE = _layout(
    "neoenergia_pe",
    f"""
DOCUMENTO AUXILIAR DA NOTA FISCAL DE ENERGIA ELÉTRICA ELETRÔNICA
COMPANHIA ENERGÉTICA DE PERNAMBUCO
AV. JOÃO DE BARROS, 111 - BOA VISTA - RECIFE - PE CEP 50050-902
CNPJ 10.835.932/0001-08 INSC. EST. 0005943-93
www.neoenergia.com
NOME DO CLIENTE:
MARIA DAS DORES S SANTOS
CPF: 529.982.247-25
ENDEREÇO:
RUA DO SOL 45 CS A
BOA VIAGEM/RECIFE
51020-010 RECIFE PE
CÓDIGO DA INSTALAÇÃO
0004471902
CÓDIGO DO CLIENTE
7012345678
REF:MÊS/ANO TOTAL A PAGAR R$ VENCIMENTO
10/2026 412,37 02/12/2026
CLASSIFICAÇÃO: B1 RESIDENCIAL - RESIDENCIAL MONOFÁSICO
NOTA FISCAL N° 123456789 - SÉRIE 001 / DATA DE EMISSÃO: 25/10/2026
Consulte pela Chave de Acesso em:
chave de acesso:
{key("26", OCT, "10835932000108", spaced=False)}
Protocolo de autorização: 3262600011223344 - 25/10/2026 às 08:11:02
DATAS DE LEITURAS LEITURA ANTERIOR LEITURA ATUAL Nº DE DIAS PRÓXIMA LEITURA
24/09/2026 25/10/2026 31 24/11/2026
ITENS DA FATURA UNID. QUANT. PREÇO UNIT(R$) COM TRIBUTOS VALOR(R$) PIS/COFINS BASE CALC ICMS(R$) ALÍQUOTA ICMS TARIFA UNIT(R$)
Consumo-TUSD kWh 402,00 0,46123000 185,41 8,41 185,41 20,50 38,00 0,35421000
Consumo-TE kWh 402,00 0,48527000 195,09 8,85 195,09 20,50 39,99 0,37270000
Ilum. Púb. Municipal 31,87
TOTAL 412,37
MEDIDOR GRANDEZAS POSTOS HORÁRIOS LEITURA ANTERIOR LEITURA ATUAL CONST. MEDIDOR CONSUMO kWh
4030217788 Energia Ativa Único 24.518,00 24.920,00 1,00000 402,00
CONSUMO / kWh
OUT/26 402
SET/26 385
AGO/26 411
JUL/26 398
JUN/26 377
MAI/26 366
ABR/26 404
MAR/26 421
FEV/26 430
JAN/26 442
DEZ/25 399
NOV/25 388
OUT/25 371
INFORMAÇÕES IMPORTANTES
Tarifa Social de Energia Elétrica: famílias inscritas no CadÚnico podem ter direito. Saiba mais em nossos canais.
O não pagamento desta conta acarretará a suspensão do fornecimento.
{collection("412.37")}
""",
    holder_name="MARIA DAS DORES S SANTOS",
    holder_document="52998224725",
    utility="Neoenergia Pernambuco",
    city="Recife",
    state="PE",
    zip_code="51020010",
    total_amount="412.37",
    reference_month=OCT,
    due_date=date(2026, 12, 2),
    consumption_kwh=402,
    average_kwh=402,
    installation_number="0004471902",
    tariff_group="B",
    flags=(),
    traps=("4030217788", "7012345678", "24518", "385"),
)

CEMIG = _layout(
    "cemig",
    f"""
CEMIG DISTRIBUIÇÃO S.A. CNPJ 06.981.180/0001-16 / INSC. ESTADUAL 062.322136.0087.
AV. BARBACENA, 1200 - 17° ANDAR - ALA 1 - BAIRRO SANTO AGOSTINHO
CEP: 30190-131 - BELO HORIZONTE - MG.
TARIFA SOCIAL DE ENERGIA ELÉTRICA - TSEE FOI CRIADA PELA LEI Nº 10.438, DE 26 DE ABRIL DE 2002
JOSE ANTONIO GONCALVES PEREI
RUA DOS GUAJAJARAS 845 AP 1201
CENTRO
30180-100 BELO HORIZONTE, MG
CPF ***.982.247-**
Nº DO CLIENTE Nº DA INSTALAÇÃO
7204076116 3001116735
Referente a Vencimento Valor a pagar (R$)
OUT/2026 10/11/2026 287,20
NOTA FISCAL Nº 034567891 - SÉRIE 000
Data de emissão: 22/10/2026
Consulte pela chave de acesso em:
http://www.sped.fazenda.mg.gov.br/spedmg/nf3e
chave de acesso:
{key("31", OCT, "06981180000116", spaced=False)}
Classe Subclasse Modalidade Tarifária Datas de Leitura
Residencial Residencial Convencional B1 Anterior Atual Nº de dias Próxima
Bifásico 20/09 21/10 31 20/11
Informações Técnicas
Tipo de Medição Medição Leitura Leitura Constante Consumo kWh
Anterior Atual de Multiplicação
Energia kWh BCB183009999 31.442 31.710 1 268
Valores Faturados
Itens da Fatura Unid. Quant. Preço Unit Valor (R$) PIS/COFINS Base Calc. ICMS Aliq. ICMS Tarifa Unit.
Energia Elétrica kWh 268 1,00266600 268,71 11,52 268,71 18 48,36 0,76010000
Contrib Ilum Publica Municipal 18,49
TOTAL 287,20
Histórico de Consumo
MÊS/ANO Cons. kWh Média kWh/Dia Dias
OUT/26 268 8,64 31
SET/26 251 8,36 30
AGO/26 240 8,00 30
JUL/26 233 7,51 31
JUN/26 229 7,15 32
MAI/26 262 9,03 29
ABR/26 270 8,70 31
MAR/26 281 9,06 31
FEV/26 275 9,82 28
JAN/26 290 9,35 31
DEZ/25 266 8,31 32
NOV/25 255 8,50 30
OUT/25 249 8,03 31
Reservado ao Fisco
Fale com CEMIG: 116 - CEMIG Torpedo 29810 - Ouvidoria CEMIG: 0800 728 3838 - Agência Nacional de Energia Elétrica - ANEEL - Telefone: 167
Código de Débito Automático Instalação Vencimento Total a pagar
008012345678 3001116735 10/11/2026 R$287,20
Outubro/2026 {collection("287.20")}
""",
    holder_name="JOSE ANTONIO GONCALVES PEREI",
    holder_document="982247",
    document_kind="masked",
    utility="CEMIG Distribuição",
    city="Belo Horizonte",
    state="MG",
    zip_code="30180100",
    total_amount="287.20",
    reference_month=OCT,
    due_date=date(2026, 11, 10),
    consumption_kwh=268,
    average_kwh=260,
    installation_number="3001116735",
    tariff_group="B",
    flags=(),
    traps=("7204076116", "008012345678", "31442"),
)

EQUATORIAL_GO = _layout(
    "equatorial_go",
    f"""
EQUATORIAL GOIÁS DISTRIBUIDORA DE ENERGIA S/A
RUA 2, QUADRA A-37, Nº 505, JARDIM GOIÁS, GOIÂNIA - GO CEP: 74805-180
CNPJ: 01.543.032/0001-04 INSCRIÇÃO ESTADUAL: 100549420
Classificação: RESIDENCIAL RESIDENCIAL NORMAL
Tipo de Fornecimento: BIFÁSICO
Grupo e Subgrupo de Tensão: B1 / BIF
Tensão Nominal Disp: 220 V
CARLOS EDUARDO PECANHA
CNPJ/CPF: 123.456.789-09
AV T 63 N. 1500 QD. 12 LT. 7
SETOR BUENO
CEP: 74230-100 GOIANIA GO BRASIL
Unidade Consumidora
10012345678
Parceiro de Negócio
102899830
Conta mês Vencimento Total a pagar
10/2026 15/11/2026 R$***1.245,67
NOTA FISCAL Nº 091827364 - SÉRIE 0
Data de Emissão: 20/10/2026
Chave de acesso:
{key("52", OCT, "01543032000104")}
Itens de Fatura Unid. Quant. Preço unit (R$) com tributos Valor (R$)
CONSUMO kWh 1.186,00 1,014815 1.203,57
CONTRIB. ILUM. PÚBLICA - MUNICIPAL 42,10
TOTAL 1.245,67
Equipamento de Medição
Medidor Grandezas Posto horário Leitura Anterior Leitura Atual Const Medidor Consumo
14881234-8 ENERGIA ATIVA - kWh ÚNICO 8.812 9.998 1,00 1.186
HISTÓRICO DE CONSUMO
Mês/Ano Consumo (kWh) Dias
OUT/26 1.186 30
SET/26 1.138 31
AGO/26 1.221 30
JUL/26 1.257 31
JUN/26 1.292 30
MAI/26 1.269 31
Não há débitos anteriores.
Caso esteja enquadrado no art. 2º da Lei nº 12.212 você pode ter direito à Tarifa Social de Energia Elétrica
{collection("1245.67", kind="8")}
""",
    holder_name="CARLOS EDUARDO PECANHA",
    holder_document="12345678909",
    utility="Equatorial Goiás",
    city="Goiânia",
    state="GO",
    zip_code="74230100",
    total_amount="1245.67",
    reference_month=OCT,
    due_date=date(2026, 11, 15),
    consumption_kwh=1186,
    average_kwh=1227,
    installation_number="10012345678",
    tariff_group="B",
    flags=("high_value",),
    traps=("102899830", "148812348", "1138"),
)

EQUATORIAL_PA = _layout(
    "equatorial_pa",
    f"""
Equatorial Pará Distribuidora de Energia S.A.
Rod. Augusto Montenegro, Km 8,5 s/n - Coqueiro - Belém - PA CNPJ 04.895.728/0001-80
RAIMUNDA NONATA BARROS DE SOUZA
TV PADRE EUTIQUIO, 1730, BATISTA CAMPOS
66025-230 BELEM - PA
Instalação: 3011223344 Conta Contrato: 003009988776
CPF: ***.***.247-25
Conta Mês
OUT/2026
Vencimento
18/11/2026
Total a Pagar
R$ 698,40
Débitos anteriores
Mês/Ano Vencimento Valor
08/2026 18/09/2026 512,33
07/2026 18/08/2026 498,10
Total de débitos: R$ 1.010,43
Classificação: Residencial B1 Trifásico
Consumo faturado
612 kWh
Contribuição de Iluminação Pública 55,12
Histórico de Consumo kWh
OUT SET AGO JUL JUN MAI ABR MAR FEV JAN DEZ NOV
612 605 640 633 600 581 572 560 559 590 620 598
Medidor 1830045567
{collection("698.40", shown="{0} {1}", between="  ")}
""",
    holder_name="RAIMUNDA NONATA BARROS DE SOUZA",
    holder_document="24725",
    document_kind="masked",
    utility="Equatorial Pará",
    city="Belém",
    state="PA",
    total_amount="698.40",
    reference_month=OCT,
    due_date=date(2026, 11, 18),
    consumption_kwh=612,
    average_kwh=598,
    installation_number="3011223344",
    flags=("overdue_notice",),
    traps=("1010.43", "512.33", "498.10", "1830045567"),
)

ENEL_CE = _layout(
    "enel_ce",
    f"""
Companhia Energética do Ceará - CNPJ 07.047.251/0001-70 - CGF 06.105.848-3
Rua Padre Valdevino, 150 - Centro - Fortaleza - CE
Enel Distribuição Ceará
DESTAQUE AQUI
ENDEREÇO PARA ENTREGA
RUA DAS FLORES, 9 - MESSEJANA
60840-000 FORTALEZA CE
Nº DO CLIENTE / UC: 5612340-9
Nome: FRANCISCO DE ASSIS LIMA NETO
CPF/CNPJ: 111.444.777-35
Endereço da Unidade Consumidora: RUA BARAO DE ARACATI 2200 AP 501 - ALDEOTA
CEP 60115-082 FORTALEZA - CE
Referência: 09/2026 Emissão: 28/09/2026
Vencimento: 14/10/2026
Valor até o vencimento R$ 356,90
Valor após o vencimento R$ 367,12
Total a pagar: R$ 356,90
Medidor: 7788112 Leitura anterior 45.118 Leitura atual 45.441 Constante 1
Consumo ativo (kWh): 323
Tipo de fornecimento: Monofásico Classe: B1-Residencial
Consumo dos últimos meses
SET 26 323 kWh
AGO 26 318 kWh
JUL 26 301 kWh
JUN 26 295 kWh
MAI 26 288 kWh
Média dos últimos 12 meses: 305 kWh
Parcelamento 3/10 R$ 45,00 incluído nesta fatura
{collection("356.90", shown="{0}{1}", between=" ")}
""",
    holder_name="FRANCISCO DE ASSIS LIMA NETO",
    holder_document="11144477735",
    utility="Enel Ceará",
    address="RUA BARAO DE ARACATI 2200 AP 501 - ALDEOTA",
    city="Fortaleza",
    state="CE",
    zip_code="60115082",
    total_amount="356.90",
    reference_month=SEP,
    due_date=date(2026, 10, 14),
    consumption_kwh=323,
    average_kwh=305,
    installation_number="56123409",
    flags=(),
    traps=("367.12", "45.00", "7788112", "318", "45441"),
)

COELBA = _layout(
    "coelba",
    f"""
NEOENERGIA COELBA
COMPANHIA DE ELETRICIDADE DO ESTADO DA BAHIA | AVENIDA EDGARD SANTOS, 300 - CABULA VI - SALVADOR BAHIA CEP 41181-900
CNPJ 15.139.629/0001-94
DADOS DO CLIENTE DATA DE VENCIMENTO TOTAL A PAGAR (R$)
PADARIA ESTRELA DO MAR LTDA ME
11.222.333/0001-81 05/12/2026 2.318,05
ENDEREÇO DA UNIDADE CONSUMIDORA
AV OCEANICA 3001 LJ 2
ONDINA/SALVADOR
40170-010 SALVADOR BA
CLASSIFICAÇÃO
B3 COMERCIAL - OUTROS SERVIÇOS E ATIVIDADES
Trifásico
CONTA CONTRATO
007012349876
MÊS/ANO
10/2026
DATA DA EMISSÃO DA NOTA FISCAL 30/10/2026
NÚMERO DA NOTA FISCAL 445566778
DESCRIÇÃO QUANTIDADE PREÇO VALOR (R$)
Consumo Ativo(kWh) 2.204,000000 1,01234000 2.231,20
Ilum. Púb. Municipal 86,85
TOTAL DA FATURA 2.318,05
DEMONSTRATIVO DE CONSUMO DESTA NOTA FISCAL
NÚMERO DO MEDIDOR TIPO DA FUNÇÃO DATA ANTERIOR LEITURA DATA ATUAL LEITURA CONSTANTE CONSUMO kWh
00001122334 CAT 29/09/2026 10.002,00 30/10/2026 12.206,00 1,0000 2.204,00
AUTENTICAÇÃO MECÂNICA
{collection("2318.05", kind="8", between=chr(10))}
""",
    holder_name="PADARIA ESTRELA DO MAR LTDA ME",
    holder_document="11222333000181",
    document_kind="cnpj",
    utility="Neoenergia Coelba",
    city="Salvador",
    state="BA",
    total_amount="2318.05",
    reference_month=OCT,
    due_date=date(2026, 12, 5),
    consumption_kwh=2204,
    installation_number="007012349876",
    tariff_group="B",
    traps=("00001122334", "445566778", "12206"),
)

CPFL = _layout(
    "cpfl_paulista",
    f"""
Companhia Paulista de Força e Luz
Rua Jorge de Figueiredo Corrêa, 1632 - Jardim Professora Tarcília - CEP 13087-397 Campinas-SP
CNPJ: 33.050.196/0001-88 Inscrição Estadual: 244.163.955.115
NOTA FISCAL/CONTA DE ENERGIA ELÉTRICA
ANA SA
R DR QUIRINO 1200 AP 34
CENTRO
13015-081 CAMPINAS SP
PN 701234567 SEU CÓDIGO
4001122334
CONTA MÊS
VENCIMENTO
TOTAL A PAGAR
NOV/2026
09/12/2026
R$ 200,00
Lote Roteiro de leitura Nº. Medidor PN
08 CAMBU045-00000123 41122998 701234567
Reservado ao Fisco
CPF: 390.533.447-05
Discriminação da Operação Quantidade Tarifa Valor
Consumo Uso Sistema [KWh]-TUSD NOV/26 kWh 187,000 0,46210000 86,41
Consumo - TE NOV/26 kWh 187,000 0,49990000 93,48
Contrib. Custeio IP-CIP Municipal NOV/26 20,11
Total Consolidado 200,00
HISTÓRICO DE CONSUMO kWh Dias
2026 NOV 187 30
OUT 192 31
SET 180 30
AGO 175 31
Classificação: Convencional B1 Residencial - Bifásico 220 / 127 V
{collection("200.00")}
""",
    holder_name="ANA SA",
    holder_document="39053344705",
    utility="CPFL Paulista",
    city="Campinas",
    state="SP",
    total_amount="200.00",
    reference_month=date(2026, 11, 1),
    due_date=date(2026, 12, 9),
    consumption_kwh=187,
    installation_number="4001122334",
    tariff_group="B",
    flags=(),
    traps=("701234567", "41122998", "192"),
)

LIGHT = _layout(
    "light",
    """
Light Serviços de Eletricidade S.A.
Av. Marechal Floriano, 168 - Rio de Janeiro/RJ - CEP 20080-002
CNPJ 60.444.437/0001-46
NÚMERO DE IDENTIFICAÇÃO DA UNIDADE CONSUMIDORA
101.059-21
CÓDIGO DO CLIENTE CÓDIGO DA INSTALAÇÃO
20112233 0410998877
ESPÓLIO DE HEITOR VILELA NUNES
RUA SENADOR VERGUEIRO 218 APTO 602
FLAMENGO
22230-001 RIO DE JANEIRO RJ
CPF 529.982.247-25
OUT/2026 08/11/2026 R$ 530,11
NOTA FISCAL / CONTA DE ENERGIA ELÉTRICA
Classe: Residencial B1 Bifásico
Energia Elétrica kWh 455 1,05211 478,71
Contrib. Ilum. Pública 51,40
Medidor 9912345
Consumo kWh
Out/26 455
Set/26 461
Ago/26 449
Jul/26 430
Jun/26 441
TOTAL 530,11
""",
    holder_name="ESPÓLIO DE HEITOR VILELA NUNES",
    holder_document="52998224725",
    utility="Light",
    city="Rio de Janeiro",
    state="RJ",
    total_amount="530.11",
    reference_month=OCT,
    due_date=date(2026, 11, 8),
    consumption_kwh=455,
    average_kwh=447,
    installation_number="10105921",
    tariff_group="B",
    flags=(),
    traps=("9912345", "461"),
)

ENERGISA_MT = _layout(
    "energisa_mt",
    f"""
ENERGISA MATO GROSSO - DISTRIBUIDORA DE ENERGIA S.A.
RUA VEREADOR JOÃO BARBOSA CARAMURU, 184 - BANDEIRANTES
CUIABÁ / MT - CEP 78010-900
CNPJ 03.467.321/0001-99 Insc. Est. 13.020.377-9
SEBASTIAO FERREIRA DA CUNHA
SITIO BOA ESPERANCA S/N - ZONA RURAL
RONDONOPOLIS / MT - CEP: 78700-000
CNPJ/CPF/RANI: 111.444.777-35
Classificação: RURAL / AGROPECUÁRIA RURAL IRRIGAÇÃO B2 Ligação: TRIFÁSICO
CÓDIGO DA INSTALAÇÃO CÓDIGO DO CLIENTE
0009988776655 6/1234567-8
REF: MÊS / ANO VENCIMENTO TOTAL A PAGAR
Outubro / 2026 20/11/2026 R$ 1.980,33
NOTA FISCAL Nº: 012.345.678 - Série: 002
Leitura Anterior Leitura Atual Nº Dias Próxima Leitura
21/09/2026 21/10/2026 30 20/11/2026
Itens da Fatura Unid. Quant. Preço unit.(R$) com tributos Valor (R$)
Consumo em kWh KWH 2.350,00 0,83010 1.950,73
CONTRIB DE ILUM PUBLICA 29,60
TOTAL: 1.980,33
CONSUMO DOS ÚLTIMOS 13 MESES
OUT/26 2.350 SET/26 2.410 AGO/26 2.600
JUL/26 2.290 JUN/26 1.980 MAI/26 1.777
Chave de Acesso: {key("51", OCT, "03467321000199")}
""",
    holder_name="SEBASTIAO FERREIRA DA CUNHA",
    holder_document="11144477735",
    utility="Energisa Mato Grosso",
    city="Rondonópolis",
    state="MT",
    total_amount="1980.33",
    reference_month=OCT,
    due_date=date(2026, 11, 20),
    consumption_kwh=2350,
    average_kwh=2234,
    installation_number="0009988776655",
    tariff_group="B",
    flags=("rural_irrigation", "high_value"),
    traps=("012345678", "612345678", "2410"),
)

COPEL = _layout(
    "copel",
    f"""
COPEL Distribuição S.A.
R. José Izidoro Biazetto, 158 - bloco C - Mossunguê - CEP 81200-240 Curitiba - PR
CNPJ 04.368.898/0001-06 IE 90.233.073-99
Nome: DIRCEU KOWALSKI
Endereço: R XV DE NOVEMBRO, 2350 - AP 81 - ALTO DA XV
CEP: 80045-270 Cidade: CURITIBA Estado: PR
CPF: 390.533.447-05
UNIDADE CONSUMIDORA
80765432
Mês de Referência Vencimento Total a Pagar
10/2026 22/11/2026 R$154,08
B1 Residencial / Convencional Trifásico
Leitura anterior 20/09/2026 Leitura atual 20/10/2026 30 dias
ENERGIA ELET CONSUMO kWh 410 0,355512 145,76
ENERGIA ELET USO SISTEMA kWh 410 0,461219 189,10
ENERGIA INJ. OUC MPT TE 10/2026 kWh -290 0,355512 -103,10
ENERGIA INJ. OUC MPT TUSD 10/2026 kWh -290 0,414110 -120,09
CONT ILUMIN PUBLICA MUNICIPIO UN 1 42,41
Saldo Acumulado no Ciclo de Faturamento SCEE: 118 kWh
Medidor: 0123998877
HISTÓRICO DE CONSUMO
OUT/26 410 22/11/2026 154,08
SET/26 405 22/10/2026 149,00
AGO/26 398 22/09/2026 147,12
JUL/26 380 22/08/2026 139,90
JUN/26 377 22/07/2026 141,77
{collection("154.08")}
""",
    holder_name="DIRCEU KOWALSKI",
    holder_document="39053344705",
    utility="COPEL Distribuição",
    city="Curitiba",
    state="PR",
    total_amount="154.08",
    reference_month=OCT,
    due_date=date(2026, 11, 22),
    consumption_kwh=410,
    installation_number="80765432",
    tariff_group="B",
    flags=("own_generation",),
    traps=("149.00", "0123998877", "290"),
)

EDP = _layout(
    "edp_sp",
    f"""
EDP São Paulo Distribuição de Energia S.A.
Rua Werner Von Siemens, 111 - Lapa de Baixo - São Paulo/SP CNPJ 02.302.100/0001-06
Cliente
THIAGO LUIZ DE SOUZA
Rua Capitão Rabelo, 77 - Jd. São Paulo
07110-060 - GUARULHOS - SP
Instalação
0150998877
CPF
529.982.247-25
Conta referente a
Outubro de 2026
Data de vencimento
12/11/2026
Valor a pagar
R$ 444,44
Nota Fiscal 000.111.222
Série C
Consumo TUSD kWh 411 0,44012 180,89
Consumo TE kWh 411 0,49909 205,13
COSIP 58,42
Classe: B1 Residencial
Pague seu boleto até o vencimento
001-9 {boleto("444.44", date(2026, 11, 12))}
Nosso número 00054014481606906 Número do documento 998877665
""",
    holder_name="THIAGO LUIZ DE SOUZA",
    holder_document="52998224725",
    utility="EDP São Paulo",
    city="Guarulhos",
    state="SP",
    total_amount="444.44",
    reference_month=OCT,
    due_date=date(2026, 11, 12),
    consumption_kwh=411,
    installation_number="0150998877",
    tariff_group="B",
    flags=(),
    traps=("998877665", "000111222"),
)

ENEL_SP_A4 = _layout(
    "enel_sp_grupo_a",
    f"""
ENEL
Av. Marcos Penteado de Ulhôa Rodrigues, 939 - Barueri - SP - CNPJ 61.695.227/0001-93
T O T A L  A  P A G A R   V E N C I M E N T O
18.402,77 25/11/2026
Mês de referência: 10/2026
Razão Social: METALURGICA IPIRANGA S.A.
CNPJ: 12.ABC.345/01DE-35
Endereço: RUA VERGUEIRO 8000 - IPIRANGA
04272-300 SÃO PAULO - SP
Nº da instalação: 0041998877
Subgrupo: A4 Tarifa Horária Verde
Demanda contratada 120 kW
Consumo ativo ponta kWh 1.210 2,10111 2.542,34
Consumo ativo fora ponta kWh 14.880 0,62010 9.227,09
Demanda faturada kW 118 31,20 3.681,60
Energia Elétrica total consumido: 16.090 kWh
Bandeira vermelha patamar 1
{collection("18402.77")}
""",
    holder_name="METALURGICA IPIRANGA S.A.",
    holder_document="12ABC34501DE35",
    document_kind="cnpj",
    utility="Enel São Paulo",
    city="São Paulo",
    state="SP",
    total_amount="18402.77",
    reference_month=OCT,
    due_date=date(2026, 11, 25),
    installation_number="0041998877",
    tariff_group="A",
    flags=("grupo_a", "high_value"),
)

LAYOUTS = (
    NEOENERGIA_PE, CEMIG, EQUATORIAL_GO, EQUATORIAL_PA, ENEL_CE, COELBA, CPFL, LIGHT, ENERGISA_MT, COPEL, EDP, ENEL_SP_A4,
)  # fmt: skip
