"""Related rows and their absence: "clientes sin contrato", "clientes con calderas", "que no han tenido visitas"."""

from __future__ import annotations

from agents.brains.offline.planning.calendar import shift
from agents.brains.offline.planning.meanings import Cue, EntityRef, EnumRef, PeriodRef, SegmentRef
from agents.brains.offline.planning.state import Scope, State
from policy.roles import Role
from tools.sql.query import Filter, Op

_STAFF = "technician"
_LINKS = frozenset({"filler", "of", "all", "own", "that", "with", "now", "hint", "yesno"})


def relate(state: State) -> None:
    """Explain nouns of entities that are not the target."""
    for at in range(len(state.mentions)):
        if not state.free(at) or state.names_target(at):
            continue
        negated_at = negation_before(state, at)
        told = negated_at is not None or _relative_clause(state, at)
        names = state.names(at) or (_suggested(state, at) if told else set())
        if not names:
            continue
        if negated_at is not None and _missing(state, at, names, negated_at):
            continue
        forward = [n for n in names if state.world.joins.path(state.target, n)]
        if forward:
            continue
        backward = _backward(state, _meant(state, at, names))
        if backward is None:
            continue
        entity, via = backward
        if state.scopes and not _another(state, at, negated_at):
            continue
        for earlier in state.scopes:
            earlier.end = min(earlier.end, at if negated_at is None else negated_at)
        end = next((i for i in range(at + 1, len(state.mentions)) if state.names_target(i)), len(state.mentions))
        start = at - 2 if at > 1 and _describes(state, at - 1, entity) else at - 1
        state.scopes.append(Scope(entity, via, negated_at is not None, start, end))
        _so_old(state, at, state.scopes[-1])
        readings = state.mentions[at].readings
        plain = any(isinstance(r, EntityRef) and not r.weak for r in readings)
        said_more = not plain and any(isinstance(r, EnumRef | SegmentRef) for r in readings)
        if any(isinstance(r, EntityRef | Cue) for r in readings) and not said_more:
            state.claim(at)
        if negated_at is not None:
            claim_negation(state, negated_at)
            _echoes(state, at)
            state.scopes[-1].window = state.absence
        state.cost += 0.1 * (via.count(".") + 1)


def _so_old(state: State, at: int, scope: Scope) -> None:
    """con calderas de más de 5 años: of the related rows, those that are so old."""
    told, time = state.aged.get(at), state.world.catalogue.entities[scope.entity].default_time
    if told is None or time is None:
        return
    _, op, unit, count = told
    before = {Op.GT: Op.LT, Op.GE: Op.LE, Op.LT: Op.GT, Op.LE: Op.GE}.get(op, op)
    scope.filters.append(Filter(time, before, (shift(state.world.today, unit, -count),)))


def done_by_oneself(state: State) -> None:
    """equipos instalados por mí, of a technician: those whose installation was their own work."""
    deed = state.entity.deed
    if deed is None or state.world.role is not Role.TECHNICIAN:
        return
    said = [at for at in state.cues("agent") if state.free(at)]
    if said:
        filters = [Filter(c.field, c.op, tuple(c.values)) for c in deed.where]
        state.scopes.append(Scope(deed.entity, deed.via, False, said[0] - 1, said[0], filters=filters))
        for at in said:
            state.claim(at)


def _echoes(state: State, at: int) -> None:
    """no se han vendido nunca: the "nunca" says the same "no" again."""
    for later in range(at + 1, min(at + 3, len(state.mentions))):
        if state.mentions[later].text in {"nunca", "jamas", "never", "ever", "nada"}:
            state.claim(later)


def told_once(state: State) -> None:
    """no han cerrado ninguna avería: the verb and the noun deny the same rows, which the noun says better."""
    for scope in [s for s in state.scopes if not (s.filters or s.segments or s.window)]:
        if any(s is not scope and (s.entity, s.negated) == (scope.entity, scope.negated) for s in state.scopes):
            state.scopes.remove(scope)


