"""Definitions: what a law says that a word means ("«Avería»: Cualquier suceso …") answers "¿qué es una avería?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.brains.offline.answering.blocks import Unit
from agents.brains.offline.answering.candidates import Candidate
from agents.brains.offline.answering.question import Question
from core.text import fold
from ingest.law import LAW
from ingest.terms import is_grammar, terms

_DEFINED = re.compile(r"^(?:\S{1,4}[).] )?[«“\"]?(?P<name>[^:»”\".;,]{2,80}?)[»”\"]?:\s+(?P<said>\S.{20,})$")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_NAME_WORDS = 8
_SAID = 0.5
"""Concepts that weigh less need not be in the name."""


def defined(line: str) -> tuple[str, str] | None:
    """The name that ``line`` defines, and what it says of it; None when it defines none."""
    found = _DEFINED.match(line)
    if found is None or len(found["name"].split()) > _NAME_WORDS:
        return None
    return _ASIDE.sub("", found["name"]).strip(), found["said"]


def definition(candidates: Sequence[Candidate], question: Question, text: str) -> Candidate | None:
    """The candidate that defines just what ``question``, which says ``text``, asks the meaning of."""
    if "meaning" not in question.wants:
        return None
    for candidate in candidates:
        if candidate.passage.kind != LAW:
            continue
        for unit in candidate.block.units:
            if _names(unit, question, fold(text)):
                return replace(candidate, units=(unit,))
    return None


def _names(unit: Unit, question: Question, text: str) -> bool:
    """Is what ``unit`` defines called by all that is asked in ``text``, and by nothing else?"""
    found = defined(unit.text)
    if found is None or re.search(rf"\b{re.escape(fold(found[0]))}\b", text) is None:
        return False
    name = frozenset(term for term in terms(found[0]) if not is_grammar(term))
    sought = [c for c in question.concepts if c.weight >= _SAID]
    return bool(name) and all(c.within(name) for c in sought)
