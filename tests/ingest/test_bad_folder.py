"""A folder as people have them: every kind of bad file among good ones, each with its reason, and the library whole."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import psycopg2
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from typer.testing import CliRunner

from db.session import make_engine
from ingest.__main__ import app
from ingest.corpus import load_corpus
from ingest.embeddings import CharacterEmbedder
from ingest.lexicon import search_lexicon
from ingest.loading import load
from ingest.loading.pdf import MAX_PAGES
from ingest.pipeline import Outcome, Status, ingest_sources
from ingest.sources.files import find_files
from tests.ingest.test_loading import reason
from tests.ingest.test_pipeline import LABELS

OPTIONS = ["--audience", "public", "--kind", "user_manual"]


def pdf(*said: str, encrypt: StandardEncryption | None = None) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=encrypt)
    for page in said:
        canvas.drawString(72, 720, page)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scan() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (60, 80), 255).save(buffer, "PDF")
    return buffer.getvalue()


def zip_bomb(part: str) -> bytes:
    """A few hundred kilobytes that would be half a gigabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(part, "w", force_zip64=True) as inside:
            for _ in range(420):
                inside.write(b" " * 2**20)
    return buffer.getvalue()


BAD = {
    "confidencial.pdf": (pdf("Secreto", encrypt=StandardEncryption("clave")), "está protegido con contraseña"),
    "escaneado.pdf": (scan(), "no tiene texto: es un escaneado"),
    "cortado.pdf": (pdf("Texto que no llega")[:400], "está dañado o incompleto"),
    "vacio.pdf": (b"", "el fichero está vacío"),
    "foto.pdf": (b"\xff\xd8\xff\xe0 JFIF", "por dentro no es lo que dice su nombre"),
    "bomba.docx": (zip_bomb("word/document.xml"), "crece demasiado al abrirlo"),
    "bomba.xlsx": (zip_bomb("xl/workbook.xml"), "crece demasiado al abrirlo"),
}


@pytest.fixture
def run(fresh_database_url: str, secret: bytes, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("CUADRILLA_SECRET_KEY", secret.decode())
    monkeypatch.setenv("COLUMNS", "80")
    return CliRunner()


def test_every_bad_file_has_its_reason_and_the_good_ones_go_in(
    run: CliRunner, fresh_database_url: str, tmp_path: Path
) -> None:
    for name, (data, _) in BAD.items():
        (tmp_path / name).write_bytes(data)
    for folder, page in (("puertas", "Limpie las guías cada mes."), ("toldos", "Recoja el toldo con viento.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manual.pdf").write_bytes(pdf(page))
    (tmp_path / "nota.pdf").write_text("El cierre se engrasa cada seis meses.", encoding="utf-8")
    result = run.invoke(app, [str(tmp_path), *OPTIONS])
    assert result.exit_code == 0, result.output
    for name, (_, words) in BAD.items():
        assert any(line.startswith(f"{name}: ") and words in line for line in result.output.splitlines()), name
    assert "puertas/manual.pdf" in result.output and "toldos/manual.pdf" in result.output
    assert "3 nuevos, 7 no se han leído · 3 added, 7 failed" in result.output
    engine = make_engine(fresh_database_url)
    corpus = load_corpus(engine, CharacterEmbedder(), search_lexicon())
    engine.dispose()
    assert [corpus.lexical.frequency(word) for word in ("gui", "told", "engras")] == [1, 1, 1]
    assert len(corpus.documents) == len(corpus.entries) == 3


def test_a_database_that_no_server_has_opened_is_made_ready(
    run: CliRunner, fresh_database_url: str, tmp_path: Path
) -> None:
    with psycopg2.connect(fresh_database_url) as server, server.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("DROP SCHEMA IF EXISTS gate, queue CASCADE")
    (tmp_path / "guia.md").write_text("# Guía\n\nTexto.", encoding="utf-8")
    result = run.invoke(app, [str(tmp_path), *OPTIONS])
    assert result.exit_code == 0, result.output
    assert "1 nuevo · 1 added" in result.output


def test_a_folder_removed_midway_costs_what_was_not_read_yet(fresh_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "manuales"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.md").write_text(f"# Manual {number}\n\nTexto {number}.", encoding="utf-8")
    engine, embedder = make_engine(fresh_database_url), CharacterEmbedder()
    items = find_files([folder], LABELS).items

    def unplugged(_outcome: Outcome) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    report = ingest_sources(engine, items, embedder, done=unplugged)
    assert [(o.status, o.reason) for o in report.outcomes] == [
        (Status.ADDED, ""),
        (Status.FAILED, "unreachable"),
        (Status.FAILED, "unreachable"),
    ]
    again = ingest_sources(engine, find_files([folder], LABELS).items, embedder)
    corpus = load_corpus(engine, embedder, search_lexicon())
    engine.dispose()
    assert again.all_failed
    assert len(corpus.documents) == 1, "what is gone from the disk stays in the library"


def test_headings_that_are_apart_are_no_title() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for number in (1, 2):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 740, f"Ficha {number}")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 700, f"La pieza {number} se aprieta a {number} Nm y se revisa cada año.")
        canvas.showPage()
    canvas.save()
    assert load("fichas.pdf", buffer.getvalue()).title == "Ficha 1"


def test_long_documents_are_read_and_too_long_ones_refused() -> None:
    long = load("largo.pdf", pdf(*(f"Ficha {number}: par de apriete {number} Nm." for number in range(200))))
    assert long.pages == 200
    assert reason("enorme.pdf", pdf(*["x"] * (MAX_PAGES + 1))) == "too_large"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"Cierre la llave.\n\n- Avise.", "text/plain"),
        ("Señal áéí".encode("utf-16"), "text/plain"),
        (b"<!doctype html><p>Hola</p>", "text/html"),
    ],
)
def test_text_called_pdf_is_read_as_what_it_is(data: bytes, media_type: str) -> None:
    assert load("nota.pdf", data).media_type == media_type


@pytest.mark.parametrize("data", [b"1 0 obj\n<< >>\nendobj\n", b"\x93\x81 nada", b"abc\x00\x01", b"ma\x07lo"])
def test_what_is_left_of_a_binary_file_is_no_text(data: bytes) -> None:
    assert reason("resto.pdf", data) == "corrupt"
