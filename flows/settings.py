"""Settings, grouped by vendor, read from the environment at the edge and checked before anything starts.

Importing this module reads nothing. Each entry point asks for the groups it needs, `read(WhatsApp, Store)`, and a
missing or wrong variable ends the process with one line that names it. `.env` in the working directory counts as
environment; so does `.local/stack.env`, which the local stack writes, with the lowest rank.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flows.errors import Fix

ROOT = Path(__file__).resolve().parent.parent
LOCAL_STACK_ENV = ROOT / ".local" / "stack.env"

SHORTEST_PASSWORD = 12
# As `python -m webhook.ops.password` prints it, or in plain text.
_PASSWORD = re.compile(
    r"\$argon2id?\$v=\d+\$m=\d+,t=\d+,p=\d+\$[\w+/]+\$[\w+/]+" rf"|(?!\$argon2)[^,]{{{SHORTEST_PASSWORD},}}", re.ASCII
)
# A letter or digit first, so that no name looks like nobody (`?`) or ends in what a page does not show.
OPERATOR_NAME = re.compile(r"(?=.{1,60}$)[^\W_](?:[\w .@+-]*[\w.@+-])?")

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", strip_whitespace=True)]
# An origin that no browser reaches anything but its own machine by.
OwnMachine = Annotated[str, StringConstraints(pattern=r"^https?://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$")]
Seconds = Annotated[float, Field(ge=0)]
# What stands in the variable separated by commas.
Parts = BeforeValidator(
    lambda value: tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value
)


class Group(BaseSettings):
    """One vendor's or topic's variables. An empty value means that the variable is not set."""

    model_config = SettingsConfigDict(
        env_file=(str(LOCAL_STACK_ENV), ".env"),
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        str_strip_whitespace=True,
    )


class Store(Group):
    """Where leads are kept: Supabase when both its variables are set, else Postgres."""

    database_url: SecretStr | None = Field(None, description="Postgres of the lead store; empty: the embedded server")
    supabase_url: Url | None = Field(None, description="project address; with SUPABASE_KEY it replaces DATABASE_URL")
    supabase_key: SecretStr | None = Field(None, description="service role key (never the anonymous one)")
    local_data_dir: Path = Field(ROOT / ".local", description="embedded database, bills and logs of the local stack")
    bills_dir: Path | None = Field(None, description="directory for bills; default LOCAL_DATA_DIR/bills")
    supabase_bills_bucket: str = Field(
        "bills", description="private bucket for bills, with SUPABASE_URL and no BILLS_DIR"
    )
    # what is older goes (flows/retention.py)
    bill_retention_days: int = Field(30, ge=1, description="days a bill is kept, file and reading")
    event_retention_days: int = Field(8, ge=8, description="days raw deliveries are kept; WhatsApp retries for 7")
    message_retention_days: int = Field(365, ge=30, description="days messages and turns are kept")
    lead_retention_days: int = Field(
        730, ge=30, description="days a lead is kept of whom nothing was heard or said since"
    )
    run_retention_days: int = Field(365, ge=30, description="days ended runs and news of the account are kept")
    action_retention_days: int = Field(1825, ge=180, description="days it is kept what operators did")

    @model_validator(mode="after")
    def _both_or_none(self) -> Store:
        if (self.supabase_url is None) != (self.supabase_key is None):
            raise ValueError("SUPABASE_URL and SUPABASE_KEY go together: set both, or neither")
        return self


class WhatsApp(Group):
    """The Cloud API account."""

    whatsapp_api_token: SecretStr = Field(description="permanent system-user token")
    whatsapp_phone_number_id: str = Field(pattern=r"^\d{5,}$", description="id of the business number, not the number")
    whatsapp_business_account_id: str | None = Field(
        None, pattern=r"^\d{5,}$", description="the WABA's id; the doctor needs it, and the webhook"
    )
    whatsapp_api_version: str = Field("v25.0", pattern=r"^v\d+\.\d$", description="Graph API version")
    whatsapp_base_url: Url = Field("https://graph.facebook.com", description="other only for the simulator")
    whatsapp_send_to: Literal["bsuid", "phone"] = Field(
        "bsuid", description="which address is used when both are known"
    )
    whatsapp_welcome_template_name: str = Field("prosseguir_com_solicitacao", description="template after the form")
    whatsapp_reminder_template_name: str | None = Field(
        None, description="template for a reminder outside the 24-hour window; empty: such a reminder is refused"
    )
    whatsapp_notice_template_name: str | None = Field(
        None, description="template that tells who asked that there are plans now; empty: nobody is offered to be told"
    )
    whatsapp_template_language: str = Field("pt_BR", pattern=r"^[a-z]{2}(_[A-Z]{2})?$")


class Webhook(Group):
    """The webhook service."""

    whatsapp_app_secret: Annotated[tuple[SecretStr, ...], NoDecode, Parts] = Field(
        min_length=1, description="app secret that signs deliveries; two, separated by a comma, while rotating"
    )
    whatsapp_verify_token: SecretStr = Field(min_length=8, description="the string typed in Meta's dashboard")
    whatsapp_phone_number_id: str = Field(pattern=r"^\d{5,}$")
    whatsapp_business_account_id: str | None = Field(
        None, pattern=r"^\d{5,}$", description="the WABA whose news counts; empty: any that this app hears of"
    )
    webhook_host: str = "0.0.0.0"
    webhook_port: int = Field(8000, ge=1, le=65535)
    form_origins: Annotated[tuple[str, ...], NoDecode, Parts] = Field(
        (), description="web origins allowed to post the form, separated by commas; empty: our own page alone"
    )
    form_page_url: Url | None = Field(None, description="where `/` leads to; empty: to the form of this service")
    form_rate_per_minute: int = Field(10, ge=1, description="forms accepted per address and minute")
    form_trusted_proxies: int = Field(0, ge=0, description="proxies in front that append to X-Forwarded-For")
    dispatch_every_seconds: Annotated[float, Field(gt=0)] = Field(2.0, description="pace of the dispatcher")
    news_every_seconds: Annotated[float, Field(gt=0)] = Field(
        300.0, description="how long hand-overs and failed runs gather for one message to people"
    )


class Serena(Group):
    """Serena's partnership API (docs/domain.md 4)."""

    serena_api_base_url: Url = Field("https://partnership.api.srna.co")
    serena_api_token: SecretStr
    serena_register_leads: bool = Field(False, description="register leads who chose a plan with the partner")


