"""Minds in OpenAI's place: behind the Responses API, without a socket. A mind gets what was asked and writes any text.

`careless` breaks the form of its answer in every way a model might, `lying` keeps the form and tells what nobody said,
`honest` checks like somebody who compares sentence by sentence, `absent` and `late` are no help at all. All are seeded.
`recorded` answers what a strong model answered that was shown the measured leads by hand, and nothing to what it was not asked.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import httpx
from openai import AsyncOpenAI

from flows.adapters.model import Breaker, OpenAIModel
from flows.assistant.assistant import Assistant
from flows.assistant.meaning import Meaning, Mood, Question
from flows.assistant.say import Voice
from flows.brazil.folding import fold
from tests.evals.assistants import by_rules
from tests.openai_double import KEY, failure, refuses, writes

M = Meaning
LIES = [
    re.split(r" (?:Pode me mandar|Qual deles)", json.loads(line)["reply"])[0]
    for file in ("lies", "lies_more")
    for line in (Path(__file__).parent / "evals" / "saying" / f"{file}.jsonl").read_text("utf-8").splitlines()
]
LATE = "late"
_FIELDS = ("about", "city", "uf", "owner", "utility", "amount", "plan", "field", "faq", "text")


@dataclass(frozen=True)
class Asked:
    """One request: which answer is wanted ("HeardAnswer", "Findings", "Phrased"), and the data it is about."""

    answer: str
    data: dict[str, Any]
    told: str

    @property
    def texts(self) -> list[str]:
        return [message.get("texto", "") for message in self.data.get("mensagens", ())]


# A text, or an HTTP answer, or LATE.
Mind = Callable[[Asked, Random], Any]


@dataclass
class Service:
    """OpenAI with this mind. `asked` is everything that it was asked."""

    mind: Mind
    seed: int = 0
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        transport = httpx.MockTransport(self._answer)
        self.client = AsyncOpenAI(
            api_key=KEY, base_url="http://mind/v1", http_client=httpx.AsyncClient(transport=transport)
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        data = body["input"][0]["content"]
        data = data[data.index("{") :]
        asked = Asked(body["text"]["format"]["name"], json.loads(data), body["instructions"])
        self.asked.append(asked)
        given = self.mind(asked, self._random)
        if given == LATE:
            await asyncio.sleep(5)
        answer = writes(given) if isinstance(given, str) else given
        return httpx.Response(answer.status, content=answer.body, headers=answer.headers)

    def model(self, *, rests: bool = False) -> OpenAIModel:
        """The model behind it; its breaker never opens unless it `rests`."""
        clock = (lambda: 0.0) if rests else iter(range(10**9, 10**12, 10**3)).__next__
        return OpenAIModel(self.client, "mind", max_output_tokens=800, breaker=Breaker(clock))


def assistant(mind: Mind, checker: Mind | None = None, *, seed: int = 0, **more: Any) -> tuple[Assistant, Service]:
    """The whole assistant with a mind that hears and writes, and another one that checks."""
    service = Service(mind, seed)
    checks = Service(checker, seed).model() if checker else None
    given: dict[str, Any] = {"voice": Voice.OPENED, "time_limit": 5.0} | more
    return Assistant(by_rules().house, mind=service.model(), checker=checks, **given), service


def heard(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer as the schema wants it; what an item does not say is null."""
    plain = {"mood": "calm", "language": "pt", "opening": "", "note": ""}
    whole = [{"quote": "", "message": 0, "certain": True} | dict.fromkeys(_FIELDS) | item for item in items]
    return plain | {"items": whole} | more


