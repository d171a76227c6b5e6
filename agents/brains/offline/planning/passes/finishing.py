"""Defaults, last of all: what a list shows, what a count counts, yes or no, order."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import AskRef, SegmentRef
from agents.brains.offline.planning.passes.asking import FAR
from agents.brains.offline.planning.passes.columns import dimension_at
from agents.brains.offline.planning.passes.projecting import figures_at
from agents.brains.offline.planning.passes.ranking import default_measure
from agents.brains.offline.planning.state import BETWEEN, State, readable
from tools.sql.query import Aggregate, Grouping, Measure, Op, Order, Segment

_LISTS = frozenset({"relacion", "listado", "lista", "historial", "list"})
_ASIDE = 4
"""Mentions between "y" and the figure that it joins, at most."""
_ITS = frozenset({"su", "sus", "its", "their", "el", "la", "the"})
_PAST = ("o", "aron", "ieron", "asteis", "isteis", "arrived", "arrive", "delivered")
"""How verbs end that tell of what is done."""
_COMING = ("a", "an", "re", "is", "arrive", "delivered")
"""How verbs end that tell of what is to come."""
_WHETHER = frozenset({"si", "if", "whether"})
_OPENING = 6
_OF_WHICH = frozenset({"que", "cual", "which", "what"})


def finish(state: State) -> None:
    """Defaults: what a list shows, what a count counts, yes or no."""
    if state.counting and not state.measures:
        state.measures.append(default_measure(state))
    if state.groups and not state.measures:
        state.measures.append(default_measure(state))
    _largest_of_each(state)
    if state.groups:
        kept = {g.field for g in state.groups}
        state.order = [
            o if o.measure is not None or o.field in kept else Order(measure=0, descending=o.descending)
            for o in state.order
        ]
    if state.groups and not state.order:
        _default_group_order(state)
    if state.has("chart"):
        state.chart = True
        for at in state.cues("chart"):
            state.claim(at)
        if not state.measures:
            state.measures.append(default_measure(state))
    _asked_besides(state)
    _possible(state)
    _listing(state)
    if state.measures:
        state.select.clear()
        _of_one_row(state)
        state.limit = state.limit if state.groups else None
        state.order = state.order if state.groups else []
    elif state.select and not state.distinct:
        state.select[:0] = [p for p in _identity(state) if p not in state.select]
        if set(state.select) <= set(_identity(state)) and state.limit is None and not _narrowed(state):
            state.select.clear()
        unit = state.unit_measure()
        state.select += [unit] if state.select and unit is not None and unit not in state.select else []
    _ordered_by(state)
    _latest(state)
    _existence(state)
    _soonest(state)


def _largest_of_each(state: State) -> None:
    """el pedido más grande de cada mes: the largest figure of each step of time."""
    by = state.order[0] if len(state.order) == 1 else None
    steps = bool(state.groups) and all(g.grain is not None for g in state.groups)
    if by is None or not steps or state.measures != [default_measure(state)] or by.field not in state.entity.measures:
        return
    state.measures = [Measure(Aggregate.MAX if by.descending else Aggregate.MIN, by.field)]
    state.order, state.limit = [], None


def _asked_besides(state: State) -> None:
    """cuántos hay y dónde están: rows, which are counted too; cuántos pedidos y por qué importe: two figures."""
    if state.groups or not state.counting:
        return
    counted = list(state.cues("ask", "how_many"))
    joined = [at for at in state.cues("conj") if counted and at > counted[0]]
    if not joined:
        return
    rows = Measure(Aggregate.COUNT)
    if state.measures == [rows] and (date := _asked_year(state, joined[0])) is not None:
        state.measures.clear()
        state.counting = False
        state.select.append(date)
    elif state.measures == [rows] and (kinds := _asked_kinds(state, joined[0])):
        state.groups += kinds
        _default_group_order(state)
    elif state.measures == [rows] and any(_asks_column(state, at) for at in range(joined[0], len(state.mentions))):
        state.measures.clear()
        state.counting = False
    elif _counts_target(state, counted[0]) and (money := _money_asked(state, joined[0])) is not None:
        figures = [m for m in state.measures if m != rows] or [Measure(Aggregate.SUM, money)]
        state.measures = [rows, *figures]
        state.select = [path for path in state.select if path != money]


def _ordered_by(state: State) -> None:
    """técnicos ordenados por antigüedad: a list shows what it is in order of."""
    listed = state.entity.lists.get(state.world.role.value, state.entity.default_list)
    by = next((o.field for o in state.order if o.field is not None), None)
    asked = by is not None and by not in listed and by in state.entity.dimensions and state.has("order")
    if asked and by is not None and not (state.select or state.measures or state.distinct):
        state.select = [*(p for p in listed if readable(state, p)), by]


def _of_one_row(state: State) -> None:
    """cuántas piezas en mi último pedido: a count of one row says nothing, so that word stays unexplained."""
    if state.counting and state.limit == 1 and not state.groups:
        for at in state.cues("last"):
            state.claimed.pop(at, None)


def _listing(state: State) -> None:
    """relación de visitas con su coste: a list that shows that column too."""
    only = state.measures[0] if len(state.measures) == 1 and not (state.groups or state.counting) else None
    if only is None or only.aggregate is not Aggregate.SUM or only.field not in state.entity.dimensions:
        return
    at = next((i for i in state.cues("list") if not _LISTS.isdisjoint(state.mentions[i].text.split())), None)
    shown = state.has("with") and at is not None and state.names_target(state.following(at))
    if (shown or _with_its(state, only.field)) and only.field is not None:
        listed = state.entity.lists.get(state.world.role.value, state.entity.default_list)
        state.select = [*(p for p in listed if readable(state, p)), only.field]
        state.measures.clear()


def _with_its(state: State, field: str | None) -> bool:
    """contratos cancelados con su importe: of each row, its own figure."""
    for at in state.cues("with"):
        follower = state.mentions[at + 2] if at + 2 < len(state.mentions) else None
        its = state.mentions[at + 1].text in _ITS if at + 1 < len(state.mentions) else False
        if its and follower is not None and field in figures_at(state, follower):
            return True
    return _and_its(state, field)


def _and_its(state: State, field: str | None) -> bool:
    """pedidos de octubre y el total, y cuánto suman: rows are named first, and then their figure."""
    named = next((i for i in range(len(state.mentions)) if state.names_target(i)), None)
    for at in state.cues("conj"):
        asked = any(
            (m.cue("ask") and not m.is_cue("ask", "which")) or m.is_cue("aggregate") for m in state.mentions[:at]
        )
        if named is not None and named < at and not asked:
            return any(field in figures_at(state, m) for m in state.mentions[at + 1 : at + _ASIDE])
    return False


def _possible(state: State) -> None:
    """pendientes de que alguien las responda: of two conditions that no row can meet at once, the first one said."""
    kept: list[Segment] = []
    for segment in state.segments:
        if not any(_exclude(state, segment, other) for other in kept):
            kept.append(segment)
    state.segments = [s for s in kept if not any(_belies(state, other, s) for other in kept)]


def _belies(state: State, one: Segment, other: Segment) -> bool:
    """programadas cuya fecha ya pasó: of before now and from now on, the one that says it is late."""
    if one.negated or other.negated:
        return False
    known = state.entity.segments
    before = {c.field for c in known[one.name].where if c.op is Op.LT and c.values == ("now",)}
    after = {c.field for c in known[other.name].where if c.op is Op.GE and c.values == ("now",)}
    return not before.isdisjoint(after)


def _exclude(state: State, one: Segment, other: Segment) -> bool:
    if one.negated or other.negated:
        return False
    known = [state.entity.segments[s.name].where for s in (one, other)]
    values = [{c.field: set(c.values) for c in where if c.op in {Op.EQ, Op.IN}} for where in known]
    above = [{c.field: c.values for c in where if c.op is Op.GT} for where in known]
    apart = any(values[0][f].isdisjoint(values[1][f]) for f in values[0].keys() & values[1].keys())
    return apart or any(
        set(above[i][f]) == values[1 - i][f] for i in (0, 1) for f in above[i].keys() & values[1 - i].keys()
    )


def _counts_target(state: State, at: int) -> bool:
    """cuántas veces habéis venido: occasions of what the target is."""
    noun = state.following(at)
    spoken = noun < len(state.mentions) and state.mentions[noun].is_cue("hint", state.target)
    bare = at + 1 < len(state.mentions) and state.mentions[at + 1].is_cue("conj")
    return spoken or bare or state.names_target(noun)


def _money_asked(state: State, joined: int) -> str | None:
    """… y por qué importe: the amount that is asked for beside the number."""
    named = (f for m in state.mentions[joined:] for f in figures_at(state, m))
    return next((f for f in named if state.entity.measures[f].kind == "money"), None)


def _asked_kinds(state: State, joined: int) -> list[Grouping]:
    """… y de qué tipo son: how many of each."""
    for at in range(joined, len(state.mentions)):
        before = state.mentions[max(joined, at - 2) : at]
        said = {word for m in (*before, state.mentions[at]) for word in m.text.split()}
        path, distance = dimension_at(state, at)
        if path is None or distance > FAR or said.isdisjoint(_OF_WHICH):
            continue
        if state.world.joins.dimension(state.target, path).categorical:
            state.claim(at)
            for most in (i for i in range(joined, len(state.mentions)) if state.mentions[i].is_cue("most")):
                state.claim(most)
            return [Grouping(path)]
    return []


def _asked_year(state: State, joined: int) -> str | None:
    """… y de qué año son: the date of each."""
    told = state.mentions[joined:]
    words = [{word for m in told[max(0, i - 1) : i + 1] for word in m.text.split()} for i in range(len(told))]
    asked = any(
        (m.is_cue("grain", "year") or m.is_cue("unit", "year")) and not words[i].isdisjoint(_OF_WHICH)
        for i, m in enumerate(told)
    )
    grouped = any(g.grain is not None for g in state.groups)
    return state.entity.default_time if asked and not grouped else None


def _asks_column(state: State, at: int) -> bool:
    mention = state.mentions[at]
    asks = any(isinstance(r, AskRef) and not r.measure and r.entity == state.target for r in mention.readings)
    return asks or (mention.is_cue("ask", "where", "when", "who") and bool(state.select))


def _soonest(state: State) -> None:
    """las visitas de mañana: what lies ahead is told in the order in which it comes."""
    window = state.window
    ahead = window is not None and window.period.start is not None and window.period.start >= state.world.today
    default = state.entity.default_order[:1]
    rows = not (state.order or state.measures or state.exists)
    if ahead and window and window.field and rows and default == (f"-{window.field}",):
        state.order.append(Order(field=window.field))


def _identity(state: State) -> tuple[str, ...]:
    """The columns that tell one row from another to this role."""
    role = state.world.role.value
    told = state.entity.identity.get(role)
    if told is not None:
        one = {f.field for f in state.filters if f.op is Op.EQ and f.field.endswith(".name")}
        return tuple(p for p in told if p not in one or p == state.entity.name)
    listed = state.entity.lists.get(role, state.entity.default_list)
    return listed[:1] if listed[0] == "name" else listed[:2]


def _narrowed(state: State) -> bool:
    """Did the question ask for a column with a question word?"""
    return any(isinstance(r, AskRef) and r.entity == state.target for m in state.mentions for r in m.readings)


def _default_group_order(state: State) -> None:
    timed = next((g for g in state.groups if g.grain is not None), None)
    if timed is not None:
        state.order.append(Order(field=timed.field))
    else:
        state.order.append(Order(measure=0, descending=True))


def _latest(state: State) -> None:
    """ "La última visita" is one that took place, unless the question says otherwise."""
    _arrived(state)
    _to_arrive(state)
    _told_how_it_is(state)
    closed = state.entity.segments.get("closed")
    statuses = any(f.field == "status" for f in state.filters)
    if not state.latest or closed is None or not closed.time or state.segments or statuses or state.measures:
        return
    state.segments.append(Segment("closed"))
    state.order = [
        Order(field=closed.time if o.field == state.entity.default_time else o.field, descending=o.descending)
        for o in state.order
    ]


def _told_how_it_is(state: State) -> None:
    """mi último pedido ya está entregado: of the one row that is meant, how it is; not the last of those."""
    if state.limit != 1 or state.measures or "status" not in state.entity.dimensions:
        return
    for at, mention in enumerate(state.mentions):
        before = state.preceding(at, BETWEEN | {"now"})
        if before < 1 or state.mentions[before].text not in state.world.lexicon.copulas:
            continue
        said = {r.segment for r in mention.readings if isinstance(r, SegmentRef) and r.entity == state.target}
        kept = [s for s in state.segments if s.name not in said]
        if len(kept) == len(state.segments) or not any(state.names_target(i) for i in range(before)):
            continue
        times = (state.entity.segments[name].time for name in sorted(said))
        state.segments = kept
        state.select = list(dict.fromkeys([*_identity(state), *state.select, "status", *(t for t in times if t)]))
        state.latest = False


def _to_arrive(state: State) -> None:
    """cuándo llega mi pedido: asked of what is still to come, unless one is named."""
    if state.segments or state.filters or state.window or state.compare or state.order or state.measures:
        return
    for mention in state.mentions:
        asked = [r.path for r in mention.readings if isinstance(r, AskRef) and r.entity == state.target]
        done = next((s for s in state.entity.segments.values() if s.time in asked and s.opposite is not None), None)
        if done is not None and done.opposite is not None and mention.text.endswith(_COMING):
            state.segments.append(Segment(done.opposite))
            return


def _arrived(state: State) -> None:
    """cuándo me llegó el último pedido: the last one that did arrive."""
    if not state.latest or state.segments or state.measures:
        return
    for mention in state.mentions:
        asked = [r.path for r in mention.readings if isinstance(r, AskRef) and r.entity == state.target]
        done = next((n for n, s in state.entity.segments.items() if s.time in asked and s.opposite is not None), None)
        if done is not None and mention.text.endswith(_PAST):
            state.segments.append(Segment(done))
            time = state.entity.segments[done].time
            state.order = [Order(field=time, descending=o.descending) for o in state.order[:1]]
            return


def _existence(state: State) -> None:
    """¿tengo…?, ¿hay…?: yes or no, when nothing else is asked."""
    first = next((at for at, m in enumerate(state.mentions) if m.cue("yesno") and not _asks_before(state, at)), None)
    whether = next((at for at, m in enumerate(state.mentions[:_OPENING]) if m.text in _WHETHER), None)
    first = whether if whether is not None and first is not None and whether < first else first
    leading = first is not None and all(
        m.is_cue("filler") or m.is_cue("list") or m.is_cue("own") or m.is_cue("conj") for m in state.mentions[:first]
    )
    if leading and not state.measures and not state.select and not state.order:
        state.exists = True
        _at_hand(state)


def _at_hand(state: State) -> None:
    """¿queda algún compresor?: a row that holds none is no yes."""
    counts = state.unit_measure()
    told = any(f.field == counts for f in state.filters)
    if counts and "available" in state.entity.segments and not state.segments and not told:
        state.segments.append(Segment("available"))


def _asks_before(state: State, at: int) -> bool:
    return any(m.cue("ask") for m in state.mentions[: at + 1])
