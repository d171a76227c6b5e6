"""Words for the rows of an answer: figures in a sentence, lists of at most ten, rankings, comparisons, yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.presenting.formatting import Formatter
from agents.brains.offline.presenting.naming import RowNames
from agents.brains.offline.presenting.totals import adds_up, money_asked
from agents.brains.offline.presenting.understood import Understood
from agents.brains.protocol import Context, Language
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Aggregate, Column, Grouping, Query, Rows

SHOWN = 10
_SHOWN_IN_TIME = 12
_LONG_TEXT = 400
_FEW_COLUMNS = 3
_NAMING = 2
"""Columns of a selection that only tell which row it is; the rest were asked for."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one answer is worded with."""

    words: Any
    formatter: Formatter
    understood: Understood
    language: Language
    own: bool
    today: date


class Presenter:
    """Reads ``presenting.yaml``."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._words: Any = load_data("presenting.yaml", HERE / "presenting")
        self._names = RowNames(catalogue, self._words["named_by"])

    def present(self, query: Query, rows: Rows, context: Context) -> str:
        """The answer to ``query`` as a chat message."""
        words = self._words[context.language]
        formatter = Formatter(self._catalogue, words, context.language, context.now.tzinfo)
        understood = Understood(self._catalogue, words, formatter, context.language)
        own = context.principal.role is Role.CLIENT or (
            context.principal.role is Role.TECHNICIAN and query.entity == "intervention"
        )
        desk = _Desk(
            words, formatter, understood, context.language, own and query.entity != "product", context.now.date()
        )
        if query.compare and query.measures:
            return self._comparison(query, rows, desk)
        if query.measures:
            return self._groups(query, rows, desk) if query.group_by else self._figures(query, rows, desk)
        if not rows.rows:
            return self._nothing(query, desk)
        return self._listed(query, rows, desk)

    def present_plain(self, rows: Rows, context: Context) -> str:
        """Rows of no entity, as SQL text gives them: at most ten lines of what each column holds."""
        words = self._words[context.language]
        formatter = Formatter(self._catalogue, words, context.language, context.now.tzinfo)
        if not rows.rows:
            return str(words["no_rows"])
        lines = [
            " · ".join(
                f"{column.labels.get(context.language, column.key)}: *{formatter.value(value, column, '')}*"
                for column, value in zip(rows.columns, row, strict=True)
            )
            for row in rows.rows[:SHOWN]
        ]
        rest = (rows.total if rows.total is not None else len(rows.rows)) - len(lines)
        shown = [f"- {line}" for line in lines]
        return "\n".join([*shown, str(words["list_cut"]).format(more=rest)] if rest > 0 else shown)

    def _nothing(self, query: Query, desk: _Desk) -> str:
        named = self._names.of(query)
        subject = "you_have" if desk.own else "there_are"
        return str(desk.words[f"{subject}_none_{named.gender}"]).format(
            label=named.label[desk.language], understood=self._bracket(query, desk)
        )

    def _bracket(self, query: Query, desk: _Desk, named: bool = True) -> str:
        """How the question was read, but for what the name of the rows says where they are ``named``."""
        if not named:
            return desk.understood.bracket(query)
        return desk.understood.bracket(self._names.without(query), self._names.of(query).gender)

    def _counted(self, number: int, query: Query, desk: _Desk) -> str:
        name = self._names.singular if number == 1 else self._names.plural
        return f"{desk.formatter.plain(Decimal(number))} {name(query, desk.language)}"

    def _figures(self, query: Query, rows: Rows, desk: _Desk) -> str:
        values = rows.rows[0] if rows.rows else ()
        first = query.measures[0]
        if values and first.field and not first.share and all(value is None for value in values):
            return str(desk.words["no_figure"]).format(
                label=_label(rows.columns[0], desk.language), understood=self._bracket(query, desk, named=False)
            )
        if not values or all(value is None for value in values):
            return self._nothing(query, desk)
        if len(values) == 1 and first.aggregate in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT) and not first.share:
            return self._count(query, rows, desk)
        bracket = self._bracket(query, desk, named=len(values) > 1)
        if len(values) == 1:
            label, value = self._labelled(rows.columns[0], values[0], query, desk)
            return str(desk.words["single"]).format(label=label, value=value, understood=bracket)
        lines = [f"- {label}: *{value}*" for label, value in self._cells(rows, values, query, desk)]
        head = str(desk.words["group_one"]).format(what=self._names.plural(query, desk.language), understood=bracket)
        return "\n".join([_capital(head), *lines])

    def _count(self, query: Query, rows: Rows, desk: _Desk) -> str:
        number = _integer(rows.rows[0][0])
        if number == 0:
            return self._nothing(query, desk)
        first = query.measures[0]
        counted = self._counted(number, query, desk)
        if first.aggregate is Aggregate.COUNT_DISTINCT:
            label = rows.columns[0].labels.get(desk.language, rows.columns[0].key)
            counted = f"{desk.formatter.plain(Decimal(number))} {label}"
        subject = "you_have" if desk.own else "there_are"
        text = str(desk.words[subject])
        return text.format(count=counted, understood=self._bracket(query, desk), be="is" if number == 1 else "are")

    def _groups(self, query: Query, rows: Rows, desk: _Desk) -> str:
        if not rows.rows:
            return self._nothing(query, desk)
        keys = len(query.group_by)
        ranked = any(o.measure is not None for o in query.order) and not any(g.grain for g in query.group_by)
        named_by = (self._grouped_by(g, c, desk) for g, c in zip(query.group_by, rows.columns, strict=False))
        by = str(desk.words["and"]).join(named_by)
        what = self._measured(query, rows.columns[keys:], desk)
        bracket = self._bracket(query, desk, named=_counts(query, rows.columns[keys:]))
        head = _capital(str(desk.words["group_head"]).format(what=what, by=by, understood=bracket))
        if query.having and keys == 1 and query.group_by[0].grain is None:
            head = self._some_groups(query, rows, desk)
        shown = _SHOWN_IN_TIME if any(g.grain for g in query.group_by) else SHOWN
        lines = []
        for position, row in enumerate(rows.rows[:shown], 1):
            name = " · ".join(
                self._group_name(c, v, query, desk) for c, v in zip(rows.columns, row[:keys], strict=False)
            )
            cells = self._cells(Rows(rows.columns[keys:], (), ""), row[keys:], query, desk)
            told = cells[0][1] if len(cells) == 1 else "; ".join(f"{label} {value}" for label, value in cells)
            lines.append(f"{f'{position}.' if ranked else '-'} {name}: *{told}*")
        return "\n".join([head, *lines, *self._more(rows, desk, shown), *self._sum_of_groups(query, rows, desk)])

    @staticmethod
    def _grouped_by(grouping: Grouping, column: Column, desk: _Desk) -> str:
        return _label(column, desk.language) if grouping.grain is None else str(desk.words["grains"][grouping.grain])

    def _some_groups(self, query: Query, rows: Rows, desk: _Desk) -> str:
        """cuántos clientes tienen más de un equipo: how many groups there are of which that holds."""
        total = max(rows.total or 0, len(rows.rows))
        counted = f"{desk.formatter.plain(Decimal(total))} {self._names.groups(query, total, desk.language)}"
        kept = query.having[0]
        column = rows.columns[len(query.group_by) + kept.measure]
        if query.measures[kept.measure].aggregate is Aggregate.COUNT:
            named = self._names.singular if kept.value == 1 else self._names.plural
            condition = desk.understood.threshold(kept.op, desk.formatter.plain(kept.value))
            held = f"{condition} {named(query, desk.language)}"
        else:
            value = desk.formatter.value(kept.value, column, query.entity)
            condition = desk.understood.threshold(kept.op, value)
            held = str(desk.words["held"]).format(condition=condition, label=_label(column, desk.language))
        bracket = self._bracket(query, desk)
        return str(desk.words["group_some"]).format(count=counted, held=held, understood=bracket)

    def _sum_of_groups(self, query: Query, rows: Rows, desk: _Desk) -> list[str]:
        """The whole of figures that add up, when every group is told."""
        if len(rows.rows) < 2 or not adds_up(query) or rows.truncated:
            return []
        return self._total(rows.columns[-1], [row[-1] for row in rows.rows], query, desk)

    def _total(self, column: Column, values: list[object], query: Query, desk: _Desk) -> list[str]:
        numbers = [number for value in values if (number := _decimal(value)) is not None]
        if len(numbers) < 2:
            return []
        text = desk.formatter.value(sum(numbers, Decimal(0)), column, query.entity)
        return [str(desk.words["total"]).format(value=text)]

    def _measured(self, query: Query, columns: tuple[Column, ...], desk: _Desk) -> str:
        named = _counts(query, columns)
        return _capital(self._names.plural(query, desk.language) if named else _label(columns[0], desk.language))

    def _group_name(self, column: Column, value: object, query: Query, desk: _Desk) -> str:
        if value is None:
            return str(desk.words["nothing"]).format(label=_label(column, desk.language))
        return desk.formatter.value(value, column, query.entity)

    def _comparison(self, query: Query, rows: Rows, desk: _Desk) -> str:
        if not rows.rows:
            return self._nothing(query, desk)
        keys = 1 + len(query.group_by)
        what = self._measured(query, rows.columns[keys:], desk)
        lines = []
        for row in rows.rows[: SHOWN * 2]:
            name = " · ".join(
                self._group_name(c, v, query, desk) for c, v in zip(rows.columns, row[:keys], strict=False)
            )
            cells = self._cells(Rows(rows.columns[keys:], (), ""), row[keys:], query, desk)
            told = cells[0][1] if len(cells) == 1 else "; ".join(f"{label} {value}" for label, value in cells)
            lines.append(f"- {name}: *{told}*")
        bracket = self._bracket(query, desk, named=_counts(query, rows.columns[keys:]))
        head = str(desk.words["compare_head"]).format(what=what, understood=bracket)
        return "\n".join([head, *lines, *self._difference(query, rows, desk)])

    def _difference(self, query: Query, rows: Rows, desk: _Desk) -> list[str]:
        """The change from the second period to the first, when two single figures are compared."""
        if query.group_by or len(rows.rows) != 2 or len(query.measures) != 1:
            return []
        ordered = sorted(zip(query.compare, rows.rows, strict=False), key=lambda item: str(item[0].period.start or ""))
        before, after = (_decimal(row[1]) for _, row in ordered)
        if before is None or after is None:
            return []
        if before == after:
            return [str(desk.words["same"])]
        percent = ""
        if before:
            share = desk.formatter.plain(round(abs(after - before) / abs(before) * 100, 1))
            percent = f" ({'+' if after > before else '−'}{share} %)"
        column = rows.columns[1]
        amount = desk.formatter.signed(after - before, column, query.entity)
        return [str(desk.words["difference"]).format(amount=amount, percent=percent)]

    def _listed(self, query: Query, rows: Rows, desk: _Desk) -> str:
        total = max(rows.total or 0, len(rows.rows))
        bracket = self._bracket(query, desk)
        counted = self._counted(total, query, desk)
        if query.distinct and query.select:
            counted = f"{desk.formatter.plain(Decimal(total))} {self._names.values(query, total, desk.language)}"
        if len(rows.rows) == 1 and total == 1:
            return self._one(query, rows, desk, bracket)
        head = str(desk.words["yes" if query.exists else "list_head"]).format(count=counted, understood=bracket)
        if query.exists:
            head = f"{head[:-1]}:"
        lines = [f"{n}. {self._line(row, query, rows, desk)}" for n, row in enumerate(rows.rows[:SHOWN], 1)]
        return "\n".join([head, *lines, *self._more(rows, desk), *self._sum_of_rows(query, rows, desk)])

    def _sum_of_rows(self, query: Query, rows: Rows, desk: _Desk) -> list[str]:
        """What the rows come to, when their money was asked for and all of them are here."""
        asked = money_asked(query, self._catalogue)
        at = next((i for i, c in enumerate(rows.columns) if c.key == asked), None)
        if at is None or rows.truncated or (rows.total or 0) > len(rows.rows):
            return []
        return self._total(rows.columns[at], [row[at] for row in rows.rows], query, desk)

    def _one(self, query: Query, rows: Rows, desk: _Desk, bracket: str) -> str:
        """One row: its only value in a sentence, or its name and its values one a line."""
        cells = self._cells(rows, rows.rows[0], query, desk, _LONG_TEXT)
        told = self._sentence(rows.columns[0], rows.rows[0][0], query, desk) if not query.exists else ""
        if told and len(cells) <= _FEW_COLUMNS:
            return "\n".join([told, *(f"- {_capital(label)}: *{value}*" for label, value in cells[1:])])
        yes = f"{_capital(desk.words['true'])}. " if query.exists else ""
        if len(cells) == 1:
            label, value = cells[0]
            return yes + str(desk.words["single"]).format(label=_capital(label), value=value, understood=bracket)
        head = str(desk.words["list_head"]).format(count=self._counted(1, query, desk), understood=bracket)
        return "\n".join([f"{yes}{head}", *(f"- {_capital(label)}: *{value}*" for label, value in cells)])

    def _sentence(self, column: Column, value: object, query: Query, desk: _Desk) -> str:
        """The value of ``column`` as people say it ("Vence el …"); empty when there is no such way, or no value."""
        forms = desk.words["sentences"].get(f"{query.entity}.{column.key}")
        if forms is None or value is None:
            return ""
        if isinstance(forms, str):
            form = forms
        else:
            day = value.date() if isinstance(value, datetime) else value
            form = forms["past" if isinstance(day, date) and day < desk.today else "coming"]
        return form.format(value=desk.formatter.value(value, column, query.entity))

    def _line(self, row: tuple[object, ...], query: Query, rows: Rows, desk: _Desk) -> str:
        cells = [
            (column, desk.formatter.value(value, column, query.entity))
            for column, value in zip(rows.columns, row, strict=False)
            if value is not None and value != ""
        ]
        if not cells:
            return str(desk.words["no_value"])
        (_, first), *others = cells
        told = [self._told(column, value, desk) for column, value in others]
        return " · ".join([f"*{first}*", *told])

    def _told(self, column: Column, value: str, desk: _Desk) -> str:
        """Values that do not speak for themselves are told with their label."""
        speaks = column.kind.startswith("enum") or column.kind in ("text", "money")
        return value if speaks else f"{_label(column, desk.language)} {value}"

    def _more(self, rows: Rows, desk: _Desk, shown: int = SHOWN) -> list[str]:
        more = max(rows.total or 0, len(rows.rows)) - shown
        if more <= 0:
            return []
        return [str(desk.words["list_file"]).format(more=desk.formatter.plain(Decimal(more)))]

    def _cells(
        self, rows: Rows, values: tuple[object, ...], query: Query, desk: _Desk, longest: int = 140
    ) -> list[tuple[str, str]]:
        return [
            (_label(column, desk.language), desk.formatter.value(value, column, query.entity, longest))
            for column, value in zip(rows.columns, values, strict=False)
            if value is not None or len(values) <= _FEW_COLUMNS or column.key in query.select[_NAMING:]
        ]

    def _labelled(self, column: Column, value: object, query: Query, desk: _Desk) -> tuple[str, str]:
        return _capital(_label(column, desk.language)), desk.formatter.value(value, column, query.entity)


def _label(column: Column, language: Language) -> str:
    return column.labels.get(language) or column.key.rpartition(".")[2].replace("_", " ")


def _counts(query: Query, columns: tuple[Column, ...]) -> bool:
    """Are the figures told of the rows, by their name, rather than one of another kind by its own ("duración")?"""
    return len(columns) != 1 or query.measures[0].aggregate is Aggregate.COUNT


def _capital(text: str) -> str:
    if text.startswith("%"):
        return text
    for position, letter in enumerate(text):
        if letter.isalpha():
            return text[:position] + letter.upper() + text[position + 1 :]
    return text


def _integer(value: object) -> int:
    number = _decimal(value)
    return int(number) if number is not None else 0


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    return Decimal(str(value)) if isinstance(value, (int, float, Decimal)) else None
