"""A lead who talks with the machine in meanings, and the few worlds that these tests live in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.assistant.decide import Case, Code, Decision, Form, Look, Terms, decide
from flows.assistant.meaning import Item, Meaning, Mood, Owner, Question, Reading
from flows.assistant.say import NEEDS
from flows.assistant.state import Bill, State
from flows.domain import (
    BillKept,
    BillReading,
    BillReceipt,
    BillRefused,
    Contact,
    Coverage,
    Handoff,
    Inbound,
    NotServed,
    Offer,
    Plan,
    Qualification,
    Served,
    Stage,
)
from tests.evals.ledger import wished

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
RECIFE, OLINDA, CARUARU, SAO_PAULO, HORIZONTE = 2611606, 2609600, 2604106, 3550308, 3106200
CAMPO_GRANDE, NAMESAKE = 5002704, 2701506  # in MS and in AL
# What `say` knows of every lead, whatever an act carries.
KNOWN = frozenset({"name", "persona", "deadline", "minimum", "url"})


def plan(id: int, discount: str, months: int = 0, utility: str = "CELPE") -> Plan:
    return Plan(plan_id=id, name=f"Plano {id}", utility=utility, discount=Decimal(discount), fidelity_months=months)


CELPE = Served(utility="CELPE", plans=(plan(556, "0.18", 60), plan(501, "0.16", 36), plan(490, "0.14")))
ONE_PLAN = Served(utility="CELPE", plans=(plan(700, "0.12", 12),))
READ = BillReading(
    outcome="qualified",
    holder="match",
    holder_first_name="MARIA",
    utility="CELPE",
    state="PE",
    ibge_code=RECIFE,
    total_amount=Decimal("412.30"),
    consumption_kwh=431,
    reference_month=date(2026, 10, 1),
    due_date=date(2026, 12, 10),
)
SMALL = {"outcome": "below_minimum", "total_amount": Decimal("143.20"), "reasons": ("below_minimum",)}
MISMATCH = {"outcome": "review", "holder": "mismatch", "reasons": ("holder_mismatch",)}
MINEIRA = {"state": "MG", "ibge_code": HORIZONTE, "utility": "CEMIG"}
UNREAD = BillKept(bill_id=UUID(int=7))


def said(meaning: Meaning, quote: str = "dito", **carried: Any) -> Item:
    return Item(meaning, quote=quote, **carried)


def place(*codes: int, owner: Owner = Owner.BILL, **more: Any) -> Item:
    return said(Meaning.PLACE, places=codes, owner=owner, **more)


def asking(faq: str | None) -> Item:
    return said(Meaning.QUESTION, faq=faq)


def choosing_plan(id: int | None, **more: Any) -> Item:
    return said(Meaning.CHOICE, plan=id, **more)


def bill(*, known: bool = False, **fields: Any) -> BillKept:
    return BillKept(bill_id=UUID(int=7), known=known, reading=READ.model_copy(update=fields))


def useless(outcome: str, *reasons: str) -> BillKept:
    return BillKept(bill_id=UUID(int=8), reading=BillReading.model_validate({"outcome": outcome, "reasons": reasons}))


def refused(reason: str) -> BillRefused:
    return BillRefused.model_validate({"reason": reason})


class Talk:
    """A conversation in meanings. What the store would keep of each decision is applied to the lead."""

    def __init__(
        self,
        *form: int,
        amount: Decimal | None = None,
        world: dict[Any, Coverage] | None = None,
        default: Coverage = CELPE,
        named: bool = True,
        overdue: Callable[[datetime], bool] = lambda since: False,
        notices: bool = True,
    ) -> None:
        self.case = Case(
            state=State(),
            reading=Reading(),
            now=NOW,
            stage=Stage.FORM_SUBMITTED,
            form=Form(form, amount),
            named=named,
            contact=lambda words, asked_at, now: Contact(words, asked_at, now, asked_at if overdue(asked_at) else now),
            terms=Terms(notices=notices),
        )
        self.world, self.default = world or {}, default
        self.looked: list[tuple[int, str | None]] = []
        self.decision = Decision(State())
        self.handoffs: list[Handoff] = []

    def means(
        self,
        *items: Meaning | Item,
        files: tuple[BillReceipt, ...] = (),
        unreadable: tuple[Inbound, ...] = (),
        mood: Mood = Mood.CALM,
        after: timedelta = timedelta(minutes=1),
    ) -> Talk:
        reading = Reading(tuple(said(one) if isinstance(one, Meaning) else one for one in items), mood)
        self.case = replace(
            self.case, reading=reading, now=self.case.now + after, files=files, unreadable=unreadable, coverage={}
        )
        self.decision = self._decided()
        self._keep(self.decision)
        return self

    def sends(self, *files: BillReceipt) -> Talk:
        return self.means(files=files)

    @property
    def codes(self) -> list[Code]:
        return [act.code for act in self.decision.acts]

    @property
    def asks(self) -> Question | None:
        return next((act.asks for act in self.decision.acts if act.asks), None)

    @property
    def choices(self) -> list[str]:
        return [id for act in self.decision.acts for id in act.choices]

    @property
    def state(self) -> State:
        return self.case.state

    @property
    def bill(self) -> Bill:
        assert self.state.bill is not None
        return self.state.bill

    @property
    def stage(self) -> Stage:
        return self.case.stage

    @property
    def qualification(self) -> Qualification:
        return self.case.qualification

    def fact(self, code: Code, name: str) -> Any:
        act = next(act for act in self.decision.acts if act.code is code)
        return act.facts[name].value

    def shown(self) -> list[int]:
        """The plans of the list that was shown in this turn, in their order."""
        offers: tuple[Offer, ...] = self.fact(Code.PLANS, "offers")
        return [offer.plan_id for offer in offers]

    def _decided(self) -> Decision:
        for _ in range(5):
            try:
                return decide(self.case)
            except Look as look:
                self.looked.append((look.place, look.utility))
                by_utility = self.world.get((look.place, look.utility))
                answer = by_utility or self.world.get(look.place, self.default)
                coverage = {**self.case.coverage, (look.place, look.utility): answer}
                self.case = replace(self.case, coverage=coverage)
        raise AssertionError("the world was asked too often")

    def _keep(self, decision: Decision) -> None:
        for act in decision.acts:
            missing = NEEDS[act.code] - set(act.facts) - KNOWN
            assert not missing, f"{act.code} lacks {missing}"
        assert sum(bool(act.asks) for act in decision.acts) <= 1
        kept = [file for file in self.case.files if isinstance(file, BillKept) and not file.known]
        self.case = replace(
            self.case,
            state=decision.state,
            stage=decision.stage or self.stage,
            qualification=decision.qualification or self.qualification,
            offers=decision.offers or self.case.offers,
            bills=self.case.bills + len(kept),
            wishes=wished(self.case.wishes, decision.consent, decision.served),
            opted_out=self.case.opted_out or decision.opt_out,
        )
        if decision.handoff:
            self.handoffs.append(decision.handoff)


def greeted(**more: Any) -> Talk:
    """Whose form says Recife, and who was asked whether that is right."""
    talk = Talk(*more.pop("form", (RECIFE,)), **more).means(Meaning.GO_ON)
    assert talk.stage is Stage.AWAITING_PLACE
    return talk


def awaiting_bill(**more: Any) -> Talk:
    talk = greeted(**more).means(Meaning.YES)
    assert talk.stage is Stage.AWAITING_BILL
    return talk


def read_back(talk: Talk | None = None, **fields: Any) -> Talk:
    """Whose bill was read back just now."""
    talk = (talk or awaiting_bill()).sends(bill(**fields))
    assert talk.stage is Stage.BILL_PROCESSED
    return talk


def choosing(talk: Talk | None = None, **fields: Any) -> Talk:
    """Who is asked for a plan, with a bill that was read and confirmed."""
    talk = read_back(talk, **fields).means(Meaning.BILL_RIGHT)
    assert talk.stage is Stage.PLANS_SENT
    return talk


def handed_over(talk: Talk | None = None) -> Talk:
    talk = choosing(talk).means(choosing_plan(501))
    assert talk.stage is Stage.INTERESTED
    return talk


def not_served(**more: Any) -> Talk:
    """Whose place Serena does not serve, and who was asked about being told, where that can be done."""
    talk = Talk(world={SAO_PAULO: NotServed()}, **more).means(place(SAO_PAULO))
    assert talk.stage is Stage.NOT_SERVED
    return talk
