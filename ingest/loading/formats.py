"""Which loader reads a file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType

from core.errors import DocumentUnreadable
from ingest.blocks import Heading, ListItem, Loaded, Paragraph
from ingest.loading.html import load_html
from ingest.loading.markdown import load_markdown
from ingest.loading.pdf import load_pdf
from ingest.loading.plain import load_plain
from ingest.loading.word import load_docx

MAX_BYTES = 100 * 1024 * 1024
MAX_EXPANDED_BYTES = 400 * 1024 * 1024

Loader = Callable[[bytes], Loaded]

SUFFIXES: Mapping[str, Loader] = MappingProxyType(
    {
        ".pdf": load_pdf,
        ".docx": load_docx,
        ".md": load_markdown,
        ".markdown": load_markdown,
        ".html": load_html,
        ".htm": load_html,
        ".txt": load_plain,
    }
)


def load(name: str, data: bytes) -> Loaded:
    """Read ``data``, the bytes of the file called ``name``; raise :class:`DocumentUnreadable` with its reason."""
    if not data.strip():
        raise DocumentUnreadable(f"{name}: the file is empty.", reason="empty")
    if len(data) > MAX_BYTES:
        raise DocumentUnreadable(f"{name}: larger than {MAX_BYTES // 2**20} MB.", reason="too_large")
    loaded = _loader(name, data)(data)
    if not any(_says_something(block) for block in loaded.blocks):
        raise DocumentUnreadable(f"{name}: it has no text; a scanned document needs OCR first.", reason="no_text")
    return loaded


def _says_something(block: object) -> bool:
    return not isinstance(block, Heading | Paragraph | ListItem) or bool(block.text.strip())


def _loader(name: str, data: bytes) -> Loader:
    """What the bytes say wins over the suffix: a PDF called .txt is a PDF."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return load_pdf
    if data.startswith(b"PK\x03\x04"):
        _check_archive(name, data)
        return load_docx
    suffix = PurePath(name).suffix.lower()
    loader = SUFFIXES.get(suffix)
    if loader is None:
        raise DocumentUnreadable(f"{name}: files of type {suffix or '(none)'} are not read.", reason="unsupported")
    if loader in (load_pdf, load_docx):
        raise DocumentUnreadable(f"{name}: it is not a {suffix[1:].upper()} file inside.", reason="corrupt")
    return loader


def _check_archive(name: str, data: bytes) -> None:
    """A DOCX is a zip: refuse what is not one of ours, and what would expand beyond reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise DocumentUnreadable(f"{name}: the file is damaged.", reason="corrupt") from error
    if sum(member.file_size for member in members) > MAX_EXPANDED_BYTES:
        raise DocumentUnreadable(f"{name}: it expands beyond reason.", reason="too_large")
    if not any(member.filename == "word/document.xml" for member in members):
        raise DocumentUnreadable(f"{name}: it is an archive, not a document.", reason="unsupported")
