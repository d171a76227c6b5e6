"""What the panel is told: where the server is."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PanelSettings(BaseSettings):
    """Read from the environment and ``.env``."""

    model_config = SettingsConfigDict(env_prefix="CUADRILLA_PANEL_", env_file=".env", extra="ignore")

    server: str = Field(default="http://127.0.0.1:8000", description="Address of the server, as the panel reaches it.")
