"""DOCX, read with python-docx: headings, paragraphs, lists and tables in the order of the page."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from zipfile import BadZipFile

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph, Table
from ingest.loading.captions import attach_captions
from ingest.loading.notices import is_notice

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MARKED = re.compile(r"^(\d{1,3})[.)]\s+(?=\S)")
_HEADING_STYLE = re.compile(r"(heading|título|titulo|encabezado)\s*(\d)", re.I)


def load_docx(data: bytes) -> Loaded:
    """Blocks of a Word document; raise :class:`DocumentUnreadable` when it is damaged."""
    try:
        document = docx.Document(io.BytesIO(data))
    except (OpcError, BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise DocumentUnreadable("The Word file is damaged.", reason="corrupt") from error
    printed = next((_text(part) for part in document.paragraphs if _is_title(part)), None)
    title = printed or (document.core_properties.title or "").strip() or None
    return Loaded(tuple(attach_captions(list(_blocks(document, printed)))), _MEDIA_TYPE, title=title)


def _is_title(part: WordParagraph) -> bool:
    return _style(part) in ("title", "título", "titulo") and bool(_text(part))


def _text(part: WordParagraph) -> str:
    return re.sub(r"\s+", " ", part.text).strip()


def _style(part: WordParagraph) -> str:
    return part.style.name.lower() if part.style is not None and part.style.name else ""


def _blocks(document: WordDocument, title: str | None) -> Iterator[Block]:
    """Blocks in order; the title is the document's, not a section of it."""
    numbers: dict[tuple[str, int], int] = defaultdict(int)
    for part in document.iter_inner_content():
        if isinstance(part, WordTable):
            yield from _table(part)
            continue
        text = _text(part)
        if not text or (text == title and _is_title(part)):
            continue
        level = _heading_level(part)
        if level:
            numbers.clear()
            yield Heading(level, text)
        else:
            yield _body(part, text, numbers)


def _body(part: WordParagraph, text: str, numbers: dict[tuple[str, int], int]) -> Block:
    name = _style(part)
    numbered = _numbering(part)
    marked = _MARKED.match(text)
    if marked and ("list" in name or "lista" in name):
        return ListItem(text[marked.end() :], f"{marked[1]}.", 2 if name.endswith("2") else 1)
    if "bullet" in name or "viñeta" in name or (numbered and "number" not in name and name.startswith("list p")):
        return ListItem(text, level=(numbered[1] if numbered else 0) + 1)
    if "list" in name or "lista" in name or numbered:
        key = numbered or (name, 0)
        numbers[key] += 1
        return ListItem(text, f"{numbers[key]}.", key[1] + 1)
    return Paragraph(text, notice=is_notice(text) or "quote" in name or "cita" in name)


def _heading_level(part: WordParagraph) -> int:
    if _is_title(part):
        return 1
    match = _HEADING_STYLE.search(_style(part))
    return int(match.group(2)) if match else 0


def _numbering(part: WordParagraph) -> tuple[str, int] | None:
    numbering = part._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    number = numbering.find(qn("w:numId")) if numbering is not None else None
    if numbering is None or number is None:
        return None
    level = numbering.find(qn("w:ilvl"))
    return str(number.get(qn("w:val"))), int(level.get(qn("w:val"), "0")) if level is not None else 0


def _table(table: WordTable) -> Iterator[Block]:
    rows = tuple(row for row in (_row(r._tr) for r in table.rows) if any(row))
    if not rows:
        return
    if len(rows) == 1 and len({cell for cell in rows[0] if cell}) == 1:
        text = next(cell for cell in rows[0] if cell)
        yield Paragraph(text, notice=True)
    else:
        yield Table(rows)


def _row(row: object) -> tuple[str, ...]:
    cells = row.findall(qn("w:tc"))  # type: ignore[attr-defined]
    return tuple(_cell_text(cell) for cell in cells)


def _cell_text(cell: object) -> str:
    paragraphs = cell.iter(qn("w:p"))  # type: ignore[attr-defined]
    texts = ("".join(node.text or "" for node in p.iter(qn("w:t"))) for p in paragraphs)
    return re.sub(r"\s+", " ", " ".join(texts)).strip()
