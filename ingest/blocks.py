"""What a loaded document is made of: headings, paragraphs, list items and tables, in reading order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside the document; ``level`` 1 is the highest."""

    level: int
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``notice`` marks a safety notice or a boxed remark, which belongs to the text around it."""

    text: str
    page: int | None = None
    notice: bool = False


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item of a list: ``marker`` is its number ("3.") or "-"; ``level`` 1 is the outermost."""

    text: str
    marker: str = "-"
    level: int = 1
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Cells row by row; the first row is the header when ``header``. ``caption`` is the line that names the table;
    ``pages``: those of the rows, when it goes on beyond ``page``."""

    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    page: int | None = None
    header: bool = True
    pages: tuple[int | None, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Each row as a line that reads alone: "Código: E4 | XP400: Temperatura de descarga"."""
        if not self.header or len(self.rows) < 2:
            return tuple(" | ".join(c for c in row if c) for row in self.rows)
        names, body = self.rows[0], self.rows[1:]
        pairs = (zip(names, row, strict=False) for row in body)
        return tuple(" | ".join(_cell(name, cell) for name, cell in row if cell) for row in pairs)

    def placed(self) -> tuple[tuple[str, int | None], ...]:
        """The lines and the page that each stands on."""
        lines = self.lines()
        own = self.pages[len(self.pages) - len(lines) :] if self.pages else (self.page,) * len(lines)
        return tuple(zip(lines, own, strict=True))


def _cell(name: str, cell: str) -> str:
    return f"{name}: {cell}" if name else cell


Block = Heading | Paragraph | ListItem | Table


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document read: its blocks, how many pages it has (None where the format has none), its own title if it says."""

    blocks: tuple[Block, ...]
    media_type: str
    pages: int | None = None
    title: str | None = None
