"""Files and folders of this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sources.item import Item, Unreachable
from ingest.store import Labels

_HIDDEN = (".", "~$")


@dataclass(frozen=True, slots=True)
class Found:
    """``items`` to read, in order, and how many files were passed over, by suffix."""

    items: tuple[Item | Unreachable, ...]
    passed_over: Counter[str] = field(default_factory=Counter)


def readable(path: Path) -> bool:
    """Is ``path``, found inside a folder, one that is read? Hidden and temporary files are not."""
    from ingest.loading import SUFFIXES

    return path.suffix.lower() in SUFFIXES and not path.name.startswith(_HIDDEN)


def source_of(path: Path) -> str:
    """The lasting identity of a file: its absolute path."""
    return path.resolve().as_posix()


def find_files(paths: Iterable[Path], labels: Labels) -> Found:
    """Files named in ``paths``, missing ones too, and the readable ones inside its folders.

    A file named twice counts once. A folder that cannot be listed, or vanishes meanwhile, is an item that fails.
    """
    items: dict[str, Item | Unreachable] = {}
    passed_over: Counter[str] = Counter()
    for path in paths:
        if not path.is_dir():
            items[source_of(path)] = Item(path, source_of(path), labels)
            continue
        errors: list[OSError] = []
        for folder, inner, names in os.walk(path, onerror=errors.append):
            inner[:] = sorted(name for name in inner if not name.startswith(_HIDDEN))
            for inside in (Path(folder, name) for name in sorted(names)):
                if readable(inside):
                    items[source_of(inside)] = Item(inside, source_of(inside), labels)
                elif not inside.name.startswith(_HIDDEN):
                    passed_over[inside.suffix.lower() or inside.name] += 1
        for error in errors:
            items[str(error.filename)] = Unreachable(str(error.filename), labels, error)
    return Found(tuple(items.values()), passed_over)
