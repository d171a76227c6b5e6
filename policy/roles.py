"""Roles and the only identity type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who is speaking, as the company knows them."""

    CLIENT = "client"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Principal:
    """An identified sender. ``subject_id`` is the client, technician or user id of ``role``; None for a guest."""

    role: Role
    subject_id: int | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if (self.role is Role.GUEST) != (self.subject_id is None):
            raise ValueError("a guest has no subject, every other role has one")


GUEST = Principal(Role.GUEST)
