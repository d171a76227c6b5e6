"""Tables whose cells are merged, turned, unruled or cut by a page: each row says what the printed one says."""

from __future__ import annotations

import io

import docx
import openpyxl
from docx.shared import Pt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table
from reportlab.platypus import Paragraph as Printed
from reportlab.platypus.flowables import Flowable

from ingest.blocks import Heading, Paragraph
from ingest.blocks import Table as Cells
from ingest.loading import load
from ingest.loading.merging import Cell, table_of
from ingest.loading.page import PageText, RuledTable
from ingest.loading.signs import read_sign
from ingest.loading.stitching import stitched
from ingest.splitting import split

GRID = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
STYLES = getSampleStyleSheet()
BOLD = ParagraphStyle("bold", parent=STYLES["Normal"], fontName="Helvetica-Bold")


class Turned(Flowable):
    """Text that is read from the foot of the page to its head."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def wrap(self, *_: object) -> tuple[float, float]:
        return 12, 70

    def draw(self) -> None:
        canvas: Canvas = self.canv
        canvas.rotate(90)
        canvas.drawString(2, -10, self.text)


def pdf(*story: object) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4).build(list(story))
    return buffer.getvalue()


def tables(name: str, data: bytes) -> list[Cells]:
    return [block for block in load(name, data).blocks if isinstance(block, Cells)]


def test_html_with_cells_over_rows_and_columns() -> None:
    page = """<table><tr><th rowspan=2>Ajuste</th><th colspan=2>Margen</th><th rowspan=2>Fábrica</th></tr>
    <tr><th>Mín.</th><th>Máx.</th></tr><tr><td>Brillo</td><td>1</td><td>8</td><td>5</td></tr>
    <tr><td>Volumen</td><td colspan=2>fijo</td><td>6</td></tr></table>"""
    (table,) = tables("a.html", page.encode())
    assert table.lines() == (
        "Ajuste: Brillo | Margen Mín.: 1 | Margen Máx.: 8 | Fábrica: 5",
        "Ajuste: Volumen | Margen Mín.: fijo | Margen Máx.: fijo | Fábrica: 6",
    )


def test_html_without_what_surrounds_the_page() -> None:
    page = """<body class="menu-abierto"><div class="breadcrumb">Inicio &gt; V7</div><div id="cookie-aviso">Ok</div>
    <ul><li><a>Cámaras</a></li><li><a>Porteros</a></li><li><a>Contacto</a></li></ul>
    <div><h1>Monitor V7</h1><p>Dos hilos.</p></div></body>"""
    assert [block.text for block in load("a.html", page.encode()).blocks] == ["Monitor V7", "Dos hilos."]  # type: ignore[union-attr]


def test_docx_with_merged_cells_keeps_every_column() -> None:
    document = docx.Document()
    table = document.add_table(rows=0, cols=3)
    for row in (("Magnitud", "Modelo", ""), ("", "H 2.0", "H 2.5"), ("Peso", "34 kg", "41 kg"), ("Color", "negro", "")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(3, 1).merge(table.cell(3, 2))
    buffer = io.BytesIO()
    document.save(buffer)
    (found,) = tables("a.docx", buffer.getvalue())
    assert found.lines() == (
        "Magnitud: Peso | Modelo H 2.0: 34 kg | Modelo H 2.5: 41 kg",
        "Magnitud: Color | Modelo H 2.0: negro | Modelo H 2.5: negro",
    )


def test_docx_whose_headings_are_only_bold() -> None:
    document = docx.Document()

    def bold(text: str, size: int) -> None:
        run = document.add_paragraph().add_run(text)
        run.bold, run.font.size = True, Pt(size)

    bold("Captador Helio", 14)
    bold("Llenado", 11)
    document.add_paragraph("A 1,5 bar.")
    bold("No abra el purgador con el sol alto.", 11)
    buffer = io.BytesIO()
    document.save(buffer)
    loaded = load("a.docx", buffer.getvalue())
    assert loaded.title == "Captador Helio"
    assert [block.text for block in loaded.blocks if isinstance(block, Heading)] == ["Llenado"]


def test_xlsx_with_merged_cells() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    for row in (
        ("TARIFA", None, None, None),
        ("Familia", "Artículo", "Precio", None),
        (None, None, "Con montaje", "Suelto"),
        ("Motores", "M300", 245, 180),
        (None, "M600", 320, 255),
    ):
        sheet.append(row)
    for cells in ("A1:D1", "A2:A3", "B2:B3", "C2:D2", "A4:A5"):
        sheet.merge_cells(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    (table,) = tables("a.xlsx", buffer.getvalue())
    assert table.caption == "TARIFA"
    assert table.lines() == (
        "Familia: Motores | Artículo: M300 | Precio Con montaje: 245 | Precio Suelto: 180",
        "Familia: Motores | Artículo: M600 | Precio Con montaje: 320 | Precio Suelto: 255",
    )


def test_pdf_with_turned_heads_merged_rows_and_groups() -> None:
    rows = [
        ["Operación", Turned("Mensual"), Turned("Anual")],
        ["BOMBA", "", ""],
        ["Limpiar cestillo", "X", ""],
        ["Cambiar cierre", "", "X"],
    ]
    calendar = Table(rows, style=[*GRID, ("SPAN", (0, 1), (-1, 1))])
    faults = Table(
        [["Síntoma", "Causa"], ["No arranca", "Flujostato"], ["", "Fases"], ["Hiela", "Caudal"]],
        style=[*GRID, ("SPAN", (0, 1), (0, 2))],
    )
    first, second = tables("a.pdf", pdf(calendar, Printed("Averías del equipo", STYLES["Normal"]), faults))
    assert first.lines() == (
        "Operación: Limpiar cestillo · BOMBA | Mensual: X",
        "Operación: Cambiar cierre · BOMBA | Anual: X",
    )
    assert second.lines() == (
        "Síntoma: No arranca | Causa: Flujostato",
        "Síntoma: No arranca | Causa: Fases",
        "Síntoma: Hiela | Causa: Caudal",
    )


def test_pdf_table_that_goes_on_without_its_head_and_its_pages() -> None:
    rows = [
        ["Código", "Causa"],
        *[[f"AL{n:02}", f"La causa número {n} de las que hay, dicha entera"] for n in range(70)],
    ]
    data = pdf(Table(rows, style=GRID), Printed("Después de la tabla viene otra cosa.", STYLES["Normal"]))
    loaded = load("a.pdf", data)
    (table,) = [block for block in loaded.blocks if isinstance(block, Cells)]
    assert len(table.rows) == 71
    pages = {chunk.page for chunk in split(loaded) if "AL69" in chunk.content}
    assert pages == {2}


def test_pdf_tables_without_rules() -> None:
    rows = [["Magnitud", "Unidad", "EA-40", "EA-60"], ["Caudal", "m³/h", "6,9", "10,3"], ["Presión", "bar", "6", "6"]]
    (table,) = tables("a.pdf", pdf(Table(rows, colWidths=[150, 60, 60, 60])))
    assert table.lines() == (
        "Magnitud: Caudal (m³/h) | EA-40: 6,9 | EA-60: 10,3",
        "Magnitud: Presión (bar) | EA-40: 6 | EA-60: 6",
    )


def test_pdf_pairs_without_a_head_and_contents_without_dots() -> None:
    contents = Table([["1 Datos", "2"], ["2 Límites", "2"], ["3 Averías", "3"]], colWidths=[300, 40])
    pairs = Table([["Refrigerante", "R454B"], ["Carga", "8,5 kg"]], style=GRID)
    found = tables("a.pdf", pdf(Printed("Índice", STYLES["Heading1"]), contents, PageBreak(), pairs))
    assert [table.lines() for table in found] == [("Refrigerante | R454B", "Carga | 8,5 kg")]


def test_pdf_headings_that_are_only_bold_and_symbols() -> None:
    loaded = load(
        "a.pdf",
        pdf(
            Printed("Datos acústicos", BOLD),
            Printed("La presión sonora se mide a diez metros en campo libre y sin viento.", STYLES["Normal"]),
            Printed("Sonda", BOLD),
            Printed("La sonda mide 10 kΩ a veinticinco grados.", STYLES["Normal"]),
        ),
    )
    assert [block.text for block in loaded.blocks if isinstance(block, Heading)] == ["Datos acústicos", "Sonda"]
    assert any(isinstance(block, Paragraph) and "10 kΩ" in block.text for block in loaded.blocks)


def test_a_legend_explains_the_marks_of_its_table() -> None:
    table_and_legend = "| Tarea | Men. | An. |\n|---|---|---|\n| Polea | C | L |\n\nMen. = mensual, An. = anual. {}"
    text = table_and_legend.format("C: cambio, L: lavado.")
    (table,) = tables("a.md", text.encode())
    assert table.lines() == ("Tarea: Polea | mensual: cambio | anual: lavado",)
    assert len(load("a.md", text.encode()).blocks) == 1


def test_a_legend_explains_what_ends_the_name_of_a_column() -> None:
    page = """<table><tr><th rowspan=2>Trabajo</th><th colspan=2>Revisión</th></tr><tr><th>T</th><th>A</th></tr>
    <tr><td>Aceite</td><td>✔</td><td>✔</td></tr></table><p>T: trimestral; A: anual.</p>"""
    (table,) = tables("a.html", page.encode())
    assert table.lines() == ("Trabajo: Aceite | Revisión trimestral: ✔ | Revisión anual: ✔",)


def test_what_only_looks_like_a_legend_explains_nothing() -> None:
    table = "| Modelo | Visita |\n|---|---|\n| EL320 | cada mes |\n| EL630 | al día |\n\n"
    text = f"{table}EL320: espere 8 minutos. EL630: espere 12 minutos."
    (found,) = tables("a.md", text.encode())
    assert found.lines() == ("Modelo: EL320 | Visita: cada mes", "Modelo: EL630 | Visita: al día")


def test_text_with_headings_in_capitals() -> None:
    loaded = load("a.txt", b"CONDICIONES DEL SERVICIO\n\n1. VISITAS\nDos al mes.\n\n2. BAJA\nCon un mes.\n")
    assert loaded.title == "CONDICIONES DEL SERVICIO"
    assert [chunk.section for chunk in split(loaded)] == ["1. VISITAS", "2. BAJA"]


def test_a_value_and_its_unit_under_one_name() -> None:
    cells = [Cell("Dato", 0, 0), Cell("Valor", 0, 1, columns=2)]
    cells += [
        Cell("Peso", 1, 0),
        Cell("12", 1, 1),
        Cell("kg", 1, 2),
        Cell("Alto", 2, 0),
        Cell("3", 2, 1),
        Cell("m", 2, 2),
    ]
    (table,) = table_of(cells)
    assert isinstance(table, Cells)
    assert table.lines() == ("Dato: Peso | Valor: 12 kg", "Dato: Alto | Valor: 3 m")


def test_signs_of_fonts_of_signs() -> None:
    assert read_sign("W", "ABCDEF+Symbol") == "Ω"
    assert read_sign("4", "ZapfDingbats") == "✔"
    assert read_sign("\uf0b7", "SymbolMT") == "•"
    assert read_sign("\uf0fc", "Wingdings-Regular") == "✓"
    assert read_sign("W", "Helvetica") == "W"


def test_a_row_that_the_end_of_a_page_cut_is_one() -> None:
    def part(number: int, *cells: Cell) -> PageText:
        return PageText(number, 800, (), (RuledTable(cells, 50, 700, (60, 200, 300)),))

    first = part(1, Cell("Tarea", 0, 0), Cell("Año", 0, 1), Cell("Filtro de", 1, 0), Cell("X", 1, 1))
    rest = part(2, Cell("aire: cambio", 0, 0), Cell("", 0, 1), Cell("Correa", 1, 0), Cell("X", 1, 1))
    (table,) = [one for page in stitched([first, rest]) for one in page.tables]
    (whole,) = table_of(table.cells, 1)
    assert isinstance(whole, Cells)
    assert whole.lines() == ("Tarea: Filtro de aire: cambio | Año: X", "Tarea: Correa | Año: X")


def test_pdf_rows_that_no_rule_parts_and_words_that_a_cell_broke() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    rows = (("Concepto", "EV-15", "EV-25"), ("Aceite (l)", "5,7", "9,5"), ("Potencia", "13,5", "22"))
    for number, row in enumerate(rows):
        top = 700 - 20 * number
        boxes = ((60, 300),) if number == 1 else ((60, 140), (200, 80), (280, 80))
        for left, wide in boxes:
            canvas.rect(left, top, wide, 20)
        for left, text in zip((64, 204, 284), row, strict=True):
            canvas.drawString(left, top + 6, text)
    canvas.rect(60, 500, 50, 40)
    canvas.rect(110, 500, 90, 40)
    canvas.rect(60, 460, 50, 40)
    canvas.rect(110, 460, 90, 40)
    canvas.drawString(63, 528, "Refrigeran")
    canvas.drawString(63, 514, "te")
    canvas.drawString(114, 528, "Cada año")
    canvas.drawString(63, 486, "Aceite")
    canvas.drawString(63, 472, "motor")
    canvas.drawString(114, 486, "Cada mes")
    canvas.save()
    first, second = tables("a.pdf", buffer.getvalue())
    assert "Concepto: Aceite (l) | EV-15: 5,7 | EV-25: 9,5" in first.lines()
    assert second.rows == (("Refrigerante", "Cada año"), ("Aceite motor", "Cada mes"))


def test_text_with_a_table_in_columns_and_markdown_with_one_of_html() -> None:
    text = (
        "Motor    Fusible   Par\nSM-20    6,3 A     20 N·m\nSM-35    8 A       35 N·m\n\nE1  Uno\nE2  Dos\nE3  Tres\n"
    )
    first, second = tables("a.txt", text.encode())
    assert first.lines() == ("Motor: SM-20 | Fusible: 6,3 A | Par: 20 N·m", "Motor: SM-35 | Fusible: 8 A | Par: 35 N·m")
    assert second.lines() == ("E1 | Uno", "E2 | Dos", "E3 | Tres")
    (table,) = tables(
        "a.md", b"# A\n\n<table><tr><th>Nivel</th><th>dB</th></tr><tr><td>Alto</td><td>78</td></tr></table>\n"
    )
    assert table.lines() == ("Nivel: Alto | dB: 78",)


def test_a_title_over_two_columns_is_whole_and_a_page_of_rows_is_no_two_columns() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(60, 815, "Levanta")
    canvas.drawString(500, 815, "Rev. 3")
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(60, 770, "Barrera de aparcamiento Levanta B3 y B6")
    canvas.setFont("Helvetica", 9)
    for number in range(30):
        canvas.drawString(60, 700 - 12 * number, f"izquierda renglón {number} del texto")
        canvas.drawString(320, 700 - 12 * number, f"derecha renglón {number} del texto")
    canvas.showPage()
    canvas.setFont("Helvetica", 9)
    for number in range(12):
        canvas.drawString(60, 740 - 14 * number, f"F{number}")
        canvas.drawString(100, 740 - 14 * number, f"Fallo del circuito número {number}")
        canvas.drawString(330, 740 - 14 * number, f"Revise el fusible {number} y mida el cable de la sonda")
    canvas.save()
    loaded = load("a.pdf", buffer.getvalue())
    assert loaded.title == "Barrera de aparcamiento Levanta B3 y B6"
    (table,) = [block for block in loaded.blocks if isinstance(block, Cells)]
    assert table.lines()[7] == "F7 | Fallo del circuito número 7 | Revise el fusible 7 y mida el cable de la sonda"


def test_a_last_row_alone_on_the_next_page_is_of_its_table() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    pages = [[("Código", "Nombre"), ("P12", "Antilegionela"), ("P15", "Apoyo")], [("P16", "Bomba de retorno")]]
    for rows in pages:
        canvas.setFont("Helvetica", 9)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                canvas.rect(60 + 120 * column, 760 - 20 * number, 120, 20)
                canvas.drawString(64 + 120 * column, 766 - 20 * number, text)
        canvas.showPage()
    canvas.save()
    (table,) = tables("a.pdf", buffer.getvalue())
    assert table.lines()[-1] == "Código: P16 | Nombre: Bomba de retorno"