def who_does_not(state: State) -> None:
    """quién no ha cerrado ninguna visita: the staff, of work that is done or to come; else whoever it is done for."""
    event = state.entity.event
    if event is None or not state.has("ask", "who") or state.names_anything():
        return
    for scope in (s for s in state.scopes if s.negated and s.entity == event.entity):
        done = any(state.world.catalogue.entities[scope.entity].segments[s.name].opposite for s in scope.segments)
        start = scope.window.period.start if scope.window is not None else None
        staff = done or (start is not None and start >= state.world.today)
        state.implied = state.implied or staff is (event.via == _STAFF)
        state.cost += 0.0 if state.implied else 0.5


def _another(state: State, at: int, negated_at: int | None) -> bool:
    """con contrato vencido y sin contrato activo, con ascensor sin revisión: one more condition of existence."""
    if negated_at is not None:
        return True
    first = state.preceding(at, frozenset({"filler", "of", "all"}))
    with_it = any(
        m.is_cue("with") or m.text in state.world.lexicon.possessing for m in state.mentions[max(0, at - 2) : at]
    )
    return first >= 0 and (state.mentions[first].is_cue("conj") or with_it)


def _describes(state: State, at: int, entity: str) -> bool:
    """an expired warranty: the adjective before the noun says which of them."""
    said = (r for r in state.mentions[at].readings if isinstance(r, SegmentRef) and not r.noun)
    return state.free(at) and any(r.entity == entity for r in said)


def _meant(state: State, at: int, names: set[str]) -> set[str]:
    """sin mantenimiento: what one has (a contract) when no time is said, what happens (visits) when one is."""
    had = {r.entity for r in state.mentions[at].readings if isinstance(r, SegmentRef) and r.noun} & names
    dated = any(isinstance(r, PeriodRef) for m in state.mentions[at + 1 : at + 4] for r in m.readings)
    event = state.entity.event.entity if state.entity.event is not None else None
    if had and not dated and event in names and event not in had:
        return had
    return names


def _relative_clause(state: State, at: int) -> bool:
    """clientes que compraron en 2025: a verb after "que", with a time of its own."""
    dated = any(isinstance(r, PeriodRef) for m in state.mentions[at + 1 : at + 3] for r in m.readings)
    return dated and at > 1 and state.mentions[at - 1].is_cue("that") and state.names_target(at - 2)


def _suggested(state: State, at: int) -> set[str]:
    """Entities that a verb speaks of ("no se han vendido"), when the target itself is named."""
    if not state.names_anything():
        return set()
    readings = state.mentions[at].readings
    weak = {r.entity for r in readings if isinstance(r, EntityRef) and r.weak}
    found = weak | {r.value for r in readings if isinstance(r, Cue) and r.kind == "hint"}
    return set() if state.target in found else found


def negation_before(state: State, at: int) -> int | None:
    """The "sin" or "no" that bears on mention ``at``, looking back over filler and verbs."""
    position = at - 1
    while position >= 0:
        mention = state.mentions[position]
        if mention.is_cue("without") or mention.is_cue("not"):
            return position
        kinds = {getattr(r, "kind", None) for r in mention.readings}
        if not kinds & (_LINKS | {"compare"}):
            return None
        position -= 1
    return None


def claim_negation(state: State, at: int) -> None:
    """Explain the negation at ``at`` and those it agrees with: "no han tenido ninguna" denies once."""
    state.claim(at)
    earlier = negation_before(state, at)
    if earlier is not None:
        claim_negation(state, earlier)


def _backward(state: State, names: set[str]) -> tuple[str, str] | None:
    options: list[tuple[int, str, str]] = []
    for name in sorted(names):
        via = state.world.joins.path(name, state.target)
        if via:
            options.append((via.count("."), name, via))
    if not options:
        return None
    prior = state.world.lexicon.entity_prior.get(state.world.role, {})
    _steps, name, via = min(options, key=lambda o: (o[0], -prior.get(o[1], 0.0), o[1]))
    return name, via


def _missing(state: State, at: int, names: set[str], negated_at: int) -> bool:
    """intervenciones sin técnico: the join is empty."""
    for name in sorted(names):
        route = state.world.joins.path(state.target, name)
        if not route or not any(isinstance(r, EntityRef) and r.entity == name for r in state.mentions[at].readings):
            continue
        entity = state.world.catalogue.entities[name]
        key = next((k for k, d in entity.dimensions.items() if d.identifier), entity.name)
        state.filters.append(Filter(f"{route}.{key}", Op.IS_NULL))
        state.claim(at)
        claim_negation(state, negated_at)
        return True
    return False
