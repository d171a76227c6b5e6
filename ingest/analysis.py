"""What search reads in a document: its terms, chunk by chunk, and how its words are spelt.

It is kept in the database, so that a start reads it instead of stemming everything again.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import msgpack
import numpy as np
from numpy.typing import NDArray

from core.text import fold
from ingest.lexical import Ints
from ingest.naming import lower_words
from ingest.splitting import Chunk, contextual
from ingest.terms import code_ranges, pairs, pieces, term, terms

ANALYSER = "terms-1"
"""Changes when the same text would give other terms; what was kept is then worked out again."""

HEADING_WEIGHT = 3
_FIRST_LINE = 160
_FIRST_CELL = re.compile(r"^[^|\n:]+: ([^|\n]+) \| ", re.MULTILINE)
_MOST = int(np.iinfo(np.uint16).max)

Counts = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A document as search reads it.

    ``numbers`` and ``counts`` hold, chunk after chunk, which of ``terms`` occur and how often; ``sizes``: how many of
    them are of each chunk. ``words``: folded, as they are written; ``small``: those in small letters; ``lowered``:
    those of them that stand in its title or first heading; ``opening``: its first heading, "" without; ``named``: the
    folded words of each chunk's headings and caption; ``front``: whether each is a cover.
    """

    terms: tuple[str, ...]
    numbers: Ints
    counts: Counts
    sizes: Ints
    words: tuple[str, ...]
    small: tuple[str, ...]
    lowered: tuple[str, ...]
    opening: str
    named: tuple[tuple[str, ...], ...]
    front: tuple[bool, ...]


def analyser_key(title: str, language: str, about: str) -> str:
    """What an analysis depends on besides the chunks: the analyser, and what was said of the document."""
    return hashlib.sha256(repr((_analyser(), title, language, about)).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _analyser() -> tuple[str, ...]:
    """The analyser and the stemmer and words of grammar that it uses."""
    grammar = hashlib.sha256(Path(__file__).with_name("stopwords.yaml").read_bytes()).hexdigest()
    return ANALYSER, version("PyStemmer"), grammar


def analyse(title: str, chunks: Sequence[Chunk], language: str = "es", about: str = "") -> Analysis:
    """The analysis of a document of ``chunks``. ``about`` names its models; ``title`` is "" where it says nothing."""
    numbers: dict[str, int] = {}
    words, small, lowered = set[str](), set[str](), set[str]()
    counted = [_counts(title, chunk, language, about, words) for chunk in chunks]
    for chunk in chunks:
        lower = lower_words(chunk.content)
        small |= lower
        first = (title, *chunk.heading_path[:1])
        lowered |= lower.intersection(map(fold, pieces(" ".join(first))))
    opening = next((chunk.heading_path[0] for chunk in chunks if chunk.ordinal == 0 and chunk.heading_path), "")
    placed = [numbers.setdefault(word, len(numbers)) for counts in counted for word in counts]
    times = [min(count, _MOST) for counts in counted for count in counts.values()]
    return Analysis(
        tuple(numbers),
        np.array(placed, dtype=np.int32),
        np.array(times, dtype=np.uint16),
        np.array([len(counts) for counts in counted], dtype=np.int32),
        tuple(sorted(words)),
        tuple(sorted(small)),
        tuple(sorted(lowered)),
        opening,
        tuple(_named(chunk) for chunk in chunks),
        tuple(chunk.ordinal == 0 and not chunk.heading_path for chunk in chunks),
    )


def _counts(title: str, chunk: Chunk, language: str, about: str, words: set[str]) -> Counter[str]:
    """The terms of ``chunk`` and how often each counts; its folded words go into ``words``."""
    path, content = chunk.heading_path, chunk.content
    written = list(pieces(contextual(title, path, content)))
    counts = Counter(term(word, language) for word in written)
    counts.update(term(word) for word in dict.fromkeys(pieces(about)))
    counts.update(headline(path, content, language))
    counts.update(code for code in code_ranges(content) if code not in counts)
    words.update(map(fold, written))
    return counts


def headline(path: Sequence[str], content: str, language: str) -> list[str]:
    """What the heading and the caption of a chunk say, once more: they tell what it is about; so do the first
    cells of its rows. Pairs of words too."""
    section = terms(path[-1], language) if path else []
    first_cells = _FIRST_CELL.findall(content)
    keys = terms("\n".join(first_cells), language) if first_cells else []
    caption = terms(content.split("\n", 1)[0][:_FIRST_LINE], language) if content.lower().startswith("tabla") else []
    return [*section * HEADING_WEIGHT, *caption, *keys, *pairs(section)]


def _named(chunk: Chunk) -> tuple[str, ...]:
    said = "\n".join([*chunk.heading_path, chunk.content.split("\n", 1)[0][:_FIRST_LINE]])
    return tuple(dict.fromkeys(map(fold, pieces(said))))


def packed(analysis: Analysis) -> bytes:
    """``analysis`` as it is kept."""
    return bytes(
        msgpack.packb(
            (
                analysis.terms,
                analysis.numbers.astype("<i4").tobytes(),
                analysis.counts.astype("<u2").tobytes(),
                analysis.sizes.astype("<i4").tobytes(),
                analysis.words,
                analysis.small,
                analysis.lowered,
                analysis.opening,
                analysis.named,
                analysis.front,
            )
        )
    )


def unpacked(data: bytes) -> Analysis:
    """What :func:`packed` made of an analysis."""
    words, numbers, counts, sizes, *rest = msgpack.unpackb(data, use_list=False)
    return Analysis(
        words,
        np.frombuffer(numbers, dtype="<i4"),
        np.frombuffer(counts, dtype="<u2"),
        np.frombuffer(sizes, dtype="<i4"),
        *rest,
    )
