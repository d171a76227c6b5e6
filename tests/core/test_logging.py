"""Logs: JSON with who-is-who blotted out, in one file that several processes write and rotate."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
import structlog
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from core.logging import configure_logging
from core.redaction import redact

FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
)


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A telephone that somebody may have, as somebody may write it."""
    country, length = draw(st.sampled_from([(34, 9), (33, 9), (351, 9), (44, 10), (1, 10), (52, 10)]))
    first = draw(st.sampled_from("6789" if country == 34 else "23456789"))
    number = first + draw(st.text("0123456789", min_size=length - 1, max_size=length - 1))
    parsed = phonenumbers.PhoneNumber(country_code=country, national_number=int(number))
    return phonenumbers.format_number(parsed, draw(st.sampled_from(FORMATS))).removeprefix("tel:")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The file of a process that logs everything."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("DEBUG", tmp_path)
    yield tmp_path / "logs" / "cuadrilla.jsonl"
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@limits(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(phone=phones(), mail=st.emails(), before=st.sampled_from(["", "tlf", "al ", "mi tel.:", "%2B", "'", "_"]))
def test_no_telephone_and_no_mail_reaches_the_file(log: Path, phone: str, mail: str, before: str) -> None:
    ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
    said = f"llámame {before}{phone} o {mail}"
    ours.debug("read", text=said, sender={"external_id": phone, said: [mail]})
    try:
        raise ValueError(said)
    except ValueError as error:
        ours.error("failed", exc_info=error)
        theirs.exception("of a library: %s", said)
        ours.warning("as_object", error=error)
    written = log.read_text(encoding="utf-8")
    assert phone not in written and mail not in written
    digits = "".join(filter(str.isdigit, phone))
    assert digits not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert {"read", "failed", "as_object"} <= {line["event"] for line in lines}
    assert "Traceback" in next(line["exception"] for line in lines if line["event"] == "failed")
    log.write_text("", encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("mi DNI es 12345678Z y el NIE X1234567L", "mi DNI es <tax> y el NIE <tax>"),
        ("CIF B-99123456", "CIF <tax>"),
        ("a la cuenta ES91 2100 0418 4502 0005 1332", "a la cuenta <iban>"),
        ("vivo en calle Mayor 14, 3º", "vivo en <address>, 3º"),
        ("Avda. de Madrid, nº 120", "<address>"),
        ("turn 6f0e4d0e-5a5c-4b1e-9a53-6a1f5ad3f1c7 at 2026-11-28 16:45", None),
        ("trace " + "0123456789" * 3 + "ab", None),
        ("el XP400 da el error E4 a 230 V", None),
    ],
)
def test_what_tells_who_somebody_is_goes_and_the_rest_stays(text: str, blotted: str | None) -> None:
    assert redact(text) == (blotted or text)


def test_words_are_logged_in_debugging_only(log: Path) -> None:
    structlog.get_logger("ours").info("turn", reply="su caldera", intents=["data"])
    (line,) = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert "reply" not in line and line["intents"] == ["data"]


def test_several_processes_write_and_rotate_one_file(tmp_path: Path) -> None:
    program = (
        "import logging, sys; from pathlib import Path; from core.rotating import SharedRotatingFileHandler as H\n"
        f"h = H(Path({str(tmp_path / 'x.log')!r}), most_bytes=20_000, backups=50)\n"
        "[h.emit(logging.makeLogRecord({'msg': f'{sys.argv[1]}:{n}:' + 'x' * 60})) for n in range(1500)]\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(n)]) for n in range(4)]  # noqa: S603
    assert [process.wait(120) for process in running] == [0] * 4
    files = [path for path in tmp_path.glob("x.log*") if path.suffix != ".lock"]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(files) > 5 and max(path.stat().st_size for path in files) <= 20_000
    assert sorted(lines) == sorted(f"{who}:{n}:" + "x" * 60 for who in range(4) for n in range(1500))
