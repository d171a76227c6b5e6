"""Documents over REST that are not what they should be: a code for each, and nothing left half written."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from reportlab.lib import pdfencrypt
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from policy.roles import Role
from tests.api.v1.conftest import sign_in
from tests.ingest.test_bad_files import OLE, pdf_bomb
from tests.ingest.test_loading import lines, saved, word

PATH = "/api/v1/documents"
LABELS = {"audience": "technician", "kind": "procedure"}
KEPT = """
    SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM document_chunks),
           (SELECT count(*) FROM document_products), (SELECT count(*) FROM audit_log WHERE table_name = 'documents')
"""


def kept(owner: sessionmaker[Session]) -> tuple[int, ...]:
    """How many rows there are of what an upload writes."""
    with owner() as session:
        return tuple(session.execute(text(KEPT)).one())


@pytest.fixture
def nothing_written(owner: sessionmaker[Session]) -> Iterator[None]:
    """What was kept before is what is kept afterwards."""
    before = kept(owner)
    yield
    assert kept(owner) == before


def upload(admin: httpx.Client, name: str, data: bytes, kind: str = "", **labels: Any) -> httpx.Response:
    return admin.post(PATH, data={**LABELS, **labels}, files={"file": (name, data, kind or "application/pdf")})


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cifrado.pdf", lines("secreto", encrypt=pdfencrypt.StandardEncryption("clave")), "encrypted"),
        ("escaneado.pdf", lines(), "no_text"),
        ("roto.pdf", lines("hola")[:200], "corrupt"),
        ("roto.docx", saved(word())[:400], "corrupt"),
        ("vacio.pdf", b"", "empty"),
        ("blancos.txt", b" \n\t ", "empty"),
        ("foto.pdf", b"\xff\xd8\xff\xe0 JFIF", "mislabelled"),
        ("foto.jpg", b"\xff\xd8\xff\xe0 JFIF", "unsupported"),
        ("clave.xlsx", OLE + b"\x00" * 64 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    admin: httpx.Client, name: str, data: bytes, reason: str
) -> None:
    answer = upload(admin, name, data)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["code"], told["what"]) == (422, "document_unreadable", "file"), told
    assert told["reason"] == reason


@pytest.mark.usefixtures("nothing_written")
def test_a_bomb_costs_its_reader_only(admin: httpx.Client) -> None:
    answer = upload(admin, "bomba.pdf", pdf_bomb(3000))
    assert (answer.status_code, answer.json()["code"]) == (422, "document_unreadable")
    assert answer.json()["reason"] in {"too_large", "crashed", "too_slow"}
    assert admin.get(PATH).status_code == 200


@pytest.mark.usefixtures("nothing_written")
def test_one_that_is_too_large_is_not_read(admin: httpx.Client) -> None:
    answer = upload(admin, "grande.txt", b"a" * 20_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"file": "hola", **LABELS}}, 422),
        ({"content": b"hola", "headers": {"content-type": "text/plain"}}, 422),
        ({"content": b"hola", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"--x\r\nroto", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 422),
        ({"data": {"file": "no es un fichero", **LABELS}}, 422),
        ({"data": {**LABELS, "audience": "todos"}, "files": {"file": ("a.md", b"# Hola\n\nUno.")}}, 422),
        ({"data": {**LABELS, "product": "NO-HAY"}, "files": {"file": ("a.md", b"# Hola\n\nUno.")}}, 422),
        ({"data": {**LABELS, "otro": "x"}, "files": {"file": ("a.md", b"# Hola\n\nUno.")}}, 422),
        ({"data": LABELS}, 422),
    ],
)
def test_a_request_that_is_no_upload_is_refused(admin: httpx.Client, sent: dict[str, Any], status: int) -> None:
    answer = admin.post(PATH, **sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_input"


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("role", [Role.CLIENT, Role.TECHNICIAN], ids=str)
def test_only_administrators_upload(server: str, accounts: Any, role: Role) -> None:
    with sign_in(server, role) as caller:
        answer = upload(caller, "a.md", b"# Hola\n\nUno.")
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\manuales\\bomba.md", "bomba.md"),
        ("/etc/otra.md", "otra.md"),
        ("un\x1bescape\u202edm.md", "unescapedm.md"),
        ("..", "document"),
        (" .", "document"),
        ("a" * 300 + ".md", "a" * 197 + ".md"),
    ],
)
def test_a_name_is_a_name_and_no_path(
    admin: httpx.Client, owner: sessionmaker[Session], name: str, known_as: str
) -> None:
    body = f"# Nombre\n\nEl fichero {len(name)} de {known_as[:40]} sirve de prueba.\n".encode()
    made = upload(admin, name, body, "text/markdown")
    if made.status_code == 422 and not known_as.endswith(".md"):
        assert made.json()["reason"] in {"unsupported", "mislabelled"}
        return
    assert made.status_code == 201, made.text
    with owner() as session:
        source = session.scalar(
            text("SELECT source FROM documents WHERE document_id = :id"), {"id": made.json()["document_id"]}
        )
    assert source == f"upload/{known_as}"
    assert admin.delete(made.headers["location"], headers={"if-match": "*"}).status_code == 204


def test_what_is_said_of_the_type_does_not_matter_but_what_it_is(admin: httpx.Client) -> None:
    made = upload(admin, "tipo.md", b"# Tipo\n\nEsto es Markdown, digan lo que digan.\n", "image/png")
    assert made.status_code == 201
    assert admin.delete(made.headers["location"], headers={"if-match": "*"}).status_code == 204


def test_the_same_name_twice_replaces_and_the_same_file_changes_nothing(
    admin: httpx.Client, owner: sessionmaker[Session]
) -> None:
    first = upload(admin, "dos.md", b"# Dos\n\nLa primera vez dice esto.\n")
    again = upload(admin, "dos.md", b"# Dos\n\nLa primera vez dice esto.\n")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["document_id"] == again.json()["document_id"]
    elsewhere = upload(admin, "otro-nombre.md", b"# Dos\n\nLa primera vez dice esto.\n")
    assert (elsewhere.status_code, elsewhere.json()["document_id"]) == (200, first.json()["document_id"])
    second = upload(admin, "dos.md", b"# Dos\n\nLa segunda vez dice otra cosa.\n")
    assert second.status_code == 201 and second.json()["document_id"] != first.json()["document_id"]
    assert admin.get(first.headers["location"]).status_code == 404
    live = text("SELECT count(*) FROM documents WHERE source = 'upload/dos.md' AND retired_at IS NULL")
    with owner() as session:
        assert session.scalar(live) == 1
    assert admin.delete(second.headers["location"], headers={"if-match": "*"}).status_code == 204


def test_many_at_once_under_one_name_leave_one(admin: httpx.Client, owner: sessionmaker[Session]) -> None:
    def send(number: int) -> httpx.Response:
        return upload(admin, "carrera.md", f"# Carrera\n\nLa versión {number} llegó.\n".encode())

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    live = text("SELECT count(*) FROM documents WHERE source = 'upload/carrera.md' AND retired_at IS NULL")
    with owner() as session:
        assert session.scalar(live) == 1
