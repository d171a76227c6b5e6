"""Failures that people are told of, counted by all processes together: one letter for each kind, whoever saw it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from core.alert_groups import Due, Group
from db.crud.failures import translated
from db.models import AlertGroup


class SharedGroups:
    """A :class:`core.alert_groups.Groups` in the database of ``engine``; a call is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def happened(self, kind: str, times: Sequence[float], detail: str, *, now: float, window: float, after: int) -> Due:
        """Raises :class:`core.errors.CuadrillaError` when the database does not serve."""
        with translated(), self._engine.begin() as connection:
            group, due = _read(connection, kind).more(times, detail, now=now, window=window, after=after)
            _write(connection, kind, group)
        return due

    def not_told(self, kind: str, times: Sequence[float], *, silent_until: float) -> None:
        """Raises as :meth:`happened`."""
        with translated(), self._engine.begin() as connection:
            _write(connection, kind, _read(connection, kind).again(times, silent_until))


def _read(connection: Connection, kind: str) -> Group:
    """The group, nobody else's until the end of the transaction."""
    connection.execute(insert(AlertGroup).values(kind=kind).on_conflict_do_nothing())
    columns = (AlertGroup.times, AlertGroup.detail, AlertGroup.silent_until)
    row = connection.execute(select(*columns).where(AlertGroup.kind == kind).with_for_update()).one()
    return Group(tuple(row.times), row.detail, row.silent_until)


def _write(connection: Connection, kind: str, group: Group) -> None:
    values = {"times": list(group.times), "detail": group.detail, "silent_until": group.silent_until}
    connection.execute(update(AlertGroup).where(AlertGroup.kind == kind).values(**values))
