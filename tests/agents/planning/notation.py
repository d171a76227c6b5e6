"""Plans as one line of text, so that hundreds of expectations can be read."""

from __future__ import annotations

from agents.brains.protocol import Clarify, NotAllowed, Plan, Planned
from tools.sql.query import Filter, Measure, Query, Related, Segment, TimeWindow


def write(plan: Plan) -> str:
    """``plan`` in the notation of ``cases.yaml``."""
    if isinstance(plan, NotAllowed):
        return f"denied {plan.what} {plan.reason}"
    if isinstance(plan, Clarify):
        return f"clarify {' / '.join(plan.options)}"
    if isinstance(plan, Planned):
        return (
            write_query(plan.query) + (" | chart" if plan.chart else "") + (f" | then {plan.then}" if plan.then else "")
        )
    return "not understood"


def write_query(query: Query) -> str:
    """``query`` without its defaults."""
    parts = [query.entity]
    parts += [f"{'distinct' if query.distinct else 'show'} {' '.join(query.select)}"] if query.select else []
    parts += [_measure(m) for m in query.measures]
    parts += [f"by {g.field}" + (f":{g.grain}" if g.grain else "") for g in query.group_by]
    parts += [_filter(f) for f in sorted(query.filters, key=lambda f: f.field)]
    parts += sorted(_segment(s) for s in query.segments)
    parts += [f"in {_window(query.window)}"] if query.window else []
    parts += [f"compare {' with '.join(_window(w) for w in query.compare)}"] if query.compare else []
    parts += [_related(r) for r in query.related]
    parts += [f"having {h.measure} {h.op} {h.value}" for h in query.having]
    parts += [f"order {o.field or o.measure}{' desc' if o.descending else ''}" for o in query.order]
    parts += [f"limit {query.limit}"] if query.limit else []
    parts += [f"skip {query.offset}"] if query.offset else []
    parts += [f"per {query.limit_per}"] if query.limit_per else []
    parts += ["exists"] if query.exists else []
    return " | ".join(parts)


def _measure(measure: Measure) -> str:
    only = [_filter(f) for f in measure.filters] + [_segment(s) for s in measure.segments]
    only += [_related(r) for r in measure.related]
    share = " share" if measure.share else f" per {measure.per.field}" if measure.per else ""
    return f"{measure.aggregate} {measure.field or 'rows'}{share}{' of ' + ', '.join(only) if only else ''}"


def _filter(kept: Filter) -> str:
    return f"{kept.field} {kept.op} {', '.join(str(v) for v in kept.values)}".strip()


def _segment(segment: Segment) -> str:
    return f"{'not ' if segment.negated else ''}{segment.name}"


def _window(window: TimeWindow) -> str:
    hours = f" {window.period.hours[0]}-{window.period.hours[1]}h" if window.period.hours else ""
    days = f" on {','.join(str(day) for day in window.period.weekdays)}" if window.period.weekdays else ""
    return f"{window.field} {window.period.start or '...'}..{window.period.end or '...'}{hours}{days}"


def _related(related: Related) -> str:
    inner = [_filter(f) for f in related.filters] + [_segment(s) for s in related.segments]
    inner += [f"in {_window(related.window)}"] if related.window else []
    verb = "without" if related.negated else "with"
    return f"{verb} {related.entity}{' (' + '; '.join(inner) + ')' if inner else ''}"
