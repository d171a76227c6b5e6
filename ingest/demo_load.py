"""The demo company's documents, ingested at the first start; later starts find nothing to do."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from db.models import Audience, DocumentKind, ProductCategory
from ingest.embeddings import CharacterEmbedder, Embedder
from ingest.pipeline import Report, ingest_sources
from ingest.sources.item import Item
from ingest.store import Labels, embed_missing, live_sources, retire

SOURCE = "demo/"


class DemoDocument(BaseModel):
    """One entry of ``demo/manifest.yaml``."""

    model_config = ConfigDict(extra="forbid")

    file: str
    title: str
    kind: DocumentKind
    audience: Audience
    language: str = "es"
    revision: str | None = None
    products: list[str] = Field(default_factory=list)
    categories: list[ProductCategory] = Field(default_factory=list)


def demo_folder() -> Path:
    """Where the demo documents and their manifest are."""
    return Path(__file__).parent / "demo"


def read_manifest(folder: Path) -> tuple[DemoDocument, ...]:
    """The entries of ``folder/manifest.yaml``."""
    data = yaml.load((folder / "manifest.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tuple(DemoDocument.model_validate(entry) for entry in data["documents"])


def load_demo(engine: Engine, embedder: Embedder | None = None, folder: Path | None = None) -> Report:
    """Ingest the demo documents and withdraw those that are no longer in the manifest.

    The models they are about must be in the catalogue already (``db.seed``).
    """
    embedder = embedder or CharacterEmbedder()
    folder = folder or demo_folder()
    items = [_item(folder, entry) for entry in read_manifest(folder)]
    gone = live_sources(engine, SOURCE) - {item.source for item in items}
    if gone:
        retire(engine, gone)
    report = ingest_sources(engine, items, embedder)
    if embedder.local:
        embed_missing(engine, embedder)
    return report


def _item(folder: Path, entry: DemoDocument) -> Item:
    labels = Labels(
        audience=entry.audience,
        kind=entry.kind,
        title=entry.title,
        language=entry.language,
        revision=entry.revision,
        products=tuple(entry.products),
        categories=tuple(entry.categories),
    )
    return Item(folder / "documents" / entry.file, SOURCE + entry.file, labels)
