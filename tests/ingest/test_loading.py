"""Loaders on small files made here, and on the demo documents."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.document import Document as WordDocument
from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table
from reportlab.platypus import Paragraph as Printed

from core.errors import DocumentUnreadable
from ingest.blocks import Heading, ListItem, Paragraph
from ingest.blocks import Table as Cells
from ingest.demo_load import demo_folder, read_manifest
from ingest.loading import load
from ingest.loading.paragraphs import join_lines

GRID = [("GRID", (0, 0), (-1, -1), 0.5, "black")]


def printed(*story: object, foot: str = "Térmica Ebro · Manual · Página {page}") -> bytes:
    buffer = io.BytesIO()

    def furniture(canvas: Canvas, _: object) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(60, 20, foot.format(page=canvas.getPageNumber()))

    SimpleDocTemplate(buffer, pagesize=A4).build(list(story), onFirstPage=furniture, onLaterPages=furniture)
    return buffer.getvalue()


def lines(*texts: str, encrypt: object = None) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, encrypt=encrypt)
    for number, text in enumerate(texts):
        canvas.drawString(72, 780 - 14 * number, text)
    canvas.save()
    return buffer.getvalue()


def reason(name: str, data: bytes) -> object:
    with pytest.raises(DocumentUnreadable) as caught:
        load(name, data)
    assert caught.value.message
    return caught.value.details["reason"]


def test_pdf_headings_tables_lists_and_no_running_feet() -> None:
    styles = getSampleStyleSheet()
    note = ParagraphStyle("caption", parent=styles["Normal"], fontSize=8.5)
    data = printed(
        Printed("1. Filtros", styles["Heading1"]),
        Printed("Limpie el filtro cada dos semanas con agua tibia y sin jabones agresivos.", styles["Normal"]),
        Printed("1. Apague el equipo.", styles["Normal"]),
        Printed("2. Levante el panel.", styles["Normal"]),
        PageBreak(),
        Printed("2. Códigos", styles["Heading1"]),
        Printed("Tabla 1. Códigos del XP400", note),
        Table([["Código", "Causa"], ["E4", "Temperatura de descarga"], ["E5", "Sobrecorriente"]], style=GRID),
        PageBreak(),
        Printed("3. Garantía", styles["Heading1"]),
        Printed("Tres años desde la entrega del equipo.", styles["Normal"]),
    )
    loaded = load("manual.pdf", data)
    assert loaded.pages == 3
    assert [(b.text, b.page) for b in loaded.blocks if isinstance(b, Heading)] == [
        ("1. Filtros", 1),
        ("2. Códigos", 2),
        ("3. Garantía", 3),
    ]
    assert [(b.marker, b.text) for b in loaded.blocks if isinstance(b, ListItem)] == [
        ("1.", "Apague el equipo."),
        ("2.", "Levante el panel."),
    ]
    (table,) = [b for b in loaded.blocks if isinstance(b, Cells)]
    assert table.caption == "Tabla 1. Códigos del XP400"
    assert table.lines() == ("Código: E4 | Causa: Temperatura de descarga", "Código: E5 | Causa: Sobrecorriente")
    assert not any("Página" in getattr(b, "text", "") for b in loaded.blocks)


def test_pdf_table_over_two_pages_is_one() -> None:
    rows = [["Código", "Causa"], *[[f"E{n}", f"Causa número {n}"] for n in range(60)]]
    loaded = load("tabla.pdf", printed(Table(rows, style=GRID, repeatRows=1)))
    (table,) = [b for b in loaded.blocks if isinstance(b, Cells)]
    assert len(table.rows) == 61


def test_pdf_in_two_columns_is_read_by_column() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for number in range(30):
        canvas.drawString(60, 700 - 12 * number, f"izquierda renglón {number} del texto")
        canvas.drawString(320, 700 - 12 * number, f"derecha renglón {number} del texto")
    canvas.save()
    text = " ".join(b.text for b in load("columnas.pdf", buffer.getvalue()).blocks if isinstance(b, Paragraph))
    assert text.index("izquierda renglón 29") < text.index("derecha renglón 0")


def test_a_short_second_column_and_its_table_are_read_after_the_first() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for number in range(50):
        canvas.drawString(60, 740 - 12 * number, f"izquierda renglón {number} del texto")
    for number in range(5):
        canvas.drawString(320, 740 - 12 * number, f"derecha renglón {number} del texto")
    for row, cells in enumerate((("Aviso", "Qué hacer"), ("A01", "Abrir"), ("A22", "Vaciar"))):
        for column, cell in enumerate(cells):
            canvas.rect(320 + 90 * column, 640 - 16 * row, 90, 16)
            canvas.drawString(324 + 90 * column, 644 - 16 * row, cell)
    canvas.drawString(320, 590, "después de la tabla viene esto")
    canvas.save()
    blocks = load("columnas.pdf", buffer.getvalue()).blocks
    place = next(n for n, block in enumerate(blocks) if isinstance(block, Cells))
    before = " ".join(b.text for b in blocks[:place] if isinstance(b, Paragraph))
    assert before.index("izquierda renglón 49") < before.index("derecha renglón 0") < before.index("derecha renglón 4")
    assert any(isinstance(b, Paragraph) and "después de la tabla" in b.text for b in blocks[place + 1 :])


def test_what_pages_say_alike_with_other_numbers_is_no_running_head() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for number in range(6):
        canvas.drawString(60, 780, f"La pieza Q{number + 1} pesa {number * 37 % 50} gramos.")
        canvas.drawString(60, 400, "Se monta a mano.")
        canvas.drawString(60, 20, f"Catálogo 2024 · Página {number + 1}")
        canvas.showPage()
    canvas.save()
    text = " ".join(b.text for b in load("piezas.pdf", buffer.getvalue()).blocks if isinstance(b, Paragraph))
    assert "La pieza Q4 pesa 11 gramos." in text
    assert "Catálogo" not in text


def test_words_cut_by_a_line_are_made_whole() -> None:
    assert join_lines("el mante-", "nimiento anual") == "el mantenimiento anual"
    assert join_lines("el modelo XP-", "400") == "el modelo XP- 400"


def test_pdf_that_cannot_be_read() -> None:
    assert reason("cifrado.pdf", lines("secreto", encrypt=pdfencrypt.StandardEncryption("clave"))) == "encrypted"
    assert reason("escaneado.pdf", lines()) == "no_text"
    assert reason("roto.pdf", b"%PDF-1.4\ngarbage") == "corrupt"
    assert reason("cortado.pdf", lines("texto " * 50)[:200]) == "corrupt"
    assert reason("vacio.pdf", b"") == "empty"
    assert reason("disfrazado.pdf", b"hello \x00 there") == "corrupt"


def word() -> WordDocument:
    document = docx.Document()
    document.add_paragraph("Manual de la AL50", style="Title")
    document.add_heading("1. Uso", level=1)
    document.add_paragraph("La alarma se conecta con el código.")
    document.add_heading("1.1 Conectar", level=2)
    document.add_paragraph("Cierre puertas.", style="List Number")
    document.add_paragraph("Teclee el código.", style="List Number")
    document.add_paragraph("Pila CR123A.", style="List Bullet")
    document.add_paragraph("Tabla 1. Pilas", style="Caption")
    table = document.add_table(rows=2, cols=2)
    cells = (cell for row in table.rows for cell in row.cells)
    for cell, text in zip(cells, ("Pieza", "Pila", "Mando", "CR2025"), strict=True):
        cell.text = text
    document.add_paragraph("ADVERTENCIA: no moje la central.", style="Intense Quote")
    return document


def saved(document: WordDocument) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_docx_in_order() -> None:
    loaded = load("al50.docx", saved(word()))
    assert loaded.title == "Manual de la AL50"
    assert loaded.blocks == (
        Heading(1, "1. Uso"),
        Paragraph("La alarma se conecta con el código."),
        Heading(2, "1.1 Conectar"),
        ListItem("Cierre puertas.", "1."),
        ListItem("Teclee el código.", "2."),
        ListItem("Pila CR123A."),
        Cells((("Pieza", "Pila"), ("Mando", "CR2025")), "Tabla 1. Pilas"),
        Paragraph("ADVERTENCIA: no moje la central.", notice=True),
    )


def test_archives_that_are_no_document() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hello.txt", "hello")
    assert reason("hola.docx", buffer.getvalue()) == "unsupported"
    assert reason("roto.docx", buffer.getvalue()[:40]) == "corrupt"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            with archive.open(f"word/{number}.xml", "w") as member:
                for _ in range(90):
                    member.write(b"0" * 2**20)
    assert reason("bomba.docx", bomb.getvalue()) == "too_large"


def test_markdown() -> None:
    source = """---
