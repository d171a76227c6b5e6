"""A document itself is told from what it says."""

from __future__ import annotations

import pytest

from agents.papers import load_papers
from ingest.passages import Passage


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("mándame el manual del aire", True),
        ("pásame las instrucciones de la caldera en pdf porfa", True),
        ("necesito la ficha técnica del XP400", True),
        ("he perdido el manual de la caldera, me lo podéis enviar?", True),
        ("can you send me the user guide of my aire", True),
        ("necesito las instrucciones para limpiar los filtros del aire", False),
        ("el aire no enfría", False),
        ("qué dice el manual del error E4", False),
        ("mandadme un técnico", False),
    ],
)
def test_a_document_is_asked_for(message: str, asked: bool) -> None:
    assert load_papers().asked(message, {"aire", "caldera"}) is asked


def test_the_document_named_comes_first_and_each_once() -> None:
    titles = ("Plan de mantenimiento", "Manual de usuario XP400", "Manual de usuario XP400", "Manual de servicio XP400")
    ids = (1, 2, 2, 3)
    passages = [
        Passage(at, number, title, "manual", 1, None, (), "…", ("XP400",), (), 1.0)
        for at, (number, title) in enumerate(zip(ids, titles, strict=True))
    ]
    best = load_papers().best("mándame el manual de servicio", passages, ("XP400",))
    assert [passage.document for passage in best][:2] == ["Manual de servicio XP400", "Manual de usuario XP400"]
    assert len({passage.document_id for passage in best}) == len(best)
