"""Render the demo documents: each Markdown source becomes the PDF or DOCX file the manifest names.

Run ``python -m ingest.demo.build``. The output is deterministic: the same sources give the same bytes. Files the manifest lists
as Markdown have no source; they live in ``documents/`` as they are.

A source is a cover text followed by ``##`` sections and ``###`` subsections. A block quote is a safety notice, and a paragraph
that starts with ``Tabla`` is the caption of the table below it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import docx
import yaml
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Pt, RGBColor
from markdown_it import MarkdownIt
from markdown_it.token import Token
from matplotlib import get_data_path
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus.tableofcontents import TableOfContents

HERE = Path(__file__).parent
COMPANY = "Térmica Ebro, S.L."
CONTACT = "Teléfono 976 000 100 · Urgencias 24 h 900 000 112 · termicaebro.example"
KINDS = {
    "user_manual": "Manual de usuario",
    "service_manual": "Manual de servicio",
    "maintenance_plan": "Plan de mantenimiento",
    "error_table": "Tabla de códigos de error",
    "warranty": "Garantía",
    "data_sheet": "Ficha técnica",
    "procedure": "Procedimiento interno",
    "price_list": "Tarifas",
    "faq": "Preguntas frecuentes",
}
AUDIENCES = {
    "public": "Documento público",
    "client": "Documento para clientes",
    "technician": "Uso exclusivo de personal técnico autorizado",
    "admin": "Uso interno de administración",
}
ACCENTS = {"XP": "#0b6e99", "VR": "#0b6e99", "CB": "#a8481c", "EL": "#3d4f7c", "FP": "#a3212d", "AL": "#2f6b4f"}


@dataclass(frozen=True)
class Span:
    """A run of text with one look."""

    text: str
    bold: bool = False
    italic: bool = False
    mono: bool = False


@dataclass(frozen=True)
class Block:
    """One piece of a document.

    ``kind`` is ``heading``, ``paragraph``, ``caption``, ``notice``, ``item`` or ``table``. ``level`` is the depth of a heading or
    of a list item, ``marker`` the number or bullet of an item, ``rows`` the cells of a table, its header row first.
    """

    kind: str
    spans: tuple[Span, ...] = ()
    level: int = 0
    marker: str = ""
    rows: tuple[tuple[tuple[Span, ...], ...], ...] = ()

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(span.text for span in self.spans)


def read_spans(inline: Token) -> tuple[Span, ...]:
    """The spans of an inline token; line breaks in the source are spaces."""
    spans: list[Span] = []
    bold = italic = 0
    for child in inline.children or ():
        bold += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
        italic += {"em_open": 1, "em_close": -1}.get(child.type, 0)
        text = " " if child.type == "softbreak" else child.content
        if text:
            spans.append(Span(text, bold > 0, italic > 0, child.type == "code_inline"))
    return tuple(spans)


def parse(markdown: str) -> Iterator[Block]:
    """The blocks of a Markdown source, in order."""
    counters: list[int | None] = []  # one per open list: the number reached, or None for bullets
    rows: list[list[tuple[Span, ...]]] = []
    inside = ""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(0)
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open" if counters[-1] is not None:
                counters[-1] += 1
            case "tr_open":
                rows.append([])
            case "table_close":
                yield Block("table", rows=tuple(tuple(row) for row in rows))
                rows, inside = [], ""
            case "heading_open" | "blockquote_open" | "table_open":
                inside = token.tag
            case "heading_close" | "blockquote_close":
                inside = ""
            case "inline":
                spans = read_spans(token)
                if inside == "table":
                    rows[-1].append(spans)
                elif inside == "blockquote":
                    yield Block("notice", spans)
                elif inside:
                    yield Block("heading", spans, level=int(inside[1]) - 1)
                elif counters:
                    yield Block("item", spans, len(counters), "•" if counters[-1] is None else f"{counters[-1]}.")
                else:
                    yield Block("caption" if token.content.startswith("Tabla ") else "paragraph", spans)


def split_cover(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """The cover text (everything before the first heading) and the body."""
    first = next(i for i, block in enumerate(blocks) if block.kind == "heading")
    return blocks[:first], blocks[first:]


def accent_of(entry: dict[str, Any]) -> str:
    """The colour of the document's product family; company blue for general documents."""
    return ACCENTS.get((entry["products"] or ["  "])[0][:2], "#1f4e79")


