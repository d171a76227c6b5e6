"""What a question is about: the models named, the machines owned, the ones just talked about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from agents.brains.protocol import Context, Machine
from core.text import tokens
from tools.product_index import ProductIndex
from tools.sql.query import Rows

_MODEL = re.compile(r"^[A-Z]{2}(\d{3,4})$")
_ARTICLES = frozenset({"el", "la", "del", "un", "una", "al", "the"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Models and families that a question is about, and the machines they come from.

    ``named`` is True when the message itself says the model; ``assumed`` when it was only inferred from what the
    principal owns or from the conversation.
    """

    skus: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    machines: tuple[Machine, ...] = ()
    named: bool = False
    assumed: bool = False


class Subjects:
    """Finds the subject of a question from its words, the rows it depends on, the focus and the machines."""

    def __init__(self, products: ProductIndex) -> None:
        self._products = products
        numbered = ((sku, _MODEL.match(sku)) for sku in products.models)
        self._numbers = {sku: found.group(1) for sku, found in numbered if found}

    def of(self, text: str, context: Context, from_rows: tuple[str, ...] = ()) -> Subject:
        """The subject of ``text``. ``from_rows`` are models found by the ask that this one depends on."""
        families = self._products.families(text)
        named = self._products.skus(text) or self._by_number(text, families)
        if named:
            return Subject(named, self._families(named), _owned(context.machines, named), named=True)
        if from_rows:
            skus = self._within(from_rows, families) or from_rows
            return Subject(skus, self._families(skus), _owned(context.machines, skus), named=True)
        if families:
            return self._of_family(text, families, context)
        placed = _placed(text, context.machines)
        if placed:
            skus = tuple(dict.fromkeys(machine.sku for machine in placed))
            return Subject(skus, self._families(skus), placed, assumed=True)
        if context.focus:
            focus = context.focus[:1]
            return Subject(focus, self._families(focus), _owned(context.machines, focus), assumed=True)
        skus = tuple(dict.fromkeys(machine.sku for machine in context.machines))
        return Subject(skus, self._families(skus), context.machines, assumed=bool(skus))

    def spelled_out(self, text: str) -> str:
        """``text`` with the models that "el 250" or "del 400" can only mean: their number after an article."""
        families = self._products.families(text)
        words = tokens(text)
        out, end = "", 0
        for article, number in pairwise(words):
            meant = self._numbered(number.folded, families) if article.folded in _ARTICLES else ()
            if len(meant) == 1:
                out, end = out + text[end : number.start] + meant[0], number.end
        return out + text[end:]

    def _by_number(self, text: str, families: tuple[str, ...]) -> tuple[str, ...]:
        """The models that "del 400" may mean when there are several: it is one of them and no other."""
        pairs = pairwise(tokens(text))
        meant = (self._numbered(number.folded, families) for article, number in pairs if article.folded in _ARTICLES)
        return next((skus for skus in meant if skus), ())

    def _numbered(self, number: str, families: tuple[str, ...]) -> tuple[str, ...]:
        """The models of this number, those of ``families`` when some are named."""
        found = tuple(sku for sku, digits in self._numbers.items() if digits == number)
        return self._within(found, families) or found

    def others(self, subject: Subject, context: Context) -> tuple[str, ...]:
        """Models that the principal owns besides those of ``subject``."""
        return tuple(dict.fromkeys(m.sku for m in context.machines if m.sku not in subject.skus))

    def _of_family(self, text: str, families: tuple[str, ...], context: Context) -> Subject:
        focus = self._within(context.focus[:1], families)
        if focus:
            return Subject(focus, families, _owned(context.machines, focus), assumed=True)
        machines = tuple(machine for machine in context.machines if machine.category in families)
        machines = _placed(text, machines) or machines
        skus = tuple(dict.fromkeys(machine.sku for machine in machines))
        return Subject(skus, families, machines)

    def in_rows(self, rows: Rows) -> tuple[str, ...]:
        """Models that appear in ``rows``, in order."""
        positions = [index for index, column in enumerate(rows.columns) if column.kind == "text"]
        cells = (str(row[index]) for row in rows.rows for index in positions if row[index])
        return tuple(dict.fromkeys(sku for cell in cells if len(cell) < 80 for sku in self._products.skus(cell)))

    def mentioned(self, text: str) -> tuple[str, ...]:
        """Models named in ``text``."""
        return self._products.skus(text)

    def less(self, text: str) -> str:
        """``text`` without the models of the catalogue that it names."""
        out, end = "", 0
        for token in tokens(text):
            if self._products.skus(token.text):
                out, end = out + text[end : token.start], token.end
        return out + text[end:]

    def families(self, text: str) -> tuple[str, ...]:
        """Families of equipment named in ``text``."""
        return self._products.families(text)

    def family(self, sku: str) -> str | None:
        """The family of equipment that a model is of."""
        return self._products.family(sku)

    def label(self, sku: str, machines: Iterable[Machine]) -> str:
        """How a model is called to the person: its name, and where theirs is."""
        model = self._products.models.get(sku)
        name = model.name if model else sku
        places = sorted({machine.location for machine in machines if machine.sku == sku and machine.location})
        return f"{name} ({', '.join(places)})" if places else name

    def _within(self, skus: Iterable[str], families: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sku for sku in skus if self._products.family(sku) in families)

    def _families(self, skus: Iterable[str]) -> tuple[str, ...]:
        families = (self._products.family(sku) for sku in skus)
        return tuple(dict.fromkeys(family for family in families if family))


def _placed(text: str, machines: Iterable[Machine]) -> tuple[Machine, ...]:
    """Of ``machines``, those in a place that ``text`` names ("el aparato del salón"); none when all or none are."""
    said = {token.folded for token in tokens(text)}
    every = tuple(machines)
    placed = tuple(m for m in every if m.location and {token.folded for token in tokens(m.location)} <= said)
    return placed if len(placed) < len(every) else ()


def _owned(machines: Iterable[Machine], skus: tuple[str, ...]) -> tuple[Machine, ...]:
    return tuple(machine for machine in machines if machine.sku in skus)
