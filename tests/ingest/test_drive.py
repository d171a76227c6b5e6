"""Google Drive through LangChain's loader, against a stand-in of its HTTP interface."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import googleapiclient.discovery
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.errors import Misconfigured
from db.models import Audience, DocumentKind
from db.session import make_engine
from ingest.embeddings import CharacterEmbedder
from ingest.pipeline import Status, ingest_sources
from ingest.sources.drive import drive_items
from ingest.store import Labels
from tests.ingest.drive_stand_in import DOCUMENT, FOLDER, SHEET, Drive, Stored, drive
from tests.ingest.test_loading import saved, word

LABELS = Labels(Audience.CLIENT, DocumentKind.PROCEDURE)
FILES = (
    Stored("d1", "AL50.docx", "application/vnd.openxmlformats", "raiz", content=saved(word())),
    Stored("g1", "Procedimiento de alta", DOCUMENT, "raiz", content=b"Se da de alta al cliente."),
    Stored("f1", "Interior", FOLDER, "raiz"),
    Stored("s1", "Tarifas 2026", SHEET, "f1", rows=[["Concepto", "Precio"], ["Visita", "45 €"], ["Hora", "38 €"]]),
    Stored("x1", "Roto.pdf", "application/pdf", "f1", content=b"%PDF", broken=True),
    Stored("t1", "Papelera.md", "text/markdown", "raiz", content=b"# Fuera", trashed=True),
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """The stand-in, at the address that Google's client takes for Google's."""
    with drive(FILES) as state:
        here = functools.partial(googleapiclient.discovery.build, client_options={"api_endpoint": state.address})

        def build(service: str, version: str, **options: object) -> object:
            made = here(service, version, **options)
            made._baseUrl = f"{state.address}/drive/v3/" if service == "drive" else f"{state.address}/"
            return made

        monkeypatch.setattr(googleapiclient.discovery, "build", build)
        yield state


@pytest.fixture
def key(there: Drive, tmp_path: Path) -> Path:
    """A service account's key, made here, whose tokens the stand-in gives."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "key.json"
    told = {
        "type": "service_account",
        "client_email": "lector@example.org",
        "private_key": pem.decode(),
        "token_uri": f"{there.address}/token",
    }
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_a_folder_is_read_with_what_is_inside_it(there: Drive, key: Path, clone: Callable[[], str]) -> None:
    items = list(drive_items("gdrive://raiz", LABELS, key))
    assert [item.title for item in items] == ["AL50.docx", "Procedimiento de alta", "Tarifas 2026", "Roto.pdf"]
    engine = make_engine(clone())
    report = ingest_sources(engine, items, CharacterEmbedder())
    engine.dispose()
    assert [outcome.status for outcome in report.outcomes] == [Status.ADDED] * 3 + [Status.FAILED]
    assert report.outcomes[3].reason == "unreachable"


def test_files_keep_their_structure(key: Path) -> None:
    word_file, text, sheet, _ = drive_items("gdrive://raiz", LABELS, key)
    assert word_file.read() == FILES[0].content
    assert (text.name, text.read().decode()) == ("Procedimiento de alta.txt", "Se da de alta al cliente.")
    assert sheet.read().decode().splitlines()[2:] == [
        "## Tarifas",
        "",
        "- Concepto: Visita | Precio: 45 €",
        "- Concepto: Hora | Precio: 38 €",
    ]


def test_without_a_key_the_operator_is_told(tmp_path: Path) -> None:
    for wrong in (None, tmp_path / "no.json"):
        with pytest.raises(Misconfigured, match="CUADRILLA_DRIVE_KEY"):
            list(drive_items("gdrive://raiz", LABELS, wrong))


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "mal.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Misconfigured, match="Google Drive"):
        list(drive_items("gdrive://raiz", LABELS, tmp_path / "mal.json"))
