"""Render the demo documents: each Markdown source becomes the PDF or DOCX file the manifest names.

Run ``python -m ingest.demo.build``. The output is deterministic: the same sources give the same bytes. Files the
manifest lists as Markdown have no source; they live in ``documents/`` as they are.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import docx
import yaml
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Pt, RGBColor
from matplotlib import get_data_path
from reportlab import platypus as rl
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.tableofcontents import TableOfContents

from ingest.demo.source import Block, Span, parse, split_cover

HERE = Path(__file__).parent
MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN  # of the text
COMPANY = "Térmica Ebro, S.L."
CONTACT = "Teléfono 976 000 100 · Urgencias 24 h 900 000 112 · termicaebro.example"
AUDIENCES = {
    "public": "Documento público",
    "client": "Documento para clientes",
    "technician": "Uso exclusivo de personal técnico autorizado",
    "admin": "Uso interno de administración",
}
ACCENTS = {"XP": "#0b6e99", "VR": "#0b6e99", "CB": "#a8481c", "EL": "#3d4f7c", "FP": "#a3212d", "AL": "#2f6b4f"}


def accent_of(entry: dict[str, Any]) -> str:
    """The colour of the document's product family; company blue for general documents."""
    return ACCENTS.get((entry["products"] or ["  "])[0][:2], "#1f4e79")


def use_fonts() -> None:
    """Register DejaVu Sans from matplotlib, a runtime dependency, so every machine renders the same."""
    folder = Path(get_data_path()) / "fonts" / "ttf"
    faces = {"Body": "DejaVuSans", "Body-B": "DejaVuSans-Bold", "Body-I": "DejaVuSans-Oblique"}
    for name, file in faces.items():
        pdfmetrics.registerFont(TTFont(name, folder / f"{file}.ttf"))
    pdfmetrics.registerFontFamily("Body", normal="Body", bold="Body-B", italic="Body-I", boldItalic="Body-B")


def use_styles(accent: HexColor) -> dict[str, ParagraphStyle]:
    """The paragraph styles of the PDF documents, by block kind."""
    bold = {"fontName": "Body-B"}
    looks: dict[str, dict[str, Any]] = {
        "paragraph": {},
        "title": {**bold, "fontSize": 26, "leading": 33, "spaceAfter": 14},
        "cover": {"fontSize": 11, "leading": 17, "spaceAfter": 9},
        "contents": {**bold, "fontSize": 16, "leading": 21, "spaceAfter": 10},
        "contents1": {**bold, "fontSize": 9, "leading": 12, "spaceBefore": 1, "spaceAfter": 0},
        "contents2": {"leftIndent": 14, "fontSize": 8.5, "leading": 11, "spaceAfter": 0},
        "heading1": {
            **bold,
            "fontSize": 16,
            "leading": 20,
            "textColor": accent,
            "spaceBefore": 15,
            "spaceAfter": 8,
            "keepWithNext": 1,
        },
        "heading2": {**bold, "fontSize": 12, "leading": 16, "spaceBefore": 10, "spaceAfter": 5, "keepWithNext": 1},
        "caption": {"fontName": "Body-I", "fontSize": 8.5, "spaceBefore": 7, "spaceAfter": 3, "keepWithNext": 1},
        "item": {"leftIndent": 18, "bulletIndent": 2, "spaceAfter": 4},
        "notice": {"leftIndent": 10, "rightIndent": 10, "spaceBefore": 3, "spaceAfter": 5},
        "cell": {"fontSize": 8.8, "leading": 12, "spaceAfter": 0},
        "head": {**bold, "fontSize": 8.8, "leading": 12, "spaceAfter": 0, "textColor": white},
    }
    base = {"fontName": "Body", "bulletFontName": "Body", "fontSize": 10, "leading": 15, "spaceAfter": 6}
    return {name: ParagraphStyle(name, **{**base, **look}) for name, look in looks.items()}


def markup(spans: tuple[Span, ...]) -> str:
    """Spans as reportlab paragraph markup."""

    def one(span: Span) -> str:
        text = escape(span.text, quote=False)
        text = f"<i>{text}</i>" if span.italic else text
        return f"<b>{text}</b>" if span.bold else text

    return "".join(map(one, spans))


