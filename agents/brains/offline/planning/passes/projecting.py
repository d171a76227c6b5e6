"""What is wanted: counts, sums, averages, columns asked for, yes or no, order, chart."""

from __future__ import annotations

from itertools import pairwise

from agents.brains.offline.planning.meanings import (
    AskRef,
    DimensionRef,
    EntityRef,
    MeasureRef,
    Mention,
    SegmentRef,
)
from agents.brains.offline.planning.passes.columns import dimension_at
from agents.brains.offline.planning.passes.groupers import grouper_at
from agents.brains.offline.planning.passes.ranking import default_measure, measure_at
from agents.brains.offline.planning.state import State
from tools.sql.query import Aggregate, Measure, Segment

HOURS = ("cuantos ", "cuantas ", "how many ", "hora", "hour")
"""How a duration begins that is added up, not averaged: "cuántas horas", "horas trabajadas"."""
_LEFT = frozenset({"falta", "faltan", "queda", "quedan", "left"})
MISCOUNTED = 0.4
"""What it costs to count other rows than the ones asked for ("cuántos XP400", of orders)."""


def own_nouns(state: State) -> None:
    """Nouns that name the target explain themselves."""
    for at, mention in enumerate(state.mentions):
        if any(isinstance(r, EntityRef) and r.entity == state.target for r in mention.readings):
            weak = all(
                not isinstance(r, EntityRef) or r.weak
                for r in mention.readings
                if getattr(r, "entity", "") == state.target
            )
            state.claim(at, 0.95 if weak else 1.0)
            state.heads.add(state.target)


def counts(state: State) -> None:
    """cuántos X: rows, units, or distinct things that rows point to."""
    for at in state.cues("ask", "how_many"):
        state.counting = True
        state.claim(at)
        noun = state.following(at, frozenset({"filler", "of", "all", "own", "distinct"}))
        if noun < len(state.mentions) and not state.names_target(noun) and not state.measures:
            found = grouper_at(state, noun)
            if (found is not None and state.free(noun) and "." in found.grouping.field) or (
                state.has("distinct") and found
            ):
                state.measures.append(Measure(Aggregate.COUNT_DISTINCT, found.grouping.field))
                state.cost += 0.0 if state.has("distinct") else 0.3
                state.claim(noun)
            elif state.names(noun) and state.unit_measure() is None:
                state.cost += MISCOUNTED


def aggregates(state: State) -> None:
    """media de coste, total facturado, cuánto gasté, cuánto tardamos."""
    if state.distinct:
        return
    chosen = aggregate_said(state)
    if chosen is None:
        _time_left(state)
    for at, mention in enumerate(state.mentions):
        if not state.free(at):
            continue
        measure = measure_at(state, at, chosen)
        asks = [r for r in mention.readings if isinstance(r, AskRef) and r.measure and r.entity == state.target]
        if asks and state.single and not state.groups and _figure_of_row(state, asks[0].path):
            state.select.append(asks[0].path)
            state.counting = False
            state.claim(at)
            continue
        if measure is not None and chosen is None and _counts_things(state):
            state.claim(at, 0.9)
            continue
        if asks and state.order and state.limit == 1 and not state.groups and not _wants_column(state, at):
            state.select.append(asks[0].path)
            state.claim(at)
            continue
        if asks and not state.single and not _wants_column(state, at):
            known = state.entity.measures[asks[0].path]
            adds_up = mention.text.startswith(HOURS) and known.kind != "days"
            usual = Aggregate.SUM if adds_up else Aggregate(known.default_aggregate)
            measure = Measure(chosen or usual, asks[0].path)
        elif measure is not None and measure.field and state.limit == 1 and state.order and not state.groups:
            state.select.append(measure.field)
            state.counting = False
            state.claim(at)
            continue
        elif (chosen is not None or _of_each(state, at)) and (figure := _asked_figure(state, at)):
            measure = Measure(chosen or Aggregate.SUM, figure)
        elif measure is None or not _aggregated(state, at, chosen):
            continue
        ranked = any(o.measure is not None for o in state.order)
        noun = any(isinstance(r, EntityRef) and r.entity == state.target for r in mention.readings)
        if noun and state.measures:
            continue
        if chosen is None and measure.field and (mention.text.startswith(HOURS) or _worked(state, measure.field)):
            measure = Measure(Aggregate.SUM, measure.field)
        if measure not in state.measures and not ranked:
            state.measures.append(measure)
        state.claim(at)
    _one_figure(state)
    _several_aggregates(state)
    _how_much(state)
    _how_long(state)
    _averaged(state, chosen)
    for at in state.cues("aggregate"):
        used = state.measures and chosen is not None
        if used or (state.counting and state.mentions[at].is_cue("aggregate", "sum")):
            state.claim(at)


def _figure_of_row(state: State, measure: str) -> bool:
    """cuántas horas eché en la 1209: of the one row that is named, how much it took."""
    return state.entity.measures[measure].between is not None


