"""What a question is about: the models named, the machines owned, the ones just talked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agents.brains.protocol import Context, Machine
from tools.product_index import ProductIndex
from tools.sql.query import Rows


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

    def of(self, text: str, context: Context, from_rows: tuple[str, ...] = ()) -> Subject:
        """The subject of ``text``. ``from_rows`` are models found by the ask that this one depends on."""
        named = self._products.skus(text)
        families = self._products.families(text)
        if named:
            return Subject(named, self._families(named), _owned(context.machines, named), named=True)
        if from_rows:
            skus = self._within(from_rows, families) or from_rows
            return Subject(skus, self._families(skus), _owned(context.machines, skus), named=True)
        if families:
            return self._of_family(families, context)
        if context.focus:
            focus = context.focus[:1]
            return Subject(focus, self._families(focus), _owned(context.machines, focus), assumed=True)
        skus = tuple(dict.fromkeys(machine.sku for machine in context.machines))
        return Subject(skus, self._families(skus), context.machines, assumed=bool(skus))

    def _of_family(self, families: tuple[str, ...], context: Context) -> Subject:
        focus = self._within(context.focus[:1], families)
        if focus:
            return Subject(focus, families, _owned(context.machines, focus), assumed=True)
        machines = tuple(machine for machine in context.machines if machine.category in families)
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


def _owned(machines: Iterable[Machine], skus: tuple[str, ...]) -> tuple[Machine, ...]:
    return tuple(machine for machine in machines if machine.sku in skus)
