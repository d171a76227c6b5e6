"""Semantic queries as the model reads and writes them, and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from agents.brains.llm.outputs import FilterOut, HavingOut, MeasureOut, PeriodOut, QueryOut, RelatedOut, Value
from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.period_words import PeriodWords, write_span, write_weekdays
from agents.brains.protocol import Language
from core.errors import QueryInvalid
from tools.sql.catalogue import Catalogue
from tools.sql.coerce import MOMENTS
from tools.sql.query import (
    Filter,
    Grain,
    Grouping,
    Having,
    Measure,
    Order,
    Period,
    Query,
    Related,
    Scalar,
    Segment,
    TimeWindow,
)

_NOT = "-"
_MEASURE = "#"
_GRAIN = ":"


class QueryReader:
    """Turns what the model wrote into a :class:`Query`; raises :class:`QueryInvalid` where it says nothing."""

    def __init__(self, catalogue: Catalogue, words: PeriodWords) -> None:
        self._catalogue = catalogue
        self._words = words

    def read(self, out: QueryOut, language: Language) -> Query:
        """The query that ``out`` says; whether the catalogue and the grants know its names is checked by compiling."""
        entity = out.entity
        return Query(
            entity=entity,
            select=tuple(out.select),
            distinct=out.distinct,
            measures=tuple(self._measure(item, entity, language) for item in out.measures),
            group_by=tuple(_grouping(item) for item in out.group),
            filters=self._filters(out.filters, entity),
            segments=_segments(out.segments),
            window=self._window(out.period, language),
            compare=tuple(window for item in out.compare if (window := self._window(item, language)) is not None),
            related=self._related(out.related, language),
            having=tuple(Having(item.measure, item.op, Decimal(str(item.value))) for item in out.having),
            order=tuple(_order(item) for item in out.order),
            limit=out.limit,
            limit_per=out.limit_per,
            exists=out.exists,
            offset=out.offset,
        )

    def _measure(self, out: MeasureOut, entity: str, language: Language) -> Measure:
        return Measure(
            out.agg,
            out.field,
            out.share,
            self._filters(out.filters, entity),
            _segments(out.segments),
            _grouping(out.per) if out.per else None,
            self._related(out.related, language),
        )

    def _related(self, items: Iterable[RelatedOut], language: Language) -> tuple[Related, ...]:
        return tuple(
            Related(
                item.entity,
                item.via,
                item.negated,
                self._filters(item.filters, item.entity),
                _segments(item.segments),
                self._window(item.period, language),
            )
            for item in items
        )

    def _window(self, out: PeriodOut | None, language: Language) -> TimeWindow | None:
        if out is None or (out.since is None and out.to is None and out.hours is None and not out.weekdays):
            return None
        if out.since is not None and out.to is not None and out.since >= out.to:
            raise QueryInvalid("A period ends before it begins; `to` is the day after its last.")
        weekdays = tuple(sorted(set(out.weekdays)))
        said = (
            write_weekdays(weekdays, self._words, language) if weekdays else "",
            write_span(Span(out.since, out.to), self._words, language),
        )
        label = ", ".join(filter(None, said))
        return TimeWindow(Period(out.since, out.to, label, out.hours, weekdays), out.field)

    def _filters(self, items: Iterable[FilterOut], entity: str) -> tuple[Filter, ...]:
        return tuple(
            Filter(item.field, item.op, tuple(self._scalar(value, item.field, entity) for value in item.values))
            for item in items
        )

    def _scalar(self, value: Value, path: str, entity: str) -> Scalar:
        if isinstance(value, float):
            return Decimal(str(value))
        try:
            kind = self._catalogue.dimension(entity, path).kind
            return date.fromisoformat(value) if kind in MOMENTS and isinstance(value, str) else value
        except ValueError:
            return value


def write_query(query: Query) -> dict[str, Any]:
    """``query`` as the model is shown it, and would write it."""
    out = QueryOut(
        entity=query.entity,
        select=list(query.select),
        distinct=query.distinct,
        measures=[_measure_out(item) for item in query.measures],
        group=[_grouping_out(item) for item in query.group_by],
        filters=_filters_out(query.filters),
        segments=_segments_out(query.segments),
        period=_period_out(query.window),
        compare=[period for item in query.compare if (period := _period_out(item)) is not None],
        related=[_related_out(item) for item in query.related],
        having=[HavingOut(measure=item.measure, op=item.op, value=float(item.value)) for item in query.having],
        order=[_order_out(item) for item in query.order],
        limit=query.limit,
        limit_per=query.limit_per,
        exists=query.exists,
        offset=query.offset,
    )
    return out.model_dump(mode="json", exclude_defaults=True)


def _measure_out(measure: Measure) -> MeasureOut:
    return MeasureOut(
        agg=measure.aggregate,
        field=measure.field,
        share=measure.share,
        per=_grouping_out(measure.per) if measure.per else None,
        filters=_filters_out(measure.filters),
        segments=_segments_out(measure.segments),
        related=[_related_out(item) for item in measure.related],
    )


def _related_out(related: Related) -> RelatedOut:
    return RelatedOut(
        entity=related.entity,
        via=related.via,
        negated=related.negated,
        filters=_filters_out(related.filters),
        segments=_segments_out(related.segments),
        period=_period_out(related.window),
    )


def _period_out(window: TimeWindow | None) -> PeriodOut | None:
    if window is None:
        return None
    period = window.period
    return PeriodOut(
        since=period.start, to=period.end, field=window.field, hours=period.hours, weekdays=list(period.weekdays)
    )


def _filters_out(filters: Iterable[Filter]) -> list[FilterOut]:
    return [
        FilterOut(field=item.field, op=item.op, values=[_value_out(value) for value in item.values]) for item in filters
    ]


def _value_out(value: Scalar) -> Value:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _segments(names: Iterable[str]) -> tuple[Segment, ...]:
    return tuple(Segment(name.removeprefix(_NOT), name.startswith(_NOT)) for name in names)


def _segments_out(segments: Iterable[Segment]) -> list[str]:
    return [f"{_NOT if segment.negated else ''}{segment.name}" for segment in segments]


def _grouping(text: str) -> Grouping:
    path, _, grain = text.partition(_GRAIN)
    try:
        return Grouping(path, Grain(grain) if grain else None)
    except ValueError:
        raise QueryInvalid(f"{grain} is no grain.") from None


def _grouping_out(grouping: Grouping) -> str:
    return f"{grouping.field}{_GRAIN}{grouping.grain.value}" if grouping.grain else grouping.field


def _order(text: str) -> Order:
    name, descending = text.removeprefix(_NOT), text.startswith(_NOT)
    if not name.startswith(_MEASURE):
        return Order(field=name, descending=descending)
    if not name[1:].isdigit():
        raise QueryInvalid(f"{name} is no measure.")
    return Order(measure=int(name[1:]), descending=descending)


def _order_out(order: Order) -> str:
    name = f"{_MEASURE}{order.measure}" if order.measure is not None else str(order.field)
    return f"{_NOT if order.descending else ''}{name}"
