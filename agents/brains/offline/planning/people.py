"""People in questions: names that no value explains, and whose data a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.brains.offline.planning.followups import Followed
from agents.brains.offline.planning.interpretation import Interpretation
from agents.brains.offline.planning.meanings import EntityRef, EnumRef, Mention, SegmentRef, ValueRef
from agents.brains.offline.planning.permission import did_oneself
from agents.brains.offline.planning.state import World, only_cues
from agents.brains.protocol import Clarify, Context, NotAllowed
from core.text import fold
from policy.grants import GRANTS, RowRule
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query

PEOPLE = ("client", "technician")
OTHERS = "other_people"
_KEPT_OF_CLIENTS = frozenset({"client", "equipment", "contract"})
_CONTACTS = frozenset({"client.phone", "client.email"})
_STAFF_CONTACT = "technicians.phone_number"
_SOMEBODY = frozenset({*PEOPLE, "user"})
_OWN_ENTITY = {Role.CLIENT: "client", Role.TECHNICIAN: "technician"}
_OF_SELF = frozenset({"soy", "estoy", "llevo", "me", "mi", "i"})
"""Words of the first person inside a longer phrase ("desde cuándo soy")."""
_FIRM = frozenset({"empresa", "compania", "company"})
_SIGN = 2
_BETWEEN = frozenset({"filler", "of", "person", "conj"})


def name_runs(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Neighbouring names that no single value holds are one name that nobody here has."""
    found: list[Mention] = []
    for mention in mentions:
        before = found[-1] if found else None
        if before is not None and before.end == mention.start and _part_of_name(before) and _part_of_name(mention):
            slots = tuple(
                dict.fromkeys(
                    ValueRef(r.entity, "name", (), f"{before.text} {mention.text}", False)
                    for r in before.readings
                    if isinstance(r, ValueRef)
                )
            )
            found[-1] = Mention(before.start, mention.end, f"{before.text} {mention.text}", slots, 0.85, (), True)
            continue
        found.append(mention)
    return tuple(found)


def _part_of_name(mention: Mention) -> bool:
    values = [r for r in mention.readings if isinstance(r, ValueRef)]
    people = [r for r in values if r.entity in PEOPLE and r.dimension == "name" and not r.whole]
    return bool(people) and len(people) == len(mention.readings)


def name_slots(mentions: Sequence[Mention], marks: frozenset[str]) -> tuple[Mention, ...]:
    """``mentions`` with unknown words after "cliente" or "técnico" read as a name that no row may have.

    Only ``marks`` (de, señor, llamado) may come between; other filler too when the word has a capital.
    """
    found: list[Mention] = []
    person: str | None = None
    close = False
    for mention in mentions:
        nameable = mention.unknown and len(mention.text) > 2 and not mention.text[:1].isdigit()
        joined = bool(found) and is_slot(found[-1])
        if nameable and person is not None and (close or joined or mention.capital):
            text = f"{found[-1].text} {mention.text}" if joined else mention.text
            slot = Mention(
                found[-1].start if joined else mention.start,
                mention.end,
                text,
                (ValueRef(person, "name", (), text, False),),
                0.85,
            )
            found[len(found) - 1 if joined else len(found) :] = [slot]
            continue
        named = next(
            (r.entity for r in mention.readings if isinstance(r, EntityRef) and r.entity in PEOPLE and not r.weak), None
        )
        if named is not None:
            person, close = named, True
        elif not only_cues(mention, _BETWEEN):
            person = None
        elif mention.text not in marks:
            close = False
        found.append(mention)
    return tuple(found)


def is_slot(mention: Mention) -> bool:
    """Is it a name that no row has?"""
    return any(isinstance(r, ValueRef) and r.dimension == "name" and not r.values for r in mention.readings)


def about_others(
    query: Query, mentions: Sequence[Mention], principal: Principal, catalogue: Catalogue
) -> NotAllowed | None:
    """Is the question about people that the principal may not ask about? The rows would be its own only: say so."""
    own = _OWN_ENTITY.get(principal.role)
    if own is None:
        return None
    table = catalogue.entities[own].table
    refused = NotAllowed(table, OTHERS)
    if principal.role is Role.CLIENT and _contact_of_staff(query, mentions):
        return NotAllowed(_STAFF_CONTACT, "column_not_granted")
    if _names_another(mentions, own, principal) or _record_of_staff(query, mentions, principal):
        return refused
    if principal.role is Role.TECHNICIAN and _clients_of_somebody(query, mentions, principal):
        return refused
    grant = GRANTS[principal.role].tables.get(catalogue.entities[query.entity].table)
    limited = grant is not None and grant.rows in {RowRule.OWN, RowRule.VISITING}
    mine = did_oneself(mentions) or any(m.is_cue("own") or not _OF_SELF.isdisjoint(m.text.split()) for m in mentions)
    posing = any(isinstance(r, EntityRef) and r.entity == "user" for m in mentions for r in m.readings)
    mine = mine and not posing
    whole = any(m.is_cue("all") for m in mentions) and any(_FIRM & set(m.text.split()) for m in mentions)
    if limited and not mine and whole:
        return refused
    if limited and any(m.is_cue("others") for m in mentions):
        return refused
    if limited and not mine and any(m.is_cue("company") for m in mentions) and (query.measures or query.entity == own):
        return NotAllowed(catalogue.entities[query.entity].table, OTHERS)
    ranks = any(_reaches(catalogue, query.entity, g.field, own) for g in query.group_by)
    many = any(_plural_people(m, own) for m in mentions)
    return refused if ranks or many else None


