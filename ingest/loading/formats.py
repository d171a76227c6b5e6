"""Which loader reads a file."""

from __future__ import annotations

import csv
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType

from bs4.exceptions import ParserRejectedMarkup
from docx.exceptions import PythonDocxError
from openpyxl.utils.exceptions import CellCoordinatesException, IllegalCharacterError, NamedRangeException

from core.errors import DocumentUnreadable
from ingest.blocks import Heading, ListItem, Loaded, Paragraph
from ingest.loading.cleaning import cleaned
from ingest.loading.delimited import load_csv
from ingest.loading.html import load_html
from ingest.loading.legends import explained
from ingest.loading.markdown import load_markdown
from ingest.loading.nature import Nature, is_text, nature
from ingest.loading.outline import outlined
from ingest.loading.pdf import load_pdf
from ingest.loading.plain import load_plain
from ingest.loading.sheets import load_xlsx
from ingest.loading.word import load_docx

MAX_BYTES = 100 * 1024 * 1024

Loader = Callable[[bytes], Loaded]

SUFFIXES: Mapping[str, Loader] = MappingProxyType(
    {
        ".pdf": load_pdf,
        ".docx": load_docx,
        ".xlsx": load_xlsx,
        ".csv": load_csv,
        ".md": load_markdown,
        ".markdown": load_markdown,
        ".html": load_html,
        ".htm": load_html,
        ".txt": load_plain,
    }
)
_BY_NATURE: Mapping[Nature, Loader] = MappingProxyType(
    {Nature.PDF: load_pdf, Nature.DOCX: load_docx, Nature.XLSX: load_xlsx, Nature.HTML: load_html}
)
_BINARY = frozenset({load_pdf, load_docx, load_xlsx})
_READ_AS_WRITTEN = frozenset({".html", ".htm", ".md", ".markdown"})
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    CellCoordinatesException,
    EOFError,
    IllegalCharacterError,
    LookupError,
    NamedRangeException,
    OSError,
    ParserRejectedMarkup,
    PythonDocxError,
    RuntimeError,  # RecursionError among them: nested beyond sense
    SyntaxError,
    TypeError,
    ValueError,
    csv.Error,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What parsers that are not ours raise at a damaged file."""


def load(name: str, data: bytes) -> Loaded:
    """Read ``data``, the bytes of the file called ``name``; raise :class:`DocumentUnreadable` with its reason."""
    if not data.strip():
        raise DocumentUnreadable(f"{name}: the file is empty.", reason="empty")
    if len(data) > MAX_BYTES:
        raise DocumentUnreadable(f"{name}: larger than {MAX_BYTES // 2**20} MB.", reason="too_large")
    try:
        loaded = cleaned(_loader(name, data)(data))
        if loaded.pages is None:  # a page has type sizes to tell its headings by
            loaded = replace(loaded, blocks=outlined(loaded.blocks))
        loaded = replace(loaded, blocks=tuple(explained(loaded.blocks)))
    except MemoryError as error:
        raise DocumentUnreadable(f"{name}: it expands beyond reason.", reason="too_large") from error
    except _DAMAGE as error:
        raise DocumentUnreadable(f"{name}: the file is damaged.", reason="corrupt") from error
    if not any(_says_something(block) for block in loaded.blocks):
        raise DocumentUnreadable(f"{name}: it has no text; a scanned document needs OCR first.", reason="no_text")
    return loaded


def _says_something(block: object) -> bool:
    return not isinstance(block, Heading | Paragraph | ListItem) or bool(block.text.strip())


def _loader(name: str, data: bytes) -> Loader:
    """What the bytes say wins over the suffix: a PDF called .txt is a PDF."""
    suffix = PurePath(name).suffix.lower()
    found = nature(name, data)
    if found is not None and not (found is Nature.HTML and suffix in _READ_AS_WRITTEN):
        return _BY_NATURE[found]
    loader = SUFFIXES.get(suffix)
    if loader is None:
        raise DocumentUnreadable(f"{name}: files of type {suffix or '(none)'} are not read.", reason="unsupported")
    if loader in _BINARY:
        if is_text(data):
            return load_plain  # a note that somebody called .pdf says what it says
        raise DocumentUnreadable(f"{name}: it is not a {suffix[1:].upper()} file inside.", reason="corrupt")
    return loader
