"""What a file is by its bytes, whatever it is called."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from pathlib import PurePath

from core.errors import DocumentUnreadable

MAX_EXPANDED_BYTES = 400 * 1024 * 1024
_HEAD = 1024
_HTML = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_PDF_INSIDE = re.compile(r"^\d+ \d+ obj\b|^endobj\b|^startxref\b", re.MULTILINE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_FOREIGN = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"{\\rtf", "an RTF text"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file"),
    (b"Rar!\x1a", "a compressed file"),
    (b"\x7fELF", "a program"),
)


class Nature(StrEnum):
    """Formats that their bytes tell."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    HTML = "html"


_PARTS = {"word/document.xml": Nature.DOCX, "xl/workbook.xml": Nature.XLSX}
_OTHER_PARTS = {
    "ppt/presentation.xml": "a PowerPoint presentation",
    "mimetype": "an OpenDocument or EPUB file",
    "xl/workbook.bin": "a binary Excel workbook",
}


def nature(name: str, data: bytes) -> Nature | None:
    """What the bytes say that the file is; None when they are text, or nothing known.

    Raises :class:`DocumentUnreadable`: ``encrypted``, ``too_large``, ``corrupt``, and for what is recognised but not
    read ``unsupported``, or ``mislabelled`` when its name promised something else.
    """
    head = data[:_HEAD]
    if b"%PDF-" in head and head.lstrip(b"\xef\xbb\xbf\x00\r\n\t ").startswith(b"%PDF-"):
        return Nature.PDF
    if data.startswith(b"PK\x03\x04"):
        return _archive(name, data)
    if data.startswith(_OLE):
        raise _office_container(name, data)
    for signature, what in _FOREIGN:
        if data.startswith(signature):
            raise _foreign(name, what)
    return Nature.HTML if _HTML.match(head) else None


def is_text(data: bytes) -> bool:
    """Do the bytes read as text: UTF-8 or marked UTF-16, with hardly a character that nobody writes? What is left of a
    broken PDF is none."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        return False
    odd = sum(1 for letter in text if not letter.isprintable() and letter not in "\n\r\t\f")
    return not odd and not _PDF_INSIDE.search(text)


def _office_container(name: str, data: bytes) -> DocumentUnreadable:
    """Office puts both its old formats and its new ones under a password into the same container."""
    if _ENCRYPTED_OFFICE in data:
        return DocumentUnreadable(f"{name}: the file is protected with a password.", reason="encrypted")
    return _foreign(name, "a file of Office 97-2003: save it as .docx or .xlsx")


def _foreign(name: str, what: str) -> DocumentUnreadable:
    suffix = PurePath(name).suffix.lower()
    promised = suffix in {".pdf", ".docx", ".xlsx", ".csv", ".txt", ".md", ".markdown", ".html", ".htm"}
    reason = "mislabelled" if promised else "unsupported"
    return DocumentUnreadable(f"{name}: inside, it is {what}.", reason=reason)


def _archive(name: str, data: bytes) -> Nature:
    """DOCX and XLSX are zip files: refuse what is neither, and what would expand beyond reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError) as error:  # the last: a zip of the future
        raise DocumentUnreadable(f"{name}: the file is damaged.", reason="corrupt") from error
    if sum(member.file_size for member in members) > MAX_EXPANDED_BYTES:
        raise DocumentUnreadable(f"{name}: it expands beyond reason.", reason="too_large")
    if any(member.flag_bits & 1 for member in members):
        raise DocumentUnreadable(f"{name}: the file is protected with a password.", reason="encrypted")
    names = {member.filename for member in members}
    for part, found in _PARTS.items():
        if part in names:
            return found
    what = next((what for part, what in _OTHER_PARTS.items() if part in names), "an archive, not a document")
    raise DocumentUnreadable(f"{name}: it is {what}.", reason="unsupported")