def _counts_things(state: State) -> bool:
    """cuántos clientes nos han comprado: how many of them there are; the verb only says which."""
    counted = state.counting and any(m.aggregate is Aggregate.COUNT_DISTINCT for m in state.measures)
    return counted and not state.has("conj") and not state.has("ask", "how_much")


def _time_left(state: State) -> None:
    """cuánto me queda de garantía: of each row in force, until when and how long; not one figure of them all."""
    left = {k: m.between[1] for k, m in state.entity.measures.items() if m.between and m.between[0] == "today"}
    for at, mention in enumerate(state.mentions):
        said = next((figure for figure in figures_at(state, mention) if figure in left), None)
        if said is None or not state.free(at) or state.groups or state.measures or state.order:
            continue
        state.select += [left[said], said]
        state.segments += _called_so(state, mention)
        state.counting = False
        state.claim(at)
        in_force = state.entity.segments.get("active")
        if in_force is not None and not any(_tells_state(state, s.name) for s in state.segments):
            state.segments.append(Segment("active"))


def _called_so(state: State, mention: Mention) -> list[Segment]:
    """cuánta garantía: the rows that the question word asks how much is left of."""
    inside = (r for part in mention.parts for r in part.readings if isinstance(r, SegmentRef) and r.noun)
    named = dict.fromkeys(Segment(r.segment) for r in inside if r.entity == state.target)
    return [segment for segment in named if segment not in state.segments]


def _tells_state(state: State, name: str) -> bool:
    """Does the segment say which are meant? "Se me acaba" and "garantía" do not."""
    return not state.entity.segments[name].noun and f"{state.target}.{name}" not in state.world.lexicon.without_period


def _one_figure(state: State) -> None:
    """cuántas horas he echado, valor total: several words of one figure; two figures are joined by "y"."""
    if len(state.measures) < 2 or any(o.measure for o in state.order) or state.having:
        return
    named = [at for at, m in enumerate(state.mentions) if at in state.claimed and figures_at(state, m)]
    if any(state.mentions[at].is_cue("conj") for at in range(named[0], named[-1])):
        return
    aggregates = {m.aggregate for m in state.measures if m.field == state.measures[0].field}
    if len(aggregates) > 1 and len(list(state.cues("aggregate"))) > 1:
        return
    told = [r for at in named if not _bare(state.mentions[at]) for r in figures_at(state, state.mentions[at])]
    whole = [at for at in named if " " in state.mentions[at].text and not _averages(state.mentions[at])]
    longest = sorted(whole, key=lambda at: -len(state.mentions[at].text.split()))
    phrases = [f for at in longest for f in figures_at(state, state.mentions[at])]
    kept = next((m for f in phrases for m in state.measures if m.field == f), None)
    state.measures = [kept or next((m for m in state.measures if m.field in told), state.measures[0])]


def _averages(mention: Mention) -> bool:
    """pedido medio: a figure by how it is taken, which says less than what it is of."""
    return any(part.is_cue("aggregate") or part.cue("ask") for part in mention.parts)


def figures_at(state: State, mention: Mention) -> list[str]:
    """Measures of the target that ``mention`` names or asks for."""
    return [
        r.measure if isinstance(r, MeasureRef) else r.path
        for r in mention.readings
        if (isinstance(r, MeasureRef) or (isinstance(r, AskRef) and r.measure)) and r.entity == state.target
    ]


def _bare(mention: Mention) -> bool:
    """Does it only ask how much, or say that it is a total?"""
    return mention.is_cue("aggregate") or mention.is_cue("ask")


def _several_aggregates(state: State) -> None:
    """precio mínimo y máximo: one figure, in each of the ways that are asked."""
    said = list(state.cues("aggregate"))
    if len(state.measures) != 1 or len(said) < 2 or state.groups:
        return
    only = state.measures[0]
    for before, at in pairwise(said):
        joined = at == before + 1 or any(m.is_cue("conj") for m in state.mentions[before + 1 : at])
        cue = state.mentions[at].cue("aggregate")
        if joined and cue is not None and only.field is not None:
            other = Measure(Aggregate(cue.value), only.field)
            state.measures += [] if other in state.measures else [other]
            state.claim(at)


def _worked(state: State, field: str) -> bool:
    """cuánto tiempo llevo trabajado: hours of one's own add up."""
    hours = field in state.entity.measures and state.entity.measures[field].kind == "hours"
    words = (word for m in state.mentions for word in m.text.split())
    return hours and any(
        word.startswith(("trabaj", "worked", "eche", "echado", "echamos", "dedi", "curr")) for word in words
    )


def _of_each(state: State, at: int) -> bool:
    """cuánto pago por cada equipo: of each group, what its rows come to."""
    return bool(state.groups) and not state.measures and state.mentions[at].text.startswith(("cuanto ", "how much "))


