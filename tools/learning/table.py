"""The table of questions and answers: what is written into it, and what is made of what people wrote.

Reading it twice changes nothing; a row that cannot be carried out is refused with a reason and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from core.errors import BadInput, Conflict, NotFound
from core.text import fold
from db.crud.learning import Ranked
from db.models import Audience, FeedbackStatus, KnowledgeAnswer, KnowledgeFeedback, UserType
from tools.learning.book import Answer, AnswerBook, Colleague

Outcome = Literal["created", "added", "approved", "unchanged", "skipped", "refused"]
Cells = Sequence[str]
_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d/%m/%y")
_ROLE_OF = {
    Audience.PUBLIC: UserType.GUEST,
    Audience.CLIENT: UserType.CLIENT,
    Audience.TECHNICIAN: UserType.TECHNICIAN,
    Audience.ADMIN: UserType.ADMIN,
}
_LONGEST_QUESTION = 500


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of a row, numbered as in the table (the heading is row 1). ``reason`` says why it was refused."""

    row: int
    outcome: Outcome
    feedback_id: int | None = None
    version: int | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """The same for a person."""
        data = _data()
        return str(data["results"][self.outcome]).format(reason=data["reasons"].get(self.reason, self.reason))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table, its cells by the name of their column."""

    place: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


class _Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def heading() -> list[str]:
    """The names of the columns: ours first, then those that people fill in."""
    return [names[0] for names in _columns().values()]


def width_of_ours() -> int:
    """How many columns are ours."""
    return len(_data()["ours"])


def written(ranked: Iterable[Ranked], newest: Mapping[int, KnowledgeAnswer]) -> list[list[str]]:
    """The rows for questions, with the ``newest`` version of each answer."""
    return [_written(one, newest.get(one.question.feedback_id)) for one in ranked]


def _written(ranked: Ranked, answer: KnowledgeAnswer | None) -> list[str]:
    data, question = _data(), ranked.question
    ours = {
        "number": str(question.feedback_id),
        "question": question.question,
        "asked_by": data["roles"][question.user_type.value],
        "language": question.language,
        "times": str(ranked.askers),
        "last_asked": f"{ranked.last_asked:%Y-%m-%d}",
        "status": data["statuses"][question.status.value],
    }
    if answer is not None:
        ours |= {
            "version": str(answer.version),
            "answer": answer.text,
            "audience": data["audiences"][answer.audience.value][0],
            "valid_from": answer.valid_from.isoformat() if answer.valid_from else "",
            "valid_until": answer.valid_until.isoformat() if answer.valid_until else "",
            "author": answer.author,
            "approve": data["yes"][0] if answer.approved_at and not answer.revoked_at else "",
        }
    return [ours.get(column, "") for column in _columns()]


def carry_out(
    book: AnswerBook, rows: Sequence[Cells], by: Colleague, source: str, approve: bool = False
) -> list[RowReport]:
    """Make answers of what people wrote; ``approve`` all of them, else those whose row says so.

    Raises :class:`BadInput` when the heading has no column for answers, or none for questions.
    """
    return [_carried_out(book, row, by, source, approve) for row in _read(rows)]


def _read(rows: Sequence[Cells]) -> list[_Row]:
    if not rows:
        return []
    known = {fold(name): column for column, names in _columns().items() for name in names}
    columns = [known.get(fold(cell.strip())) for cell in rows[0]]
    if "answer" not in columns or not {"number", "question"} & set(columns):
        raise BadInput("The table has no column of answers, or none of questions.", reason="heading")
    read = []
    for place, cells in enumerate(rows[1:], start=2):
        named = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        if any(cell.strip() for cell in named.values()):
            read.append(_Row(place, named))
    return read


def _carried_out(book: AnswerBook, row: _Row, by: Colleague, source: str, approve: bool) -> RowReport:
    number = int(row["number"]) if row["number"].isdigit() else None
    report = RowReport(row.place, "skipped", number)
    if not row["answer"]:
        return report
    try:
        answer = _answer(row, source)
        created = number is None
        if number is None:
            number = _question(book, row, answer)
        report = _change(book, number, row, answer, by, approve or _yes(row["approve"]))
        return replace(report, outcome="created") if created and report.outcome == "added" else report
    except _Refused as refused:
        return replace(report, outcome="refused", reason=refused.reason)
    except NotFound:
        return replace(report, outcome="refused", reason="number")
    except Conflict as error:
        return replace(report, outcome="refused", reason="merged" if "into" in error.details else "conflict")
    except BadInput as error:
        return replace(report, outcome="refused", reason=str(error.details.get("reason", error.code)))


def _change(book: AnswerBook, number: int, row: _Row, answer: Answer, by: Colleague, approve: bool) -> RowReport:
    versions = book.versions(number)
    newest = versions[-1] if versions else None
    report = RowReport(row.place, "unchanged", number, newest.version if newest else None)
    same = newest is not None and _says(newest, answer)
    if newest is not None and newest.revoked_at is not None and same:
        return report  # what was withdrawn does not come back by itself
    if not same:
        if newest is not None and row["version"].isdigit() and int(row["version"]) < newest.version:
            raise _Refused("stale")
        author = book.colleague("", row["author"]) if row["author"] else by
        newest = book.answer(number, answer, author).answer
        report = replace(report, outcome="added", version=newest.version if newest else None)
    if approve and newest is not None and newest.approved_at is None:
        book.approve(number, by, newest.version)
        report = report if report.outcome == "added" else replace(report, outcome="approved")
    return report


def _says(version: KnowledgeAnswer, answer: Answer) -> bool:
    """Is it the same answer, for the same people and days?"""
    return (
        version.text == answer.text.strip()
        and answer.audience in {None, version.audience}
        and (version.valid_from, version.valid_until) == (answer.valid_from, answer.valid_until)
    )


def _answer(row: _Row, source: str) -> Answer:
    return Answer(
        text=row["answer"],
        audience=_meant("audiences", row["audience"], Audience, "audience"),
        valid_from=_day(row["valid_from"]),
        valid_until=_day(row["valid_until"]),
        source=source,
    )


def _question(book: AnswerBook, row: _Row, answer: Answer) -> int:
    """The question of a row without a number: one that is the same, or a new one that nobody waits for."""
    if not row["question"] or len(row["question"]) > _LONGEST_QUESTION:
        raise _Refused("question")
    language = _meant("languages", row["language"], str, "language") or "es"
    return book.ask(row["question"], _ROLE_OF[answer.audience or Audience.CLIENT], language)


def _meant(group: str, cell: str, kind: Any, reason: str) -> Any:
    if not cell:
        return None
    for meaning, words in _data()[group].items():
        if fold(cell) in {fold(str(word)) for word in words}:
            return kind(meaning)
    raise _Refused(reason)


def _day(cell: str) -> date | None:
    if not cell:
        return None
    for pattern in _DAYS:
        try:
            return datetime.strptime(cell, pattern).date()
        except ValueError:
            continue
    raise _Refused("day")


def _yes(cell: str) -> bool:
    return fold(cell) in {fold(str(word)) for word in _data()["yes"]}


def shown_statuses(everything: bool) -> tuple[FeedbackStatus, ...]:
    """The questions that a table shows: those to be answered, or all."""
    return tuple(FeedbackStatus) if everything else (FeedbackStatus.PENDING, FeedbackStatus.ANSWERED)


def newest_of(book: AnswerBook, questions: Iterable[KnowledgeFeedback]) -> dict[int, KnowledgeAnswer]:
    """The newest version of the answer to each of ``questions`` that has one."""
    return book.newest([question.feedback_id for question in questions])


def _columns() -> Mapping[str, Sequence[str]]:
    data = _data()
    return {**data["ours"], **data["theirs"]}


@lru_cache(maxsize=1)
def _data() -> Any:
    path = Path(__file__).with_name("table.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
