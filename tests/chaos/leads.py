"""Leads who talk while things break, each in a thread: what they wrote, when it was answered, and what came besides."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from tests.people import Person

# Each is answered with exactly one message, however often it is asked.
TEXTS = (
    "oi",
    "moro em Recife, PE",
    "como funciona?",
    "tem fidelidade?",
    "quem é a Serena?",
    "preciso instalar placas?",
    "quanto custa?",
)


@dataclass
class Turn:
    """One message of a lead; monotonic seconds. `answered` is None until our message reached the phone."""

    sent: float
    answered: float | None = None
    answer: str = ""


@dataclass
class Talker:
    """Writes, waits for the answer, pauses, and so on until told to stop. `pause` is in seconds: longer than the linger
    means that the conversation is suspended when the next message comes."""

    person: Person
    pause: tuple[float, float]
    # Does not always wait for an answer, and at times their network delivers twice.
    hasty: bool = False
    turns: list[Turn] = field(default_factory=list)
    # messages of ours that no message of theirs asked for
    besides: list[str] = field(default_factory=list)
    trouble: str | None = None

    def start(self, stop: threading.Event) -> None:
        self._thread = threading.Thread(target=self._talk, args=(stop,), name=self.person.id, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _talk(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                turn = Turn(time.monotonic())
                self.turns.append(turn)
                self._write(TEXTS[(len(self.turns) - 1) % len(TEXTS)])
                while not (new := self.person.look(2.0)) and time.monotonic() - turn.sent < 300:
                    continue
                if not new:
                    return
                turn.answered, turn.answer = time.monotonic(), new[0]["text"]
                self.besides += [bubble["text"] for bubble in new[1:]]
                self._listen(random.uniform(*self.pause), stop)
        except httpx.HTTPError as exc:
            self.trouble = type(exc).__name__

    def _write(self, text: str) -> None:
        match random.randrange(6) if self.hasty else None:
            case 0:
                self.person.burst(text, *random.sample(TEXTS[2:], 2), batched=bool(random.getrandbits(1)))
            case 1:
                self.person.write(text, copies=3)
            case 2:
                self.person.does(type="document", bill="celpe")
            case _:
                self.person.write(text)

    def _listen(self, seconds: float, stop: threading.Event) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not stop.is_set():
            self.besides += [bubble["text"] for bubble in self.person.look(min(left, 1.0))]

    def unasked(self, reminder_after: float) -> list[str]:
        """What came besides the answers. A reminder is none of it when for that long (seconds) nothing of theirs reached
        us: with the webhook away, a lead who writes is a lead who is silent."""
        ends = [turn.answered for turn in self.turns if turn.answered is not None]
        due = sum(later - earlier >= reminder_after for earlier, later in pairwise(ends))
        answers = {turn.answer for turn in self.turns}
        repeated = [text for text in self.besides if text in answers]
        return repeated + [text for text in self.besides if text not in answers][due:]

    def hears_nothing_more(self, seconds: float) -> None:
        """Whatever comes in this time was not asked for."""
        self._listen(seconds, threading.Event())


@dataclass
class Silent:
    """Wrote once, was answered, and says nothing more: one reminder is due to them, and only one."""

    person: Person
    reminders: list[float] = field(default_factory=list)

    @classmethod
    def after_a_greeting(cls, simulator: httpx.Client) -> Silent:
        """A lead whose two hours begin now. Raises AssertionError when the greeting is not answered within a minute."""
        person = Person.with_phone(simulator)
        person.write("oi")
        person.hears(within=60)
        return cls(person)

    def listen(self, until: float) -> None:
        """Until this moment (monotonic)."""
        while (left := until - time.monotonic()) > 0:
            self.reminders += [time.monotonic()] * len(self.person.look(min(left, 2.0)))


@dataclass
class Newcomer:
    """Comes by the form or writes first, and says nothing more after that: a template, a greeting and a reminder are due."""

    person: Person
    trouble: str | None = None

    def start(self, webhook_url: str, *, by_form: bool) -> None:
        self._thread = threading.Thread(target=self._come, args=(webhook_url, by_form), daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _come(self, webhook_url: str, by_form: bool) -> None:
        try:
            if not by_form:
                self.person.write("oi")
                return
            self._fill_in(f"{webhook_url}/leads")
            deadline = time.monotonic() + 900
            while not self.person.look(2.0):
                if time.monotonic() > deadline:
                    self.trouble = "no template in a quarter of an hour"
                    return
            self.person.does(tap="Ativar Perfil")
        except httpx.HTTPError as exc:
            self.trouble = type(exc).__name__

    def _fill_in(self, url: str) -> None:
        """Presses the button again until the page says thanks."""
        form = {"nomeCompleto": "Marina Alves", "whatsapp": self.person.phone, "cidade": "Recife", "estado": "PE"}
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.post(url, json={**form, "consentimentoLGPD": True}, timeout=10).status_code == 202:
                    return
            time.sleep(1.0)


def talkers(simulator: httpx.Client, count: int, *, hasty: bool = False) -> list[Talker]:
    """Every other one takes their time, so that their conversation is suspended in between."""
    return [
        Talker(Person.with_phone(simulator), (6.0, 10.0) if number % 2 else (0.2, 2.0), hasty=hasty)
        for number in range(count)
    ]
