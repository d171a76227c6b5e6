"""Technicians and administrators change and open interventions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_datetime

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.names import after, names_in
from agents.brains.offline.drafting.words import REOPEN, RequestWords, sentences
from agents.brains.protocol import Clarify, Context, Draft, DraftOutcome
from core.text import tokens
from policy.grants import Write
from policy.roles import Role
from tools.sql.catalogue import Catalogue

_MOST_OPTIONS = 6
_SOURCE_REACH = 4
_FOR_CLIENT = ("para", "de", "a", "en", "for", "at", "to")
_FOR_TECHNICIAN = ("a", "para", "to", "con", "with")


class StaffDrafter:
    """Drafts ``update_intervention`` and ``create_intervention``."""

    def __init__(self, words: RequestWords, moments: Moments, catalogue: Catalogue) -> None:
        self._words, self._moments, self._catalogue = words, moments, catalogue

    def draft(self, request: str, context: Context) -> DraftOutcome:
        """A draft, or the question that is missing."""
        command, _, payload = request.partition(":")
        records = self._words.records_named(command) or self._words.records_named(request)
        status = self._words.status(command)
        if status == REOPEN:
            return Clarify(self._words.question("reopen", context.language))
        source = self._source(command, records)
        if self._words.create.found(command) and (source or not records):
            return self._create(request, source, context)
        if not records:
            records = _record_in_focus(context)
        if not records:
            return Clarify(self._words.question("which_record", context.language))
        if len(records) > 1:
            return Clarify(self._words.question("one_record", context.language), records)
        return self._update(records[0], command, payload, context)

    def _source(self, command: str, records: tuple[str, ...]) -> str:
        """The visit whose client a new one is for ("para el cliente de la 1043"); empty when it names none so."""
        if len(records) != 1:
            return ""
        before = [token.folded for token in tokens(command.partition(records[0])[0])]
        return records[0] if any(word in self._words.same_client for word in before[-_SOURCE_REACH:]) else ""

    def _update(self, record: str, command: str, payload: str, context: Context) -> DraftOutcome:
        fields: dict[str, str | int] = {"intervention_id": int(record)}
        before, after_record = _around(command, record)
        status = self._words.status(before) or self._words.status(after_record)
        result = self._result(payload or (after_record if status else ""))
        asked = self._assignment(command, context) if not payload else None
        if isinstance(asked, Clarify):
            return asked
        if asked:
            fields["technician"] = asked
        moment = self._moments.read(f"{command} {payload if not status else ''}", context.now)
        moving = self._words.reschedule.found(before or command) and status is None
        nothing_else = not asked and self._words.priority(command) is None and not self._words.note.found(before)
        if moving and moment is None and nothing_else:
            return Clarify(self._words.question("which_day", context.language, id=record))
        if moment is not None and (moving or status is None) and not payload:
            fields["scheduled_at"] = moment.isoformat()
            status, result = None, ""
        if status:
            fields["status"] = status
        priority = self._words.priority(command) if not status else None
        if priority:
            fields["priority"] = priority
        note = result or (self._result(payload or after_record) if self._is_note(before, fields) else "")
        if note and not asked:
            fields["result"] = note
        if len(fields) == 1:
            return Clarify(self._words.question("what_change", context.language, id=record))
        return Draft(Write.UPDATE_INTERVENTION, fields, self._update_summary(record, fields, moment, context))

    def _is_note(self, before: str, fields: Mapping[str, object]) -> bool:
        return len(fields) == 1 and (self._words.note.found(before) or not before.strip())

    def _result(self, text: str) -> str:
        """What was done, as it was written, without the words that lead to it."""
        words = tokens(text)
        start = 0
        while start < len(words) and words[start].folded in self._words.leads:
            start += 1
        if start >= len(words):
            return ""
        return self._words.cleaned(text[words[start].start :])

    def _assignment(self, command: str, context: Context) -> str | Clarify | None:
        """The technician named; a question when several fit or none is named; None when nobody is being assigned."""
        if not self._words.assign.found(command):
            return None
        people = context.values.get(("technician", "name"), ())
        said = (names_in(sentence, people) for sentence in reversed(sentences(command)))
        found = next((names for names in said if names), ())
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            return Clarify(self._words.question("which_technician", context.language), found[:_MOST_OPTIONS])
        written = after(command, _FOR_TECHNICIAN)
        if self._words.nobody(written):
            return Clarify(self._words.question("which_technician", context.language), people[:_MOST_OPTIONS])
        if written and not written[0].isdigit() and self._words.reschedule.first(tokens(command)) is None:
            return written
        if self._moments.read(command, context.now) is not None or context.principal.role is Role.TECHNICIAN:
            return None
        return Clarify(self._words.question("which_technician", context.language), people[:_MOST_OPTIONS])

    def _update_summary(
        self, record: str, fields: Mapping[str, str | int], moment: datetime | None, context: Context
    ) -> str:
        language = context.language
        changes = []
        if "technician" in fields:
            changes.append(self._words.summary("change_technician", language, technician=str(fields["technician"])))
        if "scheduled_at" in fields and moment is not None:
            changes.append(self._words.summary("change_when", language, when=_spoken(moment, language)))
        if "status" in fields:
            label = self._catalogue.enums["intervention_status"][str(fields["status"])].label[language]
            changes.append(self._words.summary("change_status", language, status=label))
        if "priority" in fields:
            label = self._catalogue.enums["priority"][str(fields["priority"])].label[language]
            changes.append(self._words.summary("change_priority", language, priority=label))
        if "result" in fields:
            changes.append(self._words.summary("change_result", language, result=str(fields["result"])))
        return self._words.summary("update", language, id=record, changes=", ".join(changes))

    def _client(self, request: str, source: str, context: Context) -> str | Clarify:
        """Whom the new visit is for; a question when nobody is named or several fit."""
        language = context.language
        clients = names_in(request, context.values.get(("client", "name"), ()))
        if len(clients) > 1:
            return Clarify(self._words.question("which_client", language), clients[:_MOST_OPTIONS])
        if clients:
            return clients[0]
        if source:
            known = _client_in_rows(source, context)
            return known or Clarify(self._words.question("client_of_record", language, id=source))
        written = after(request.partition(":")[0], _FOR_CLIENT)
        return written or Clarify(self._words.question("which_client", language))

    def _create(self, request: str, source: str, context: Context) -> DraftOutcome:
        language = context.language
        command, _, payload = request.partition(":")
        client = self._client(request, source, context)
        if isinstance(client, Clarify):
            return client
        description = self._words.cleaned(self._without_times(payload) or payload or _tail(command, client))
        if not payload.strip() and self._words.kind(request) is None and not self._words.fault.found(request):
            return Clarify(self._words.question("what_work", language, client=client))
        fields: dict[str, str | int] = {
            "client": client,
            "kind": self._words.kind(request) or "repair",
            "priority": self._words.priority(request) or "normal",
            "description": description,
        }
        others = " ".join(t.text for t in tokens(request) if t.folded not in {c.folded for c in tokens(client)})
        technician = names_in(others, context.values.get(("technician", "name"), ()))
        if len(technician) == 1 and context.principal.role is Role.ADMIN:
            fields["technician"] = technician[0]
        moment = self._moments.read(request, context.now)
        if moment is not None:
            fields["scheduled_at"] = moment.isoformat()
        summary = self._words.summary(
            "create",
            language,
            kind=self._catalogue.enums["intervention_kind"][str(fields["kind"])].label[language],
            client=client,
            priority=self._catalogue.enums["priority"][str(fields["priority"])].label[language],
            when=_spoken(moment, language) if moment else "",
            technician=str(fields.get("technician", "")),
            description=description,
        )
        return Draft(Write.CREATE_INTERVENTION, fields, summary)

    def _without_times(self, text: str) -> str:
        """``text`` without the sentences that only say when or how pressing."""
        known = self._moments.vocabulary()
        told = [s for s in sentences(text) if self._words.says_something(s, known) and not self._words.only_priority(s)]
        return " ".join(told)


def _client_in_rows(record: str, context: Context) -> str:
    """The client of visit ``record`` when the last answer showed it; else empty."""
    rows = context.last_rows
    if rows is None:
        return ""
    keys = [column.key for column in rows.columns]
    for row in rows.rows:
        values = dict(zip(keys, row, strict=False))
        if any(key.rpartition(".")[2] == "number" and str(value) == record for key, value in values.items()):
            return str(values.get("client.name") or "")
    return ""


def _around(command: str, record: str) -> tuple[str, str]:
    before, _, rest = command.partition(record)
    return before, rest.replace(record, " ")


def _tail(command: str, client: str) -> str:
    at = command.find(client)
    rest = command[at + len(client) :].strip(" ,.;") if at != -1 else ""
    return rest or command


def _spoken(moment: datetime, language: str) -> str:
    pattern = "EEEE d 'de' MMMM 'a las' H:mm" if language == "es" else "EEEE d MMMM 'at' H:mm"
    return format_datetime(moment, pattern, locale=language)


def _record_in_focus(context: Context) -> tuple[str, ...]:
    """The one intervention of the last answer, when it was about one ("ciérrala")."""
    rows = context.last_rows
    if rows is None or context.last_query is None or context.last_query.entity != "intervention" or len(rows.rows) != 1:
        return ()
    for column, value in zip(rows.columns, rows.rows[0], strict=False):
        if column.key.rpartition(".")[2] == "number" and isinstance(value, int):
            return (str(value),)
    return ()
