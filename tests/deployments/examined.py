"""Lets the doctor look at an environment that a test makes up, and finds lines in what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from deployments.doctor.__main__ import examine
from deployments.doctor.notes import LineStatus, ReportLine
from flows import settings

WABA, NUMBER, APP = "390000000000001", "480000000000001", "640000000000001"
APP_SECRET = "0123456789abcdef0123456789abcdef"

# A configuration of which nothing is wrong, as far as variables can tell.
RIGHT = {
    "DATABASE_URL": "postgresql://serena:database-password@db.internal:5432/leads",
    "WHATSAPP_API_TOKEN": "EAAtokenoftheaccount",
    "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
    "WHATSAPP_BUSINESS_ACCOUNT_ID": WABA,
    "WHATSAPP_APP_SECRET": APP_SECRET,
    "WHATSAPP_VERIFY_TOKEN": "verify-token-of-the-app",
    "WHATSAPP_REMINDER_TEMPLATE_NAME": "retomar_conversa",
    "WHATSAPP_NOTICE_TEMPLATE_NAME": "aviso_de_planos",
    "SERENA_API_TOKEN": "serena-token",
    "FORM_ORIGINS": "https://lp.example.com",
    "OPS_OPERATORS": "ana:$argon2id$v=19$m=19456,t=2,p=1$YSBzYWx0IGZvciBhIHRlc3Q$gk1b9Z0YVYxLsWwX1y3o7Q",
    "OPS_URL": "https://serena.example.com",
}


@dataclass(frozen=True)
class Seen:
    """The doctor's lines."""

    lines: tuple[ReportLine, ...]

    def only(self, status: LineStatus) -> list[str]:
        """Subjects of the lines of one status."""
        return [line.subject for line in self.lines if line.status is status]

    def has(self, status: str, subject: str, what: str, mend: str = "") -> None:
        """A line says this, and how to mend it."""
        for line in self.lines:
            if (line.status, line.subject) == (status, subject) and what in line.what and mend in line.mend:
                return
        raise AssertionError(f"no {status} {subject}: …{what}… → …{mend}… in\n" + "\n".join(map(str, self.lines)))


def look(group: str, environment: Mapping[str, str | None], *more: str) -> Seen:
    """What the doctor says of these groups when the environment holds exactly this (of what settings read)."""
    with pytest.MonkeyPatch.context() as patch:
        for name in settings.environment():
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            if value is not None:
                patch.setenv(name, value)
        return Seen(tuple(asyncio.run(examine([group, *more]))))
