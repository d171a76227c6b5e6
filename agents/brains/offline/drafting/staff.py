"""Technicians and administrators change and open interventions."""

from __future__ import annotations

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.opening import Opener
from agents.brains.offline.drafting.updating import Updater
from agents.brains.offline.drafting.visits import VisitFinder
from agents.brains.offline.drafting.words import REOPEN, RequestWords, parted
from agents.brains.protocol import Clarify, Context, DraftOutcome
from agents.choosing import load_choosing
from core.text import tokens
from tools.sql.catalogue import Catalogue

_SOURCE_REACH = 4
_SEVERAL = 2
_ARTICLES = frozenset({"la", "el", "the"})
_OF_TIME = frozenset({"hora", "vez", "semana", "time", "thing"})
"""After these words "la primera" says when, and not which."""
_ANNOUNCING = 3
"""Words before a colon that may only announce what follows ("apunto: 1302 hecha")."""


class StaffDrafter:
    """Drafts ``update_intervention`` and ``create_intervention``."""

    def __init__(self, words: RequestWords, moments: Moments, catalogue: Catalogue) -> None:
        self._words = words
        self._visits = VisitFinder(words, moments, catalogue)
        self._updater = Updater(words, moments, self._visits, catalogue)
        self._ordinals = {word: n for word, n in load_choosing().ordinals.items() if not word.isdigit()}
        self._opener = Opener(words, moments, catalogue)

    def draft(self, request: str, context: Context) -> DraftOutcome:
        """A draft, or the question that is missing."""
        command, payload = parted(request)
        if not self._words.records_named(command) and self._words.records_named(payload) and _brief(command):
            request, command = payload.strip(), parted(payload.strip())[0]
        records = self._words.records_named(command) or self._words.records_named(request)
        status = self._words.status(command)
        if status == REOPEN:
            return Clarify(self._words.question("reopen", context.language))
        source = self._source(command, records)
        if self._words.create.found(command) and (source or not records):
            return self._opener.draft(request, source, context)
        if len(records) > 1:
            return Clarify(self._words.question("one_record", context.language), records)
        if records:
            return self._updater.draft(int(records[0]), None, request, context)
        if any(token.folded in self._words.every for token in tokens(command)):
            return Clarify(self._words.question("one_record", context.language))
        shown = self._shown(command, context)
        if shown is not None:
            return self._updater.draft(shown, None, request, context)
        found = self._visits.find(command, status, context)
        if isinstance(found, Clarify):
            return found
        if found is not None:
            return self._updater.draft(found.number, found.span, request, context)
        shown = _record_in_focus(context)
        if shown is None:
            return Clarify(self._words.question("which_record", context.language))
        return self._updater.draft(shown, None, request, context)

    def _shown(self, command: str, context: Context) -> int | None:
        """The visit of the last answer that "la segunda" names, the last one named so; None when none is."""
        numbers = _records_shown(context)
        words = [token.folded for token in tokens(command)]
        named = [
            self._ordinals[word]
            for at, word in enumerate(words)
            if word in self._ordinals
            and at > 0
            and words[at - 1] in _ARTICLES
            and not _OF_TIME.intersection(words[at + 1 : at + 2])
        ]
        if not named or len(numbers) < _SEVERAL:
            return None
        position = named[-1]
        if position > len(numbers):
            return None
        return numbers[position - 1] if position > 0 else numbers[-1]

    def _source(self, command: str, records: tuple[str, ...]) -> str:
        """The visit whose client a new one is for ("para el cliente de la 1043"); empty when it names none so."""
        if len(records) != 1:
            return ""
        before = [token.folded for token in tokens(command.partition(records[0])[0])]
        return records[0] if any(word in self._words.same_client for word in before[-_SOURCE_REACH:]) else ""


def _brief(text: str) -> bool:
    return len(tokens(text)) <= _ANNOUNCING


def _record_in_focus(context: Context) -> int | None:
    """The one intervention of the last answer, when it was about one ("ciérrala")."""
    shown = _records_shown(context)
    return shown[0] if len(shown) == 1 else None


def _records_shown(context: Context) -> tuple[int, ...]:
    """The interventions of the last answer, in the order shown; none when it was about something else."""
    rows = context.last_rows
    if rows is None or context.last_query is None or context.last_query.entity != "intervention":
        return ()
    at = next((i for i, column in enumerate(rows.columns) if column.key.rpartition(".")[2] == "number"), None)
    numbers = () if at is None else tuple(row[at] for row in rows.rows)
    return tuple(number for number in numbers if isinstance(number, int))
