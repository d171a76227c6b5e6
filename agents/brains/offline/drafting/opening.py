"""A new visit, opened by the staff for a client."""

from __future__ import annotations

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.names import after, named_at, names_in
from agents.brains.offline.drafting.spoken import spoken
from agents.brains.offline.drafting.visits import MOST_OPTIONS
from agents.brains.offline.drafting.words import RequestWords, parted, sentences
from agents.brains.offline.words import is_model
from agents.brains.protocol import Clarify, Context, Draft, DraftOutcome
from core.text import tokens
from policy.grants import Write
from policy.roles import Role
from tools.sql.catalogue import Catalogue

_FOR_CLIENT = ("para", "de", "a", "en", "for", "at", "to")


class Opener:
    """Drafts ``create_intervention``."""

    def __init__(self, words: RequestWords, moments: Moments, catalogue: Catalogue) -> None:
        self._words, self._moments, self._catalogue = words, moments, catalogue

    def draft(self, request: str, source: str, context: Context) -> DraftOutcome:
        """A draft, or the question that is missing. ``source``: the visit whose client it is for, if any."""
        language = context.language
        client = self._client(request, source, context)
        if isinstance(client, Clarify):
            return client
        told = self._told(request, client, context)
        kind = self._words.kind(request)
        if kind is None and not self._words.fault.found(request) and not told:
            return Clarify(self._words.question("what_work", language, client=client))
        fields: dict[str, str | int] = {
            "client": client,
            "kind": kind or "repair",
            "priority": self._words.priority(request) or "normal",
            "description": told or self._words.cleaned(parted(request)[0]),
        }
        model = next((t.text.upper() for t in tokens(request) if _is_machine(t.folded)), "")
        if model:
            fields["model"] = model
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
            model=model,
            priority=self._catalogue.enums["priority"][str(fields["priority"])].label[language],
            when=spoken(moment, language) if moment else "",
            technician=str(fields.get("technician", "")),
            description=str(fields["description"]),
        )
        return Draft(Write.CREATE_INTERVENTION, fields, summary)

    def _client(self, request: str, source: str, context: Context) -> str | Clarify:
        """Whom the new visit is for; a question when nobody is named or several fit."""
        language = context.language
        clients = names_in(request, context.values.get(("client", "name"), ()))
        if len(clients) > 1:
            return Clarify(self._words.question("which_client", language), clients[:MOST_OPTIONS])
        if clients:
            return _as_written(request, clients[0]) or clients[0]
        if source:
            known = _client_of(int(source), context)
            return known or Clarify(self._words.question("client_of_record", language, id=source))
        written = after(parted(request)[0], _FOR_CLIENT)
        return written or Clarify(self._words.question("which_client", language))

    def _told(self, request: str, client: str, context: Context) -> str:
        """What has to be done, without the order, the client and the sentences that only say when or how pressing."""
        command, payload = parted(request)
        if payload.strip():
            return self._words.cleaned(self._without_times(payload, context) or payload)
        span = named_at(command, client)
        rest = command[span[1] :] if span is not None else command
        told = self._without_times(rest.strip(" ,.;"), context)
        return self._words.cleaned(told) if told else ""

    def _without_times(self, text: str, context: Context) -> str:
        """``text`` without the sentences that only say when, by whom or how pressing."""
        people = context.values.get(("technician", "name"), ())
        known = self._moments.vocabulary() | {token.folded for name in people for token in tokens(name)}
        told = [s for s in sentences(text) if self._words.says_something(s, known) and not self._words.only_priority(s)]
        return " ".join(told)


def _is_machine(folded: str) -> bool:
    """Is it the name of a model ("xp250"), rather than a code that one shows ("e4")?"""
    return is_model(folded) and sum(c.isdigit() for c in folded) > 1


def _as_written(request: str, client: str) -> str:
    """The name in ``request`` when it is another than ``client``: "Panadería Delicias" is not Panadería Nervión."""
    span = named_at(request, client)
    if span is None or len(tokens(request[slice(*span)])) > 1:
        return ""
    words = [token for token in tokens(request) if token.start >= span[1]]
    named = words and words[0].text.istitle() and not request[span[1] : words[0].start].strip()
    own = {token.folded for token in tokens(client)}
    return request[span[0] : words[0].end] if named and words[0].folded not in own else ""


def _client_of(number: int, context: Context) -> str:
    """The client of visit ``number`` when it is open, or the last answer showed it; else empty."""
    known = next((visit.client for visit in context.visits if visit.number == number), "")
    rows = context.last_rows
    if known or rows is None:
        return known
    keys = [column.key for column in rows.columns]
    for row in rows.rows:
        values = dict(zip(keys, row, strict=False))
        if any(key.rpartition(".")[2] == "number" and str(value) == str(number) for key, value in values.items()):
            return str(values.get("client.name") or "")
    return ""
