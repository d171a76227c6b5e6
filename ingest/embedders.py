"""Which embedder the settings ask for: the embedded default, or an OpenAI-compatible service when it has a key."""

from __future__ import annotations

from core.settings import Settings
from ingest.embeddings import CharacterEmbedder, Embedder


def make_embedder(settings: Settings) -> Embedder:
    """The embedder of ``settings``."""
    if settings.embedding_api_key is None:
        return CharacterEmbedder()
    from ingest.service_embedder import ServiceEmbedder  # the embedded default starts without OpenAI's client

    return ServiceEmbedder.of(settings, settings.embedding_api_key)
