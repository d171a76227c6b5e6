"""Changes to a visit: what is said of it, apart from the words that only point at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.names import after, named_at, names_in
from agents.brains.offline.drafting.spoken import spoken
from agents.brains.offline.drafting.visits import MOST_OPTIONS, VisitFinder
from agents.brains.offline.drafting.words import RequestWords, parted, sentences
from agents.brains.protocol import Clarify, Context, Draft, DraftOutcome
from core.text import Token, tokens
from policy.grants import Write
from policy.roles import Role
from tools.sql.catalogue import Catalogue

_FOR_TECHNICIAN = ("a", "para", "to", "con", "with")
_SHORTEST_NOTE = 3
_COMPLETED, _IN_PROGRESS = "completed", "in_progress"


@dataclass(frozen=True, slots=True)
class _Said:
    """A request about one visit: what comes before and after the words that point at it, and what follows a colon.

    ``lead`` is what comes before without the words that point ("en casa de").
    """

    before: str
    after: str
    payload: str
    lead: str = ""

    @property
    def command(self) -> str:
        return f"{self.before} {self.after}"


class Updater:
    """Drafts ``update_intervention``."""

    def __init__(self, words: RequestWords, moments: Moments, visits: VisitFinder, catalogue: Catalogue) -> None:
        self._words, self._moments, self._visits, self._catalogue = words, moments, visits, catalogue

    def draft(self, number: int, span: tuple[int, int] | None, request: str, context: Context) -> DraftOutcome:
        """What ``request`` changes in visit ``number``, whose client it names at ``span``; or what is missing."""
        said = self._said(number, span, request, context)
        fields: dict[str, str | int] = {"intervention_id": number}
        status = self._status(said)
        technician = self._assignment(said, status, context)
        if isinstance(technician, Clarify):
            return technician
        if technician:
            fields["technician"] = technician
        moment = self._moment(said, status, context)
        visit = self._visits.known(number, context)
        stays = moment is not None and visit is not None and visit.at == moment  # its hour only says which one
        if stays or (moment is None and not technician and self._moves(said, status)):
            return Clarify(self._words.question("which_day", context.language, id=str(number)))
        if moment is not None:
            fields["scheduled_at"] = moment.isoformat()
        elif status is not None:
            fields["status"] = status
        if status is None and (priority := self._words.priority(said.command)):
            fields["priority"] = priority
        told = self._told(said, fields, context)
        if told:
            fields["result"] = told
        if len(fields) == 1:
            return Clarify(self._words.question("what_change", context.language, id=str(number)))
        return Draft(Write.UPDATE_INTERVENTION, fields, self._summary(number, fields, moment, context))

    def _said(self, number: int, span: tuple[int, int] | None, request: str, context: Context) -> _Said:
        command, payload = parted(request)
        record = str(number)
        at = command.find(record)
        if at != -1:
            start, end = at, at + len(record)
        elif span is not None and span[1] <= len(command):
            start, end = span
        elif record in request:
            return _Said(command, "", payload.replace(record, " "))
        else:
            return _Said("", command, payload)
        before, following = command[:start], command[end:].replace(record, " ")
        visit = self._visits.known(number, context)
        if visit is not None and (again := named_at(following, visit.client)):
            head = following[: again[0]]
            if self._only_points(head):
                before, following = f"{before} {head}", following[again[1] :]
        return _Said(before, following, payload, self._without_pointers(before))

    def _only_points(self, text: str) -> bool:
        """Has ``text`` nothing but words that point, or that name a status?"""
        words = tokens(text)
        passing = self._words.pointers | self._words.leads | self._words.auxiliaries
        return all(
            w.folded in passing or self._words.status_at(words, at) or self._words.sets_at(words, at)
            for at, w in enumerate(words)
        ) and not self._words.tells_of_place(text)

    def _without_pointers(self, text: str) -> str:
        """``text`` without the "lo de", "en casa de" that it ends with."""
        words = tokens(text)
        end = len(words)
        while end and words[end - 1].folded in self._words.pointers:
            end -= 1
        return text[: words[end - 1].end] if end else ""

    def _status(self, said: _Said) -> str | None:
        status = self._words.status(said.before) or self._words.status(said.after)
        reported = said.after or said.before
        if status is None and not self._noted(said) and self._words.reports_done.found(reported):
            status = _COMPLETED
        open_still = status == _COMPLETED and not self._words.status(said.before)
        return None if open_still and self._words.unfinished.found(said.command) else status

    def _moves(self, said: _Said, status: str | None) -> bool:
        """Is it to be moved, without saying to when?"""
        if status is not None or self._noted(said) or self._words.priority(said.command):
            return False
        if self._words.reschedule.found(said.before):
            return True
        return self._words.reschedule.found(said.after) and self._words.day_change.found(said.after)

    def _moment(self, said: _Said, status: str | None, context: Context) -> datetime | None:
        """When it moves to; what is told of work done, or noted, moves nothing."""
        if said.payload.strip() and not self._words.reschedule.found(said.command):
            return None
        noted = self._noted(said) and not self._words.reschedule.found(said.command)
        if status is not None or noted:
            return None
        told = self._moments.without_pointing(f"{said.lead or said.before} {said.after}", context.now)
        return self._moments.read(f"{told} {said.payload}", context.now)

    def _told(self, said: _Said, fields: Mapping[str, object], context: Context) -> str:
        """What was done or happened, as it was written, without the words that lead to it."""
        if "scheduled_at" in fields or fields.get("status") == _IN_PROGRESS:
            return self._cleaned(said.payload)
        if "technician" in fields or "priority" in fields:
            return self._cleaned(said.payload) if "technician" not in fields else ""
        if "status" in fields:
            told = self._cleaned(said.payload or self._moments.without_pointing(said.after, context.now))
            told = told if said.payload.strip() or self._words.says_something(told, self._idle()) else ""
            return ", ".join(part for part in (self._done_before(said), told) if part)
        noted = self._noted(said) or not said.lead.strip()
        parts = (said.payload or said.after or self._to_note(said),) if noted else (said.lead, said.after, said.payload)
        told = ", ".join(found for part in parts if (found := self._cleaned(part)))
        says = self._words.says_something(told, self._idle()) and len(tokens(told)) >= _SHORTEST_NOTE
        return told if noted or says else ""

    def _to_note(self, said: _Said) -> str:
        """What stands between the order to note and the visit ("apunta dos horas en la 1043")."""
        words = tokens(said.lead)
        first = self._words.note.first(words)
        return "" if first is None else said.lead[words[first + self._words.note.at(words, first) - 1].end :]

    def _done_before(self, said: _Said) -> str:
        """What was done, when it is told before the visit is named ("he cambiado la sonda en la 1043 y …")."""
        if self._words.status(said.before) or self._noted(said) or len(tokens(said.lead)) < _SHORTEST_NOTE:
            return ""
        return self._cleaned(said.lead) if self._words.says_something(said.lead, self._idle()) else ""

    def _idle(self) -> frozenset[str]:
        """Words that tell nothing of the work."""
        return self._moments.vocabulary() | self._words.pointers | self._words.leads

    def _cleaned(self, text: str) -> str:
        words = tokens(text)
        start = self._after_status(words)
        while start < len(words) and words[start].folded in self._words.leads:
            start += 1
        if start >= len(words):
            return ""
        clauses = text[words[start].start :].split(",")
        kept = [clause for clause in clauses if not tokens(clause) or not self._only_points(clause)]
        return self._words.cleaned(",".join(kept))

    def _after_status(self, words: Sequence[Token]) -> int:
        """Where what follows the status begins ("ya la he terminado, …"); 0 when the text opens with no status."""
        passing = self._words.leads | self._words.auxiliaries | self._moments.vocabulary()
        position = 0
        while position < len(words):
            named = self._words.status_at(words, position)
            if named:
                return position + named
            if words[position].folded not in passing:
                return 0
            position += 1
        return 0

    def _noted(self, said: _Said) -> bool:
        """Is something to be noted ("apunta en la 1043 que …", "ponle a la 1043 que …")?"""
        following = tokens(said.after)
        return self._words.note.found(said.before) or bool(following and following[0].folded in self._words.that)

    def _assignment(self, said: _Said, status: str | None, context: Context) -> str | Clarify | None:
        """The technician named; a question when several fit or none is named; None when nobody is being assigned."""
        command = said.command
        ordered = self._words.assign.found(command) and not said.payload.strip() and not self._noted(said)
        people = context.values.get(("technician", "name"), ())
        named = next((found for said in reversed(sentences(command)) if (found := names_in(said, people))), ())
        if not ordered and (status is not None or said.payload.strip() or context.principal.role is Role.TECHNICIAN):
            return None
        if len(named) == 1:
            return named[0]
        if len(named) > 1:
            return Clarify(self._words.question("which_technician", context.language), named[:MOST_OPTIONS])
        return self._somebody(command, people, context) if ordered else None

    def _somebody(self, command: str, people: tuple[str, ...], context: Context) -> str | Clarify | None:
        """Whom an order to assign that names nobody we know may mean."""
        which = Clarify(self._words.question("which_technician", context.language), people[:MOST_OPTIONS])
        written = after(command, _FOR_TECHNICIAN)
        if self._words.priority(command) is not None and not any(token.text.istitle() for token in tokens(written)):
            return None
        if self._words.nobody(written):
            return which
        if written and not written[0].isdigit() and self._words.reschedule.first(tokens(command)) is None:
            return written
        moved = self._moments.read(command, context.now) is not None or self._words.priority(command) is not None
        if moved or self._words.status(command) or context.principal.role is Role.TECHNICIAN:
            return None
        return which

    def _summary(self, number: int, fields: Mapping[str, str | int], moment: datetime | None, context: Context) -> str:
        language = context.language
        changes = []
        if "technician" in fields:
            changes.append(self._words.summary("change_technician", language, technician=str(fields["technician"])))
        if "scheduled_at" in fields and moment is not None:
            changes.append(self._words.summary("change_when", language, when=spoken(moment, language)))
        if "status" in fields:
            label = self._catalogue.enums["intervention_status"][str(fields["status"])].label[language]
            changes.append(self._words.summary("change_status", language, status=label))
        if "priority" in fields:
            label = self._catalogue.enums["priority"][str(fields["priority"])].label[language]
            changes.append(self._words.summary("change_priority", language, priority=label))
        if "result" in fields:
            changes.append(self._words.summary("change_result", language, result=str(fields["result"])))
        visit = self._visits.known(number, context)
        whose = visit.client if visit is not None else ""
        return self._words.summary("update", language, id=str(number), whose=whose, changes=", ".join(changes))