class _Pdf(rl.BaseDocTemplate):
    """A cover, a running header and footer, and headings that reach the table of contents and the outline."""

    def __init__(self, path: Path, entry: dict[str, Any]) -> None:
        super().__init__(str(path), pagesize=A4, title=entry["title"], author=COMPANY, lang="es", invariant=1)
        self.entry, self.accent = entry, HexColor(accent_of(entry))
        frame = rl.Frame(MARGIN, 20 * mm, WIDTH, A4[1] - 46 * mm, 0, 0, 0, 0)
        cover = rl.Frame(MARGIN, 20 * mm, WIDTH, A4[1] - 90 * mm, 0, 0, 0, 0)
        self.addPageTemplates(
            [rl.PageTemplate("cover", cover, self.draw_cover), rl.PageTemplate("body", frame, self.draw_page)]
        )

    def draw_cover(self, canvas: Any, _: rl.BaseDocTemplate) -> None:
        """The colour band and the contact line of the first page."""
        canvas.setStrokeColor(self.accent)
        canvas.setLineWidth(44 * mm)
        canvas.line(0, A4[1] - 22 * mm, A4[0], A4[1] - 22 * mm)
        canvas.setFillColor(white)
        canvas.setFont("Body-B", 20)
        canvas.drawString(MARGIN, A4[1] - 24 * mm, COMPANY)
        canvas.setFillColor(self.accent)
        canvas.setFont("Body", 8)
        canvas.drawString(MARGIN, 12 * mm, CONTACT)

    def draw_page(self, canvas: Any, _: rl.BaseDocTemplate) -> None:
        """The running header and footer."""
        canvas.setFont("Body", 7.5)
        canvas.setFillColor(HexColor("#555555"))
        canvas.drawString(MARGIN, A4[1] - 16 * mm, f"{COMPANY} · {self.entry['title']}")
        canvas.drawString(MARGIN, 11 * mm, f"Revisión {self.entry['revision']} · {AUDIENCES[self.entry['audience']]}")
        canvas.drawRightString(A4[0] - MARGIN, 11 * mm, f"Página {canvas.getPageNumber()}")
        canvas.setStrokeColor(self.accent)
        canvas.setLineWidth(0.8)
        canvas.line(MARGIN, A4[1] - 18 * mm, A4[0] - MARGIN, A4[1] - 18 * mm)

    def afterFlowable(self, flowable: rl.Flowable) -> None:
        """Tell the table of contents and the outline about each heading."""
        name = getattr(getattr(flowable, "style", None), "name", "")
        if name in {"heading1", "heading2"}:
            key, text, level = f"h{self.seq.nextf('heading')}", flowable.getPlainText(), int(name[-1]) - 1
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(text, key, level)
            self.notify("TOCEntry", (level, text, self.page, key))


def write_pdf(entry: dict[str, Any], blocks: list[Block], path: Path) -> None:
    """Write one document as PDF: cover, contents (manuals only) and body."""
    use_fonts()
    pdf = _Pdf(path, entry)
    styles = use_styles(pdf.accent)

    def words(spans: tuple[Span, ...], style: str, **options: Any) -> rl.Paragraph:
        return rl.Paragraph(markup(spans), styles[style], **options)

    def table(block: Block) -> rl.Table:
        rows = [[words(cell, "cell" if number else "head") for cell in row] for number, row in enumerate(block.rows)]
        columns = [["".join(span.text for span in cell) for cell in column] for column in zip(*block.rows, strict=True)]
        floors = [max(pdfmetrics.stringWidth(w, "Body-B", 8.8) for w in " ".join(c).split()) + 13 for c in columns]
        weights = [sum(map(len, column)) / len(column) + min(30, max(map(len, column))) for column in columns]
        spare = (WIDTH - sum(floors)) / sum(weights)
        look = [
            ("GRID", (0, 0), (-1, -1), 0.6, HexColor("#777777")),
            ("BACKGROUND", (0, 0), (-1, 0), pdf.accent),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ]
        widths = [floor + spare * weight for floor, weight in zip(floors, weights, strict=True)]
        return rl.Table(rows, widths, repeatRows=1, style=look, spaceAfter=9)

    def flow(block: Block) -> list[rl.Flowable]:
        match block.kind:
            case "table":
                return [table(block)]
            case "heading":
                return [rl.CondPageBreak((42 - 10 * block.level) * mm), words(block.spans, f"heading{block.level}")]
            case "item":
                return [words(block.spans, "item", bulletText=block.marker)]
            case "notice":  # two rules and no sides: a box would read as a table
                rules = [rl.HRFlowable("100%", 1.2, color=HexColor("#d08700"), spaceAfter=4) for _ in range(2)]
                return [rl.KeepTogether([rules[0], words(block.spans, "notice"), rules[1]])]
            case kind:
                return [words(block.spans, kind)]

    cover, body = split_cover(blocks)
    facts = [f"Revisión {entry['revision']}", AUDIENCES[entry["audience"]]]
    story = [words((Span(entry["title"]),), "title"), *(words((Span(fact, bold=True),), "cover") for fact in facts)]
    story += [rl.Spacer(0, 10 * mm), *(words(block.spans, "cover") for block in cover)]
    story += [rl.NextPageTemplate("body"), rl.PageBreak()]
    if entry["kind"].endswith("manual"):
        contents = TableOfContents(levelStyles=[styles["contents1"], styles["contents2"]], dotsMinLevel=0)
        story += [words((Span("Índice"),), "contents"), contents, rl.PageBreak()]
    for block in body:
        story += flow(block)
    pdf.multiBuild(story)


