"""PDF, read with pdfplumber: headings by their type size, ruled tables whole, running heads and contents left out."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Heading, Loaded, Paragraph, Table
from ingest.loading.captions import attach_captions, is_caption
from ingest.loading.page import Line, PageText, read_page
from ingest.loading.paragraphs import Typography, blocks_of, join_lines, typography
from ingest.loading.stitching import stitched

MAX_PAGES = 2000
_LEADERS = re.compile(r"(?:[.·…]\s?){5,}\s*\d*\s*$")
_OUTLINE = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.?(?:\s+[^\W\d]|$)")
_FEWEST_ENTRIES, _WIDEST_CONTENTS, _PAGES_BEFORE = 3, 3, 20
_MADE_BY = re.compile(r"^microsoft (?:word|powerpoint|excel) - |\.(?:docx?|odt|pdf|xlsx?|pptx?)$", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"untitled|anonymous|sin t[ií]tulo|^(?:document|documento|presentaci[oó]n|libro)\s?\d*$", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_EDGE_LINES = 3
_NUMBERED = re.compile(r"\b(?:p[áa]g(?:ina)?|page)\b\.?\s*(\d+)", re.IGNORECASE)
"""A line that says which page it stands on."""
_DAMAGE = (
    MalformedPDFException,
    PDFException,
    PSException,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
    AssertionError,
)


def load_pdf(data: bytes) -> Loaded:
    """Blocks of a PDF with their pages; raise :class:`DocumentUnreadable` when encrypted, damaged or without text."""
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise DocumentUnreadable(f"The PDF has more than {MAX_PAGES} pages.", reason="too_large")
            pages = []
            for page in pdf.pages:
                pages.append(read_page(page))
                page.close()
            title = _clean_title((pdf.metadata or {}).get("Title"))
    except PdfminerException as error:
        raise _unreadable(error.args[0] if error.args else error) from error
    except _DAMAGE as error:
        raise _unreadable(error) from error
    return _assemble(pages, title)


def _unreadable(cause: object) -> DocumentUnreadable:
    if isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError):
        return DocumentUnreadable("The PDF is protected with a password.", reason="encrypted")
    if isinstance(cause, MemoryError):
        return DocumentUnreadable("The PDF expands beyond reason.", reason="too_large")
    return DocumentUnreadable("The PDF is damaged.", reason="corrupt")


def _clean_title(value: object) -> str | None:
    """The title that the file says, unless it is what a program calls every file."""
    text = _MADE_BY.sub("", value.strip()) if isinstance(value, str) else ""
    return text if text and not _NO_TITLE.search(text) else None


def _assemble(pages: Sequence[PageText], title: str | None) -> Loaded:
    if not any(page.lines or page.tables for page in pages):
        raise DocumentUnreadable("The PDF has no text layer: it is scanned and needs OCR first.", reason="no_text")
    running = _running_lines(pages, typography(line for page in pages for line in page.lines))
    kept = [replace(page, lines=tuple(_kept(page.lines, running))) for page in pages]
    pages = kept if any(page.lines or page.tables for page in kept) else pages  # pages that are alike are no heads
    pages = stitched(pages)
    look = typography(line for page in pages for line in page.lines)
    blocks: list[Block] = []
    for page in pages:
        _append(blocks, [b for b in blocks_of(page, look) if not _is_contents(b, len(pages))])
    blocks = attach_captions(_cover_as_text(blocks, look, len(pages)))
    return Loaded(tuple(blocks), "application/pdf", pages=len(pages), title=title or look.title)


def _running_lines(pages: Sequence[PageText], look: Typography) -> frozenset[str]:
    """Heads and feet: small lines at the edge of a page that come back, but for page numbers, on half of the pages."""
    seen: dict[str, dict[int, list[int]]] = {}
    for page in pages:
        for line in _outermost(page):
            edge = line.top < page.height * 0.12 or line.bottom > page.height * 0.88
            if edge and line.size not in look.sizes:
                numbers = [int(digits) for digits in _DIGITS.findall(line.text)]
                seen.setdefault(_shape(line.text), {}).setdefault(page.number, numbers)
    enough = max(2, len(pages) // 2)
    back = {shape for shape, found in seen.items() if len(found) >= enough and _counting(found)}
    return frozenset(back | {_shape(line.text) for page in pages for line in _outermost(page) if _tells(line, page)})


def _outermost(page: PageText) -> list[Line]:
    """The first and the last lines of each column."""
    columns = [[line for line in page.lines if line.column == column] for column in (0, 1)]
    return [line for lines in columns for line in (*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:])]


def _tells(line: Line, page: PageText) -> bool:
    """Is it a foot or a head that says the number of its page? Such a one need not come back."""
    said = _NUMBERED.search(line.text)
    edge = line.bottom < page.height * 0.08 or line.top > page.height * 0.92
    return edge and said is not None and int(said.group(1)) == page.number


def _counting(found: Mapping[int, Sequence[int]]) -> bool:
    """Do the numbers of a line that comes back stay, or grow no faster than the pages? Others are what a page says."""
    pages = sorted(found)
    steps = (
        (after - before, right - left)
        for left, right in pairwise(pages)
        for before, after in zip(found[left], found[right], strict=True)
    )
    return all(0 <= grown <= turned for grown, turned in steps)


def _shape(text: str) -> str:
    return _DIGITS.sub("#", re.sub(r"\s+", " ", text)).strip().casefold()


def _kept(lines: Sequence[Line], running: frozenset[str]) -> list[Line]:
    """Lines that are neither running heads nor entries of a table of contents."""
    return [line for line in lines if _shape(line.text) not in running and not _LEADERS.search(line.text)]


def _is_contents(block: Block, pages: int) -> bool:
    """Is it a table of contents: numbered headings, and pages that only grow?"""
    if not isinstance(block, Table) or len(block.rows) < _FEWEST_ENTRIES or len(block.rows[0]) > _WIDEST_CONTENTS:
        return False
    last = [row[-1] for row in block.rows]
    if not all(text.isdigit() and int(text) <= pages + _PAGES_BEFORE for text in last):
        return False
    numbers = [int(text) for text in last]
    named = sum(1 for row in block.rows if _OUTLINE.match(row[0]))
    return numbers == sorted(numbers) and named * 2 >= len(block.rows)


def _append(blocks: list[Block], fresh: Sequence[Block]) -> None:
    """Add a page, joining the paragraph that the page break cut."""
    if blocks and fresh:
        joined = _continued_text(blocks[-1], fresh[0])
        if joined is not None:
            blocks[-1] = joined
            fresh = fresh[1:]
    blocks.extend(fresh)


def _continued_text(last: Block, first: Block) -> Block | None:
    if not isinstance(first, Paragraph) or first.notice or is_caption(first.text) or isinstance(last, Heading | Table):
        return None
    unfinished = last.text[-1:].isalnum() or last.text[-1:] in ",;-("
    if unfinished and first.text[:1].islower():
        return replace(last, text=join_lines(last.text, first.text))
    return None


def _cover_as_text(blocks: Sequence[Block], look: Typography, pages: int) -> list[Block]:
    """Big type on the first page that comes back nowhere is a cover, not a section."""
    if pages < 2:
        return list(blocks)
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and block.page == 1 and block.level in look.cover_levels:
            out.append(Paragraph(block.text, block.page))
        else:
            out.append(block)
    return out
