"""What may be spent on a model. Whoever calls one asks first, and pays afterwards."""

from __future__ import annotations

from typing import Protocol


class Purse(Protocol):
    """What may be spent, and what was."""

    async def allows(self, conversation: str) -> bool:
        """Is there money left, for everybody and for ``conversation``? Tells the administrator when there is none."""
        ...

    async def pay(self, conversation: str, input_tokens: int, output_tokens: int) -> None:
        """Write down what one call for ``conversation`` used."""
        ...


class OpenPurse:
    """Nothing is counted and everything is allowed."""

    async def allows(self, conversation: str) -> bool:  # noqa: ARG002
        """Always."""
        return True

    async def pay(self, conversation: str, input_tokens: int, output_tokens: int) -> None:
        """Nothing to pay."""
