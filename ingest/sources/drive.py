"""Google Drive folders, through LangChain's loader; an optional extra (``pip install .[drive]``).

LangChain's loader finds and downloads; the bytes are then read by our own loaders, which keep pages, headings and
tables. Google's own formats come as that loader gives them: documents as text, sheets row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from langchain_core.documents import Document

from core.errors import DocumentUnreadable, Misconfigured
from ingest.store import Labels

_SCHEME = "gdrive://"
_GOOGLE = "application/vnd.google-apps."
_AS_TEXT = frozenset({_GOOGLE + "document", _GOOGLE + "presentation"})
_SHEET = _GOOGLE + "spreadsheet"
_READ_ONLY = ["https://www.googleapis.com/auth/drive.readonly"]


def is_drive_address(place: str) -> bool:
    """Is ``place`` a Drive folder ("gdrive://1AbC...")?"""
    return place.startswith(_SCHEME)


class _Bytes:
    """What LangChain's loader hands a downloaded file to: keeps the bytes as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def load(self) -> list[Document]:
        return [Document(page_content="", metadata={"bytes": self._file.read()})]


@dataclass(frozen=True, slots=True)
class DriveItem:
    """A file of Drive."""

    file_id: str
    title: str
    media_type: str
    labels: Labels
    loader: Any

    @property
    def source(self) -> str:
        return _SCHEME + "file/" + self.file_id

    @property
    def name(self) -> str:
        if self.media_type in _AS_TEXT:
            return self.title + ".txt"
        return self.title + ".md" if self.media_type == _SHEET else self.title

    def read(self) -> bytes:
        """As :class:`ingest.sources.item.Source` says."""
        google = import_module("googleapiclient.errors")
        try:
            return self._download()
        except (google.Error, OSError, ValueError) as error:
            raise DocumentUnreadable(f"{self.title}: {error}", reason="unreachable") from error

    def _download(self) -> bytes:
        if self.media_type == _SHEET:
            rows = self.loader(document_ids=[self.file_id]).load()
            return _rows_as_markdown(self.title, rows)
        if self.media_type in _AS_TEXT:
            (text,) = self.loader(document_ids=[self.file_id]).load()
            return str(text.page_content).encode()
        (found,) = self.loader(file_ids=[self.file_id], file_loader_cls=_Bytes).load()
        data: bytes = found.metadata["bytes"]
        return data


def _rows_as_markdown(title: str, rows: list[Document]) -> bytes:
    lines = [f"# {title}"]
    sheet = ""
    for row in rows:
        if row.metadata["title"] != sheet:
            sheet = row.metadata["title"]
            lines.append(f"\n## {sheet.removeprefix(title + ' - ')}\n")
        lines.append("- " + " | ".join(row.page_content.splitlines()))
    return "\n".join(lines).encode()


def drive_items(place: str, labels: Labels, key: Path | None) -> Iterator[DriveItem]:
    """The files of the Drive folder ``place`` and of those inside it.

    ``key`` is a service account's key file. Raises :class:`Misconfigured` without the extra, without a usable key, or
    when Google refuses.
    """
    try:
        loader_class = import_module("langchain_google_community").GoogleDriveLoader
        discovery, errors = import_module("googleapiclient.discovery"), import_module("googleapiclient.errors")
        auth_errors = import_module("google.auth.exceptions")
    except ImportError as error:
        raise Misconfigured("Google Drive is an extra: pip install 'cuadrilla[drive]'.") from error
    if key is None or not key.is_file():
        raise Misconfigured("CUADRILLA_DRIVE_KEY must name the key file of a Google service account.")

    def loader(**what: Any) -> Any:
        return loader_class(service_account_key=key, scopes=_READ_ONLY, credentials_path=key, **what)

    folder = place.removeprefix(_SCHEME)
    try:
        lister = loader(folder_id=folder, recursive=True)
        service = discovery.build("drive", "v3", credentials=lister._load_credentials())
        files = lister._fetch_files_recursive(service, folder)
    except (errors.Error, auth_errors.GoogleAuthError, OSError, ValueError) as error:
        raise Misconfigured(f"Google Drive does not give {place}: {error}") from error
    for file in files:
        if not file.get("trashed"):
            yield DriveItem(file["id"], file["name"], file["mimeType"], labels, loader)
