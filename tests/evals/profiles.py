"""The simulated leads: where each lives, what each wants, what happens in their lives, and where each must arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.evals.scripts import Ends, Form

# When somebody brings something up: with the first words, at any question before the end, or once it is over.
When = Literal["first", "talking", "after"]


@dataclass(frozen=True)
class Home:
    """A place of the simulator: its IBGE code, the distribuidora as people call it, and as it stands on the bill."""

    city: str
    uf: str
    state: str
    code: int
    utility: str
    printed: str


RECIFE = Home("Recife", "PE", "Pernambuco", 2611606, "Celpe", "Neoenergia Pernambuco")
OLINDA = Home("Olinda", "PE", "Pernambuco", 2609600, "Celpe", "Neoenergia Pernambuco")
CARUARU = Home("Caruaru", "PE", "Pernambuco", 2604106, "Celpe", "Neoenergia Pernambuco")
BELO_HORIZONTE = Home("Belo Horizonte", "MG", "Minas Gerais", 3106200, "Cemig", "CEMIG Distribuição")
SALVADOR = Home("Salvador", "BA", "Bahia", 2927408, "Coelba", "Neoenergia Coelba")
CAMPINAS = Home("Campinas", "SP", "São Paulo", 3509502, "CPFL", "CPFL Paulista")
GOIANIA = Home("Goiânia", "GO", "Goiás", 5208707, "Equatorial", "Equatorial Goiás")
EXTREMA = Home("Extrema", "MG", "Minas Gerais", 3125101, "Energisa Sul Sudeste", "Energisa Sul-Sudeste")
FORTALEZA = Home("Fortaleza", "CE", "Ceará", 2304400, "Enel", "Enel Ceará")
SAO_PAULO = Home("São Paulo", "SP", "São Paulo", 3550308, "Enel", "Enel São Paulo")


@dataclass(frozen=True)
class Profile:
    """One kind of lead. `says` are things brought up unasked, by the section of `phrases.toml`."""

    name: str
    about: str
    home: Home
    ends: Ends
    form: Form | None = None
    says: tuple[tuple[str, When], ...] = ()
    plan: Literal["most", "free", "middle"] = "most"
    bill: str = "good"
    read: dict[str, Any] = field(default_factory=dict)
    # The total that the lead sees on the paper, where it was read wrong.
    total: str | None = None
    # Where the lead lives, when the bill is from somewhere else.
    elsewhere: str | None = None
    wants_notice: bool = True
    # Hesitates before the bill and before the plan.
    wavers: bool = False
    chatty: float = 0.12

    @property
    def chooses(self) -> bool:
        """True for who is to end with a plan."""
        return "plan_chosen" in (self.ends.handoffs or ())

    @property
    def wants(self) -> frozenset[str]:
        return frozenset(section for section, _ in self.says)


def _ends(*stage: Stage, **more: Any) -> Ends:
    return Ends.model_validate({"stage": stage, **more})


def _form(name: str, home: Home, **more: Any) -> Form:
    return Form(name=name, city=home.city, state=home.uf, **more)


S, Q, E = Stage, Qualification, Ended
_CHOSEN = _ends(S.INTERESTED, S.COMPLETED, qualification=Q.QUALIFIED, handoffs=("plan_chosen",), ended=E.HANDED_OVER)
# A person looks at the bill first, and is told so before the plan is chosen.
_CHOSEN_REVIEWED = _ends(
    S.INTERESTED,
    S.COMPLETED,
    qualification=Q.NEEDS_REVIEW,
    handoffs=("needs_review", "plan_chosen"),
    ended=E.HANDED_OVER,
)

PROFILES = (
    Profile("easy", "form, everything right, the largest discount", RECIFE, _CHOSEN, _form("Marinalva Gomes", RECIFE)),
    Profile("unknown", "no form, writes first, wants no commitment", SALVADOR, _CHOSEN, plan="free"),
    Profile("two_distribuidoras", "the city has two, and one plan", EXTREMA, _CHOSEN, _form("Valdir Nunes", EXTREMA)),
    Profile("moved", "the form's city is the old one", CAMPINAS, _CHOSEN, _form("Ítalo Meneses", RECIFE), plan="free"),
    Profile(
        "wavers",
        "will send the bill later, and think before choosing",
        BELO_HORIZONTE,
        _CHOSEN,
        _form("Dalva Pires", BELO_HORIZONTE),
        plan="middle",
        wavers=True,
    ),
    Profile(
        "asks_a_lot", "a question beside nearly everything", GOIANIA, _CHOSEN, _form("Rui Teles", GOIANIA), chatty=0.55
    ),
    Profile(
        "troubled",
        "tells of illness or lost work, fears fraud",
        OLINDA,
        _CHOSEN,
        _form("Zilda Freire", OLINDA),
        (("hardship", "talking"), ("fraud", "talking")),
        plan="free",
    ),
    Profile(
        "rents_a_shop",
        "a company in a rented house",
        CARUARU,
        _CHOSEN,
        _form("Nivaldo Rego", CARUARU),
        (("company", "talking"), ("tenant", "talking")),
        plan="middle",
    ),
    Profile(
        "mothers_house",
        "lives in Niterói, the bill is the mother's in Recife",
        RECIFE,
        _CHOSEN_REVIEWED,
        bill="of_somebody_else",
        elsewhere="Niterói",
    ),
    Profile(
        "somebody_elses",
        "the bill is in another name, and its holder agrees",
        RECIFE,
        _CHOSEN_REVIEWED,
        _form("Jonas Vilar", RECIFE),
        (("holder_other", "talking"),),
        bill="of_somebody_else",
    ),
    Profile(
        "bereaved",
        "the holder has died",
        RECIFE,
        _CHOSEN_REVIEWED,
        _form("Lídia Matos", RECIFE),
        (("holder_deceased", "talking"),),
        bill="of_somebody_else",
        plan="free",
    ),
    Profile(
        "misread",
        "the total was read wrong",
        RECIFE,
        _CHOSEN_REVIEWED,
        _form("Gilson Porto", RECIFE),
        total="478,90",
    ),
    Profile(
        "two_bills",
        "two houses; sends the second bill after choosing",
        RECIFE,
        _ends(S.INTERESTED, S.COMPLETED, handoffs=("plan_chosen", "changed"), ended=E.HANDED_OVER),
        _form("Arlete Bastos", RECIFE),
        (("several", "talking"), ("second_bill", "after")),
    ),
    Profile(
        "changes_plan",
        "another plan after the hand-over",
        RECIFE,
        _CHOSEN,
        _form("Edmilson Cruz", RECIFE),
        (("change", "after"),),
        plan="free",
    ),
    Profile(
        "withdraws",
        "chooses, and then no more",
        RECIFE,
        _ends(S.COMPLETED, handoffs=("plan_chosen", "withdrawn"), ended=E.WITHDRAWN),
        _form("Sheila Ramalho", RECIFE),
        (("withdraw", "after"),),
    ),
    Profile(
        "declines",
        "does not want, somewhere on the way",
        RECIFE,
        _ends(S.COMPLETED, handoffs=(), ended=E.DECLINED),
        _form("Otoniel Braga", RECIFE),
        (("decline", "talking"),),
    ),
    Profile(
        "not_served",
        "nothing is sold there; wants to be told",
        SAO_PAULO,
        _ends(S.NOT_SERVED, notice="granted"),
        _form("Kátia Brandt", SAO_PAULO),
    ),
    Profile(
        "not_served_no_notice",
        "nothing is sold there; wants no notice",
        SAO_PAULO,
        _ends(S.NOT_SERVED, S.COMPLETED, notice="declined"),
        wants_notice=False,
    ),
    Profile("no_plan_now", "served, without a plan at present", FORTALEZA, _ends(S.NOT_SERVED, notice="granted")),
    Profile(
        "wants_a_person",
        "rather a person than a program",
        RECIFE,
        _ends(S.HUMAN_REQUESTED, handoffs=("asked_for_person",), ended=E.PERSON),
        _form("Benedita Alves", RECIFE),
        (("person", "talking"),),
    ),
    Profile(
        "stops",
        "wants no more messages",
        RECIFE,
        _ends(S.OPTED_OUT, opted_out=True, handoffs=(), ended=E.STOPPED),
        _form("Tadeu Sampaio", RECIFE),
        (("stop", "talking"),),
    ),
    Profile(
        "erases",
        "wants everything erased",
        RECIFE,
        _ends(S.OPTED_OUT, opted_out=True, handoffs=("erase_my_data",), ended=E.ERASING),
        _form("Iracema Leal", RECIFE),
        (("erase", "talking"),),
    ),
    Profile(
        "too_small",
        "the bill is below the minimum",
        RECIFE,
        _ends(S.COMPLETED, qualification=Q.NOT_QUALIFIED, handoffs=(), ended=E.TOO_SMALL),
        _form("Gentil Araújo", RECIFE),
        bill="small",
    ),
    Profile(
        "wrong_person",
        "somebody else's number",
        RECIFE,
        _ends(S.COMPLETED, handoffs=("wrong_person",), ended=E.WRONG_PERSON),
        _form("Aparecida Fontes", RECIFE),
        (("wrong_person", "talking"),),
    ),
    Profile(
        "customer",
        "is a customer already",
        RECIFE,
        _ends(S.HUMAN_REQUESTED, handoffs=("customer",), ended=E.PERSON),
        None,
        (("customer", "first"),),
    ),
    Profile(
        "ends_a_contract",
        "wants to end a contract",
        RECIFE,
        _ends(S.HUMAN_REQUESTED, handoffs=("customer",), ended=E.PERSON),
        _form("Wilma Torres", RECIFE),
        (("cancel", "talking"),),
    ),
)
del S, Q, E
