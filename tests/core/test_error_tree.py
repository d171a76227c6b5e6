"""The docstring is the message, and codes are unique."""

from __future__ import annotations

from core.errors import CuadrillaError, MessageEmpty


def family(error: type[CuadrillaError]) -> list[type[CuadrillaError]]:
    return [error, *(child for kind in error.__subclasses__() for child in family(kind))]


def test_the_docstring_is_the_default_message() -> None:
    assert MessageEmpty().message == "The message is empty."
    assert MessageEmpty("Otra cosa.", limit=3).details == {"limit": 3}


def test_codes_are_unique() -> None:
    codes = [error.code for error in family(CuadrillaError) if error.__module__ == "core.errors"]
    assert len(codes) == len(set(codes))
