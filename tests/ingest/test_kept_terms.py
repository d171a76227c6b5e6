"""The terms of documents in the database: read back as they were, made again when they are stale, gone with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from db.models import Audience, Document, DocumentKind, DocumentTerms
from db.session import make_engine
from ingest.analysis import ANALYSER, Analysis, analyse, packed, unpacked
from ingest.corpus import Corpus, load_corpus
from ingest.embeddings import CharacterEmbedder
from ingest.lexicon import search_lexicon
from ingest.pipeline import ingest_sources
from ingest.sources.item import Item
from ingest.splitting import Chunk
from ingest.store import Labels, retire

LABELS = Labels(Audience.PUBLIC, DocumentKind.USER_MANUAL, products=("XP400",))
TEXT = "# Horno Brasero B20\n\nNo es una caldera.\n\n## Limpieza\n\nLimpie la junta cada mes. Véanse E1 a E3.\n"
SAMPLE = """La garantía no cubre las pilas AA ni el mando wi-fi: cobráis 45,50 € por visita, y 1.140 en EE. UU.
Pierde agua por la tubería de 1/2" a 24h de encendido; el técnico/a desbloquea el cierre anticondensación."""
TABLE = "Tabla 2. Averías\nCódigo: E1 | Causa: sonda 5k | Medida: 0,95 V\nCódigo: E4 a E6 | Causa: NV4-S050"
ENGLISH = "It doesn't cover leaks, the boilers' valves or what's been serviced by others."
DIGESTS = {"terms-1": "c707ec1368f4"}


@pytest.fixture
def engine(clone: Callable[[], str]) -> Iterator[Engine]:
    """A database with the demo company and no documents."""
    engine = make_engine(clone())
    yield engine
    engine.dispose()


def loaded(engine: Engine, before: Corpus | None = None) -> Corpus:
    return load_corpus(engine, CharacterEmbedder(), search_lexicon(), before)


def ingested(engine: Engine, path: Path, body: str = TEXT) -> Item:
    path.write_text(body, encoding="utf-8")
    item = Item(path, f"docs/{path.name}", LABELS)
    assert ingest_sources(engine, [item], CharacterEmbedder()).outcomes[0].chunks
    return item


def kept(engine: Engine) -> dict[int, tuple[str, bytes]]:
    with Session(engine) as session:
        rows = session.execute(select(DocumentTerms.document_id, DocumentTerms.analyser, DocumentTerms.packed))
        return {number: (key, data) for number, key, data in rows}


def same(one: Analysis, other: Analysis) -> bool:
    pairs = zip(astuple(one), astuple(other), strict=True)
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=20)), max_size=5))
def test_what_is_packed_is_unpacked(parts: list[tuple[str, str]]) -> None:
    chunks = [Chunk(at, content, None, None, (head,) if head else ()) for at, (content, head) in enumerate(parts)]
    analysis = analyse("Título", chunks)
    assert same(unpacked(packed(analysis)), analysis)
    assert len(analysis.sizes) == len(chunks) and int(analysis.sizes.sum()) == len(analysis.numbers)


def test_a_start_reads_what_the_ingest_kept(engine: Engine, tmp_path: Path) -> None:
    ingested(engine, tmp_path / "horno.md")
    ((number, (key, data)),) = kept(engine).items()
    before = loaded(engine)
    assert before.lexical.frequency("e2") == 1, "a range names every code in it"
    written = unpacked(data)
    other = replace(written, terms=tuple("marca" if word == "e2" else word for word in written.terms))
    with Session(engine) as session, session.begin():
        session.execute(update(DocumentTerms).values(packed=packed(other)))
    after = loaded(engine)
    assert after.lexical.frequency("marca") == 1 and after.lexical.frequency("e2") == 0, "nothing was read again"
    assert kept(engine)[number][0] == key


@pytest.mark.parametrize("stale", ["UPDATE document_terms SET analyser = 'old'", "DELETE FROM document_terms"])
def test_what_is_stale_or_lacking_is_made_and_kept(engine: Engine, tmp_path: Path, stale: str) -> None:
    ingested(engine, tmp_path / "horno.md")
    made = kept(engine)
    with Session(engine) as session, session.begin():
        session.execute(text(stale))
    assert loaded(engine).lexical.frequency("e2") == 1
    assert kept(engine) == made


def test_a_document_described_anew_is_read_anew(engine: Engine, tmp_path: Path) -> None:
    ingested(engine, tmp_path / "horno.md")
    before = loaded(engine)
    with Session(engine) as session, session.begin():
        session.execute(update(Document).values(title="Parrilla exterior"))
    after = loaded(engine, before)
    assert before.lexical.frequency("parrill") == 0 and after.lexical.frequency("parrill") == len(after.entries)
    assert same_entries(after, loaded(engine))


def test_terms_go_with_their_document(engine: Engine, tmp_path: Path) -> None:
    item = ingested(engine, tmp_path / "horno.md")
    ingested(engine, tmp_path / "horno.md", TEXT + "\nOtra versión.")
    assert len(kept(engine)) == 1, "a version that is replaced keeps none"
    retire(engine, [item.source])
    assert kept(engine) == {}


def same_entries(one: Corpus, other: Corpus) -> bool:
    """Do two pictures count the same terms in the same chunks? Their numbers may differ."""
    return [e.chunk_id for e in one.entries] == [e.chunk_id for e in other.entries] and all(
        (one.lexical.frequency(word), one.lexical.postings(word) is None)
        == (other.lexical.frequency(word), other.lexical.postings(word) is None)
        for word in ("junt", "limp", "e1", "xp400", "version", "parrill", "calder")
    )


def test_a_picture_caught_up_is_the_one_of_a_start(engine: Engine, tmp_path: Path) -> None:
    ingested(engine, tmp_path / "uno.md")
    picture = loaded(engine)
    second = ingested(engine, tmp_path / "dos.md", TEXT.replace("junta", "bisagra"))
    picture = loaded(engine, picture)
    assert same_entries(picture, loaded(engine)) and picture.lexical.frequency("bisagr") == 1
    retire(engine, [second.source])
    picture = loaded(engine, picture)
    assert same_entries(picture, loaded(engine)) and picture.lexical.frequency("bisagr") == 0


def test_the_terms_are_those_of_this_analyser() -> None:
    """When this fails the same text gives other terms than before: give ``ANALYSER`` another name, and its digest here,
    so that what installations have kept is made again."""
    chunks = [
        Chunk(0, SAMPLE, None, None, ("Manual XP-400",)),
        Chunk(1, TABLE, None, None, ("Averías", "Códigos E1 a E5")),
    ]
    spanish = analyse("Guía de instalación", chunks, about="Split XP400 3,5 kW")
    english = analyse("Installation guide", [Chunk(0, ENGLISH, None, None, ("What isn't covered",))], "en")
    assert hashlib.sha256(packed(spanish) + packed(english)).hexdigest()[:12] == DIGESTS[ANALYSER]


def test_no_reader_sees_terms(engine: Engine) -> None:
    with Session(engine) as session:
        granted = session.scalar(
            select(func.count())
            .select_from(text("information_schema.role_table_grants"))
            .where(text("table_name = 'document_terms' AND grantee LIKE 'cuadrilla_%'"))
        )
    assert granted == 0
