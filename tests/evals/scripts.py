"""What a scripted lead does and what must come of it: `leads/*.toml` (a file is a kind, a table a lead) or `*.jsonl`
(a line is a lead)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from flows.assistant.state import Ended
from flows.domain import Qualification, Stage

HERE = Path(__file__).resolve().parent
Topic = Literal["place", "bill", "amount", "utility", "plan"]


class Strict(BaseModel):
    """A table of a script: a misspelt key stops the run, because a wish that nobody reads is always fulfilled."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(Strict):
    """One message: exactly one of the fields above the line, and what goes with it below."""

    text: str | None = None
    # A regular expression; the first button or row whose title, description or id it finds is tapped. Where the
    # assistant offered none, `text_if_none` is typed instead, as people do, and without it the script has failed.
    tap: str | None = None
    # Names of `bills.toml`: what reading the file yields.
    photo: str | None = None
    pdf: str | None = None
    # A file that cannot be kept, with its reason.
    refused: Literal["wrong_type", "too_large", "not_fetched"] | None = None
    location: dict[str, Any] | None = None
    only: Literal["audio", "video", "sticker", "reaction", "contacts", "order", "unsupported"] | None = None
    # An emoji put to our last message.
    reacts: str | None = None

    text_if_none: str | None = None
    caption: str = ""
    # Changes to the reading, and whether this is the very file that came before.
    read: dict[str, Any] = Field(default_factory=dict)
    same: bool = False
    # The message is a quoted reply: to our last message (1), the one before it (2), and so on.
    quotes: int | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Item:
        things = [self.text, self.tap, self.photo, self.pdf, self.refused, self.location, self.only]
        things.append(self.reacts)
        if sum(thing is not None for thing in things) != 1:
            raise ValueError("a message is exactly one of text, tap, photo, pdf, refused, location, only, reacts")
        return self


class Step(Strict):
    """One turn: a burst (or only silence), and what must hold of the answer."""

    says: tuple[Item, ...] = ()
    # Hours of silence before it. From two hours on the lead is reminded, where the assistant may.
    after: float = 0.02
    # The plans API from here on.
    api: Literal["up", "down", "stale"] | None = None
    # Regular expressions over everything the lead reads in the answer, small and capital letters alike.
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    # True: no message; False: a message. Unsaid, an open conversation must be answered.
    silent: bool | None = None
    # What may be asked although it is known, because the lead has just taken it back.
    may_ask: tuple[Topic, ...] = ()
    stage: Stage | None = None

    @field_validator("says", mode="before")
    @classmethod
    def _items(cls, value: Any) -> Any:
        value = value if isinstance(value, list) else [value]
        return [{"text": item} if isinstance(item, str) else item for item in value]

    @field_validator("has", "lacks", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Ends(Strict):
    """What must be true at the end; absent means that it does not matter."""

    stage: tuple[Stage, ...]
    qualification: tuple[Qualification, ...] = ()
    # Reasons of all hand-overs there were, in any order.
    handoffs: tuple[str, ...] | None = None
    plan: int | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    opted_out: bool = False
    notice: Literal["granted", "declined"] | None = None
    # Why it is over, where the stage alone does not tell.
    ended: tuple[Ended, ...] = ()

    @field_validator("stage", "qualification", "ended", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def left_open(self) -> bool:
        """True where the script does not say where it ends: nobody who was answered is still at the very beginning."""
        return self.stage == (Stage.INITIAL,)


class Form(Strict):
    """What the landing page gave."""

    name: str
    city: str | None = None
    state: str | None = None
    invoice_amount: Decimal | None = None
    client_type: Literal["natural", "juridical"] | None = None


class Utility(Strict):
    """A distribuidora of a place: plans as "percent/months", with "/benefit" where there is one; none is no plan now."""

    utility: str
    plans: tuple[str, ...] = ()


class Script(Strict):
    """One lead."""

    name: str
    kind: str
    about: str
    form: Form | None = None
    # The name on the WhatsApp profile, for who comes without a form.
    profile: str | None = None
    # Coverage of places ("Campo Grande/MS") beyond those of the simulator. An empty list is a place not served.
    world: dict[str, tuple[Utility, ...]] = Field(default_factory=dict)
    # Regular expressions that no message to this lead may hold.
    never: tuple[str, ...] = ()
    most_messages: int | None = None
    turns: tuple[Step, ...]
    ends: Ends

    @field_validator("never", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


def load(folder: Path = HERE / "leads") -> list[Script]:
    """All scripts by kind and in the order of their files. Raises ValueError for a wrong one or a name used twice."""
    scripts = [Script.model_validate(table) for table in _tables(folder)]
    names = [script.name for script in scripts]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"more than one lead is called {', '.join(sorted(twice))}")
    return scripts


def _tables(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.toml")):
        for table in tomllib.loads(file.read_text("utf-8"))["lead"]:
            yield {"kind": file.stem, **table}
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            if line.strip():
                yield {"kind": file.stem, **json.loads(line)}
