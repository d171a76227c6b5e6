"""A watched folder, with the real file system and a real database."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.models import Audience, DocumentKind
from db.session import make_engine
from ingest import watching
from ingest.embeddings import CharacterEmbedder
from ingest.pipeline import ingest_sources
from ingest.sources.files import find_files
from ingest.store import Labels, live_sources
from ingest.watching import watch, withdraw_missing

LABELS = Labels(Audience.PUBLIC, DocumentKind.FAQ)


@pytest.fixture(scope="module")
def shelf(clone: Callable[[], str]) -> Iterator[Engine]:
    engine = make_engine(clone())
    yield engine
    engine.dispose()


def names(engine: Engine, folder: Path) -> set[str]:
    return {Path(source).name for source in live_sources(engine, f"{folder.resolve().as_posix()}/")}


def until(true: Callable[[], bool], seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def test_documents_whose_file_is_gone_are_withdrawn(shelf: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    (tmp_path / "uno.md").write_text("Texto uno.", encoding="utf-8")
    (tmp_path / "dos.md").write_text("Texto dos.", encoding="utf-8")
    ingest_sources(shelf, find_files([tmp_path], LABELS).items, embedder)
    (tmp_path / "uno.md").unlink()
    assert {Path(source).name for source in withdraw_missing(shelf, [tmp_path])} == {"uno.md"}
    assert names(shelf, tmp_path) == {"dos.md"}
    shutil.rmtree(tmp_path)
    assert withdraw_missing(shelf, [tmp_path]) == set(), "a folder that vanished withdraws nothing"


def test_a_watched_folder_is_followed(
    shelf: Engine, embedder: CharacterEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_SETTLE_MS", 60)
    monkeypatch.setattr(watching, "_LOOK_MS", 100)
    folder = tmp_path / "manuales"
    folder.mkdir()
    (folder / "antes.md").write_text("Estaba antes.", encoding="utf-8")
    stop, events = threading.Event(), []

    def ingest(paths: Sequence[Path]) -> None:
        ingest_sources(shelf, find_files(paths, LABELS).items, embedder)

    thread = threading.Thread(
        target=lambda: watch(shelf, [folder], ingest, stop=stop, told=lambda *event: events.append(event))
    )
    thread.start()
    try:
        assert until(lambda: names(shelf, folder) == {"antes.md"})
        (folder / "nuevo.md").write_text("Acaba de llegar.", encoding="utf-8")
        (folder / "v1.2").mkdir()
        (folder / "v1.2" / "dentro.md").write_text("En una carpeta nueva.", encoding="utf-8")
        assert until(lambda: names(shelf, folder) == {"antes.md", "nuevo.md", "dentro.md"})
        (folder / "antes.md").unlink()
        assert until(lambda: names(shelf, folder) == {"nuevo.md", "dentro.md"})
        shutil.move(folder, tmp_path / "desmontado")
        assert until(lambda: ("lost", str(folder)) in events)
        assert names(shelf, folder) == {"nuevo.md", "dentro.md"}
        shutil.move(tmp_path / "desmontado", folder)
        (folder / "otro.md").write_text("Al volver.", encoding="utf-8")
        assert until(lambda: names(shelf, folder) == {"nuevo.md", "dentro.md", "otro.md"})
    finally:
        stop.set()
        thread.join(timeout=120)
    assert not thread.is_alive()
