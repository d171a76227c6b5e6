"""The catalogue and a reader over this worker's demo database."""

from __future__ import annotations

import pytest

from core.clock import FixedClock
from db.readers import Readers
from tools.sql.catalogue import Catalogue, load_catalogue
from tools.sql.reader import SqlReader


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue as shipped."""
    return load_catalogue()


@pytest.fixture(scope="session")
def reader(readers: Readers, catalogue: Catalogue, clock: FixedClock) -> SqlReader:
    """A reader at the clock of the tests."""
    return SqlReader(readers, catalogue, clock)
