"""Lines of a page into headings, paragraphs, list items and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice, takewhile

from ingest.blocks import Block, Heading, ListItem, Paragraph
from ingest.loading.captions import is_caption
from ingest.loading.merging import table_of
from ingest.loading.notices import is_notice
from ingest.loading.page import Line, PageText

_ITEM = re.compile(r"^(?P<marker>[•‣▪●○–*·-]|\d{1,2}[.)]|[a-z]\))\s+(?P<text>\S.*)$")
_NUMBERED = re.compile(r"^\d{1,2}(\.\d{1,2}){0,3}\.?\s+\S")
_MAX_HEADING = 140
_BIGGER = 1.12
_MAX_BOLD_HEADING = 80
_MOST_BOLD = 0.2
"""The share of a document in bold type up to which bold lines are headings rather than its way to stress things."""
_LONGEST_TITLE = 5
_ENDS_EARLY = 0.85


@dataclass(frozen=True, slots=True)
class Typography:
    """How the document is set: the body size and which sizes are headings, largest first."""

    body: float
    sizes: tuple[float, ...]
    cover_levels: frozenset[int]
    title: str | None
    bold_heads: bool = False

    def level(self, line: Line) -> int:
        """Level of the heading that ``line`` is; 0 when it is not one."""
        if len(line.text) > _MAX_HEADING or not any(c.isalpha() for c in line.text) or is_caption(line.text):
            return 0
        if line.size in self.sizes:
            return self.sizes.index(line.size) + 1
        numbered = line.bold and _NUMBERED.match(line.text) and not line.text.endswith((".", ";", ","))
        return len(self.sizes) + 1 if numbered and line.size >= self.body * 0.98 else 0

    def level_of_bold(self, group: Sequence[Line]) -> int:
        """Level of the heading that lines of the body's own size are by their weight alone; 0 when they are none."""
        text = " ".join(line.text for line in group)
        if not self.bold_heads or len(group) > 2 or len(text) > _MAX_BOLD_HEADING or text[-1] in ".,;:!?":
            return 0
        plain = any(c.isalpha() for c in text) and not (is_caption(text) or is_notice(text) or _ITEM.match(text))
        same = all(line.bold and line.size >= self.body * 0.98 for line in group)
        return len(self.sizes) + 2 if plain and same else 0


def typography(lines: Iterable[Line]) -> Typography:
    """Read the type of the whole document: body is what most characters are set in."""
    everything = list(lines)
    weight: Counter[float] = Counter()
    for line in everything:
        weight[line.size] += len(line.text)
    body = weight.most_common(1)[0][0] if weight else 10.0
    sizes = tuple(sorted((size for size in weight if size >= body * _BIGGER), reverse=True))
    bold = sum(len(line.text) for line in everything if line.bold and line.size not in sizes)
    heads = bold <= _MOST_BOLD * sum(weight.values())
    return Typography(body, sizes, _cover_levels(everything, sizes), _title(everything, sizes), heads)


def _cover_levels(lines: Sequence[Line], sizes: Sequence[float]) -> frozenset[int]:
    """Levels whose type appears in one place only (at most three lines): a cover uses them."""
    uses = Counter(line.size for line in lines)
    if not sizes:
        return frozenset()
    rare = [size for size in sizes[:2] if uses[size] <= 3]
    return frozenset(sizes.index(size) + 1 for size in rare if len(sizes) > len(rare))


def _title(lines: Sequence[Line], sizes: Sequence[float]) -> str | None:
    """What is set biggest, with what goes on in the same type right after it."""
    if not sizes:
        return None
    biggest = dropwhile(lambda line: line.size != sizes[0], lines)
    together = takewhile(lambda line: line.size == sizes[0], biggest)
    return " ".join(line.text for line in islice(together, _LONGEST_TITLE)) or None


def blocks_of(page: PageText, look: Typography) -> list[Block]:
    """Blocks of one page, tables at their place among the text."""
    out: list[Block] = []
    tables = sorted(page.tables, key=lambda table: (table.column, table.top))
    group: list[Line] = []
    right = {
        column: max(ln.x1 for ln in page.lines if ln.column == column) for column in {ln.column for ln in page.lines}
    }
    for line in page.lines:
        while tables and (tables[0].column, tables[0].top) < (line.column, line.top):
            _close(group, page.number, look, out, headed=True)
            out.extend(table_of(tables.pop(0).cells, page.number))
        lighter = bool(group) and group[-1].bold and not line.bold
        if group and (_breaks(group, line, look) or _changes_weight(group[-1], line, right[line.column])):
            _close(group, page.number, look, out, headed=lighter)
        group.append(line)
    _close(group, page.number, look, out)
    for table in tables:
        out.extend(table_of(table.cells, page.number))
    return out


def _breaks(group: Sequence[Line], line: Line, look: Typography) -> bool:
    """Does ``line`` start something new after ``group``?"""
    last = group[-1]
    gap = line.top - last.bottom
    height = max(last.bottom - last.top, 1.0)
    if line.column != last.column and look.level(line):
        return True
    if look.level(line) != look.level(group[0]) or abs(line.size - last.size) > 0.6:
        return True
    if gap > height * (0.9 if look.level(line) else 0.62) or gap < -2 * height:
        return True
    if _ITEM.match(line.text) or is_notice(line.text) or is_caption(line.text) or is_caption(last.text):
        return True
    return _ITEM.match(group[0].text) is not None and line.x0 < group[0].x0 + 3 and line.x0 < last.x0 - 3


def _changes_weight(last: Line, line: Line, right: float) -> bool:
    """Does a heading in bold end or begin between two lines? ``right``: where their column ends."""
    if last.bold == line.bold:
        return False
    return last.x1 < _ENDS_EARLY * right if last.bold else last.text.endswith((".", ":", ";"))


def _close(group: list[Line], page: int, look: Typography, out: list[Block], *, headed: bool = False) -> None:
    """Turn the gathered lines into one block; ``headed``: what follows may stand under them."""
    if not group:
        return
    text = group[0].text
    for line in group[1:]:
        text = join_lines(text, line.text)
    level = look.level(group[0]) or (look.level_of_bold(group) if headed else 0)
    item = _ITEM.match(text)
    if level:
        out.append(Heading(level, text, page))
    elif item:
        marker = item["marker"]
        out.append(ListItem(item["text"], f"{marker[:-1]}." if marker[0].isdigit() else "-", page=page))
    else:
        out.append(Paragraph(text, page, notice=is_notice(text)))
    group.clear()


def join_lines(left: str, right: str) -> str:
    """``left`` and ``right`` as one text; a word hyphenated at the end of the line is made whole."""
    if left.endswith("-") and left[-2:-1].isalpha() and right[:1].islower():
        return left[:-1] + right
    return f"{left} {right}"
