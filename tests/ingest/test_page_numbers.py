"""A foot that says its page is left out even where it cannot come back, and in either column."""

from __future__ import annotations

import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.loading.pdf import load_pdf


def _one_page(foot: str) -> str:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 10)
    for row in range(20):
        canvas.drawString(60, 760 - 14 * row, f"La llave azul se abre media vuelta en el paso {row}.")
    canvas.drawString(60, 25, foot)
    canvas.save()
    return " ".join(block.text for block in load_pdf(out.getvalue()).blocks if hasattr(block, "text"))


@pytest.mark.parametrize("foot", ["© Termavia S.A. Página 1", "Manual, rev. C - pág. 1", "Page 1 of 1"])
def test_a_foot_with_the_number_of_its_page_is_left_out(foot: str) -> None:
    assert foot not in _one_page(foot)


@pytest.mark.parametrize("foot", ["Consulte la página 7", "No supere 3 bar."])
def test_what_a_page_says_at_its_foot_stays(foot: str) -> None:
    assert foot in _one_page(foot)
