"""The declarative base: naming convention and shared column types."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Enum as SqlEnum
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of every model; constraint names are predictable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def db_enum(kind: type[StrEnum], name: str) -> SqlEnum:
    """A PostgreSQL enum holding the *values* of ``kind`` under the type name ``name``."""
    return SqlEnum(kind, name=name, values_callable=lambda members: [m.value for m in members])
