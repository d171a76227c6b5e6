"""Charts of grouped rows as PNG images that are readable on a phone: rankings, series in time, shares."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_compact_currency, format_compact_decimal, format_decimal, format_percent

from tools.sql.catalogue import Catalogue, load_catalogue
from tools.sql.query import Aggregate, Column, Query, Rows

_TIMES = frozenset({"date", "month", "week", "quarter", "year"})
_NUMBERS = frozenset({"integer", "number", "money", "hours", "days", "percent"})
_MAX_BARS = 15
_MAX_LINES = 6
_MAX_POINTS = 400
_LABEL_WIDTH = 28
_COLOURS = ("#1f6f8b", "#e07a2f", "#3d8b5f", "#a23e48", "#6b5b95", "#8c7a3d")
_MISSING = "—"


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of bars or one line: names along the axis and their values."""

    name: str
    points: tuple[tuple[object, float], ...]


def draw_chart(query: Query, rows: Rows, language: str = "es", catalogue: Catalogue | None = None) -> bytes | None:
    """A PNG of ``rows``, which answer ``query``; None when there is nothing to compare in a drawing."""
    values = _value_columns(query, rows)
    labels = list(range(len(rows.columns) - len(query.measures)))
    if not values or not labels or len(rows.rows) < 2:
        return None
    known = catalogue or _default_catalogue()
    value = values[0]
    axis = _time_axis(rows, labels)
    if axis is None:
        return _bars(rows, labels, value, language, known)
    others = [i for i in labels if i != axis]
    return _series(query, rows, axis, others, value, language, known)


def _value_columns(query: Query, rows: Rows) -> list[int]:
    first = len(rows.columns) - len(query.measures)
    return [i for i in range(max(first, 0), len(rows.columns)) if rows.columns[i].kind in _NUMBERS]


def _time_axis(rows: Rows, labels: Sequence[int]) -> int | None:
    return next((i for i in labels if rows.columns[i].kind in _TIMES), None)


def _bars(rows: Rows, labels: Sequence[int], value: int, language: str, catalogue: Catalogue) -> bytes | None:
    """Horizontal bars in the order of the rows, the first on top."""
    shown = [row for row in rows.rows if row[value] is not None][:_MAX_BARS]
    if len(shown) < 2:
        return None
    column = rows.columns[value]
    names = [_name(rows.columns, row, labels, language, catalogue) for row in shown]
    numbers = [_number(row[value]) for row in shown]
    figure = _figure(height=1.6 + 0.5 * len(shown))
    axes = figure.add_subplot()
    places = range(len(shown))
    axes.barh(places, numbers, color=_COLOURS[0], height=0.68)
    axes.set_yticks(places, [_short(name) for name in names])
    axes.invert_yaxis()
    top = max([*numbers, 0.0]) or 1.0
    for place, number in zip(places, numbers, strict=True):
        axes.text(max(number, 0) + top * 0.015, place, _written(number, column.kind, language), va="center")
    axes.set_xlim(min([*numbers, 0.0]), top * 1.18)
    axes.xaxis.set_visible(False)
    return _finished(figure, axes, _title(rows, [*labels, value], language), sides=("top", "right", "bottom"))


def _series(
    query: Query, rows: Rows, axis: int, others: Sequence[int], value: int, language: str, catalogue: Catalogue
) -> bytes | None:
    """Lines in time, one for each combination of the other groups; months without rows count as none."""
    lines = _lines(query, rows, axis, others, value, language, catalogue)
    if not lines or sum(len(line.points) for line in lines) < 2:
        return None
    column = rows.columns[value]
    figure = _figure(height=4.6)
    axes = figure.add_subplot()
    for line, colour in zip(lines, _COLOURS, strict=False):
        places = [_number(place) if isinstance(place, int) else place for place, _ in line.points]
        axes.plot(places, [v for _, v in line.points], color=colour, linewidth=2.4, marker="o", label=line.name)
    ticks = _ticks(sorted({place for line in lines for place, _ in line.points}))
    kind = rows.columns[axis].kind
    axes.set_xticks(ticks, [_moment(tick, kind, language) for tick in ticks], rotation=40, ha="right")
    axes.yaxis.set_major_formatter(lambda number, _: _written(number, column.kind, language))
    axes.set_ylim(bottom=min(0.0, *(v for line in lines for _, v in line.points)))
    axes.grid(axis="y", color="#dddddd")
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=11)
    return _finished(figure, axes, _title(rows, [*others, value], language), sides=("top", "right"))