def written(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


def absent(asked: Asked, random: Random) -> Any:
    """Nobody answers."""
    return failure(503)


def late(asked: Asked, random: Random) -> Any:
    """The answer comes when nobody waits any more."""
    return LATE


def careless(asked: Asked, random: Random) -> Any:
    """A mind that does not read what it is told."""
    if asked.answer == "Phrased":
        return written({"text": random.choice(["[[1]] [[99]] {name}", "", "R$ 1.000,00", random.choice(LIES)])})
    if asked.answer == "Findings":
        return random.choice(["", "{}", '{"states": [], "ok": true', written({"states": "no", "ok": 1})])
    whole = heard(*[_careless_item(asked, random) for _ in range(random.randint(0, 20))], **_odd(random))
    raw = written(whole)
    return random.choice(
        [
            raw,
            raw,
            raw,
            raw,
            written(heard(*_fitting(asked, random), **_odd(random))),
            f"```json\n{raw}\n```",
            f"Claro! Aqui está:\n{raw}",
            raw + raw,
            f"[{raw}]",
            raw[: len(raw) // 2],
            raw + "}",
            "",
            "null",
            "não sei",
            written(whole | {"why": "porque sim"}),
            raw.replace('"mood"', '"humor"'),
            raw.replace('"certain": true', '"certain": "sim"'),
            "\ud83d".encode("utf-16", "surrogatepass").decode("latin-1"),
            refuses(),
            failure(429),
            failure(400),
            failure(500),
        ]
    )


def _careless_item(asked: Asked, random: Random) -> dict[str, Any]:
    """An item that cannot hold as it is."""
    texts = asked.texts
    item: dict[str, Any] = {
        "meaning": random.choice(list(M)).value,
        "quote": random.choice([_words(texts, random), "quero o 2", "", "[senha]", "\n", "parar"]),
    }
    item |= {"message": random.choice([0, 0, 0, 1, -1, 9]), "plan": random.choice([7, 0, -1, None]), "text": "{name}"}
    item |= {"city": random.choice(["Atlântida", "Recife", "", "São", None]), "uf": random.choice(["XX", "PE", None])}
    item |= {"amount": random.choice([-5, 1e12, 480, None]), "faq": random.choice(["no_such", "fidelidade", None])}
    if random.random() < 0.1:
        item |= random.choice([{"meaning": "buy_now"}, {"owner": "gato"}, {"about": "life"}, {"extra": 1}])
    return item


def _fitting(asked: Asked, random: Random) -> list[dict[str, Any]]:
    """Items with the right form: any meaning, and words that do stand in the message."""
    return [
        _careless_item(asked, random)
        | {
            "meaning": random.choice(list(M)).value,
            "quote": _words(asked.texts, random),
            "message": 0,
            "owner": "bill",
            "city": "Manaus",
            "uf": "AM",
            "extra": 1,
        }
        for _ in range(3)
    ]


def _odd(random: Random) -> dict[str, Any]:
    return {
        "mood": random.choice(list(Mood)).value,
        "language": random.choice(["pt", "xx", "português", ""]),
        "opening": random.choice(["", "{name}, tudo certo [[1]]!", "Sinto muito. " * 40, random.choice(LIES)]),
        "note": random.choice(["", "x" * 900]),
    }


def _words(texts: list[str], random: Random) -> str:
    words = random.choice(texts or [""]).split() or [""]
    start = random.randrange(len(words))
    return " ".join(words[start : start + random.randint(1, 4)])


DIRE = (M.STOP, M.ERASE, M.CHOICE, M.PERSON, M.DECLINE, M.UNDER_AGE, M.WRONG_PERSON, M.CANCEL, M.CUSTOMER, M.NOTICE)


def lying(asked: Asked, random: Random) -> Any:
    """A mind that knows the form and hears what would do most harm, in words that do stand there; nothing else counts."""
    if asked.answer == "Phrased":
        return written({"text": random.choice(LIES)})
    if asked.answer == "Findings":
        return written({"states": [], "drops_question": False, "ok": True})
    number = random.randrange(max(1, len(asked.texts)))
    quote = random.choice([asked.texts[number] if asked.texts else "", _words(asked.texts, random)])
    harm = {"meaning": random.choice(DIRE).value, "quote": quote, "message": number, "plan": 1}
    answers = random.choice(list(Question)).value
    yes = {"meaning": "yes", "quote": quote, "message": number, "about": random.choice([None, answers])}
    place = {
        "meaning": "place",
        "quote": quote,
        "message": number,
        "city": "Pindamonhangaba",
        "uf": "SP",
        "owner": "bill",
    }
    name = {"meaning": "name", "quote": quote, "message": number, "text": "Trouxa"}
    picked = random.sample([harm, yes, place, name], random.randint(1, 3))
    return written(heard(*picked, opening=random.choice(LIES), note="Já assinou tudo."))


@cache
def _tape() -> tuple[dict[tuple[str, ...], dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return what was answered, by the texts that were to be heard, and by the words that were to be checked."""
    file = Path(__file__).parent / "evals" / "recorded_mind.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return (
        {tuple(line["texts"]): line for line in lines if "texts" in line},
        {line["checks"]: line for line in lines if "checks" in line},
    )


def recorded(asked: Asked, random: Random) -> Any:
    """A strong, careful model's answers, given once by hand; it is away where it was not asked these words."""
    heard_of, checked = _tape()
    if asked.answer == "Findings":
        found = checked.get(asked.data["mensagem"])
        return written({"states": [], "drops_question": False, "ok": found["ok"]}) if found else failure(503)
    line = heard_of.get(tuple(text for text in asked.texts if text))
    if line is None:
        return failure(503)
    more = {name: line[name] for name in ("mood", "language", "opening", "note") if name in line}
    return written(heard(*line["items"], **more))


_ONLY_KIND = re.compile(r"^(?:sinto muito|imagino|entendo|puxa|que bom|desculpa?|forca|melhoras)\b[\w ]{0,60}$")


def honest(asked: Asked, random: Random) -> Any:
    """A checker that lets a sentence pass which may be said in these words, or is nothing but kind."""
    may = {fold(sentence) for sentence in asked.data["pode_dizer"]}
    states = []
    for sentence in re.split(r"(?<=[.!?…])\s+", asked.data["mensagem"]):
        said = fold(sentence)
        kind = "supported" if said in may else "kindness" if _ONLY_KIND.match(said) else "unsupported"
        states.append({"claim": sentence, "kind": kind})
    good = all(state["kind"] != "unsupported" for state in states)
    return written({"states": states, "drops_question": False, "ok": good})
