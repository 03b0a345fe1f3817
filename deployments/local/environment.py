"""What the processes of the local stack are told: addresses on free ports, secrets made once, simulators for vendors."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

# Who may log in at /ops here; the password is made once, like the other secrets.
OPERATOR = "demo"
# How long Prefect keeps runs that have ended; docker-compose.yml says the same.
PREFECT_RUNS_KEPT_DAYS = 30


def stack_environment(data: Path, url: str, ports: dict[str, int], extra: dict[str, str]) -> dict[str, str]:
    """Everything the processes read. Secrets are made once per data directory and never leave it."""
    secret = _secrets(data / "secrets.json")
    phone_number_id, waba_id = "480000000000001", "390000000000001"
    simulator = f"http://127.0.0.1:{ports['simulator']}"
    return {
        "DATABASE_URL": url,
        "LOCAL_DATA_DIR": str(data),
        "WHATSAPP_APP_SECRET": secret["app_secret"],
        "WHATSAPP_VERIFY_TOKEN": secret["verify_token"],
        "WHATSAPP_API_TOKEN": secret["token"],
        "WHATSAPP_PHONE_NUMBER_ID": phone_number_id,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": waba_id,
        "WHATSAPP_BASE_URL": simulator,
        "WHATSAPP_REMINDER_TEMPLATE_NAME": "retomar_conversa",
        "WHATSAPP_NOTICE_TEMPLATE_NAME": "aviso_de_planos",
        # A demo at night shows its reminder too.
        "QUIET_HOURS": "off",
        "SERENA_API_BASE_URL": simulator,
        "SERENA_API_TOKEN": secret["serena_token"],
        "SIMULATOR_APP_SECRET": secret["app_secret"],
        "SIMULATOR_TOKEN": secret["token"],
        "SIMULATOR_PLANS_TOKEN": secret["serena_token"],
        "SIMULATOR_PHONE_NUMBER_ID": phone_number_id,
        "SIMULATOR_WABA_ID": waba_id,
        "WEBHOOK_HOST": "127.0.0.1",
        "WEBHOOK_PORT": str(ports["webhook"]),
        "FORM_ORIGINS": simulator,
        "OPS_OPERATORS": f"{OPERATOR}:{secret['ops_password']}",
        "OPS_URL": f"http://127.0.0.1:{ports['webhook']}",
        # The tour shows the operators' pages beside the phone.
        "OPS_FRAMED_BY": simulator,
        "OPS_PREFECT_URL": f"http://127.0.0.1:{ports['prefect']}",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
        "PREFECT_HOME": str(data / "prefect"),
        "PREFECT_PROFILES_PATH": str(data / "prefect" / "profiles.toml"),
        "PREFECT_API_DATABASE_CONNECTION_URL": url.replace("postgresql:", "postgresql+asyncpg:").replace(
            "/serena?", "/prefect?"
        ),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        # an idle server with thousands of suspended runs costs 38 % of a core on the default pace, 3 % on this one
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "300",
        # Task runs are written one by one on the default pace, which costs more than all else that a turn asks of Prefect.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        # As many connections as on the default pace at most, but kept: each new one asks the catalogue for its types, which was
        # half of what a first contact cost Prefect's Postgres.
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_SIZE": "15",
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_MAX_OVERFLOW": "0",
        # Kept events fill no page but the event feed, and are most of a day's new rows.
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
        # Ended runs go; what was said stays in the lead store for as long as its own retention says.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(PREFECT_RUNS_KEPT_DAYS * 24 * 60 * 60),
        "PREFECT_LOGGING_LEVEL": "INFO",
        **extra,
    }


def _secrets(kept: Path) -> dict[str, str]:
    """Made once; a file from before a secret existed gets what it lacks, and keeps the rest."""
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    names = ("app_secret", "verify_token", "token", "serena_token", "ops_password")
    if missing := [name for name in names if name not in known]:
        # the operator's password is typed by a person, and guards made-up leads only
        known |= {name: secrets.token_hex(6 if name == "ops_password" else 16) for name in missing}
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(known))
    return known
