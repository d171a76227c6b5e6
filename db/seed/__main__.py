"""``python -m db.seed``: load the demo company into the database of the settings."""

from __future__ import annotations

import sys

from core.clock import SystemClock
from core.settings import load_settings
from db.migrate import upgrade
from db.place import locate
from db.seed import seed
from db.session import make_engine


def main() -> None:
    """Migrate, load, and say how many rows of what."""
    settings = load_settings()
    place = locate(settings)
    upgrade(place.url, place.secret)
    report = seed(make_engine(place.url), SystemClock(settings.zone))
    if not report.loaded:
        sys.stdout.write("The database has clients already; nothing was loaded.\n")
    for table, rows in report.rows.items():
        sys.stdout.write(f"{rows:6} {table}\n")


if __name__ == "__main__":
    main()
