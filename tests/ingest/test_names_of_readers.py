"""Names that documents bring: known to their readers only, followed as the library changes, and searched by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from db.models import Audience, DocumentKind
from db.readers import Readers
from db.session import make_engine
from ingest.embeddings import CharacterEmbedder
from ingest.pipeline import ingest_sources
from ingest.retrieval import HybridRetriever
from ingest.sources.item import Item
from ingest.store import Labels, retire
from policy.roles import GUEST, Principal, Role

TECHNICIAN = Principal(Role.TECHNICIAN, 1)


def _manual(folder: Path, name: str, text: str, audience: Audience) -> Item:
    path = folder / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    return Item(path, f"names/{name}.md", Labels(audience, DocumentKind.USER_MANUAL))


async def test_names_belong_to_those_who_may_read_them(
    clone: Callable[[], str], secret: bytes, embedder: CharacterEmbedder, tmp_path: Path
) -> None:
    url = clone()
    engine, readers = make_engine(url), await Readers.open(url, secret)
    try:
        retriever = await HybridRetriever.open(engine, readers, embedder)
        assert not retriever.names(TECHNICIAN)
        lumbre = _manual(
            tmp_path, "lumbre", "# Termavia Lumbre 28. Manual\n\nLa presión es de 1,4 bar.", Audience.PUBLIC
        )
        brasal = _manual(
            tmp_path, "brasal", "# Termavia Brasal 12. Manual\n\nLa presión es de 2,1 bar.", Audience.TECHNICIAN
        )
        ingest_sources(engine, [lumbre, brasal], embedder)
        await retriever.refresh()
        assert [n.word for n in retriever.names(GUEST).asked("la lumbre y la brasal")] == ["lumbre"]
        assert [n.word for n in retriever.names(TECHNICIAN).asked("la lumbre y la brasal")] == ["lumbre", "brasal"]
        (passage,) = await retriever.search("¿qué presión lleva la brasal?", TECHNICIAN)
        assert "2,1" in passage.content
        (passage,) = await retriever.search("¿qué presión lleva la lumbre?", TECHNICIAN)
        assert "1,4" in passage.content
        retire(engine, [lumbre.source])
        await retriever.refresh()
        assert not retriever.names(GUEST)
    finally:
        await readers.close()
        engine.dispose()
