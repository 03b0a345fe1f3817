"""Settings of the simulator, from SIMULATOR_* variables; all have defaults, for nothing it guards is real."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SimulatorSettings(BaseSettings):
    """What the simulated platform knows of us: our number, our secrets, and how hasty it is. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_", extra="ignore")

    webhook_url: str = "http://127.0.0.1:8000/webhook"
    app_secret: SecretStr = SecretStr("simulator-app-secret")
    token: SecretStr = SecretStr("simulator-token")
    plans_token: SecretStr = SecretStr("simulator-token")
    phone_number_id: str = "480000000000001"
    waba_id: str = "390000000000001"
    display_phone_number: str = "551131230000"
    country_code: str = "55"
    verified_name: str = "Serena Energia (simulada)"
    # Where a browser reaches the webhook's form; unset, beside `webhook_url`. Containers know each other by other names.
    form_url: str | None = None
    # `name:password` of the operator as whom the page's visitor sees the operators' pages; unset, it links to their login.
    # The local stack sets it.
    operator: SecretStr | None = None

    deliver_delay: float = Field(default=0.2, ge=0)
    webhook_timeout: float = Field(default=10.0, gt=0)
    retry_first: float = Field(default=0.5, gt=0)
    retry_longest: float = Field(default=10.0, gt=0)
    retry_for: float = Field(default=900.0, gt=0)