class OpenAI(Group):
    """The models. Without a key everything works by rules and reviewed sentences."""

    openai_api_key: SecretStr | None = Field(None, description="empty: no model is asked")
    openai_base_url: Url = Field("https://api.openai.com/v1", description="another compatible service's address")
    openai_model: str = Field(
        "gpt-4.1-mini", min_length=1, description="hears leads; one that does not reason first, or the lead waits"
    )
    openai_vision_model: str | None = Field(None, description="reads photos of bills; empty: OPENAI_MODEL")
    openai_transcription_model: str | None = Field(
        None, description="hears voice notes; empty: leads are asked to type"
    )
    openai_time_limit_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        12.0, description="for all that models do in one turn; then rules and reviewed sentences do it"
    )
    openai_checker_model: str | None = Field(
        None, description="reads again what a model wrote, before it leaves; empty: OPENAI_MODEL"
    )
    assistant_voice: Literal["reviewed", "opened", "phrased"] = Field(
        "opened",
        description="whose words leads read: reviewed sentences; a model's one sentence before them; all a model's",
    )
    openai_max_output_tokens: int = Field(
        1500, ge=100, description="per model answer; a long voice note means ten things, and each takes some ninety"
    )


class Conversation(Group):
    """How the conversation behaves; durations are in seconds, but where their name says days or hours."""

    burst_seconds: Seconds = Field(1.5, description="quiet time that ends a burst of messages")
    burst_limit_seconds: Seconds = Field(8.0, description="longest wait for a burst to end")
    linger_seconds: Seconds = Field(60.0, description="how long a run waits in memory before it suspends")
    reminder_after_seconds: Annotated[float, Field(ge=10)] = Field(7200.0, description="silence before the reminder")
    reminders: int = Field(1, ge=0, le=3, description="reminders per conversation")
    lease_seconds: Annotated[float, Field(ge=2)] = Field(
        15.0, description="a worker silent this long is taken for dead"
    )
    uncertain_seconds: Annotated[float, Field(ge=1)] = Field(
        30.0, description="how long a send of unknown outcome waits for a status before it is repeated"
    )
    # what is written to people who did not just write: when, and how much of it
    quiet_hours: str = Field(
        "20-8",
        pattern=r"^(off|([01]?\d|2[0-3])-([01]?\d|2[0-3]))$",
        description="hours in São Paulo in which nothing of QUIET_KINDS is sent; off: no quiet at all",
    )
    quiet_days: Annotated[tuple[Literal["sundays", "holidays", "none"], ...], NoDecode, Parts] = Field(
        ("sundays", "holidays"), description="days that are quiet as a whole: sundays, holidays (national ones), none"
    )
    quiet_kinds: Annotated[tuple[Literal["reminder", "notice", "welcome"], ...], NoDecode, Parts] = Field(
        ("reminder", "notice"), description="what keeps the quiet: reminder, notice, welcome"
    )
    welcomes_per_hour: int = Field(300, ge=0, description="welcome templates an hour, of the whole installation")
    welcomes_per_network: int = Field(
        20, ge=0, description="welcome templates an hour for forms of one network (/24, in IPv6 /48)"
    )
    welcome_again_days: int = Field(
        30, ge=1, description="days until a number that never wrote may get the welcome template again"
    )
    persona: str = Field("Sílvia", min_length=1, max_length=30)
    contact_deadline: str = Field("em até 1 dia útil", description="what is promised about the consultant's call")
    privacy_notice_url: Url | None = None
    min_invoice_amount: Decimal = Field(Decimal(200), ge=0, description="reais per month, inclusive")

    @property
    def reminder_after(self) -> timedelta:
        return timedelta(seconds=self.reminder_after_seconds)

    @property
    def suspend_timeout(self) -> timedelta:
        """Longer than the reminder's time: a run that outlives its suspend is marked Failed by Prefect, and a silent
        lead is not a failure. The margin is longer than any quiet (holidays around a Sunday), and leaves the dispatcher time
        to wake what the automation missed."""
        return timedelta(seconds=self.reminder_after_seconds * 2) + timedelta(days=6)


