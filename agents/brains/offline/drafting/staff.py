"""Technicians and administrators change and open interventions."""

from __future__ import annotations

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.opening import Opener
from agents.brains.offline.drafting.updating import Updater
from agents.brains.offline.drafting.visits import VisitFinder
from agents.brains.offline.drafting.words import REOPEN, RequestWords, parted
from agents.brains.protocol import Clarify, Context, DraftOutcome
from core.text import tokens
from tools.sql.catalogue import Catalogue

_SOURCE_REACH = 4
_ANNOUNCING = 3
"""Words before a colon that may only announce what follows ("apunto: 1302 hecha")."""


class StaffDrafter:
    """Drafts ``update_intervention`` and ``create_intervention``."""

    def __init__(self, words: RequestWords, moments: Moments, catalogue: Catalogue) -> None:
        self._words = words
        self._visits = VisitFinder(words, moments, catalogue)
        self._updater = Updater(words, moments, self._visits, catalogue)
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
        found = self._visits.find(command, status, context)
        if isinstance(found, Clarify):
            return found
        if found is not None:
            return self._updater.draft(found.number, found.span, request, context)
        shown = _record_in_focus(context)
        if shown is None:
            return Clarify(self._words.question("which_record", context.language))
        return self._updater.draft(shown, None, request, context)

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
    rows = context.last_rows
    if rows is None or context.last_query is None or context.last_query.entity != "intervention" or len(rows.rows) != 1:
        return None
    for column, value in zip(rows.columns, rows.rows[0], strict=False):
        if column.key.rpartition(".")[2] == "number" and isinstance(value, int):
            return value
    return None
