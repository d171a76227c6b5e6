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


def test_names_that_clash_and_twins_are_told(run: CliRunner, tmp_path: Path) -> None:
    for folder, text in (("norte", "Texto del norte."), ("sur", "Texto del sur."), ("copia", "Texto del sur.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manual.md").write_text(f"# Manual\n\n{text}", encoding="utf-8")
    (tmp_path / "norte" / "foto.jpg").write_bytes(b"\xff\xd8\xff")
    result = run.invoke(app, [str(tmp_path), "--audience", "client", "--kind", "user_manual"])
    assert result.exit_code == 0, result.output
    assert "norte/manual.md" in result.output and "copia/manual.md" in result.output
    assert "2 added, 1 duplicate" in result.output
    assert "mismo contenido que" in result.output and "mismo título que" in result.output
    assert ".jpg (1)" in result.output


def test_every_reason_is_explained(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "vacio.md").write_bytes(b"")
    (tmp_path / "foto.pdf").write_bytes(b"\xff\xd8\xff")
    result = run.invoke(app, [str(tmp_path), "http://127.0.0.1:9/x.pdf", "--audience", "client", "--kind", "faq"])
    assert result.exit_code == 1, result.output
    for words in ("el fichero está vacío", "no es lo que dice su nombre", "--allow-private", "3 failed"):
        assert words in result.output


def test_a_folder_that_is_gone_says_so_and_prune_withdraws(run: CliRunner, tmp_path: Path) -> None:
    options = ["--audience", "client", "--kind", "faq"]
    (tmp_path / "uno.md").write_text("Uno.", encoding="utf-8")
    (tmp_path / "dos.md").write_text("Dos.", encoding="utf-8")
    assert "2 added" in run.invoke(app, [str(tmp_path), *options]).output
    (tmp_path / "uno.md").unlink()
    result = run.invoke(app, [str(tmp_path), *options, "--prune"])
    assert "1 unchanged" in result.output and "Retirado" in result.output and "uno.md" in result.output
    gone = run.invoke(app, [str(tmp_path / "ya-no-esta"), *options])
    assert gone.exit_code == 1 and "unreachable" in gone.output
    assert run.invoke(app, [str(tmp_path / "ya-no-esta"), *options, "--watch"]).exit_code == 2
