"""Vectors of an OpenAI-compatible service. Imported only when a key is set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_openai import OpenAIEmbeddings
from openai import OpenAIError
from pydantic import SecretStr

from core.errors import Unavailable
from core.settings import Settings
from ingest.embeddings import Vectors

_BATCH = 256
_RETRIES = 2


class ServiceEmbedder:
    """Vectors of a LangChain embedding model, made unit length."""

    def __init__(self, service: Embeddings, model: str, dimensions: int) -> None:
        self._service = service
        self._model = model
        self._dimensions = dimensions

    @classmethod
    def of(cls, settings: Settings, key: SecretStr) -> ServiceEmbedder:
        """The service that ``settings`` name, under ``key``; connects on first use."""
        service = OpenAIEmbeddings(
            model=settings.embedding_model,
            dimensions=settings.embedding_dimensions,
            api_key=key,
            base_url=settings.embedding_base_url,
            timeout=settings.embedding_timeout_seconds,
            max_retries=_RETRIES,
            check_embedding_ctx_length=False,
        )
        return cls(service, settings.embedding_model, settings.embedding_dimensions)

    @property
    def name(self) -> str:
        return f"{self._model}-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def local(self) -> bool:
        return False

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As :class:`ingest.embeddings.Embedder` says; raises :class:`Unavailable` when the service does not answer."""
        out: Vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        try:
            for start in range(0, len(texts), _BATCH):
                batch = [text or " " for text in texts[start : start + _BATCH]]
                out[start : start + len(batch)] = np.array(self._service.embed_documents(batch), dtype=np.float32)
        except (OpenAIError, ValueError) as error:
            raise Unavailable(f"The embedding service does not answer as it should: {error}") from error
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        np.divide(out, norms, out=out, where=norms > 0)
        return out
