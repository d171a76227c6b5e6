"""Questions out, answers in: as CSV and in Google Sheets, twice the same as once, with a word on every row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import example, given
from hypothesis import strategies as st

from core.clock import FixedClock
from core.errors import BadInput, Misconfigured, Unavailable
from db.models import FeedbackStatus
from db.session import make_engine, make_sessions
from ingest.embeddings import CharacterEmbedder
from tests.tools.learning.sheets_stand_in import Sheet, sheets
from tools.learning.book import AnswerBook, Colleague
from tools.learning.csv_table import from_csv, to_csv
from tools.learning.exchange import export_csv, import_csv, rows_of, sync_sheet
from tools.learning.spreadsheet import Spreadsheet
from tools.learning.table import heading

ANA = Colleague("Ana Gil")
ANSWER, AUDIENCE, UNTIL, APPROVE = (heading().index(name) for name in ("respuesta", "para", "hasta", "aprobar"))


@pytest.fixture
def book(fresh_database_url: str, clock: FixedClock) -> Iterator[AnswerBook]:
    """The demo company's questions, to be answered."""
    engine = make_engine(fresh_database_url)
    yield AnswerBook(make_sessions(engine), CharacterEmbedder(), clock)
    engine.dispose()


def outcomes(reports: object) -> list[str]:
    return [report.outcome for report in reports]  # type: ignore[attr-defined]


def filled(row: list[str], **cells: str) -> list[str]:
    """``row`` with what a person writes in it."""
    places = {"answer": ANSWER, "audience": AUDIENCE, "until": UNTIL, "approve": APPROVE}
    written = list(row)
    for name, value in cells.items():
        written[places[name]] = value
    return written


def as_csv(*rows: list[str]) -> bytes:
    return to_csv([heading(), *rows])


def test_what_goes_out_comes_in_again_without_a_change(book: AnswerBook) -> None:
    rows = from_csv(export_csv(book, everything=True))
    assert rows[0] == heading() and len(rows) > 10
    assert set(outcomes(import_csv(book, export_csv(book, everything=True), ANA))) <= {"skipped", "unchanged"}


def test_answers_are_learned_once(book: AnswerBook) -> None:
    pending = [row for row in rows_of(book) if row[6] == "pendiente"]
    table = as_csv(
        filled(pending[0], answer="Sí, en frío.", approve="sí"),
        filled(pending[1], answer="No hace falta.", audience="técnicos", until="31/12/2026"),
        pending[2],
    )
    assert outcomes(import_csv(book, table, ANA)) == ["added", "added", "skipped"]
    assert outcomes(import_csv(book, table, ANA)) == ["unchanged", "unchanged", "skipped"]
    first, second = int(pending[0][0]), int(pending[1][0])
    assert book.standing(first).question.status in {FeedbackStatus.APPROVED, FeedbackStatus.RESOLVED}
    [version] = book.versions(second)
    assert (version.audience.value, str(version.valid_until), version.approved_at) == ("technician", "2026-12-31", None)
    [report] = import_csv(
        book, as_csv(filled(pending[1], answer="No hace falta.", until="2026-12-31", approve="x")), ANA
    )
    assert report.outcome == "approved"


