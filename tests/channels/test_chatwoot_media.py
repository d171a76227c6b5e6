"""Whatever is sent gets an answer: heard, placed or asked about; fetched only from where it should come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from channels.chatwoot.media import MediaReader, attachment, place
from channels.chatwoot.payloads import read_file
from channels.chatwoot.received import MediaParts, ReceivedFile
from channels.chatwoot.transcription import Transcriber
from channels.queue import open_queue
from channels.received_files import keep_files
from core.settings import Settings
from graph.messages import IncomingAttachment, TurnResult, Written
from policy.roles import Role
from tests.graph.crews import crew, crew_settings, crew_url, talk

__all__ = ["crew", "crew_settings", "crew_url", "talk"]
VOICE = b"OggS a voice note"


class Services(ThreadingHTTPServer):
    """Chatwoot's files and a transcription service, on this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.heard: list[bytes] = []
        self.failures: list[int] = []
        self.said = "Se ha parado la caldera"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """What they answer."""

    server: Services

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        match self.path.partition("?")[0]:
            case "/rails/voice.ogg":
                self.send(302, b"", Location="/disk/voice.ogg")
            case "/disk/voice.ogg":
                self.send(200, VOICE)
            case "/rails/inside.ogg":
                self.send(302, b"", Location=f"http://localhost:{self.server.server_port}/disk/voice.ogg")
            case "/rails/big.ogg":
                self.send(200, b"x" * 5000)
            case _:
                self.send(404, b"")

    def do_POST(self) -> None:
        self.server.heard.append(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["authorization"] == "Bearer key"
        if self.server.failures:
            self.send(self.server.failures.pop(0), b"{}")
        else:
            self.send(200, f'{{"text": " {self.server.said} "}}'.encode())

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def reader(services: Services, **more: Any) -> MediaReader:
    given = {
        "chatwoot_url": services.url,
        "transcription_api_key": "key",
        "transcription_base_url": f"{services.url}/v1/",
        "transcription_timeout_seconds": 3.0,
        "media_max_bytes": 4000,
        **more,
    }
    settings = Settings(_env_file=None, **given)  # type: ignore[call-arg]
    return MediaReader(settings, Transcriber(settings))


def voice(url: str, **more: Any) -> ReceivedFile:
    return ReceivedFile("audio", url=url, media_type="audio/ogg", **more)


async def test_a_voice_note_is_heard(services: Services) -> None:
    parts = await reader(services)([voice(f"{services.url}/rails/voice.ogg?disposition=inline", size=17)])
    assert parts.text == "Se ha parado la caldera"
    (kept,) = parts.attachments
    assert (kept.name, kept.media_type) == ("voice.ogg", "audio/ogg")
    assert VOICE in services.heard[0] and b"gpt-4o-mini-transcribe" in services.heard[0]


async def test_what_chatwoot_heard_is_not_heard_again(services: Services) -> None:
    parts = await reader(services)([voice(f"{services.url}/rails/voice.ogg", transcribed_text=" huele a gas ")])
    assert parts.text == "huele a gas" and services.asked == []


@pytest.mark.parametrize(
    ("path", "size", "more"),
    [
        ("/rails/voice.ogg", None, {"transcription_api_key": None, "transcription_base_url": None}),
        ("/rails/voice.ogg", None, {"chatwoot_url": "https://chat.example.com"}),
        ("/rails/voice.ogg", 4001, {}),
        ("/rails/big.ogg", None, {}),
        ("/rails/inside.ogg", None, {}),
        ("/rails/gone.ogg", None, {}),
    ],
    ids=["not configured", "another host", "told too big", "too big", "sent on to the inside", "gone"],
)
async def test_what_is_not_heard_is_asked_for(
    services: Services, path: str, size: int | None, more: dict[str, Any]
) -> None:
    parts = await reader(services, **more)([voice(f"{services.url}{path}", size=size)])
    assert parts.text == "" and len(parts.attachments) == 1
    assert services.heard == []


async def test_storage_inside_is_allowed_by_name(services: Services) -> None:
    parts = await reader(services, media_hosts="localhost, cdn.example.com")(
        [voice(f"{services.url}/rails/inside.ogg")]
    )
    assert parts.text == services.said


async def test_a_service_that_fails_is_asked_once_more(services: Services) -> None:
    note = [voice(f"{services.url}/rails/voice.ogg")]
    services.failures = [503]
    assert (await reader(services)(note)).text == services.said
    services.failures = [429, 500]
    assert (await reader(services)(note)).text == ""
    services.failures = [400]
    assert (await reader(services)(note)).text == ""
    assert len(services.heard) == 5


async def test_a_long_story_is_cut_to_what_a_turn_takes(services: Services) -> None:
    services.said = "bla " * 2000
    assert len((await reader(services)([voice(f"{services.url}/rails/voice.ogg")])).text) == 4000


@pytest.mark.parametrize(
    ("file", "name", "media_type"),
    [
        (ReceivedFile("image", url="https://c.es/rails/x--y/foto%20ca%C3%B1a.jpeg"), "foto caña.jpeg", "image/jpeg"),
        (ReceivedFile("file", url="https://c.es/r/boleto.pdf?x=1"), "boleto.pdf", "application/pdf"),
        (ReceivedFile("audio", extension="mp3"), "", "audio/mpeg"),
        (ReceivedFile("contact", title="Juan Pérez"), "Juan Pérez", "contact/card"),
        (ReceivedFile("story_mention"), "", "application/octet-stream"),
        (ReceivedFile("image", url="https://[bad/x.png"), "", "image/jpeg"),
        (ReceivedFile("file", url="https://c.es/" + "x" * 3000 + ".pdf"), ("x" * 300), "application/pdf"),
    ],
)
def test_files_have_a_name_and_a_kind(file: ReceivedFile, name: str, media_type: str) -> None:
    kept = attachment(file)
    assert (kept.name, kept.media_type) == (name, media_type)
    assert kept.url is None or len(kept.url) <= 2000


def test_a_place_says_where_it_is() -> None:
    file = read_file(
        {
            "file_type": "location",
            "coordinates_lat": 41.65,
            "coordinates_long": -0.88,
            "fallback_title": "Calle\nMayor 5",
        }
    )
    assert place(file) == "📍 Calle Mayor 5 (41.65000, -0.88000)"
    assert place(ReceivedFile("location", title="Bar")) == ""


async def answered(chat: Any, files: list[ReceivedFile], words: str = "") -> TurnResult:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    parts: MediaParts = await MediaReader(settings, Transcriber(settings))(files)
    result: TurnResult = await chat("\n".join(filter(None, (words, parts.text))), attachments=list(parts.attachments))
    return result


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (ReceivedFile("audio", url="https://c.es/a.ogg"), "nota de voz"),
        (ReceivedFile("image", url="https://c.es/a.jpeg"), "foto"),
        (ReceivedFile("image", url="https://c.es/a.webp", media_type="image/webp"), "Recibido"),
        (ReceivedFile("file", url="https://c.es/a.pdf"), "archivo"),
        (ReceivedFile("video", url="https://c.es/a.mp4"), "archivo"),
        (ReceivedFile("contact", title="Juan"), "contacto"),
        (ReceivedFile("location", title="Calle Mayor 5, Zaragoza", latitude=41.65, longitude=-0.88), "ubicación"),
        (ReceivedFile("location", latitude=-33.4, longitude=70.6), "ubicación"),
        (ReceivedFile("unsupported"), "no puedo ver"),
        (ReceivedFile("fallback", title="Algo"), "archivo"),
    ],
)
async def test_nothing_is_met_with_silence(talk: Callable[..., Any], file: ReceivedFile, says: str) -> None:
    result = await answered(talk(Role.CLIENT), [file])
    assert says in result.reply and result.handoff is None and result.error is None