def write_docx(entry: dict[str, Any], blocks: list[Block], path: Path) -> None:
    """Write one document as DOCX with Word's own heading, caption, list and table styles."""
    word = docx.Document()
    word.styles["Normal"].font.name, word.styles["Normal"].font.size = "Calibri", Pt(11)
    accent = RGBColor.from_string(accent_of(entry)[1:].upper())
    for name in ("Heading 1", "Heading 2"):
        word.styles[name].font.color.rgb = accent
    styles = {"paragraph": "Normal", "caption": "Caption", "notice": "Intense Quote"}

    def write(paragraph: Any, spans: tuple[Span, ...], bold: bool = False) -> None:
        for span in spans:
            run = paragraph.add_run(span.text)
            run.bold, run.italic = span.bold or bold or None, span.italic or None

    def add(block: Block) -> None:
        if block.kind == "table":
            table = word.add_table(len(block.rows), len(block.rows[0]), "Table Grid")
            for number, (row, cells) in enumerate(zip(block.rows, table.rows, strict=True)):
                for spans, cell in zip(row, cells.cells, strict=True):
                    write(cell.paragraphs[0], spans, bold=number == 0)
            word.add_paragraph()
        elif block.kind == "heading":
            word.add_heading(block.text, block.level)
        elif block.marker == "•":
            write(word.add_paragraph(style="List Bullet"), block.spans)
        elif block.marker:  # the number is text: Word would carry it on from one list to the next
            write(word.add_paragraph(f"{block.marker}\t", "List"), block.spans)
        else:
            write(word.add_paragraph(style=styles[block.kind]), block.spans)

    cover, body = split_cover(blocks)
    word.add_paragraph(entry["title"], "Title")
    word.add_paragraph(f"{COMPANY} · Revisión {entry['revision']}", "Subtitle")
    word.add_paragraph(AUDIENCES[entry["audience"]], "Subtitle")
    for block in cover + body:
        add(block)
    section = word.sections[0]
    section.header.paragraphs[0].text = f"{COMPANY} · {entry['title']}"
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}instr", "PAGE")
    footer.add_run(f"{CONTACT} · Página ")
    footer._p.append(field)
    stamp = datetime.strptime(entry["revision"].split("(")[1].rstrip(")"), "%Y-%m")
    core = word.core_properties
    core.title, core.author, core.language, core.created, core.modified = entry["title"], COMPANY, "es", stamp, stamp
    raw = io.BytesIO()
    word.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():  # a ZipInfo made from a name has a fixed date
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)


WRITERS: dict[str, Callable[[dict[str, Any], list[Block], Path], None]] = {".pdf": write_pdf, ".docx": write_docx}


def build(folder: Path = HERE / "documents") -> list[Path]:
    """Render into ``folder`` every document of the manifest that has a source, and return the files written."""
    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    for entry in yaml.safe_load((HERE / "manifest.yaml").read_text("utf-8"))["documents"]:
        path = folder / entry["file"]
        if writer := WRITERS.get(path.suffix):
            writer(entry, list(parse((HERE / "sources" / f"{path.stem}.md").read_text("utf-8"))), path)
            written.append(path)
    return written


if __name__ == "__main__":
    sys.stdout.writelines(f"{file}\n" for file in build())
