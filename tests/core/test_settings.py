"""Unsafe combinations are refused before anything is opened."""

from __future__ import annotations

import pytest

from core.errors import Misconfigured
from core.settings import load_settings

KEY = "k" * 32


@pytest.fixture(autouse=True)
def no_inherited_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("DATABASE_URL", "HOST", "PORT", "CUADRILLA_MODE", "CUADRILLA_SECRET_KEY", "CUADRILLA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("no-env-file"))


def test_defaults_are_the_demo_on_loopback() -> None:
    settings = load_settings()
    assert (settings.mode, settings.host, settings.port) == ("demo", "127.0.0.1", 8000)
    assert settings.database_url is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"HOST": "0.0.0.0"}, "loopback"),  # noqa: S104
        ({"CUADRILLA_MODE": "production"}, "CUADRILLA_API_KEY"),
        ({"DATABASE_URL": "postgresql://u@h/d"}, "CUADRILLA_SECRET_KEY"),
        ({"CUADRILLA_BRAIN": "cascade"}, "CUADRILLA_LLM_API_KEY"),
        ({"CUADRILLA_BRAIN": "llm", "CUADRILLA_LLM_API_KEY": ""}, "CUADRILLA_LLM_API_KEY"),
    ],
)
def test_unsafe_combinations_are_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=said):
        load_settings()


@pytest.mark.parametrize("environment", [{"PORT": "70000"}, {"CUADRILLA_TIMEZONE": "Europe/Zaragoza"}])
def test_nonsense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured):
        load_settings()


def test_production_with_a_key_may_listen_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CUADRILLA_MODE": "production", "CUADRILLA_API_KEY": KEY, "HOST": "0.0.0.0"}.items():  # noqa: S104
        monkeypatch.setenv(name, value)
    assert load_settings().host == "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize(
    ("environment", "thinks"),
    [
        ({}, "offline"),
        ({"CUADRILLA_BRAIN": "", "CUADRILLA_LLM_API_KEY": "", "CUADRILLA_LLM_BASE_URL": ""}, "offline"),
        ({"CUADRILLA_LLM_API_KEY": "sk-1"}, "cascade"),
        ({"CUADRILLA_LLM_BASE_URL": "http://localhost:11434/v1"}, "cascade"),
        ({"CUADRILLA_LLM_API_KEY": "sk-1", "CUADRILLA_BRAIN": "llm"}, "llm"),
        ({"CUADRILLA_LLM_API_KEY": "sk-1", "CUADRILLA_BRAIN": "offline"}, "offline"),
    ],
)
def test_a_model_that_is_named_makes_it_a_cascade(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], thinks: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().thinks == thinks


@pytest.mark.parametrize(("given", "ceiling"), [("", None), ("0", 0), ("12.5", 12.5)])
def test_an_empty_ceiling_is_none(monkeypatch: pytest.MonkeyPatch, given: str, ceiling: float | None) -> None:
    monkeypatch.setenv("CUADRILLA_LLM_MONTHLY_CEILING", given)
    assert load_settings().llm_monthly_ceiling == ceiling
