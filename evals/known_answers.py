"""Questions to the documents whose answers are known: the golden cases, and the gold of the search's own tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.text import fold
from evals.cases import Expect, load_cases
from ingest.demo_load import demo_folder, read_manifest
from ingest.passages import Passage

_SECTIONS = Path(__file__).parent.parent / "tests" / "ingest" / "demo_questions.yaml"

Right = Callable[[Passage, str], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """A question of a role. ``right`` tells whether a passage and what is said from it answer; None: nothing does.

    ``products`` and ``categories`` say what it is about; both empty: its words do.
    """

    text: str
    role: str
    right: Right | None
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def load_known() -> list[Known]:
    """All of them, in a fixed order."""
    return [*_cases(), *_sections()]


def _cases() -> Iterator[Known]:
    """Those of the half that may be looked at."""
    for case in load_cases():
        expect = case.turns[0].expect
        if case.split == "held" or len(case.turns) > 1 or expect is None:
            continue
        if expect.document and expect.contains:
            yield Known(case.turns[0].ask, case.role, _as_expected(expect))
        elif expect.abstain:
            yield Known(case.turns[0].ask, case.role, None)


def _as_expected(expect: Expect) -> Right:
    def right(passage: Passage, said: str) -> bool:
        text = re.sub(r"[*_`]", "", fold(said))
        return (
            re.search(fold(expect.document or ""), fold(passage.document)) is not None
            and re.search(fold(expect.section or ""), fold(passage.section or "")) is not None
            and all(re.search(fold(pattern), text) for pattern in expect.contains)
            and not any(re.search(fold(pattern), text) for pattern in expect.not_contains)
        )

    return right


def _sections() -> Iterator[Known]:
    data: dict[str, list[dict[str, Any]]] = yaml.safe_load(_SECTIONS.read_text(encoding="utf-8"))
    stems = {document.title: Path(document.file).stem for document in read_manifest(demo_folder())}
    for entry in data["questions"]:
        about = tuple(entry.get("products", ())), tuple(entry.get("categories", ()))
        yield Known(entry["q"], entry["role"], _in_section(entry["gold"], stems), *about)
    for entry in (*data["unanswerable"], *data["unsaid"]):
        yield Known(entry["q"], entry["role"], None)


def _in_section(gold: list[str], stems: dict[str, str]) -> Right:
    places = [(stem, heading) for stem, _, heading in (place.partition("#") for place in gold)]

    def right(passage: Passage, _: str) -> bool:
        path = " > ".join(passage.heading_path)
        return any(stems.get(passage.document) == stem and heading in path for stem, heading in places)

    return right
