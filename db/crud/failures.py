"""What the database refuses, in our words: the one place where SQLAlchemy's errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from psycopg2 import errors as pg
from sqlalchemy import exc

from core.errors import BadInput, Conflict, CuadrillaError, Duplicate, InUse, QueryTooExpensive, Unavailable

_log = structlog.get_logger(__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of the database inside the block as ours: what was sent is not valid, is in the way, or not now."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _ours(error) from error
    except exc.TimeoutError as error:
        raise Unavailable("The database has no free connection.") from error


def _ours(error: exc.DBAPIError) -> CuadrillaError:
    cause = error.orig
    constraint = str(getattr(getattr(cause, "diag", None), "constraint_name", None) or "")
    match cause:
        case pg.UniqueViolation():
            return Duplicate(what=constraint, reason="duplicate")
        case pg.ForeignKeyViolation() if "still referenced" in str(cause):
            return InUse(what=constraint, reason="in_use")
        case pg.ForeignKeyViolation():
            return BadInput("It refers to a record that does not exist.", what=constraint, reason="unknown_reference")
        case pg.CheckViolation() | pg.NotNullViolation():
            return BadInput("The values do not fit together.", what=constraint, reason="does_not_fit")
        case pg.DeadlockDetected() | pg.SerializationFailure() | pg.LockNotAvailable():
            return Conflict("Somebody else is writing it: try again.", reason="busy")
        case pg.QueryCanceled():
            return QueryTooExpensive()
    if isinstance(error, exc.DataError):
        return BadInput("The values cannot be stored.", reason="not_storable")
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return Unavailable("The database cannot be reached.")
    _log.error("database_refused", error=type(cause).__name__)
    return CuadrillaError()