def use_fonts() -> None:
    """Register DejaVu Sans from matplotlib, a runtime dependency, so every machine renders the same."""
    folder = Path(get_data_path()) / "fonts" / "ttf"
    faces = {"Body": "DejaVuSans", "Body-B": "DejaVuSans-Bold", "Body-I": "DejaVuSans-Oblique", "Mono": "DejaVuSansMono"}
    for name, file in faces.items():
        pdfmetrics.registerFont(TTFont(name, folder / f"{file}.ttf"))
    pdfmetrics.registerFontFamily("Body", normal="Body", bold="Body-B", italic="Body-I", boldItalic="Body-B")


def markup(spans: tuple[Span, ...]) -> str:
    """Spans as reportlab paragraph markup."""

    def one(span: Span) -> str:
        text = escape(span.text, quote=False)
        text = f'<font name="Mono">{text}</font>' if span.mono else text
        text = f"<i>{text}</i>" if span.italic else text
        return f"<b>{text}</b>" if span.bold else text

    return "".join(map(one, spans))


class _Pdf(BaseDocTemplate):
    """A page layout with a cover, running header and footer, and headings that reach the table of contents and the outline."""

    def __init__(self, path: Path, entry: dict[str, Any]) -> None:
        super().__init__(str(path), pagesize=A4, title=entry["title"], author=COMPANY, lang="es", invariant=1)
        self.entry, self.accent = entry, HexColor(accent_of(entry))
        frame = Frame(22 * mm, 20 * mm, A4[0] - 44 * mm, A4[1] - 46 * mm, 0, 0, 0, 0)
        cover = Frame(22 * mm, 20 * mm, A4[0] - 44 * mm, A4[1] - 90 * mm, 0, 0, 0, 0)
        self.addPageTemplates([PageTemplate("cover", cover, self.draw_cover), PageTemplate("body", frame, self.draw_page)])

    def draw_cover(self, canvas: Any, _: BaseDocTemplate) -> None:
        """The colour band and the contact line of the first page."""
        canvas.setStrokeColor(self.accent)
        canvas.setLineWidth(44 * mm)
        canvas.line(0, A4[1] - 22 * mm, A4[0], A4[1] - 22 * mm)
        canvas.setFillColor(white)
        canvas.setFont("Body-B", 20)
        canvas.drawString(22 * mm, A4[1] - 24 * mm, COMPANY)
        canvas.setFillColor(self.accent)
        canvas.setFont("Body", 8)
        canvas.drawString(22 * mm, 12 * mm, CONTACT)

    def draw_page(self, canvas: Any, _: BaseDocTemplate) -> None:
        """The running header and footer."""
        canvas.setFont("Body", 7.5)
        canvas.setFillColor(HexColor("#555555"))
        canvas.drawString(22 * mm, A4[1] - 16 * mm, f"{COMPANY} · {self.entry['title']}")
        canvas.drawString(22 * mm, 11 * mm, f"Revisión {self.entry['revision']} · {AUDIENCES[self.entry['audience']]}")
        canvas.drawRightString(A4[0] - 22 * mm, 11 * mm, f"Página {canvas.getPageNumber()}")
        canvas.setStrokeColor(self.accent)
        canvas.setLineWidth(0.8)
        canvas.line(22 * mm, A4[1] - 18 * mm, A4[0] - 22 * mm, A4[1] - 18 * mm)

    def afterFlowable(self, flowable: Flowable) -> None:
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
    base = ParagraphStyle("body", fontName="Body", fontSize=10, leading=15, spaceAfter=6)

    def style(name: str, **changes: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=base, **changes)

    styles = {
        "paragraph": base,
        "title": style("title", fontName="Body-B", fontSize=26, leading=33, spaceAfter=14),
        "cover": style("cover", fontSize=11, leading=17, spaceAfter=9),
        "contents": style("contents", fontName="Body-B", fontSize=16, leading=21, spaceAfter=10),
        "heading1": style("heading1", fontName="Body-B", fontSize=16, leading=20, textColor=pdf.accent, spaceBefore=15, spaceAfter=8),
        "heading2": style("heading2", fontName="Body-B", fontSize=12, leading=16, spaceBefore=10, spaceAfter=5),
        "caption": style("caption", fontName="Body-I", fontSize=8.5, spaceBefore=7, spaceAfter=3, keepWithNext=1),
        "item1": style("item1", leftIndent=16, bulletIndent=3, spaceAfter=4),
        "item2": style("item2", leftIndent=32, bulletIndent=19, spaceAfter=3),
        "notice": style("notice", leftIndent=10, rightIndent=10, spaceBefore=3, spaceAfter=5),
        "cell": style("cell", fontSize=8.8, leading=12, spaceAfter=0),
        "head": style("head", fontName="Body-B", fontSize=8.8, leading=12, spaceAfter=0, textColor=white),
    }
    for name in ("heading1", "heading2"):
        styles[name].keepWithNext = 1

    def table(block: Block) -> Table:
        rows = [[Paragraph(markup(cell), styles["cell" if i else "head"]) for cell in row] for i, row in enumerate(block.rows)]
        lengths = [[sum(len(span.text) for span in cell) for cell in column] for column in zip(*block.rows, strict=True)]
        weights = [max(8.0, min(42.0, max(column))) + sum(column) / len(column) * 0.5 for column in lengths]
        widths = [(A4[0] - 44 * mm) * weight / sum(weights) for weight in weights]
        look = [
            ("GRID", (0, 0), (-1, -1), 0.6, HexColor("#777777")),
            ("BACKGROUND", (0, 0), (-1, 0), pdf.accent),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
        return Table(rows, widths, repeatRows=1, style=look, spaceAfter=9)

    def flow(block: Block) -> list[Flowable]:
        match block.kind:
            case "table":
                return [table(block)]
            case "heading":
                room: list[Flowable] = [CondPageBreak(32 * mm)] if block.level == 1 else []
                return [*room, Paragraph(markup(block.spans), styles[f"heading{block.level}"])]
            case "item":
                return [Paragraph(markup(block.spans), styles[f"item{block.level}"], bulletText=block.marker)]
            case "notice":
                rule = {"width": "100%", "thickness": 1.2, "color": HexColor("#d08700"), "spaceBefore": 4, "spaceAfter": 4}
                return [KeepTogether([HRFlowable(**rule), Paragraph(markup(block.spans), styles["notice"]), HRFlowable(**rule)])]
            case kind:
                return [Paragraph(markup(block.spans), styles[kind])]

    cover, body = split_cover(blocks)
    facts = [f"Revisión {entry['revision']}", AUDIENCES[entry["audience"]]]
    story: list[Flowable] = [Paragraph(escape(entry["title"]), styles["title"])]
    story += [Paragraph(f"<b>{escape(fact)}</b>", styles["cover"]) for fact in facts]
    story += [Spacer(0, 10 * mm), *(Paragraph(markup(block.spans), styles["cover"]) for block in cover)]
    story += [NextPageTemplate("body"), PageBreak()]
    if entry["kind"].endswith("manual"):
        levels = [style("toc1", fontName="Body-B", fontSize=9, leading=12, spaceBefore=1, spaceAfter=0), style("toc2", leftIndent=14, fontSize=8.5, leading=11, spaceAfter=0)]
        story += [Paragraph("Índice", styles["contents"]), TableOfContents(levelStyles=levels, dotsMinLevel=0), PageBreak()]
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

    def write(paragraph: Any, spans: tuple[Span, ...], bold: bool = False) -> Any:
        for span in spans:
            run = paragraph.add_run(span.text)
            run.bold, run.italic = span.bold or bold or None, span.italic or None
        return paragraph

    def add(block: Block) -> None:
        if block.kind == "table":
            table = word.add_table(len(block.rows), len(block.rows[0]), "Table Grid")
            for number, (row, cells) in enumerate(zip(block.rows, table.rows, strict=True)):
                for spans, cell in zip(row, cells.cells, strict=True):
                    write(cell.paragraphs[0], spans, bold=number == 0)
            word.add_paragraph()
        elif block.kind == "heading":
            word.add_heading(block.text, block.level)
        elif block.kind == "item":  # steps carry their number as text, so that each list starts again at 1
            steps = block.marker != "•"
            suffix = "" if block.level == 1 else " 2"
            paragraph = word.add_paragraph(f"{block.marker}\t" if steps else "", ("List" if steps else "List Bullet") + suffix)
            write(paragraph, block.spans)
        else:
            write(word.add_paragraph(style=styles[block.kind]), block.spans)

    cover, body = split_cover(blocks)
    word.add_paragraph(entry["title"], "Title")
    word.add_paragraph(f"{COMPANY} · {KINDS[entry['kind']]} · Revisión {entry['revision']}", "Subtitle")
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
    for file in build():
        print(file)
