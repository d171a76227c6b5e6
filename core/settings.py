"""The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import Misconfigured

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(BaseSettings):
    """Everything an operator may set. Unsafe combinations are refused by :func:`load_settings`."""

    model_config = SettingsConfigDict(env_prefix="CUADRILLA_", env_file=".env", extra="ignore")

    home: Path = Field(default=Path(".cuadrilla"), description="Where the embedded database and caches live.")
    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "CUADRILLA_DATABASE_URL"),
        description="Any PostgreSQL 14 or later; unset means the embedded one.",
    )
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("HOST", "CUADRILLA_HOST"))
    port: int = Field(default=8000, ge=1, le=65535, validation_alias=AliasChoices("PORT", "CUADRILLA_PORT"))
    mode: Literal["demo", "production"] = Field(default="demo", description="demo: any sender, loopback only.")
    company: str = "Térmica Ebro"
    timezone: str = "Europe/Madrid"
    phone_region: str = Field(default="ES", description="Region of phone numbers written without a prefix.")
    emergency_phone: str = "900 000 112"
    office_phone: str = "976 000 100"
    office_email: str = Field(default="", description="Told to anybody who asks for it, as the next three.")
    office_address: str = ""
    tax_id: str = Field(default="", description="Of the company, as it stands on its invoices.")
    website: str = ""
    secret_key: SecretStr | None = Field(
        default=None, description="Signs the database identity; unset: one is kept under home (embedded only)."
    )
    api_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What callers of /agent send as a bearer token; required in production.",
    )
    access_token_minutes: int = Field(default=15, ge=1, le=1440, description="How long an access token is good.")
    sign_in_days: int = Field(default=30, ge=1, le=365, description="After which one signs in again.")
    idempotency_hours: int = Field(default=24, ge=1, le=720, description="How long answers to POST are kept to repeat.")
    rate_calls: str = Field(default="600/minute", description="Calls to the API that each account or key may make.")
    rate_questions: str = Field(default="60/minute", description="Questions among them, which cost more.")
    rate_sign_ins: str = Field(default="30/minute", description="Calls to /auth that each address may make.")
    turn_budget_seconds: float = Field(default=20.0, gt=0)
    max_message_chars: int = Field(default=4000, gt=0)
    embedding_api_key: SecretStr | None = Field(
        default=None, description="Key of an OpenAI-compatible embedding service; unset: the embedded vectors."
    )
    embedding_base_url: str | None = Field(default=None, description="Its address; unset: OpenAI's.")
    embedding_model: str = "text-embedding-3-small"
    embedding_dimensions: int = Field(default=512, ge=1, le=4096)
    embedding_timeout_seconds: float = Field(default=10.0, gt=0)
    drive_key: Path | None = Field(default=None, description="Key file of the Google service account that reads Drive.")
    chatwoot_url: str | None = Field(
        default=None, description="Address of Chatwoot; unset: no Chatwoot door and no worker in the server."
    )
    chatwoot_bot_token: SecretStr | None = Field(default=None, description="access_token of the agent bot.")
    chatwoot_bot_id: int | None = Field(default=None, description="Its number; unset: known by the ids we send along.")
    chatwoot_bot_secret: SecretStr | None = Field(
        default=None, description="Secret that Chatwoot (4.13 or later) signs the agent bot's webhooks with."
    )
    chatwoot_webhook_secret: SecretStr | None = Field(
        default=None, description="Secret of an account webhook (Integrations > Webhooks), if one points here."
    )
    chatwoot_user_token: SecretStr | None = Field(
        default=None,
        description="Token of a colleague or administrator: lets the sweep list conversations, which a bot may not.",
    )
    chatwoot_allow_unsigned: bool = Field(default=False, description="Chatwoot before 4.13 does not sign.")
    chatwoot_signature_seconds: int = Field(default=300, gt=0, description="How old a signature may be.")
    chatwoot_body_bytes: int = Field(default=5_000_000, gt=0, description="The largest event that is read.")
    chatwoot_timeout_seconds: float = Field(default=15.0, gt=0, description="For each call to Chatwoot.")
    chatwoot_debounce_seconds: float = Field(
        default=2.0, ge=0, description="Silence to wait for after a message: short messages in a row get one reply."
    )
    chatwoot_debounce_most_seconds: float = Field(default=10.0, ge=0, description="The longest that is waited.")
    chatwoot_person_quiet_hours: float = Field(
        default=12.0,
        ge=0,
        description="How long the bot stays quiet after a colleague wrote in a conversation that was left pending.",
    )
    chatwoot_post_attempts: int = Field(default=10, ge=1, description="Tries before a reply is given up and shown.")
    chatwoot_echo_seconds: float = Field(
        default=15.0, ge=0, description="How long to wait for an echo before posting again what may have been posted."
    )
    chatwoot_sweep_seconds: float = Field(default=30.0, gt=0, description="Between two sweeps for what was left.")
    chatwoot_keep_days: int = Field(default=30, ge=1, description="How long events and posted replies are kept.")
    learning_review: bool = Field(
        default=False, description="What colleagues teach with /aprende waits until an administrator approves it."
    )
    learning_tell_again: bool = Field(
        default=True,
        description="Tell who was told an answer when it is corrected or withdrawn, unless the reviewer says.",
    )
    learning_sheet: str | None = Field(
        default=None, description="Id of the Google spreadsheet in which the office answers; needs the drive_key."
    )
    learning_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often workers look for answers that are to be sent to those who asked."
    )
    worker_concurrency: int = Field(default=50, ge=1, le=1000, description="Conversations attended at once.")
    worker_in_server: bool = Field(default=True, description="The server attends conversations too.")
    worker_stop_seconds: float = Field(default=25.0, ge=0, description="What turns under way get to end at SIGTERM.")
    own_hosts: str = Field(
        default="", description="Hosts of the company's own pages, by commas: only addresses there stay in replies."
    )
    public_url: str | None = Field(
        default=None, description="Where people reach this server from outside; links in e-mails start with it."
    )
    chatwoot_template: str | None = Field(
        default=None, description="WhatsApp template with one variable, for replies outside the 24-hour window."
    )
    chatwoot_template_language: str = "es"
    chatwoot_template_category: str = "UTILITY"
    chatwoot_teams: dict[str, int] = Field(
        default_factory=dict, description='Team of Chatwoot by hand-off reason, as JSON: {"billing": 3, "default": 1}.'
    )
    on_call: str = Field(default="", description="E-mails paged in an emergency, first to last, separated by commas.")
    paging_interval_seconds: int = Field(default=300, ge=1, description="Wait for an answer before the next page.")
    smtp_host: str | None = Field(default=None, description="Mail server; unset: no e-mail is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str = "cuadrilla@localhost"
    smtp_timeout_seconds: float = Field(default=10.0, gt=0)
    transcription_api_key: SecretStr | None = Field(
        default=None, description="Key of an OpenAI-compatible transcription service; unset: voice notes are not heard."
    )
    transcription_base_url: str | None = Field(default=None, description="Its address; unset: OpenAI's.")
    transcription_model: str = "gpt-4o-mini-transcribe"
    transcription_timeout_seconds: float = Field(default=20.0, gt=0)
    media_max_bytes: int = Field(default=16_000_000, gt=0, description="Largest file of a customer that is kept.")
    media_hosts: str = Field(
        default="", description="Hosts besides Chatwoot's that its files may come from, separated by commas."
    )
    brain: Literal["offline", "llm", "cascade"] | None = Field(
        default=None,
        description="offline: no model, no network. llm: a language model understands and answers. cascade: offline"
        " when it is certain, the model otherwise. Unset: cascade where there is a model, else offline.",
    )
    llm_model: str = Field(
        default="openai:gpt-4o-mini", min_length=1, description="provider:model, as LangChain's init_chat_model."
    )
    llm_api_key: SecretStr | None = Field(default=None, description="Key of the language model's service.")
    llm_base_url: str | None = Field(
        default=None, description="Address of any OpenAI-compatible service (Ollama, vLLM); unset: the provider's own."
    )
    llm_output: Literal["json_schema", "function_calling", "json_mode"] = Field(
        default="json_schema", description="How the model is held to the shape of its output."
    )
    llm_options: dict[str, Any] = Field(
        default_factory=dict,
        description='What else init_chat_model takes, as JSON; null leaves ours out: {"temperature": null}.',
    )
    llm_timeout_seconds: float = Field(default=8.0, gt=0, description="For one decision, its retries included.")
    llm_attempts: int = Field(default=3, ge=1, le=10, description="Tries of one decision.")
    llm_calls_a_turn: int = Field(default=4, ge=1, le=20, description="After these the turn goes on without the model.")
    llm_input_price: float = Field(default=0.15, ge=0, description="Per million input tokens, in any one currency.")
    llm_output_price: float = Field(default=0.60, ge=0, description="Per million output tokens, in the same currency.")
    llm_seconds_a_turn: float = Field(default=8.0, gt=0, description="What all model calls of one turn may take.")
    llm_monthly_ceiling: Decimal | None = Field(
        default=Decimal(50), ge=0, description="What the model may cost in a month, in the currency of the prices."
    )
    llm_conversation_ceiling: Decimal | None = Field(
        default=Decimal(1), ge=0, description="What the model may cost in a month for one conversation."
    )
    admin_email: str = Field(default="", description="Who is told when a ceiling of spending is reached.")
    metrics_key: SecretStr | None = Field(
        default=None, min_length=16, description="What Prometheus sends to /metrics; unset: this machine only."
    )
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Where a worker of its own process shows /metrics; 0: nowhere."
    )
    worker_metrics_host: str = "127.0.0.1"
    alerts_to: str = Field(default="", description="E-mails told of serious failures, separated by commas.")
    alert_window_seconds: int = Field(
        default=1800, ge=1, description="One e-mail for each kind of failure in so many seconds, with a count."
    )
    disk_free_mb: int = Field(default=500, ge=0, description="Less room than this under home is told.")
    keep_message_days: int = Field(default=730, ge=1, description="How long conversations, turns and files are kept.")
    keep_audit_days: int = Field(default=2190, ge=1, description="How long the log of writes is kept.")
    keep_checkpoint_days: int = Field(default=90, ge=1, description="How long a conversation's memory is kept unused.")
    keep_log_days: int = Field(default=30, ge=1, description="How long rotated log files are kept.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return value

    @field_validator(
        "brain", "llm_api_key", "llm_base_url", "llm_monthly_ceiling", "llm_conversation_ceiling", mode="before"
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def on_call_list(self) -> tuple[str, ...]:
        """Whom an emergency pages, first to last."""
        return tuple(address.strip() for address in self.on_call.split(",") if address.strip())

    @property
    def has_model(self) -> bool:
        """Is a language model named?"""
        return self.llm_api_key is not None or self.llm_base_url is not None

    @property
    def thinks(self) -> Literal["offline", "llm", "cascade"]:
        """Which brain it is."""
        return self.brain or ("cascade" if self.has_model else "offline")

    @property
    def alert_list(self) -> tuple[str, ...]:
        """Who is told of serious failures."""
        return tuple(address.strip() for address in self.alerts_to.split(",") if address.strip())

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)


def load_settings() -> Settings:
    """Read the environment and ``.env``; raise :class:`Misconfigured` on an unsafe combination."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise Misconfigured(f"The configuration is not valid: {wrong}") from error
    if settings.mode == "demo" and settings.host not in LOOPBACK:
        raise Misconfigured("Demo mode has no authentication and listens on loopback only; set CUADRILLA_MODE.")
    if settings.mode == "production" and settings.api_key is None:
        raise Misconfigured("CUADRILLA_API_KEY is required in production.")
    if settings.database_url and settings.secret_key is None:
        raise Misconfigured("CUADRILLA_SECRET_KEY is required when DATABASE_URL is set.")
    if settings.thinks != "offline" and not settings.has_model:
        raise Misconfigured(
            f"CUADRILLA_LLM_API_KEY or CUADRILLA_LLM_BASE_URL is required when CUADRILLA_BRAIN is {settings.brain}."
        )
    _check_chatwoot(settings)
    if settings.on_call_list and settings.smtp_host is None:
        raise Misconfigured("CUADRILLA_SMTP_HOST is required when CUADRILLA_ON_CALL is set: pages are e-mails.")
    if settings.alert_list and settings.smtp_host is None:
        raise Misconfigured("CUADRILLA_SMTP_HOST is required when CUADRILLA_ALERTS_TO is set: alerts are e-mails.")
    return settings


def _check_chatwoot(settings: Settings) -> None:
    if settings.chatwoot_url is None:
        return
    if settings.chatwoot_bot_token is None:
        raise Misconfigured("CUADRILLA_CHATWOOT_BOT_TOKEN is required when CUADRILLA_CHATWOOT_URL is set.")
    signed = settings.chatwoot_bot_secret or settings.chatwoot_webhook_secret
    if signed is None and not settings.chatwoot_allow_unsigned:
        raise Misconfigured(
            "CUADRILLA_CHATWOOT_BOT_SECRET is required when CUADRILLA_CHATWOOT_URL is set"
            " (CUADRILLA_CHATWOOT_ALLOW_UNSIGNED=true for a Chatwoot before 4.13)."
        )


def child_environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that we start: ours, changed by ``overrides``."""
    return {**os.environ, **overrides}
