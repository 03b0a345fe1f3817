"""Which state a message tells of: by its name, by a CEP, or by a distribuidora that serves only one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.bill.utilities import Utility
from flows.assistant.hear.companies import company_in
from flows.assistant.hear.scene import PLACE_QUESTIONS, Scene
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Owner
from flows.assistant.place import capital, ceps


def of_ceps(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield the states of the CEPs that a message tells."""
    for clause in one.clauses:
        if (cep := ceps.find(clause.quote, expecting=scene.asked in PLACE_QUESTIONS)) and (uf := ceps.state_of(cep)):
            yield _in_state(uf, clause.quote, clause.message)


def of_companies(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield the state of each distribuidora that serves only one: it goes before the place that was known."""
    scene = replace(scene, state=replace(scene.state, place=None))
    for clause in one.clauses:
        company = None if clause.asks else company_in(clause, scene)
        if company and isinstance(company[2], Utility) and len(company[2].states) == 1:
            yield _in_state(company[2].states[0], company[1], clause.message)


def _in_state(uf: str, quote: str, message: int) -> Item:
    # Every address of the Distrito Federal is in Brasília.
    if uf == "DF":
        return Item(Meaning.PLACE, quote, message, owner=Owner.BILL, places=(capital("DF").ibge_code,))
    return Item(Meaning.PLACE, quote, message, owner=Owner.BILL, state=uf)
