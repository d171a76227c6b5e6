"""The only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
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
    secret_key: SecretStr | None = Field(
        default=None, description="Signs the database identity; unset: one is kept under home (embedded only)."
    )
    api_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What callers of /agent send as a bearer token; required in production.",
    )
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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return value

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
    return settings