def test_a_row_without_a_number_is_a_question_of_the_office(book: AnswerBook) -> None:
    table = 'Pregunta,Respuesta,Para,Aprobar\n¿Abrís los sábados?,"Sí, de 9 a 14 h.",todos,sí\n'.encode("cp1252")
    [report] = import_csv(book, table, ANA)
    assert report.outcome == "created" and report.feedback_id is not None
    assert book.standing(report.feedback_id).question.status is FeedbackStatus.RESOLVED
    again = "pregunta;respuesta;para\nabris los sabados;Sí, de 9 a 14 h.;todos\n".encode()
    [same] = import_csv(book, again, ANA)
    assert (same.outcome, same.feedback_id) == ("unchanged", report.feedback_id)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"answer": "Sí", "audience": "marcianos"}, "audience"),
        ({"answer": "Sí", "until": "mañana"}, "day"),
        ({"answer": "x" * 5000}, "too_long"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_and_stops_no_other(
    book: AnswerBook, cells: dict[str, str], reason: str
) -> None:
    first, second = [row for row in rows_of(book) if row[6] == "pendiente"][:2]
    reports = import_csv(book, as_csv(filled(first, **cells), filled(second, answer="Sí.")), ANA)
    assert [(one.outcome, one.reason) for one in reports] == [("refused", reason), ("added", "")]
    assert "rechazada: " in reports[0].words and reason not in reports[0].words.split(": ")[1].split()


def test_what_changed_meanwhile_is_not_overwritten(book: AnswerBook) -> None:
    row = next(row for row in rows_of(book) if row[6] == "pendiente")
    import_csv(book, as_csv(filled(row, answer="Uno")), ANA)
    [older] = [one for one in rows_of(book) if one[0] == row[0]]
    import_csv(book, as_csv(filled(older, answer="Dos")), ANA)
    [report] = import_csv(book, as_csv(filled(older, answer="Tres")), ANA)
    assert (report.outcome, report.reason) == ("refused", "stale")
    unknown = ["987654", *[""] * (len(heading()) - 1)]
    assert import_csv(book, as_csv(filled(unknown, answer="Sí")), ANA)[0].reason == "number"


@pytest.mark.parametrize("data", [b"a;b\n1;2\n", b"\x00\x01", b'pregunta;respuesta\n"a;b\n'])
def test_what_is_no_table_is_refused(book: AnswerBook, data: bytes) -> None:
    with pytest.raises(BadInput):
        import_csv(book, data, ANA)


@example([["'=1", "''+2"], ["'x", "'"]])
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n")), min_size=2, max_size=4)))
def test_cells_survive_a_spreadsheet(rows: list[list[str]]) -> None:
    table = [["uno", "dos"], *rows]
    assert from_csv(to_csv(table)) == table
    assert b"\r\n=" not in to_csv(table)


@pytest.fixture
def there() -> Iterator[Sheet]:
    """Google Sheets' stand-in."""
    with sheets() as running:
        yield running


@pytest.fixture
def key(there: Sheet, tmp_path: Path) -> Path:
    """A service account's key, made here, whose tokens the stand-in gives."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "cuadrilla@p.iam.gserviceaccount.com",
        "token_uri": f"{there.address}/token",
    }
    path = tmp_path / "key.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_a_spreadsheet_is_kept_up_to_date_and_read(book: AnswerBook, there: Sheet, key: Path) -> None:
    sheet = Spreadsheet.open("the-sheet", key, there.address)
    assert sync_sheet(book, sheet, ANA) == []
    assert there.rows[0] == heading() and len(there.rows) == len(rows_of(book)) + 1
    place = next(at for at, row in enumerate(there.rows, 1) if row[6] == "pendiente")
    there.put(f"J{place}", "=2+2 no, son cuatro")
    there.put(f"O{place}", "sí")
    there.put(f"B{len(there.rows) + 1}", "¿Abrís los domingos?")
    there.put(f"J{len(there.rows)}", "No, salvo urgencias.")
    reports = [one for one in sync_sheet(book, sheet, ANA) if one.outcome not in {"skipped", "unchanged"}]
    assert outcomes(reports) == ["added", "created"]
    assert there.cell(f"I{place}") == "versión nueva" and there.cell(f"H{place}") == "1"
    assert there.cell(f"G{place}") in {"aprobada", "resuelta"}
    assert there.cell(f"J{place}") == "=2+2 no, son cuatro", "what people wrote is theirs"
    last = reports[1].row
    assert there.cell(f"A{last}") == str(reports[1].feedback_id)
    before = [list(row) for row in there.rows]
    assert not [one for one in sync_sheet(book, sheet, ANA) if one.outcome not in {"skipped", "unchanged"}]
    assert len(there.rows) == len(before)


def test_a_spreadsheet_that_was_rearranged_or_is_away_is_left_alone(book: AnswerBook, there: Sheet, key: Path) -> None:
    sheet = Spreadsheet.open("the-sheet", key, there.address)
    there.write("A1:B1", [["respuesta", "pregunta"]])
    with pytest.raises(BadInput):
        sync_sheet(book, sheet, ANA)
    there.failing = 1
    with pytest.raises(Unavailable):
        sheet.rows()
    with pytest.raises(Unavailable):
        Spreadsheet.open("another-sheet", key, there.address)
    with pytest.raises(Misconfigured):
        Spreadsheet.open("the-sheet", None, there.address)
    broken = key.with_name("broken.json")
    broken.write_text("{}", encoding="utf-8")
    with pytest.raises(Misconfigured):
        Spreadsheet.open("the-sheet", broken, there.address)
