"""CSV and XLSX: tables whole, with their captions, values as a reader sees them."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from core.errors import DocumentUnreadable
from ingest.blocks import Heading, Paragraph, Table
from ingest.loading import grid, load
from ingest.splitting import split


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_csv_whatever_its_separator(separator: str) -> None:
    lines = ["Código|Causa|Recambio", "E4|Descarga alta|NV4-S050", "E5|Sobrecorriente|NV4-K001"]
    data = "\n".join(line.replace("|", separator) for line in lines).encode("cp1252")
    (table,) = load("códigos.csv", data).blocks
    assert isinstance(table, Table)
    assert table.lines()[0] == "Código: E4 | Causa: Descarga alta | Recambio: NV4-S050"


def test_csv_keeps_decimal_commas_and_quoted_separators() -> None:
    data = 'Pieza;Par (N·m);Nota\n"Tuerca 1/4""; flare";15,5;"línea\nrota"\nTornillo M5;4,2;\n'.encode()
    (table,) = load("pares.csv", data).blocks
    assert isinstance(table, Table)
    assert table.lines() == (
        'Pieza: Tuerca 1/4"; flare | Par (N·m): 15,5 | Nota: línea rota',
        "Pieza: Tornillo M5 | Par (N·m): 4,2",
    )


def test_csv_without_a_header_and_with_a_title() -> None:
    (table,) = load("t.csv", b"Tarifa 2026;;\nVisita;45;hora\nDesplazamiento;20;km\n").blocks
    assert isinstance(table, Table)
    assert (table.caption, table.header, table.lines()) == (
        "Tarifa 2026",
        False,
        ("Visita | 45 | hora", "Desplazamiento | 20 | km"),
    )


def book(**sheets: list[list[object]]) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            if isinstance(cell.value, float):
                cell.number_format = '#,##0.00\\ "€"' if cell.value > 1 else "0%"
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_xlsx_has_a_section_for_each_sheet_and_shows_values() -> None:
    data = book(
        Precios=[
            ["Tabla 1. Tarifas de mano de obra"],
            ["Concepto", "Precio", "IVA", "Desde"],
            ["Visita", 45.0, 0.21, date(2026, 1, 7)],
            [],
            ["Los festivos se facturan aparte."],
        ],
        Hoja2=[["Clave", "Valor"], ["Horas", 8]],
    )
    loaded = load("tarifa.xlsx", data)
    assert loaded.blocks == (
        Heading(1, "Precios"),
        Table(
            (("Concepto", "Precio", "IVA", "Desde"), ("Visita", "45,00 €", "21 %", "07/01/2026")),
            "Tabla 1. Tarifas de mano de obra",
        ),
        Paragraph("Los festivos se facturan aparte."),
        Table((("Clave", "Valor"), ("Horas", "8"))),
    )


def test_a_long_table_repeats_its_caption_and_loses_no_row() -> None:
    rows: list[list[object]] = [["Tabla 3. Averías"], ["Código", "Causa"]]
    rows += [[f"E{number}", f"Causa de la avería número {number}"] for number in range(200)]
    chunks = split(load("averias.xlsx", book(Averías=rows)))
    assert len(chunks) > 1
    assert all(chunk.content.startswith("Tabla 3. Averías\nCódigo: ") for chunk in chunks)
    assert sum(chunk.content.count("Código: ") for chunk in chunks) == 200


def test_a_sheet_beyond_reason_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_CELLS", 10)
    with pytest.raises(DocumentUnreadable) as caught:
        load("grande.csv", b"a;b\n" * 20)
    assert caught.value.details["reason"] == "too_large"


def test_a_workbook_called_csv_is_read_as_what_it_is() -> None:
    loaded = load("datos.csv", book(Datos=[["Modelo", "Gas"], ["XP400", "R32"]]))
    assert loaded.media_type.endswith("spreadsheetml.sheet")
