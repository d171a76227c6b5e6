"""Files that lie, swell, hang or are broken: a reason for each, and never another exception."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DocumentUnreadable
from ingest.demo_load import demo_folder
from ingest.isolation import IsolatedReader, isolated_reader
from ingest.loading import load
from tests.ingest.test_loading import lines, reason, saved, word
from tests.ingest.test_sheets import book

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("foto.pdf", b"\xff\xd8\xff\xe0 JFIF", "mislabelled"),
        ("foto.jpg", b"\xff\xd8\xff\xe0 JFIF", "unsupported"),
        ("carta.docx", b"{\\rtf1 hola}", "mislabelled"),
        ("manual.pdf", b"\x1f\x8b\x08 comprimido", "mislabelled"),
        ("viejo.docx", OLE + b"\x00" * 600, "mislabelled"),
        ("viejo.doc", OLE + b"\x00" * 600, "unsupported"),
        ("clave.xlsx", OLE + b"\x00" * 64 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("nulos.csv", b"a;b\x00;c", "corrupt"),
        ("blancos.txt", b" \n\t\n ", "empty"),
    ],
)
def test_what_the_bytes_say_is_told(name: str, data: bytes, expected: str) -> None:
    assert reason(name, data) == expected


def test_a_web_page_called_pdf_is_read() -> None:
    page = b"<!DOCTYPE html><html><body><h1>Aviso</h1><p>Cierre el gas.</p></body></html>"
    assert load("aviso.pdf", page).media_type == "text/html"


def test_control_characters_never_reach_the_database() -> None:
    loaded = load("raro.md", "# Tí\x07tulo\n\nUno\x1b dos\x85 tres.".encode())
    assert loaded.title == "Título"
    assert "Uno dos tres." in [getattr(block, "text", "") for block in loaded.blocks]


def test_markup_nested_beyond_sense_is_damage() -> None:
    assert reason("hondo.html", b"<html><body>" + b"<div>" * 20_000 + b"x") == "corrupt"


SAMPLES: dict[str, Callable[[], bytes]] = {
    "a.pdf": lambda: lines("Texto de la página.", "Otra línea."),
    "b.docx": lambda: saved(word()),
    "c.xlsx": lambda: book(Hoja=[["Modelo", "Gas"], ["XP400", "R32"]]),
    "d.html": lambda: b"<html><body><table><tr><td>a</td></tr></table></body></html>",
}


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_damage_anywhere_is_a_reason_never_a_crash(name: str, seed: int) -> None:
    noise = random.Random(seed)
    data = bytearray(SAMPLES[name]())
    for _ in range(noise.randint(1, 30)):
        data[noise.randrange(len(data))] = noise.randrange(256)
    if noise.random() < 0.3:
        del data[noise.randrange(len(data)) :]
    try:
        assert load(name, bytes(data)).blocks
    except DocumentUnreadable as error:
        assert error.details["reason"]


def test_markup_that_the_parser_rejects_is_damage() -> None:
    with pytest.raises(DocumentUnreadable) as caught:
        load("d.html", b"<html><body><![t]]><p>a</p></body></html>")
    assert caught.value.details["reason"] == "corrupt"


def test_a_page_whose_box_is_no_box_is_damage() -> None:
    data = SAMPLES["a.pdf"]()
    box = re.search(rb"/MediaBox\s*\[([^\]]*)\]", data)
    assert box is not None
    harmed = data[: box.start(1)] + b"0 0 9 9 /x 9".ljust(len(box[1])) + data[box.end(1) :]
    with pytest.raises(DocumentUnreadable) as caught:
        load("a.pdf", harmed)
    assert caught.value.details["reason"] == "corrupt"


def pdf_bomb(megabytes: int) -> bytes:
    """A PDF of a few kilobytes whose page expands to ``megabytes``."""
    squeezer = zlib.compressobj(1)
    packed = b"".join(squeezer.compress(b" " * 2**20) for _ in range(megabytes)) + squeezer.flush()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, part in enumerate(parts, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, part))
    table = out.tell()
    out.write(b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % table)
    return out.getvalue()


@pytest.fixture(scope="module")
def isolated() -> Iterator[IsolatedReader]:
    with isolated_reader(memory=700 * 2**20) as reader:
        yield reader


def isolated_reason(reader: IsolatedReader, name: str, data: bytes) -> object:
    with pytest.raises(DocumentUnreadable) as caught:
        reader.begin(name, data)()
    return caught.value.details["reason"]


def test_a_bomb_costs_its_reader_and_nothing_else(isolated: IsolatedReader) -> None:
    bomb = pdf_bomb(600)
    assert len(bomb) < 4 * 2**20
    assert isolated_reason(isolated, "bomba.pdf", bomb) in {"too_large", "crashed"}
    assert isolated.begin("bueno.md", b"# Hola\n\nTexto.")().title == "Hola"
    assert isolated_reason(isolated, "vacio.pdf", b"") == "empty"


def test_what_takes_too_long_is_cut() -> None:
    pages = (demo_folder() / "documents").glob("*.pdf")
    slow = max((path.read_bytes() for path in pages), key=len)
    with isolated_reader(seconds=0.05) as reader:
        assert isolated_reason(reader, "lento.pdf", slow) == "too_slow"
