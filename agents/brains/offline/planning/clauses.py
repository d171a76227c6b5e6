"""Clauses of a long message: the one that asks, among greetings, reasons and corrections around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from agents.brains.offline.planning.interpretation import ASKED, MUST, Interpretation
from agents.brains.offline.planning.meanings import AskRef, Cue, EntityRef, EnumRef, Mention, SegmentRef, ValueRef
from agents.brains.offline.planning.state import only_cues
from core.text import fold

_BREAK = re.compile(
    r"(?:[.?!;:\n…]+|,)(?=\s|$)|(?<=\s)(?=(?:y|pero|porque|and|but|so|cu[aá]nt[oa]s|cu[aá]les|how many)\s)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"(?:(?:[,.;?]\s*¿?|\s¿)\s*|\s(?=or?\s))(?P<tag>[^\W\d_]+(?:['’]?\s?[^\W\d_]+){0,5})\s*[?!.]*\s*$", re.IGNORECASE
)
_SURE = 0.9
"""How much of a clause must be explained to answer it without the rest."""
_MOST = 7
_LEAST = 3
"""Words that a question has at least."""
_POLITE = 4
"""Words that a closing remark may have."""
_WHO_ASKS = frozenset({"soy", "somos"})
"""Opening a message these tell who writes, which is not for a planner to drop."""
_WHY = frozenset({"es que", "porque", "ya que", "because"})
"""After a question these give a reason, whatever they say that one wants."""
_JOINING = frozenset({"filler", "conj", "followup", "of", "same_one", "own", "anaphor"})

Read = Callable[[str], tuple[Mention, ...]]
Best = Callable[[Sequence[Mention]], Interpretation | None]


@dataclass(frozen=True, slots=True)
class _Run:
    """Clauses ``start`` to ``end`` (excluded) read together."""

    start: int
    end: int
    best: Interpretation


def without_reasons(
    question: str, reasons: tuple[str, ...], asks: Callable[[str], bool], tails: tuple[str, ...] = ()
) -> str:
    """``question`` without what only says why it is asked ("…, tengo que pasar a revisarlos", "que voy para allá")."""
    question = _without_tail(question, tails, asks)
    pieces = [piece for piece in re.split(r"(?<=[.,;!?\n])\s+", question) if re.search(r"\w", piece)]
    if len(pieces) < 2:
        return question
    kept = [
        piece
        for at, piece in enumerate(pieces)
        if not any(
            _opening(piece).startswith(f"{reason} ")
            and (not asks(_opening(piece)[len(reason) :]) or (reason in _WHY and any(asks(p) for p in pieces[:at])))
            for reason in reasons
            if at or reason not in _WHO_ASKS
        )
    ]
    return " ".join(kept) if kept else question


def without_tag(question: str, tags: Collection[str]) -> str:
    """``question`` without the "¿verdad?", "¿no?" or "is that right?" that closes it."""
    found = _TAG.search(question)
    if found is None or fold(found["tag"]) not in tags or not question[: found.start()].strip(" ¿?¡!.,"):
        return question
    return question[: found.start()].rstrip(" ,¿")


def _opening(piece: str) -> str:
    """``piece`` as it is compared with how reasons begin; a blank ends it."""
    return f"{fold(piece).strip('¿¡ .,;!').removeprefix('que ')} "


def _without_tail(question: str, tails: tuple[str, ...], asks: Callable[[str], bool]) -> str:
    folded = fold(question)
    if len(folded) != len(question):
        return question
    starts = [at for tail in tails if (at := f"{folded} ".find(f" {tail} ")) > 0]
    for at in sorted(starts):
        tail = question[at:].rstrip(" ?")
        if "?" not in tail and len(question[:at].split()) >= _LEAST and not asks(tail.split(" ", 3)[-1]):
            return question[:at]
    return question


def clauses_of(question: str) -> list[str]:
    """``question`` cut at its punctuation and before its conjunctions; no empty pieces."""
    return [piece.strip() for piece in _BREAK.split(question) if re.search(r"\w", piece)]


def asking_clauses(question: str, read: Read, best: Best) -> Interpretation | None:
    """The reading of the clauses that ask; None when there is no such part, or the rest matters too."""
    asked, _, said = question.rpartition("?")
    if asked and said.strip() and not any(_refines(read(piece)) for piece in clauses_of(said)):
        alone = read(asked)
        reading = best(alone) if alone else None
        if reading is not None and reading.named and reading.coverage >= _SURE and not reading.unexplained:
            return reading
    pieces = clauses_of(question)
    if not 1 < len(pieces) <= _MOST:
        return None
    mentions = [read(piece) for piece in pieces]
    chosen = _chosen(pieces, mentions, read, best)
    if chosen is None or any(_heads(m, chosen.best.target) for m in mentions[: chosen.start]):
        return None
    told = [m for piece in mentions[: chosen.start] for m in piece if _tells(m)]
    if told:
        wider = best([*told, *read(" ".join(pieces[chosen.start : chosen.end]))])
        if wider is not None and wider.named and wider.coverage >= _SURE:
            return wider
    return chosen.best


def _chosen(pieces: Sequence[str], mentions: Sequence[Sequence[Mention]], read: Read, best: Best) -> _Run | None:
    found: list[_Run] = []
    for start, end in _runs(len(pieces)):
        if not _begins(mentions[start], start) or not all(_remark(m) for m in mentions[end:]):
            continue
        if any(_requests(m) for m in mentions[:start]):
            continue
        together = read(" ".join(pieces[start:end]))
        reading = best(together) if together else None
        if reading is not None and reading.named and reading.coverage >= _SURE:
            found.append(_Run(start, end, reading))
            if end == len(pieces):
                break
    return max(found, key=lambda run: (run.best.score, -run.start), default=None)


def _runs(count: int) -> Iterator[tuple[int, int]]:
    """Runs that leave something out, those that reach the end first."""
    for start in range(1, count):
        yield start, count
    for start in range(count):
        for end in range(start + 1, min(count, start + 3)):
            yield start, end


def _begins(mentions: Sequence[Mention], start: int) -> bool:
    """Does a request begin here: "dime…", "necesito…", a question word, or rows named after a correction?"""
    if start == 0:
        return True
    head = next((m for m in mentions if not only_cues(m, _JOINING)), None)
    if head is None or any(m.text in {"que", "quien", "cuyo", "cuya"} for m in mentions[:1]):
        return False
    opening = mentions[: mentions.index(head) + 1]
    return (
        any(m.is_cue("list") or m.is_cue("ask") or m.is_cue("yesno") for m in opening)
        or head.cue("ask") is not None
        or (_rows(head) and not any(isinstance(r, Cue) and r.kind in MUST for r in head.readings))
    )


def _rows(mention: Mention) -> bool:
    """Does it name rows, say which, or ask for something of them; not a column alone ("… y día")?"""
    return mention.is_cue("hint") or any(
        isinstance(r, AskRef | ValueRef | SegmentRef | EnumRef) or (isinstance(r, EntityRef) and not r.weak)
        for r in mention.readings
    )


def _requests(mentions: Sequence[Mention]) -> bool:
    """Does a clause that would be left out ask for something of its own?"""
    asks = any(m.is_cue("ask", "how_many", *ASKED) or m.is_cue("list") for m in mentions)
    asks = asks or any(isinstance(r, AskRef) for m in mentions for r in m.readings)
    content = sum(any(not isinstance(r, Cue) for r in m.readings) and not m.is_cue("ask") for m in mentions)
    return asks and content > 1


def _heads(mentions: Sequence[Mention], target: str) -> bool:
    """Does a clause that would be left out open with the noun of other rows ("stock bajo mínimos, y…")?"""
    names = {r.entity for m in mentions[:1] for r in m.readings if isinstance(r, EntityRef) and not r.weak}
    return bool(names) and target not in names


def _refines(mentions: Sequence[Mention]) -> bool:
    """After the question: does it ask for more, or say which ("solo las de Madrid")?"""
    opens = next((m for m in mentions if not only_cues(m, frozenset({"filler"}))), None)
    starts = mentions[:1] and (mentions[0].is_cue("followup") or mentions[0].is_cue("of") or mentions[0].is_cue("with"))
    asks = any(m.is_cue("ask", "how_many", *ASKED) or m.is_cue("list") for m in mentions)
    return asks or opens is None or (bool(starts) and mentions[0].text not in {"y", "and"})


def _remark(mentions: Sequence[Mention]) -> bool:
    """Is it a closing remark ("me lo sacas?", "gracias") that says nothing of its own?"""
    said = [m for m in mentions if not only_cues(m, _JOINING | {"list", "yesno", "hint", "with", "that"})]
    if any(m.is_cue("ask", *ASKED, "how_many") or any(m.is_cue(kind) for kind in MUST) for m in mentions):
        return False
    return all(m.unknown for m in said) and len(said) <= 2 and len(mentions) <= _POLITE


def _tells(mention: Mention) -> bool:
    """Does it name something that the request leaves unsaid: a model, a place, what is covered?"""
    if any(isinstance(r, ValueRef) and r.whole for r in mention.readings):
        return True
    return any(
        (isinstance(r, SegmentRef) and r.noun) or (isinstance(r, EnumRef) and r.noun and r.enum == "product_category")
        for r in mention.readings
    )