async def test_a_photo_with_words_is_answered_for_its_words(talk: Callable[..., Any]) -> None:
    result = await answered(
        talk(Role.CLIENT), [ReceivedFile("image", url="https://c.es/a.jpeg")], "¿Cuándo vence mi garantía?"
    )
    assert result.specialists == ["sql_reader"]


async def test_a_place_joins_the_visit_that_waits(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat("Mi caldera pierde agua, ¿podéis venir?")
    place = ReceivedFile("location", title="Avenida de Cataluña 12", latitude=41.66, longitude=-0.87)
    result = await answered(chat, [place])
    assert result.pending_confirmation is not None
    assert "Avenida de Cataluña 12 (41.66000, -0.87000)" in result.pending_confirmation.summary


async def test_files_stay_with_the_visit_that_came_of_them(fresh_database_url: str) -> None:
    photo = IncomingAttachment(name="fuga.jpeg", media_type="image/jpeg", url="https://c.es/fuga.jpeg")
    first, second = uuid4(), uuid4()
    async with open_queue(fresh_database_url) as queue, queue.pool.connection() as connection:
        for _ in range(2):
            await keep_files(connection, first, (2, 123), [photo, photo], [])
        await keep_files(connection, uuid4(), (2, 124), [photo], [])
        await keep_files(
            connection, second, (2, 123), [], [Written(table="interventions", id="1001", action="request_visit")]
        )
        cursor = await connection.execute(
            "SELECT conversation_id, intervention_id FROM received_files ORDER BY file_id"
        )
        assert await cursor.fetchall() == [(123, 1001), (123, 1001), (124, None)]
