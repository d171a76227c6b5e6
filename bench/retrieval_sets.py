"""What retrieval is measured on: documents, and questions with a way to tell the passage that answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ingest.blocks import Loaded, Paragraph
from ingest.loading import load
from ingest.splitting import split

_WINDOW = 80
_MARKS = re.compile(r"[*_>`]|\\(?=\W)")


@dataclass(frozen=True, slots=True)
class Text:
    """A document: as it was written, and as our loaders read it."""

    title: str
    written: str
    loaded: Loaded


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. Right is a passage of document ``gold``, of its section ``section`` where there is one; best of these
    the passage that holds ``evidence``."""

    question: str
    gold: int
    section: str = ""
    evidence: str = ""

    def answered_by(self, document: int, passage: str) -> bool:
        """Is this passage from the section that answers? A line of it that stands there is enough."""
        return document == self.gold and (not self.section or any(w in self.section for w in _windows(plain(passage))))

    def held_by(self, document: int, passage: str) -> bool:
        """Does this passage hold the very words that answer?"""
        return document == self.gold and self.evidence in plain(passage)


@dataclass(frozen=True, slots=True)
class Set:
    """A collection of documents and the questions about it."""

    name: str
    texts: tuple[Text, ...]
    asked: tuple[Asked, ...]


def _windows(text: str) -> Iterator[str]:
    """Stretches of ``text``, each long enough to be told from other law."""
    if len(text) <= _WINDOW:
        yield text
    for start in range(0, len(text) - _WINDOW + 1, _WINDOW // 2):
        yield text[start : start + _WINDOW]


def plain(text: str) -> str:
    """``text`` in one line, lower case, without marks: splitters and loaders leave different ones."""
    return re.sub(r"\s+", " ", _MARKS.sub("", text)).strip().casefold()


def shared_folder() -> Path:
    """Where the data sets are."""
    return Path(os.environ.get("CUADRILLA_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")


def read_xquad(shared: Path) -> Set | None:
    """XQuAD-es: the paragraph that answers is the document; None when it is not here."""
    path = shared / "data" / "xquad" / "xquad.es.json"
    if not path.exists():
        return None
    texts: list[Text] = []
    asked: list[Asked] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            asked.extend(Asked(entry["question"], len(texts)) for entry in paragraph["qas"])
            text = paragraph["context"]
            texts.append(Text("", text, Loaded((Paragraph(text),), "text/plain")))
    return Set("XQuAD-es", tuple(texts), tuple(asked))


def read_regulations(shared: Path) -> Set | None:
    """Spanish law and questions written by hand; None when the texts are not here."""
    data = yaml.safe_load((Path(__file__).parent / "questions" / "regulations.yaml").read_text(encoding="utf-8"))
    folder = shared / "data" / "regulations"
    names = list(data["documents"])
    paths = [folder / data["documents"][name] for name in names]
    if not all(path.exists() for path in paths):
        return None
    texts = []
    for path in paths:
        loaded = load(path.name, path.read_bytes())
        texts.append(Text(loaded.title or path.stem, path.read_text(encoding="utf-8"), loaded))
    asked = []
    for entry in data["questions"]:
        gold, evidence = names.index(entry["d"]), plain(entry["e"])
        asked.append(Asked(entry["q"], gold, _section(texts[gold], evidence), evidence))
    return Set("Regulations", tuple(texts), tuple(asked))


def _section(text: Text, evidence: str) -> str:
    """The sections, under their own heading, that hold ``evidence``."""
    by_heading: dict[tuple[str, ...], list[str]] = {}
    for chunk in split(text.loaded):
        by_heading.setdefault(chunk.heading_path, []).append(chunk.content)
    sections = (plain("\n".join(contents)) for contents in by_heading.values())
    found = " ".join(section for section in sections if evidence in section)
    if not found:
        raise ValueError(f"nothing in {text.title} says: {evidence}")
    return found
