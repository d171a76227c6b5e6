"""What a question is asked of, when it stands before it."""

from __future__ import annotations

import pytest

from agents.scoping import load_scoping


@pytest.mark.parametrize(
    ("message", "asked", "whole"),
    [
        ("de los clientes de Madrid, cuántos tienen ascensor", "cuántos tienen ascensor", "with its part"),
        ("De las averías de noviembre, ¿cuántas siguen abiertas?", "cuántas siguen abiertas", "with its part"),
        ("Of the repairs in May, how many are open?", "how many are open", "with its part"),
        ("cuántos tienen ascensor", "cuántos tienen ascensor", "as it is"),
        ("hola, cuántos tienen ascensor", "cuántos tienen ascensor", "as it is"),
        ("de los clientes de Madrid dime cuántos", "otra cosa", "as it is"),
        ("", "", "as it is"),
    ],
)
def test_the_part_before_goes_with_the_question(message: str, asked: str, whole: str) -> None:
    found = load_scoping().whole(asked, message)
    assert (found != asked) == (whole == "with its part")
    assert found.endswith(asked)
