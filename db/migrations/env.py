"""What Alembic runs: on the connection it is handed by ``db.migrate``, or on the database of the settings."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

from core.settings import load_settings
from db.models import Base
from db.place import locate
from db.session import make_engine


def _ours(_object: Any, name: str | None, kind: str, reflected: bool, compared_to: Any) -> bool:
    """LangGraph keeps its checkpoint tables beside ours; autogenerate must not drop them."""
    return not (kind == "table" and reflected and compared_to is None and (name or "").startswith("checkpoint"))


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, include_object=_ours)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    engine = make_engine(locate(load_settings()).url)
    with engine.connect() as fresh:
        _run(fresh)
    engine.dispose()


_online()
