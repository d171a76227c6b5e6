"""What a person names on the command line, as things to read: paths, web addresses, Google Drive folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sources.drive import drive_items, is_drive_address
from ingest.sources.files import find_files
from ingest.sources.item import Source
from ingest.sources.web import Limits, WebItem, is_web_address
from ingest.store import Labels


@dataclass(frozen=True, slots=True)
class Gathered:
    """Things to ingest, the folders among the places, and how many files were passed over, by suffix."""

    items: tuple[Source, ...]
    folders: tuple[Path, ...] = ()
    passed_over: Counter[str] = field(default_factory=Counter)


def gather(places: Sequence[str], labels: Labels, *, private: bool = False, drive_key: Path | None = None) -> Gathered:
    """Everything at ``places``, in their order. ``private``: web addresses inside the network are allowed.

    Raises :class:`core.errors.Misconfigured` when a Drive folder is named and the Drive extra is not installed.
    """
    local, remote = [], []
    for place in places:
        if is_web_address(place):
            remote.append(WebItem(place, labels, Limits(private=private)))
        elif not is_drive_address(place):
            local.append(Path(place))
    drive = [item for place in places if is_drive_address(place) for item in drive_items(place, labels, drive_key)]
    found = find_files(local, labels)
    folders = tuple(path for path in local if path.is_dir())
    return Gathered((*found.items, *remote, *drive), folders, found.passed_over)
