"""A client asks for a visit."""

from __future__ import annotations

import re

from agents.brains.offline.drafting.machines import MachineMatcher
from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.words import RequestWords, sentences
from agents.brains.protocol import FOR_THE_OFFICE, Clarify, Context, Draft, DraftOutcome, Machine, NotAllowed
from core.text import tokens
from policy.grants import Write
from tools.sql.catalogue import Catalogue

_MOST_OPTIONS = 6
_TWO = 2
_CLAUSE = re.compile(r"[,.;:!?\n]|\b(?:y|e|and)\b", re.IGNORECASE)


class VisitDrafter:
    """Drafts ``request_visit``."""

    def __init__(self, words: RequestWords, moments: Moments, machines: MachineMatcher, catalogue: Catalogue) -> None:
        self._words, self._moments, self._machines, self._catalogue = words, moments, machines, catalogue

    def draft(self, request: str, context: Context) -> DraftOutcome:
        """A draft, or the question that is missing; changing a visit is for the office."""
        if self._words.moves_own_visit(request):
            return NotAllowed(Write.UPDATE_INTERVENTION.value, FOR_THE_OFFICE)
        if self._changes_a_record(request):
            return NotAllowed(Write.UPDATE_INTERVENTION.value, "write_not_granted")
        kind = self._words.kind(request)
        both = self._both(request, context)
        candidates = () if kind == "installation" else both[:1] or self._meant(request, context)
        if len(candidates) > 1 and context.insisted:
            candidates = ()
        if len(candidates) > 1:
            return self._which(candidates, context)
        if (
            kind is None
            and not context.insisted
            and not self._words.says_something(request, self._known_words(context))
        ):
            return Clarify(self._words.question("what_happens", context.language))
        return self._complete(request, kind or "repair", candidates[0] if candidates else None, context, both[1:])

    def _changes_a_record(self, request: str) -> bool:
        """Is a visit named by its number to be closed, changed or given to somebody?"""
        words = self._words
        changes = (words.change_visit, words.reschedule, words.assign, words.note)
        named = bool(words.records_named(request))
        return named and (words.status(request) is not None or any(change.found(request) for change in changes))

    def _meant(self, request: str, context: Context) -> tuple[Machine, ...]:
        """The machines that fit: what a later sentence names wins over what was said before.

        What is only named to say that it is not that one ("el aire, no la caldera") does not count; when no machine is
        named, what is missing may tell ("no hay agua caliente"), or what was just talked about.
        """
        told = [self._words.without_contrast(said) for said in sentences(request)]
        for said in reversed(told):
            if self._machines.names(said, context.machines):
                found = self._machines.meant(said, context.machines)
                if len(found) == 1:
                    return found
                break
        whole = " ".join(told)
        if not self._machines.names(whole, context.machines) and not self._machines.categories(whole):
            served = self._words.served_by(whole)
            giving = tuple(machine for machine in context.machines if machine.category in served)
            if giving:
                return giving
            spoken_of = tuple(machine for machine in context.machines if machine.sku in context.focus[:1])
            if len(spoken_of) == 1:
                return spoken_of
        return self._machines.meant(whole, context.machines)

    def _both(self, request: str, context: Context) -> tuple[Machine, ...]:
        """Two machines that each have a fault of their own ("el aire no enfría y la caldera hace ruido"); else none."""
        failing: dict[int, Machine] = {}
        for clause in _CLAUSE.split(self._words.without_contrast(request)):
            if not self._words.fault.found(clause) or not self._machines.categories(clause):
                continue
            meant = self._machines.meant(clause, context.machines)
            if len(meant) == 1:
                failing[meant[0].equipment_id] = meant[0]
        return tuple(failing.values()) if len(failing) == _TWO else ()

    def _without_others(self, said: str, machine: Machine | None) -> str:
        """``said`` without the machine it names when another one was meant in the end ("no, es el aire")."""
        families = self._machines.categories(said)
        if machine is None or not families or machine.category in families:
            return said
        words = tokens(said)
        named = [at for at, word in enumerate(words) if self._machines.categories(word.text)]
        if not named:
            return said
        first = named[0]
        while first and self._words.determines(words[first - 1].folded):
            first -= 1
        return f"{said[: words[first].start]}{said[words[named[-1]].end :]}".strip(" ,")

    def _description(self, request: str, machine: Machine | None, context: Context) -> str:
        """What the visit is for, without the sentences that only say when, for which machine or how pressing."""
        known = self._known_words(context)
        for owned in context.machines:
            label = self._label(owned, context)
            request = request.replace(f", {label}", "").replace(label, "").strip() or request
        said = [self._without_others(sentence, machine) for sentence in sentences(request)]
        telling = [s for s in said if not self._words.only_priority(s) and self._words.says_something(s, known)]
        return self._words.told(telling or said[:1])

    def _which(self, machines: tuple[Machine, ...], context: Context) -> Clarify:
        options = tuple(dict.fromkeys(self._label(machine, context) for machine in machines[:_MOST_OPTIONS]))
        return Clarify(self._words.question("which_machine", context.language), options)

    def _label(self, machine: Machine, context: Context) -> str:
        place = self._machines.place(machine)
        return self._words.machine_label(context.language, name=machine.name or machine.sku, place=place)

    def _known_words(self, context: Context) -> frozenset[str]:
        own = {t.folded for m in context.machines for t in tokens(f"{m.sku} {m.name} {m.location} {m.city}")}
        return self._machines.words() | own | self._moments.vocabulary()

    def _complete(
        self, request: str, kind: str, machine: Machine | None, context: Context, also: tuple[Machine, ...] = ()
    ) -> Draft:
        language = context.language
        priority = self._words.priority(request) or "normal"
        preferred = self._moments.preference(request)
        description = self._description(request, machine, context)
        fields: dict[str, str | int] = {"kind": kind, "priority": priority, "description": description}
        if machine is not None:
            fields["equipment_id"] = machine.equipment_id
        if preferred:
            fields["preferred"] = preferred
        named = self._label(machine, context) if machine else self._nameless(kind, context)
        for other in also:
            named = self._words.summary("both", language, first=named, second=self._label(other, context))
        summary = self._words.summary(
            "visit",
            language,
            kind=self._catalogue.enums["intervention_kind"][kind].label[language],
            machine=named,
            priority=self._catalogue.enums["priority"][priority].label[language],
            preferred=preferred,
            description=description,
        )
        return Draft(Write.REQUEST_VISIT, fields, summary)

    def _nameless(self, kind: str, context: Context) -> str:
        return self._words.summary("new_machine" if kind == "installation" else "no_machine", context.language)