class Spend(Group):
    """What a day costs, as an estimate in reais, and how far it may go."""

    whatsapp_prices: Annotated[dict[str, Decimal], NoDecode] = Field(
        {
            "service": Decimal("0.035"),
            "utility": Decimal("0.035"),
            "authentication": Decimal("0.035"),
            "marketing": Decimal("0.35"),
        },
        description="reais per delivered message by Meta's category, as service=0.035,… (its rates change each quarter)",
    )
    usd_in_reais: Decimal = Field(
        Decimal("5.50"), gt=0, description="what a dollar costs; models are priced in dollars"
    )
    token_prices: Annotated[tuple[Decimal, ...], NoDecode, Parts] = Field(
        (),
        description="dollars per million tokens in and out, as 0.4,1.6, of a model whose price is not known; empty: 0",
    )
    spend_soft_limit: Decimal | None = Field(
        None, ge=0, description="reais a day past which people are told; empty: none"
    )
    spend_hard_limit: Decimal | None = Field(
        None, ge=0, description="reais a day past which the model rests and nothing is started; empty: no limit"
    )

    @field_validator("whatsapp_prices", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {category.strip().lower(): price.strip() for category, _, price in pairs}

    @model_validator(mode="after")
    def _sensible(self) -> Spend:
        if any(price < 0 for price in self.whatsapp_prices.values()):
            raise ValueError("WHATSAPP_PRICES has a negative price")
        if len(self.token_prices) not in (0, 2):
            raise ValueError("TOKEN_PRICES takes two prices: tokens in, tokens out")
        soft, hard = self.spend_soft_limit, self.spend_hard_limit
        if soft is not None and hard is not None and soft > hard:
            raise ValueError("SPEND_SOFT_LIMIT is above SPEND_HARD_LIMIT")
        return self


class Worker(Group):
    """The in-process worker."""

    prefect_work_pool: str = Field("serena", description="name of the work pool")
    prefect_notification_block: str | None = Field(
        None,
        pattern=r"^[\w-]+/[\w-]+$",
        description="Prefect block through which people are told, as type/name: slack-webhook/serena; empty: nobody is",
    )
    worker_name: str | None = Field(None, description="name in the Prefect UI; default: host and process id")
    worker_limit: int = Field(500, ge=1, description="flow runs held at once")
    worker_starts: int = Field(4, ge=1, description="flow runs that start at the same time; the others queue")
    worker_shutdown_seconds: Seconds = Field(20.0, description="time for turns under way to end at shutdown")


class Crm(Group):
    """Events for a CRM (docs/crm.md). Without an address none is kept."""

    crm_webhook_url: Url | None = Field(None, description="where events are posted; https, but on this machine itself")
    crm_webhook_secret: SecretStr | None = Field(
        None, description="signs them: whsec_ and 24 to 64 bytes in base64, as Standard Webhooks has it"
    )
    crm_fields: Annotated[
        tuple[
            Literal[
                "name",
                "phone_number",
                "wa_user_id",
                "email",
                "city",
                "state",
                "client_type",
                "invoice_amount",
                "source",
            ],
            ...,
        ],
        NoDecode,
        Parts,
    ] = Field((), description="fields of the lead that go along, separated by commas; empty: ids and codes only")
    crm_retention_days: int = Field(30, ge=7, description="days events are kept that were delivered or given up")

    @model_validator(mode="after")
    def _fit(self) -> Crm:
        if (self.crm_webhook_url is None) != (self.crm_webhook_secret is None):
            raise ValueError("CRM_WEBHOOK_URL and CRM_WEBHOOK_SECRET go together: set both, or neither")
        if self.crm_webhook_url is None or self.crm_webhook_secret is None:
            return self
        if not re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]", self.crm_webhook_url):
            raise ValueError("CRM_WEBHOOK_URL has to be https")
        try:
            key = base64.b64decode(self.crm_webhook_secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not 24 <= len(key) <= 64:
            raise ValueError("CRM_WEBHOOK_SECRET is not whsec_ and 24 to 64 bytes in base64")
        return self


class Ops(Group):
    """The operators' pages under /ops. Operators are kept in the lead store; while there are none, the pages do not exist."""

    ops_operators: Annotated[dict[str, SecretStr], NoDecode] = Field(
        {},
        description="the first administrators, as name:hash separated by commas (python -m webhook.ops.password); "
        "read only while the store has no operators",
    )
    ops_session_hours: Annotated[float, Field(gt=0, le=168)] = Field(12.0, description="how long a login lasts")
    ops_silent_hours: Annotated[float, Field(gt=0)] = Field(
        4.0, description="who waits goes back to the queue when whoever has them has done nothing for so long"
    )
    ops_hash_key: SecretStr | None = Field(
        None, min_length=16, description="keys the hash that stays of an erased person; empty: none stays"
    )
    ops_url: Url | None = Field(None, description="public address of the webhook service, for links to a lead's page")
    ops_prefect_url: Url | None = Field(None, description="address of Prefect's UI as operators reach it, for links")
    ops_framed_by: OwnMachine | None = Field(None, description="local origin that may frame these pages: the demo's")

    @field_validator("ops_operators", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        # a hash has commas of its own, and after none of them comes a colon
        pairs = [part.partition(":") for part in re.split(r",(?=[^,:]*:)", value) if part.strip()]
        found = {name.strip(): password.strip().rstrip(",") for name, _, password in pairs}
        if not all(name and _PASSWORD.fullmatch(password) for name, password in found.items()):
            raise ValueError(
                f"is not a list of name:hash, or of passwords of at least {SHORTEST_PASSWORD} characters (and no comma)"
            )
        if len({name.lower() for name in found}) != len(pairs):
            raise ValueError("names an operator twice")
        if not all(OPERATOR_NAME.fullmatch(name) for name in found):
            raise ValueError("holds a name that is none: letters, digits, spaces and . _ @ + -, at most 60")
        return found


class Identity(Group):
    """An identity provider (OpenID Connect) at which operators may log in, beside passwords. Without an issuer there is none."""

    oidc_issuer: Url | None = Field(None, description="the provider's address, as it names itself; https")
    oidc_client_id: str | None = Field(None, description="this service's name at the provider")
    oidc_client_secret: SecretStr | None = Field(
        None, description="its secret; empty for a client that has none (PKCE)"
    )
    oidc_claim: str = Field(
        "email", pattern=r"^\w+$", description="what names a person: email (only a verified one counts), sub, another"
    )
    oidc_name: str = Field("o provedor de identidade", max_length=40, description="what the button to it is called")
    ops_url: Url | None = Field(None, description="public address of the webhook service; people come back there")

    @model_validator(mode="after")
    def _whole(self) -> Identity:
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            raise ValueError("OIDC_ISSUER and OIDC_CLIENT_ID go together: set both, or neither")
        if self.oidc_issuer is None:
            return self
        if not re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]", self.oidc_issuer):
            raise ValueError("OIDC_ISSUER has to be https")
        if self.ops_url is None:
            raise ValueError("OIDC_ISSUER needs OPS_URL: the provider sends people back there")
        return self


class Watching(Group):
    """What machines read about us."""

    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Prometheus metrics of this process; never open it to the world; empty: none"
    )
    metrics_host: str = Field("127.0.0.1", description="address the metrics listen on")
    log_format: Literal["text", "json"] = Field("text", description="json: one object a line, for log collectors")


