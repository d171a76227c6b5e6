"""Checks a ticket that the model wrote, asks for what is missing, and words what is to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agents.brains.llm.outputs import TicketOut
from agents.brains.offline.drafting.machines import MachineMatcher
from agents.brains.offline.drafting.spoken import spoken
from agents.brains.offline.drafting.words import RequestWords
from agents.brains.protocol import FOR_THE_OFFICE, Clarify, Context, Draft, DraftOutcome, Machine, NotAllowed
from policy.decide import may_write
from policy.grants import Write
from tools.sql.catalogue import Catalogue

_LONGEST = 2000
_MOST_OPTIONS = 6
_CHANGES = ("status", "result", "scheduled_at", "technician", "priority")
Fields = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class TicketChecker:
    """Whose record it is, the tool checks; here: is it granted, is it whole, what will be asked."""

    catalogue: Catalogue
    words: RequestWords

    def check(self, ticket: TicketOut, request: str, context: Context) -> DraftOutcome:
        """A draft, the question for what is missing, or the refusal that the policy gives."""
        decision = may_write(context.principal.role, ticket.action)
        if not decision.allowed:
            own = ticket.action is Write.UPDATE_INTERVENTION and self.words.moves_own_visit(request)
            return NotAllowed(decision.what, FOR_THE_OFFICE if own else decision.reason)
        if ticket.action is Write.REQUEST_VISIT:
            return self._visit(ticket, context)
        if ticket.action is Write.CREATE_INTERVENTION:
            return self._opening(ticket, context)
        return self._update(ticket, context)

    def _visit(self, ticket: TicketOut, context: Context) -> DraftOutcome:
        language = context.language
        machine = next((m for m in context.machines if m.equipment_id == ticket.equipment_id), None)
        if machine is None and len(context.machines) == 1:
            machine = context.machines[0]
        if machine is None and context.machines and ticket.kind != "installation":
            options = dict.fromkeys(self._label(m, context) for m in context.machines[:_MOST_OPTIONS])
            return Clarify(self.words.question("which_machine", language), tuple(options))
        description = _text(ticket.description)
        if not description:
            return Clarify(self.words.question("what_happens", language))
        kind, priority, preferred = ticket.kind or "repair", ticket.priority or "normal", _text(ticket.preferred)
        fields: Fields = {"kind": kind, "priority": priority, "description": description}
        if machine is not None and kind != "installation":
            fields["equipment_id"] = machine.equipment_id
        if preferred:
            fields["preferred"] = preferred
        nameless = "new_machine" if kind == "installation" else "no_machine"
        summary = self.words.summary(
            "visit",
            language,
            kind=self._enum("intervention_kind", kind, context),
            machine=self._label(machine, context)
            if machine is not None and "equipment_id" in fields
            else self.words.summary(nameless, language),
            priority=self._enum("priority", priority, context),
            preferred=preferred,
            description=description,
        )
        return Draft(Write.REQUEST_VISIT, fields, summary)

    def _opening(self, ticket: TicketOut, context: Context) -> DraftOutcome:
        language = context.language
        client, description = _text(ticket.client), _text(ticket.description)
        if not client:
            return Clarify(self.words.question("which_client", language))
        if not description:
            return Clarify(self.words.question("what_work", language, client=client))
        moment = _moment(ticket.scheduled_at, context)
        fields: Fields = {
            "client": client,
            "kind": ticket.kind or "repair",
            "priority": ticket.priority or "normal",
            "description": description,
        }
        optional = {"model": _text(ticket.model), "technician": _text(ticket.technician)}
        fields |= {key: value for key, value in optional.items() if value}
        if moment is not None:
            fields["scheduled_at"] = moment.isoformat()
        summary = self.words.summary(
            "create",
            language,
            kind=self._enum("intervention_kind", str(fields["kind"]), context),
            client=client,
            model=optional["model"],
            priority=self._enum("priority", str(fields["priority"]), context),
            when=spoken(moment, language) if moment else "",
            technician=optional["technician"],
            description=description,
        )
        return Draft(Write.CREATE_INTERVENTION, fields, summary)

    def _update(self, ticket: TicketOut, context: Context) -> DraftOutcome:
        language, number = context.language, ticket.intervention_id
        if number is None:
            return Clarify(self.words.question("which_record", language))
        moment = _moment(ticket.scheduled_at, context)
        given = {key: _text(getattr(ticket, key)) for key in _CHANGES}
        given["scheduled_at"] = moment.isoformat() if moment else ""
        changed: Fields = {key: value for key, value in given.items() if value}
        if not changed:
            return Clarify(self.words.question("what_change", language, id=str(number)))
        said = []
        if "technician" in changed:
            said.append(self.words.summary("change_technician", language, technician=given["technician"]))
        if moment is not None:
            said.append(self.words.summary("change_when", language, when=spoken(moment, language)))
        if "status" in changed:
            status = self._enum("intervention_status", given["status"], context)
            said.append(self.words.summary("change_status", language, status=status))
        if "priority" in changed:
            priority = self._enum("priority", given["priority"], context)
            said.append(self.words.summary("change_priority", language, priority=priority))
        if "result" in changed:
            said.append(self.words.summary("change_result", language, result=given["result"]))
        whose = next((visit.client for visit in context.visits if visit.number == number), "")
        summary = self.words.summary("update", language, id=str(number), whose=whose, changes=", ".join(said))
        return Draft(Write.UPDATE_INTERVENTION, {"intervention_id": number, **changed}, summary)

    def _enum(self, name: str, value: str, context: Context) -> str:
        return self.catalogue.enums[name][value].label[context.language]

    def _label(self, machine: Machine, context: Context) -> str:
        place = MachineMatcher.place(machine)
        return self.words.machine_label(context.language, name=machine.name or machine.sku, place=place)


def _text(value: str | None) -> str:
    return " ".join((value or "").split())[:_LONGEST]


def _moment(value: str | None, context: Context) -> datetime | None:
    """A moment to come, in the company's time zone; what is no moment, or is over, is none."""
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=context.now.tzinfo)
    return moment if moment > context.now else None