def _lines(
    query: Query, rows: Rows, axis: int, others: Sequence[int], value: int, language: str, catalogue: Catalogue
) -> list[_Line]:
    found: dict[str, dict[Any, float]] = {}
    for row in rows.rows:
        if row[axis] is not None and row[value] is not None:
            name = _name(rows.columns, row, others, language, catalogue) if others else ""
            found.setdefault(name, {})[row[axis]] = _number(row[value])
    measure = query.measures[value - (len(rows.columns) - len(query.measures))]
    adds_up = measure.aggregate in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.SUM) and not measure.share
    everything = sorted({place for points in found.values() for place in points})
    places = _without_gaps(everything, rows.columns[axis].kind) if adds_up else everything
    biggest = sorted(found, key=lambda name: -sum(found[name].values()))[:_MAX_LINES]
    return [_Line(name, _points(found[name], places, fill=adds_up)) for name in biggest]


def _points(found: dict[Any, float], places: Sequence[Any], *, fill: bool) -> tuple[tuple[object, float], ...]:
    return tuple((place, found.get(place, 0.0)) for place in places if fill or place in found)


def _without_gaps(places: list[Any], kind: str) -> list[Any]:
    """Every period from the first to the last."""
    if len(places) < 2:
        return places
    result: list[Any] = []
    place = places[0]
    while place <= places[-1] and len(result) < _MAX_POINTS:
        result.append(place)
        place = _next(place, kind)
    return result if set(places) <= set(result) else places


def _next(place: Any, kind: str) -> Any:
    if kind == "year":
        return place + 1
    if kind in ("month", "quarter"):
        months = place.year * 12 + place.month - 1 + (1 if kind == "month" else 3)
        return date(months // 12, months % 12 + 1, 1)
    return place + timedelta(days=7 if kind == "week" else 1)


def _ticks(places: list[Any]) -> list[Any]:
    """At most a dozen marks."""
    step = -(-len(places) // 12)
    return places[::step]


def _name(
    columns: Sequence[Column], row: Sequence[object], labels: Sequence[int], language: str, catalogue: Catalogue
) -> str:
    return " · ".join(_label(columns[i], row[i], language, catalogue) for i in labels)


def _label(column: Column, value: object, language: str, catalogue: Catalogue) -> str:
    """A group as a person calls it."""
    base, _, enum = column.kind.partition(":")
    if value is None:
        return _MISSING
    if base == "enum":
        known = catalogue.enums.get(enum, {}).get(str(value))
        return known.label.get("en" if language == "en" else "es", str(value)).capitalize() if known else str(value)
    if base == "boolean":
        return {True: "✓", False: "✗"}[bool(value)]
    if column.kind == "weekday" and isinstance(value, int):
        return format_date(date(2024, 1, value), "EEEE", locale=language).capitalize()
    if isinstance(value, date) or column.kind == "year":
        return _moment(value, column.kind, language)
    return str(value)


def _moment(value: Any, kind: str, language: str) -> str:
    if not isinstance(value, date):
        return str(int(value))
    patterns = {"month": "MMM yy", "quarter": "'T'Q yy", "year": "yyyy"}
    return format_date(value, patterns.get(kind, "d MMM"), locale=language)


def _title(rows: Rows, shown: Sequence[int], language: str) -> str:
    """What is measured, then what by."""
    *groups, value = (rows.columns[i] for i in shown)
    titles = (column.labels.get(language) or column.labels.get("es") or column.key for column in (value, *groups))
    return " · ".join(title[:1].upper() + title[1:] for title in titles)


def _written(number: float, kind: str, language: str) -> str:
    writers: dict[str, Callable[[], str]] = {
        "percent": lambda: format_percent(number, "#,##0.#%", locale=language),
        "money": lambda: (
            format_compact_currency(number, "EUR", locale=language, fraction_digits=1)
            if abs(number) >= 1_000_000
            else f"{format_decimal(round(number), locale=language)} €"
        ),
    }
    if kind in writers:
        return writers[kind]()
    if abs(number) >= 1_000_000:
        return format_compact_decimal(number, locale=language, fraction_digits=1)
    return format_decimal(round(number, 1), "#,##0.#", locale=language)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float | Decimal) else 0.0


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_WIDTH else f"{name[: _LABEL_WIDTH - 1].rstrip()}…"


def _figure(height: float) -> Any:
    # Matplotlib weighs some 30 MB and half a second, and most turns draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), dpi=140, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _finished(figure: Any, axes: Any, title: str, sides: Sequence[str]) -> bytes:
    axes.set_title(title, loc="left", fontsize=15, fontweight="bold", pad=12)
    axes.tick_params(labelsize=12, length=0)
    for text in axes.texts:
        text.set_fontsize(12)
    legend = axes.get_legend()
    written = [axes.title, *axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
    for text in [*written, *(legend.get_texts() if legend else ())]:
        text.set_parse_math(False)
    for side in sides:
        axes.spines[side].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


@cache
def _default_catalogue() -> Catalogue:
    return load_catalogue()