GROUPS: tuple[type[Group], ...] = tuple(Group.__subclasses__())
G = TypeVar("G", bound=Group)


class WrongVariables(Fix):
    """One or several variables cannot be used. `problems`: the name of each (empty: of the group as a whole), and what is wrong
    with it, never its value."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{name} {what}".strip() for name, what in problems) + ". See .env.example.")


def read(group: type[G], **overrides: Any) -> G:
    """The group's settings from the environment. Raises WrongVariables."""
    try:
        return group(**overrides)
    except ValidationError as exc:
        problems = []
        for error in exc.errors(include_input=False, include_url=False):
            name = str(error["loc"][0]).upper() if error["loc"] else ""
            problem = "is not set" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
            hint = group.model_fields[name.lower()].description if name.lower() in group.model_fields else None
            problems.append((name, f"{problem}{f' ({hint})' if hint else ''}"))
        raise WrongVariables(problems) from None


def environment(*groups: type[Group]) -> list[str]:
    """Names of the variables that the groups read (without any: all), for tests and the doctor."""
    return sorted({name.upper() for group in groups or GROUPS for name in group.model_fields})


def account_names() -> WhatsApp:
    """The account as far as it names things (templates, language, whom to prefer), also where there is none: its token and
    number are none."""
    return read(WhatsApp, whatsapp_api_token="none", whatsapp_phone_number_id="00000")


@contextlib.contextmanager
def local_prefect() -> Iterator[None]:
    """Within it Prefect's API is the running local stack's, unless PREFECT_API_URL says otherwise. For the commands:
    a flow run by hand in another terminal then appears in the stack's UI."""
    if "PREFECT_API_URL" in os.environ or not LOCAL_STACK_ENV.exists():
        yield
        return
    from prefect.settings import PREFECT_API_URL, temporary_settings

    lines = (line.partition("=") for line in LOCAL_STACK_ENV.read_text().splitlines())
    url = next((value.strip("'") for name, _, value in lines if name == "PREFECT_API_URL"), None)
    with temporary_settings({PREFECT_API_URL: url}):
        yield
