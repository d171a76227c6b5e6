"""DOCX, read with python-docx: headings, paragraphs, lists and tables in the order of the page."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from zipfile import BadZipFile

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph
from ingest.loading.captions import attach_captions, is_caption
from ingest.loading.merging import Cell, table_of
from ingest.loading.notices import is_notice

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MARKED = re.compile(r"^(\d{1,3})[.)]\s+(?=\S)")
_LONGEST_HEADING = 110
_HEADING_STYLE = re.compile(r"(heading|título|titulo|encabezado)\s*(\d)", re.I)


def load_docx(data: bytes) -> Loaded:
    """Blocks of a Word document; raise :class:`DocumentUnreadable` when it is damaged."""
    try:
        document = docx.Document(io.BytesIO(data))
    except (OpcError, BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise DocumentUnreadable("The Word file is damaged.", reason="corrupt") from error
    printed = next((_text(part) for part in document.paragraphs if _is_title(part)), None)
    sizes = _sizes_of_bold_lines(document)
    said = printed or _set_as_title(document, sizes)
    title = said or (document.core_properties.title or "").strip() or None
    return Loaded(tuple(attach_captions(list(_blocks(document, said, sizes)))), _MEDIA_TYPE, title=title)


def _set_as_title(document: WordDocument, sizes: Sequence[int]) -> str | None:
    """The first line, when it is in bold and in larger type than the bold lines that follow."""
    first = next((part for part in document.paragraphs if _text(part)), None)
    alone = first is not None and len(sizes) > 1 and _is_bold_line(first) and _size(first) == sizes[0]
    return _text(first) if first is not None and alone else None


def _sizes_of_bold_lines(document: WordDocument) -> tuple[int, ...]:
    """The sizes of type of the lines that are set as headings without being styled so, the largest first."""
    return tuple(sorted({_size(part) for part in document.paragraphs if _is_bold_line(part)}, reverse=True))


def _is_bold_line(part: WordParagraph) -> bool:
    """Is it a short line in bold, and no item, remark or sentence?"""
    text = _text(part)
    if not text or len(text) > _LONGEST_HEADING or text[-1] in ".,;:!?" or not any(c.isalpha() for c in text):
        return False
    plain = not _heading_level(part) and "list" not in _style(part) and _numbering(part) is None
    return plain and not is_notice(text) and not is_caption(text) and _is_bold(part._p)


def _size(part: WordParagraph) -> int:
    """The size of its type in half points; 0 when only its style says it."""
    sizes = [size.get(qn("w:val")) for size in part._p.iter(qn("w:sz"))]
    return max((int(size) for size in sizes if size and size.isdigit()), default=0)


def _is_title(part: WordParagraph) -> bool:
    return _style(part) in ("title", "título", "titulo") and bool(_text(part))


def _text(part: WordParagraph) -> str:
    return re.sub(r"\s+", " ", part.text).strip()


def _style(part: WordParagraph) -> str:
    return part.style.name.lower() if part.style is not None and part.style.name else ""


def _blocks(document: WordDocument, title: str | None, sizes: Sequence[int]) -> Iterator[Block]:
    """Blocks in order; the title is the document's, not a section of it. ``sizes``: of bold lines, which are headings
    under those that are styled so."""
    styled = 0
    numbers: dict[tuple[str, int], int] = defaultdict(int)
    for part in document.iter_inner_content():
        if isinstance(part, WordTable):
            yield from _table(part)
            continue
        text = _text(part)
        if not text or (text == title and (_is_title(part) or _is_bold_line(part))):
            continue
        styled = _heading_level(part) or styled
        level = _heading_level(part) or (styled + 1 + sizes.index(_size(part)) if _is_bold_line(part) else 0)
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
        return ListItem(text, level=numbered[1] + 1 if numbered else 2 if name.endswith("2") else 1)
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
    cells = list(_cells(table))
    said = {cell.text for cell in cells if cell.text}
    if len(said) == 1 and max(cell.row for cell in cells) == 0:
        yield Paragraph(said.pop(), notice=True)
    else:
        yield from table_of(cells)


def _cells(table: WordTable) -> list[Cell]:
    """The cells of a table; those that only go on with the one above make it taller."""
    found: list[Cell] = []
    above: dict[int, int] = {}
    for number, row in enumerate(table.rows):
        column = row.grid_cols_before
        for element in row._tr.tc_lst:
            columns = element.grid_span
            if element.vMerge == "continue" and column in above:
                over = found[above[column]]
                found[above[column]] = replace(over, rows=number - over.row + 1)
            else:
                above[column] = len(found)
                found.append(Cell(_cell_text(element), number, column, columns=columns, head=_is_bold(element)))
            column += columns
    return found


def _cell_text(cell: BaseOxmlElement) -> str:
    texts = ("".join(node.text or "" for node in p.iter(qn("w:t"))) for p in cell.iter(qn("w:p")))
    return re.sub(r"\s+", " ", " ".join(texts)).strip()


def _is_bold(element: BaseOxmlElement) -> bool:
    """Is all that it says in bold type?"""
    runs = [run for run in element.iter(qn("w:r")) if any((t.text or "").strip() for t in run.iter(qn("w:t")))]
    return bool(runs) and all(_run_is_bold(run) for run in runs)


def _run_is_bold(run: BaseOxmlElement) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:b')}")
    return mark is not None and mark.get(qn("w:val"), "1") not in ("0", "false", "off")