def _asked_figure(state: State, at: int) -> str | None:
    """cuánto cuesta de media: the measure of the same name as the column asked."""
    said = state.mentions[at].readings
    paths = [r.path for r in said if isinstance(r, AskRef) and r.entity == state.target]
    paths += [r.dimension for r in said if isinstance(r, DimensionRef) and r.entity == state.target]
    return next((p for p in paths if p in state.entity.measures), None)


def _how_much(state: State) -> None:
    """cuánto, and no number named: the money of the target."""
    money = next((k for k, m in state.entity.measures.items() if m.kind == "money"), None)
    for at in state.cues("ask", "how_much"):
        if money is None or state.measures or not state.free(at) or state.single or state.limit is not None:
            continue
        if any(dimension_at(state, i)[0] for i in range(at, len(state.mentions)) if state.free(i)):
            continue
        state.measures.append(Measure(Aggregate.SUM, money))
        state.claim(at)


def _how_long(state: State) -> None:
    """cuánto tardan, and no duration named: the first of the target, on average."""
    duration = next((k for k, m in state.entity.measures.items() if m.kind in {"hours", "days"}), None)
    for at in state.cues("ask", "how_long"):
        if state.free(at) and _until_it_comes(state, at):
            continue
        if duration is not None and not (state.measures or state.select) and state.free(at):
            state.measures.append(Measure(Aggregate.AVG, duration))
            state.claim(at)


def _until_it_comes(state: State, at: int) -> bool:
    """cuántos días faltan para mi visita: when it is, of those to come; not how long one takes."""
    time = state.entity.default_time
    if _LEFT.isdisjoint(state.mentions[at].text.split()) or "upcoming" not in state.entity.segments or time is None:
        return False
    state.select.append(time)
    if Segment("upcoming") not in state.segments:
        state.segments.append(Segment("upcoming"))
    state.claim(at)
    return True


def _averaged(state: State, chosen: Aggregate | None) -> None:
    """pedido medio: the money of the target, on average; "media de pedidos por cliente" counts them."""
    money = next((k for k, m in state.entity.measures.items() if m.kind == "money"), None)
    for at in state.cues("aggregate", "avg"):
        units = any(i not in state.grouped for i in state.cues("unit"))
        if chosen is not Aggregate.AVG or state.measures or units:
            return
        counted_by = state.has("ask", "how_many") and state.groups
        if money is not None and state.names_target(at - 1) and not counted_by:
            state.measures.append(Measure(Aggregate.AVG, money))
        elif state.groups and not state.having and any(state.names_target(i) for i in range(len(state.mentions))):
            counted = default_measure(state)
            # al día por técnico: of each of them, the average over the days.
            over = next((g for g in state.groups if g.grain is not None), state.groups[-1])
            state.groups.remove(over)
            state.measures.append(Measure(Aggregate.AVG, counted.field, per=over))
            state.counting = False
            state.claim(at)


def _wants_column(state: State, at: int) -> bool:
    columns = any(
        isinstance(r, AskRef) and not r.measure and r.entity == state.target for r in state.mentions[at].readings
    )
    return columns and (state.limit is not None or state.latest)


def aggregate_said(state: State) -> Aggregate | None:
    """The aggregate that the question names and nothing explained yet."""
    for at in state.cues("aggregate"):
        cue = state.mentions[at].cue("aggregate")
        if cue is not None and state.free(at):
            return Aggregate(cue.value)
    return None


def _aggregated(state: State, at: int, chosen: Aggregate | None) -> bool:
    """Is the number at ``at`` wanted as one figure (or one per group), not as a column?"""
    noun = any(
        isinstance(r, EntityRef) and not r.weak and r.entity == state.target for r in state.mentions[at].readings
    )
    figure = state.groups or state.window or state.compare or chosen or state.has("ask", "how_much")
    if noun and (state.has("ask", "how_many") or not figure):
        return False
    if chosen is None and not state.groups and _which_rows(state):
        return False
    if state.single or (state.limit is not None and state.order and not state.groups):
        return False
    column = any(isinstance(r, DimensionRef) and r.entity == state.target for r in state.mentions[at].readings)
    asked = state.has("ask", "how_much") or state.has("ask", "how_long")
    return chosen is not None or bool(state.groups) or asked or not column or state.window is not None


def _which_rows(state: State) -> bool:
    """qué productos he comprado: asks for the things, not for how many or how much."""
    if any(
        m.text.startswith(("que ", "which ", "what ", "cuales "))
        and any(isinstance(r, AskRef) and not r.measure and r.entity == state.target for r in m.readings)
        for m in state.mentions[:2]
    ):
        return not state.has("more") and not state.has("less")
    first = next((m for m in state.mentions if m.cue("ask")), None)
    return (
        first is not None
        and first.is_cue("ask", "which")
        and first.text in {"que", "which", "what", "cuales"}
        and not any(state.has("ask", value) for value in ("how_many", "how_much", "how_long"))
        and any(state.names(i) for i in range(1, len(state.mentions)) if state.mentions[i - 1] is first)
    )
