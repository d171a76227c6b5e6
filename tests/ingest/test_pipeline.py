"""Ingest: idempotent, replacing, retiring, and never stopped by one bad file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.models import Audience, Document, DocumentChunk, DocumentKind, DocumentProduct
from db.readers import Readers
from db.session import make_engine
from ingest.demo_load import load_demo
from ingest.embeddings import CharacterEmbedder
from ingest.isolation import isolated_reader
from ingest.pipeline import Status, ingest_sources
from ingest.retrieval import HybridRetriever
from ingest.sources.files import find_files
from ingest.sources.item import Item
from ingest.store import Labels, embed_missing, retire
from policy.roles import GUEST

LABELS = Labels(Audience.PUBLIC, DocumentKind.FAQ)


@pytest.fixture(scope="module")
def empty(clone: Callable[[], str]) -> Iterator[Engine]:
    """A database with the demo company and no documents."""
    engine = make_engine(clone())
    yield engine
    engine.dispose()


def item(path: Path, body: str | bytes, labels: Labels = LABELS) -> Item:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return Item(path, f"{path.parent.name}/{path.name}", labels)


def live(engine: Engine, source: str) -> list[Document]:
    with Session(engine) as session:
        return list(session.scalars(select(Document).where(Document.source == source, Document.retired_at.is_(None))))


def test_the_same_file_twice_is_ingested_once(empty: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    faq = item(tmp_path / "faq.md", "# Dudas\n\n## Horario\n\nDe ocho a siete.")
    assert ingest_sources(empty, [faq], embedder).outcomes[0].status is Status.ADDED
    assert ingest_sources(empty, [faq], embedder).outcomes[0].status is Status.UNCHANGED
    (document,) = live(empty, faq.source)
    assert document.title == "Dudas"
    with Session(empty) as session:
        (chunk,) = session.scalars(select(DocumentChunk).where(DocumentChunk.document_id == document.document_id))
    assert (chunk.section, chunk.heading_path, chunk.content) == ("Horario", ["Horario"], "De ocho a siete.")
    assert chunk.embedding is not None and len(chunk.embedding) == 4 * embedder.dimensions


def test_a_new_version_retires_the_old_one(empty: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    path = tmp_path / "tarifa.md"
    ingest_sources(empty, [item(path, "La visita cuesta 45 euros.")], embedder)
    (before,) = live(empty, f"{tmp_path.name}/tarifa.md")
    report = ingest_sources(empty, [item(path, "La visita cuesta 49 euros.")], embedder)
    assert report.outcomes[0].status is Status.REPLACED
    (after,) = live(empty, f"{tmp_path.name}/tarifa.md")
    assert after.document_id != before.document_id


def test_a_new_audience_is_a_new_version(empty: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    path = tmp_path / "interno.md"
    ingest_sources(empty, [item(path, "Margen del 30 %.")], embedder)
    secret = Labels(Audience.ADMIN, DocumentKind.PROCEDURE)
    report = ingest_sources(empty, [item(path, "Margen del 30 %.", secret)], embedder)
    assert report.outcomes[0].status is Status.REPLACED
    assert [d.audience for d in live(empty, f"{tmp_path.name}/interno.md")] == [Audience.ADMIN]


def test_bad_files_are_reported_and_the_rest_goes_on(
    empty: Engine, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    items = [
        item(tmp_path / "vacio.md", ""),
        item(tmp_path / "roto.pdf", b"%PDF-1.7 nothing else"),
        item(tmp_path / "falso.pdf", b"\x93\x81 no PDF \xff"),
        item(tmp_path / "binario.txt", b"\x00\x01\x02 data"),
        item(tmp_path / "hoja.xyz", "datos"),
        Item(tmp_path / "ausente.md", "ausente.md", LABELS),
        item(tmp_path / "otro.md", "Texto.", Labels(Audience.PUBLIC, DocumentKind.FAQ, products=("XP999",))),
        item(tmp_path / "bueno.md", "Texto que se lee."),
    ]
    report = ingest_sources(empty, items, embedder)
    assert [o.reason for o in report.outcomes] == [
        "empty",
        "corrupt",
        "corrupt",
        "corrupt",
        "unsupported",
        "unreachable",
        "unknown_product",
        "",
    ]
    assert all(o.detail for o in report.outcomes if o.reason)
    assert not report.all_failed
    assert live(empty, f"{tmp_path.name}/otro.md") == []
    assert len(live(empty, f"{tmp_path.name}/bueno.md")) == 1


def test_files_read_at_once_come_in_order_and_copies_are_found(
    empty: Engine, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    bodies = ["# Uno", "Primero.", b"\x00", "Segundo.", "Primero.", "Tercero."]
    items = [item(tmp_path / f"{number}.md", body) for number, body in enumerate(bodies)]
    with isolated_reader(at_once=3) as reader:
        first = ingest_sources(empty, items, embedder, reader=reader)
        moved = [item(tmp_path / "1.md", "Otro."), item(tmp_path / "6.md", "Primero.")]
        then = ingest_sources(empty, moved, embedder, reader=reader)
    assert [o.source for o in first.outcomes] == [i.source for i in items]
    assert [o.status.value for o in first.outcomes] == ["failed", "added", "failed", "added", "duplicate", "added"]
    assert first.outcomes[4].detail == items[1].source
    assert [o.status.value for o in then.outcomes] == ["replaced", "added"]


def test_a_version_that_cannot_be_read_leaves_the_old_one(
    empty: Engine, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    path = tmp_path / "manual.md"
    ingest_sources(empty, [item(path, "Versión buena.")], embedder)
    report = ingest_sources(empty, [item(path, b"\x00")], embedder)
    assert report.all_failed
    assert len(live(empty, f"{tmp_path.name}/manual.md")) == 1


def test_files_with_one_name_in_two_folders_are_two_documents(
    empty: Engine, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "leeme.md").write_text(f"Texto de {name}.", encoding="utf-8")
    items = find_files([tmp_path], LABELS).items
    assert ingest_sources(empty, items, embedder).count(Status.ADDED) == 2


def test_products_are_linked(empty: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    labels = Labels(Audience.CLIENT, DocumentKind.USER_MANUAL, products=("XP400", "XP250"))
    ingest_sources(empty, [item(tmp_path / "splits.md", "Dos modelos.", labels)], embedder)
    (document,) = live(empty, f"{tmp_path.name}/splits.md")
    with Session(empty) as session:
        links = session.scalars(select(DocumentProduct).where(DocumentProduct.document_id == document.document_id))
        assert len(links.all()) == 2


def test_another_embedding_model_is_caught_up(empty: Engine, embedder: CharacterEmbedder, tmp_path: Path) -> None:
    ingest_sources(empty, [item(tmp_path / "vector.md", "Un texto.")], embedder)
    other = CharacterEmbedder(dimensions=64)
    assert embed_missing(empty, other) > 0
    assert embed_missing(empty, other) == 0
    assert embed_missing(empty, embedder) > 0


def test_the_demo_is_loaded_once(library: Engine) -> None:
    report = load_demo(library)
    assert report.outcomes
    assert {o.status for o in report.outcomes} == {Status.UNCHANGED}


async def test_search_follows_what_is_ingested(
    clone: Callable[[], str], secret: bytes, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    url = clone()
    engine, readers = make_engine(url), await Readers.open(url, secret)
    try:
        retriever = await HybridRetriever.open(engine, readers, embedder)
        assert await retriever.search("horario", GUEST) == ()
        note = item(tmp_path / "nota.md", "El horario es de ocho a siete.")
        ingest_sources(engine, [note], embedder)
        await retriever.refresh()
        (passage,) = await retriever.search("¿qué horario tenéis?", GUEST)
        assert "ocho" in passage.content
        ingest_sources(engine, [item(note.path, "El horario es de nueve a dos.")], embedder)
        assert await retriever.search("horario", GUEST) == (), "a retired version is never quoted, refreshed or not"
        await retriever.refresh()
        (passage,) = await retriever.search("horario", GUEST)
        assert "nueve" in passage.content
        retire(engine, [note.source])
        await retriever.refresh()
        assert await retriever.search("horario", GUEST) == ()
    finally:
        await readers.close()
        engine.dispose()


def test_demo_documents_dropped_from_the_manifest_are_withdrawn(empty: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "a.md").write_text("Texto.", encoding="utf-8")
    entry = "{file: a.md, title: A, kind: faq, audience: public}"
    (folder / "manifest.yaml").write_text(f"documents:\n  - {entry}\n", encoding="utf-8")
    load_demo(empty, folder=folder)
    assert len(live(empty, "demo/a.md")) == 1
    (folder / "manifest.yaml").write_text("documents: []\n", encoding="utf-8")
    load_demo(empty, folder=folder)
    assert live(empty, "demo/a.md") == []
    shutil.rmtree(folder)
