"""What is asked of a library that answers some questions and not others: its documents, the questions, the truth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from bench.retrieval_sets import plain, read_regulations
from core.text import fold
from db.models import Audience, DocumentKind
from ingest.store import Labels

_WINDOW = 60
_QUESTIONS = Path(__file__).parent / "questions"

Right = Callable[[str], bool]
"""Does what was said answer?"""


@dataclass(frozen=True, slots=True)
class Written:
    """A document to ingest, as text."""

    name: str
    source: str
    labels: Labels
    text: str

    def read(self) -> bytes:
        """As :class:`ingest.sources.item.Source` says."""
        return self.text.encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; ``right`` is None when nothing in the library answers it."""

    text: str
    right: Right | None


@dataclass(frozen=True, slots=True)
class Library:
    """Documents and the questions about them."""

    name: str
    documents: tuple[Written, ...]
    asked: tuple[Asked, ...]


def read_libraries(shared: Path, half: int) -> Iterator[Library]:
    """All that is there. Questions of ``half`` 0 are for fitting, of 1 for measuring; no text of one serves the other,
    but for the law, whose texts are whole and whose questions are divided."""
    yield from _xquad(shared, half)
    yield from _law(shared, half)
    if half:
        yield _own("Own documents", "own")
        yield _own("Other trades", "unseen")
    else:
        yield _own("Brought documents", "brought")


def _xquad(shared: Path, half: int) -> Iterator[Library]:
    """Every other article; every other passage of it is left out, and its questions have no answer."""
    path = shared / "data" / "xquad" / "xquad.es.json"
    if not path.exists():
        return
    documents: list[Written] = []
    asked: list[Asked] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"][half::2]:
        title = article["title"].replace("_", " ")
        for number, paragraph in enumerate(article["paragraphs"]):
            kept = number % 2 == 0
            if kept:
                documents.append(_written(f"{title} {number}", paragraph["context"], DocumentKind.PROCEDURE))
            for entry in paragraph["qas"]:
                answers = tuple(_bare(answer["text"]) for answer in entry["answers"])
                asked.append(Asked(entry["question"], partial(_says, answers) if kept else None))
    yield Library("XQuAD-es", tuple(documents), tuple(asked))


def _law(shared: Path, half: int) -> Iterator[Library]:
    data = read_regulations(shared)
    if data is None:
        return
    documents = tuple(_written(text.title, text.written, DocumentKind.REGULATION) for text in data.texts)
    asked = tuple(Asked(asked.question, partial(_from_section, asked.section)) for asked in data.asked[half::2])
    yield Library("Spanish law", documents, asked)


def _own(name: str, file: str) -> Library:
    """Documents of ours and questions about them."""
    data = yaml.safe_load((_QUESTIONS / f"{file}.yaml").read_text(encoding="utf-8"))
    documents = tuple(_written(d["title"], d["text"], DocumentKind(d["kind"])) for d in data["documents"])
    asked = (
        Asked(entry["q"], partial(_says, tuple(map(_bare, entry["a"]))) if "a" in entry else None)
        for entry in data["questions"]
    )
    return Library(name, documents, tuple(asked))


def _written(title: str, text: str, kind: DocumentKind) -> Written:
    return Written(f"{title}.md", f"bench/{title}.md", Labels(Audience.PUBLIC, kind, title), text)


def _bare(text: str) -> str:
    return re.sub(r"[*_`\s]+", " ", fold(text)).strip()


def _says(answers: Sequence[str], said: str) -> bool:
    """Is one of ``answers`` in what was said?"""
    return any(answer in _bare(said) for answer in answers)


def _from_section(section: str, said: str) -> bool:
    """Does what was said quote the section that answers?"""
    lines = (plain(line).lstrip("-·0123456789.) ") for line in said.split("\n"))
    return any(line[:_WINDOW] in section for line in lines if len(line) >= _WINDOW // 2)
