"""SQL for people to read: the text that ran with its parameters written in. Never sent to a database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

_PARAMETER = re.compile(r"\$(\d+)")


def written_in(sql: str, parameters: Sequence[object]) -> str:
    """``sql`` with each ``$n`` replaced by its value as a literal."""
    return _PARAMETER.sub(lambda match: _literal(parameters[int(match[1]) - 1]), sql)


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''"))
    if isinstance(value, datetime | date):
        return f"'{value.isoformat()}'"
    return str(value)
