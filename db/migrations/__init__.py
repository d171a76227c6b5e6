"""Alembic migrations: the environment, and the frozen versions. Nothing imports this package; Alembic runs it."""