title: fuera
---
# Plan

Texto con **negrita** y `código`.

## Pasos

1. Uno
   1. Dentro
2. Dos

> Atención: quema.

Tabla 2. Valores

| | XP250 | XP400 |
|---|---|---|
| Carga | 0,65 kg | 0,95 kg |
"""
    loaded = load("plan.md", source.encode())
    assert loaded.title == "Plan"
    assert loaded.blocks == (
        Heading(1, "Plan"),
        Paragraph("Texto con negrita y código."),
        Heading(2, "Pasos"),
        ListItem("Uno", "1."),
        ListItem("Dentro", "1.", 2),
        ListItem("Dos", "2."),
        Paragraph("Atención: quema.", notice=True),
        Cells((("", "XP250", "XP400"), ("Carga", "0,65 kg", "0,95 kg")), "Tabla 2. Valores"),
    )
    assert loaded.blocks[-1].lines() == ("Carga | XP250: 0,65 kg | XP400: 0,95 kg",)


def test_html_without_menus() -> None:
    source = """<html><head><title>Ayuda</title><script>x()</script></head><body><nav>Inicio</nav>
    <h1>Horario</h1>Suelto <b>antes</b><p>De ocho<br>a siete.</p><ol><li>Uno<ul><li>Dentro</li></ul></li></ol>
    <table><caption>Precios</caption><tr><th>Qué</th><th>Euros</th></tr><tr><td>Visita</td><td>45</td></tr></table>
    <footer>Aviso legal</footer></body></html>"""
    loaded = load("ayuda.html", source.encode())
    assert loaded.title == "Ayuda"
    assert loaded.blocks == (
        Heading(1, "Horario"),
        Paragraph("Suelto antes"),
        Paragraph("De ocho a siete."),
        ListItem("Uno", "1."),
        ListItem("Dentro", "-", 2),
        Cells((("Qué", "Euros"), ("Visita", "45")), "Precios"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_in_any_usual_encoding(encoding: str) -> None:
    loaded = load("nota.txt", "Reunión del año\nsegunda línea\n\n- una\n- otra\n".encode(encoding))
    assert loaded.blocks == (Paragraph("Reunión del año segunda línea"), ListItem("una"), ListItem("otra"))


@pytest.mark.parametrize("name", ["x.xls", "x", "x.png"])
def test_other_files_are_refused(name: str) -> None:
    assert reason(name, b"data") == "unsupported"


def test_a_wrong_suffix_does_not_matter() -> None:
    assert load("manual.txt", lines("Texto de una página PDF.")).media_type == "application/pdf"


@pytest.mark.parametrize("entry", read_manifest(demo_folder())[::5], ids=lambda e: e.file)
def test_demo_documents_are_read_with_their_structure(entry: object) -> None:
    file = entry.file  # type: ignore[attr-defined]
    loaded = load(file, (demo_folder() / "documents" / file).read_bytes())
    assert sum(isinstance(b, Heading) for b in loaded.blocks) >= 5
    texts = [b.text for b in loaded.blocks if not isinstance(b, Cells)]
    assert not any("(cid:" in t or ". . . ." in t for t in texts)
    assert not any(t.startswith("Página") for t in texts)


def test_lines_numbered_as_instructions_are_headings() -> None:
    text = "# Reglamento\n\nI.T. 3.8.2 Valores límite del aire:\n\nNo será superior a 21 ºC.\n\n3.1 Lo que sigue:\n"
    headings = [b.text for b in load("ley.md", text.encode()).blocks if isinstance(b, Heading)]
    assert headings == ["Reglamento", "I.T. 3.8.2 Valores límite del aire"]
