"""``python -m ingest``: what a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.__main__ import app


@pytest.fixture
def run(fresh_database_url: str, secret: bytes, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("CUADRILLA_SECRET_KEY", secret.decode())
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner()


def test_a_folder_is_ingested_with_a_summary(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "bueno.md").write_text("# Guía\n\nTexto.", encoding="utf-8")
    (tmp_path / "malo.pdf").write_bytes(b"%PDF-1.4 nothing")
    options = ["--audience", "client", "--kind", "user_manual", "--product", "XP400", "--language", "es"]
    result = run.invoke(app, [str(tmp_path), *options])
    assert result.exit_code == 0, result.output
    assert "1 added, 1 failed" in result.output
    assert "corrupt" in result.output
    again = run.invoke(app, [str(tmp_path), *options])
    assert "1 unchanged, 1 failed" in again.output


def test_mistakes_are_told_apart(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "guia.md"
    file.write_text("Texto.", encoding="utf-8")
    wanted = ["--audience", "client", "--kind", "faq"]
    assert run.invoke(app, [str(file), "--audience", "everybody", "--kind", "faq"]).exit_code == 2
    unknown = run.invoke(app, [str(file), *wanted, "--product", "XP999"])
    assert unknown.exit_code == 2
    assert "XP999" in unknown.output
    (tmp_path / "vacia").mkdir()
    assert run.invoke(app, [str(tmp_path / "vacia"), *wanted]).exit_code == 2
    assert run.invoke(app, [str(tmp_path / "no.md"), *wanted]).exit_code == 1