def _contact_of_staff(query: Query, mentions: Sequence[Mention]) -> bool:
    """el móvil de Raquel, of a client: how to reach a technician, which the rows of a client do not tell."""
    readings = [r for m in mentions for r in m.readings]
    staff = any(isinstance(r, ValueRef) and (r.entity, r.dimension) == ("technician", "name") for r in readings)
    own = any(m.is_cue("own") for m in mentions)
    return staff and not own and any(path in _CONTACTS for path in query.select)


def _record_of_staff(query: Query, mentions: Sequence[Mention], principal: Principal) -> bool:
    """dónde vive Javier Lahoz, of a client: what is kept of a person, and the person named is a technician."""
    if principal.role is not Role.CLIENT or query.entity not in _KEPT_OF_CLIENTS:
        return False
    readings = [r for m in mentions for r in m.readings]
    staff = any(isinstance(r, ValueRef) and (r.entity, r.dimension) == ("technician", "name") for r in readings)
    things = any(isinstance(r, EntityRef | EnumRef | SegmentRef) for r in readings)
    deeds = any(m.is_cue("hint") or m.is_cue("own") or m.is_cue("from_event") for m in mentions)
    return staff and (query.entity == "client" or not (things or deeds))


def _clients_of_somebody(query: Query, mentions: Sequence[Mention], principal: Principal) -> bool:
    """cuántos clientes tiene Carmen: who has clients is a technician."""
    mine = set(fold(principal.name or "").split())
    if query.entity != "client" or not query.measures or not any(f.field == "name" for f in query.filters):
        return False
    names = (m.text for m in mentions for r in m.readings if isinstance(r, ValueRef) and r.dimension == "name")
    return any(not set(name.split()) <= mine for name in names)


def others_work(
    best: Interpretation | None, mentions: Sequence[Mention], principal: Principal, catalogue: Catalogue
) -> bool:
    """Does a technician ask for what other technicians do?"""
    if best is None or principal.role is not Role.TECHNICIAN or not any(m.is_cue("others") for m in mentions):
        return False
    grant = GRANTS[principal.role].tables.get(catalogue.entities[best.target].table)
    return grant is not None and grant.rows is RowRule.OWN


def _reaches(catalogue: Catalogue, entity: str, path: str, own: str) -> bool:
    return catalogue.owner(entity, path)[0] == own


def many_people(mentions: Sequence[Mention], own: str) -> bool:
    """Does the question speak of several of ``own`` ("clientes")?"""
    return any(_plural_people(m, own) for m in mentions)


def _plural_people(mention: Mention, own: str) -> bool:
    named = any(isinstance(r, EntityRef) and r.entity == own and not r.weak for r in mention.readings)
    return named and mention.text.endswith("s") and " " not in mention.text


def _names_another(mentions: Sequence[Mention], own: str, principal: Principal) -> bool:
    mine = set(fold(principal.name or "").split())
    for at, mention in enumerate(mentions):
        for reading in mention.readings:
            if not isinstance(reading, ValueRef) or reading.entity != own or reading.dimension != "name":
                continue
            if not reading.values and not set(reading.text.split()) <= mine:
                return True
        stranger = is_slot(mention)
        if stranger and not any(
            isinstance(r, EntityRef) and r.entity != own
            for m in mentions[:at]
            for r in m.readings
            if getattr(r, "entity", "") in PEOPLE
        ):
            return True
    return False


def names_somebody(mentions: Sequence[Mention]) -> bool:
    """la administradora Marta: whom nobody knows, right after what they are."""
    before: Mention | None = None
    for mention in mentions:
        is_person = before is not None and any(
            isinstance(r, EntityRef) and r.entity in _SOMEBODY for r in before.readings
        )
        if is_person and mention.unknown and mention.capital:
            return True
        before = before if only_cues(mention, _BETWEEN) and not mention.unknown else mention
    return False


def someone_unknown(mentions: Sequence[Mention]) -> bool:
    """Does a capitalised word that nothing explains look like somebody's name, and not like a sign (BL, AC)?"""
    return any(m.unknown and m.capital and len(m.text) > _SIGN for m in mentions)


def ambiguous_person(read: Followed, world: World, context: Context) -> Clarify | None:
    """A surname that a client and a technician share, with nothing around to tell them apart."""
    for mention in read.mentions:
        people = {r.entity: r for r in mention.readings if isinstance(r, ValueRef) and r.dimension == "name"}
        if set(people) != set(PEOPLE) or any(
            isinstance(r, EntityRef) for m in read.mentions for r in m.readings if getattr(r, "entity", "") in PEOPLE
        ):
            continue
        if any(world.joins.path(read.query.entity, entity) is None for entity in PEOPLE):
            continue
        words = world.lexicon.questions
        name = _as_written(mention, [v for r in people.values() for v in r.values])
        options = tuple(words[entity][context.language].format(name=name) for entity in PEOPLE)
        joiner = {"es": " o ", "en": " or "}[context.language]
        return Clarify(words["which_entity"][context.language].format(options=joiner.join(options)), options)
    return None


def _as_written(mention: Mention, values: Sequence[str]) -> str:
    """The words of ``mention`` with the capitals and accents that the values have."""
    written = {fold(word): word for value in values for word in value.split()}
    return " ".join(written.get(word, word) for word in mention.text.split())


def as_slots(mentions: Sequence[Mention], entity: str) -> tuple[Mention, ...]:
    """``mentions`` with capitalised unknown words read as a name of ``entity``."""
    return tuple(
        replace(m, readings=(ValueRef(entity, "name", (), m.text, False),), quality=0.8)
        if m.unknown and m.capital
        else m
        for m in mentions
    )
