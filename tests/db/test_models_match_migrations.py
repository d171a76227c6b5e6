from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from db import migrate
from db.models import Base


def test_models_equal_migrations(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def ours(_object: object, name: str | None, kind: str, reflected: bool, compared_to: object) -> bool:
    return not (kind == "table" and reflected and compared_to is None and (name or "").startswith("checkpoint"))


def test_check_constraints_and_comments_are_the_models(engine: Engine) -> None:
    """What alembic does not compare."""
    live = inspect(engine)
    for table in Base.metadata.sorted_tables:
        named = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        assert {c["name"] for c in live.get_check_constraints(table.name)} == named
        assert live.get_table_comment(table.name)["text"] == table.comment
        comments = {column["name"]: column["comment"] for column in live.get_columns(table.name)}
        assert comments == {column.name: column.comment for column in table.columns}


def test_every_table_of_the_company_says_what_it_is() -> None:
    assert [t.name for t in Base.metadata.sorted_tables if not t.comment] == []


def test_the_newest_revision_is_the_one_applied(database_url: str) -> None:
    assert migrate.current(database_url) == migrate.head()


def test_the_newest_file_is_the_end_of_the_line() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_heads() == [migrate.head()]
