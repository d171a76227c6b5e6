"""Embeddings of an OpenAI-compatible service, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from pydantic import SecretStr

from core.errors import Unavailable
from core.settings import Settings
from ingest.embedders import make_embedder
from ingest.embeddings import CharacterEmbedder, Embedder

DIMENSIONS = 8


class Service(BaseHTTPRequestHandler):
    """Speaks the wire format; a text that says "roto" is answered with an error."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = asked["input"]
        if any("roto" in text for text in texts):
            self.say(400, {"error": {"message": "broken", "type": "invalid_request_error"}})
            return
        assert self.headers["Authorization"] == "Bearer clave" and asked["dimensions"] == DIMENSIONS
        data = [
            {"object": "embedding", "index": at, "embedding": [float(len(text))] * DIMENSIONS}
            for at, text in enumerate(texts)
        ]
        self.say(200, {"object": "list", "data": data, "model": asked["model"], "usage": {"total_tokens": 1}})

    def say(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg,arg-type]


@pytest.fixture
def embedder() -> Iterator[Embedder]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield make_embedder(
        settings(
            embedding_api_key=SecretStr("clave"),
            embedding_base_url=f"http://127.0.0.1:{server.server_port}/v1",
            embedding_dimensions=DIMENSIONS,
        )
    )
    server.shutdown()
    server.server_close()


def test_without_a_key_the_embedded_vectors_serve() -> None:
    assert isinstance(make_embedder(settings()), CharacterEmbedder)


def test_vectors_of_the_service_are_unit_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(["uno", "cuatro", ""] * 200)
    assert vectors.shape == (600, DIMENSIONS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(600))
    assert (embedder.name, embedder.local) == (f"text-embedding-3-small-{DIMENSIONS}", False)


def test_a_service_that_refuses_is_unavailable(embedder: Embedder) -> None:
    with pytest.raises(Unavailable):
        embedder.embed(["roto"])
