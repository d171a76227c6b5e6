"""Believes an answer only as far as the passages given carry it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agents.brains.llm.outputs import AnswerOut
from agents.brains.protocol import Grounded
from core.text import fold, tokens
from ingest.passages import Passage

CONFIDENCE = 0.9
"""Of an answer all of whose quotes and figures are in the passages it cites."""
_LONGEST = 2500
_SHORTEST_QUOTE = 3
_CARRIED = 0.4
"""Share of the words of an answer, of some length, that its passages or the question must have."""
_LONG_WORD = 5
_FIGURE = re.compile(r"[A-Za-zÁÉÍÓÚÑáéíóúñ]*-?\d[\w.,:/%-]*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.\w+")
_LISTED = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_NOT_WORDS = re.compile(r"[\W_]+")


def grounded(out: AnswerOut, question: str, passages: Sequence[Passage]) -> Grounded | None:
    """The answer, citing the passages it quotes; None when it found none or says what they do not."""
    text, used = out.text.strip(), quoted(out, passages)
    if out.other or not used or not text or len(text) > _LONGEST:
        return None
    sources = [question, *(_whole(passages[at]) for at in used)]
    if not _figures(text) <= _figures("\n".join(sources)) or not _addresses(text) <= _addresses("\n".join(sources)):
        return None
    return Grounded(text, used, CONFIDENCE) if _carried(text, sources) else None


def quoted(out: AnswerOut, passages: Sequence[Passage]) -> tuple[int, ...]:
    """The passages that ``out`` quotes, in their order there; none when one of its quotes stands in none of them.

    Words that stand in several are of one that something else is quoted from, or of the first.
    """
    plain = [_plain(_whole(passage)) for passage in passages]
    found = [[at for at, text in enumerate(plain) if _stands(_plain(quote), text)] for quote in out.quotes]
    certain = {places[0] for places in found if len(places) == 1}
    used = (next((at for at in places if at in certain), places[0]) for places in found if places)
    return tuple(dict.fromkeys(used)) if all(found) else ()


def _stands(quote: str, text: str) -> bool:
    return len(quote) >= _SHORTEST_QUOTE and quote in text


def _whole(passage: Passage) -> str:
    return "\n".join((passage.document, passage.section or "", *passage.heading_path, passage.content))


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", fold(text)).strip()


def _figures(text: str) -> frozenset[str]:
    """Numbers and codes; the numbers of a numbered list tell nothing."""
    found = _FIGURE.findall(_LISTED.sub("", text))
    return frozenset(part for figure in found for part in _NOT_WORDS.split(fold(figure)) if any(map(str.isdigit, part)))


def _addresses(text: str) -> frozenset[str]:
    return frozenset(found.rstrip(".,;:)*_").casefold() for found in _ADDRESS.findall(text))


def _carried(text: str, sources: Iterable[str]) -> bool:
    """Do the sources have enough of its longer words, by how they begin?"""
    said = {token.folded[:_LONG_WORD] for token in tokens(text) if len(token.folded) >= _LONG_WORD}
    known = {token.folded[:_LONG_WORD] for source in sources for token in tokens(source)}
    return not said or len(said & known) / len(said) >= _CARRIED
