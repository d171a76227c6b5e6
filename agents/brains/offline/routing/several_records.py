"""One request for each visit that an order names ("cierra la 1291: cambiado el filtro, y la 1279 también")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents.brains.offline.data import HERE, load_data
from core.text import Token, tokens

_SHORTEST, _LONGEST = 3, 6
_OPENING = 1
"""Words of an order before the number of a visit that needs no article ("close 1291")."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A visit named in an order: the words that lead to its number, the number, and what is said of it."""

    head: str
    number: str
    tail: str


class SeveralRecords:
    """Reads ``several_records.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("several_records.yaml", HERE / "routing")
        self._pointing, self._joining, self._likewise = (
            frozenset(map(str, data[key])) for key in ("pointing", "joining", "likewise")
        )

    def each(self, request: str) -> tuple[str, ...]:
        """``request`` for each of the visits that it names; itself when it names one at most."""
        words = tokens(request)
        at = [position for position in range(len(words)) if self._names(words, position, request)]
        if len({words[position].folded for position in at}) < len(at) or len(at) <= 1:
            return (request,)
        named = self._apart(request, words, at)
        return tuple(f"{one.head} {one.number}{one.tail}".strip() for one in self._completed(named))

    def _names(self, words: tuple[Token, ...], position: int, request: str) -> bool:
        """Is the word at ``position`` the number of a visit? After a colon only with an article before it."""
        word = words[position].folded
        if not word.isdigit() or not _SHORTEST <= len(word) <= _LONGEST:
            return False
        before = words[position - 1].folded if position else ""
        told = ":" in request[: words[position].start]
        if before in self._pointing:
            return True
        return not told and (position <= _OPENING or before in self._joining or before.isdigit())

    def _apart(self, request: str, words: tuple[Token, ...], at: list[int]) -> list[_Named]:
        named: list[_Named] = []
        head = request[: words[at[0]].start].strip()
        for position, following in zip(at, [*at[1:], None], strict=True):
            end = words[position].end
            if following is None:
                named.append(_Named(head, words[position].text, request[end:]))
                break
            cut = self._cut(words, position, following)
            tail = request[end : words[cut].start] if cut is not None else ""
            named.append(_Named(head, words[position].text, tail.rstrip(" ,.;")))
            start = words[cut].end if cut is not None else end
            head = request[start : words[following].start].strip(" ,.;")
        return named

    def _cut(self, words: tuple[Token, ...], position: int, following: int) -> int | None:
        """The last word that joins what is said of one visit to the next."""
        joints = (at for at in range(following - 1, position, -1) if words[at].folded in self._joining)
        return next(joints, None)

    def _completed(self, named: list[_Named]) -> Iterator[_Named]:
        """Each with an order of its own, or that of the one before; and with what is told of its neighbours if it is
        told nothing itself."""
        order = named[0].head
        for position, one in enumerate(named):
            if position and not self._only_points(one.head):
                order = one.head
            tail = one.tail
            if self._only_points(tail):
                others = (other.tail for other in (*named[position + 1 :], *reversed(named[:position])))
                tail = next((told for told in others if self._tells_of_any(told)), "")
            yield _Named(order, one.number, tail)

    def _tells_of_any(self, tail: str) -> bool:
        """May ``tail`` be told of another visit as well? Not when it says again which one ("…, la paso a mañana")."""
        first = next((token.folded for token in tokens(tail)), "")
        return not self._only_points(tail) and first not in self._pointing

    def _only_points(self, text: str) -> bool:
        passing = self._pointing | self._joining | self._likewise
        return all(token.folded in passing for token in tokens(text))
