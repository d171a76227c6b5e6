"""Passwords as they are kept: argon2id, at a cost that does not let sign-ins fill the memory."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_AT_ONCE = 2


class Passwords:
    """Hashes and verifies. 19 MiB and two passes each (OWASP's floor), at most two at the same time."""

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._hasher = PasswordHasher(passes, memory_kib, 1, type=Type.ID)
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        """What is kept of ``password``."""
        with self._turns:
            return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Is ``kept`` of ``password``? It takes as long for somebody without a password as for anybody else."""
        with self._turns:
            try:
                return self._hasher.verify(kept or self._nobodys, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, kept: str) -> bool:
        """Was ``kept`` made at another cost than today's?"""
        return self._hasher.check_needs_rehash(kept)
