"""A planner over the real catalogue, and contexts with the values each role reads in the demo company."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from agents.brains.offline.planning import Planner
from agents.brains.protocol import Context
from policy.roles import GUEST, Principal, Role
from tools.sql.catalogue import load_catalogue

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))
PRINCIPALS = {
    "client": Principal(Role.CLIENT, 1, "Lucía Ferrer Abad"),
    "technician": Principal(Role.TECHNICIAN, 2, "Javier Lahoz Gracia"),
    "admin": Principal(Role.ADMIN, 3, "Marta"),
    "guest": GUEST,
}


@pytest.fixture(scope="session")
def planner() -> Planner:
    """One planner for every test: it is pure."""
    return Planner(load_catalogue())


@pytest.fixture(scope="session")
def context_of() -> Callable[[str], Context]:
    """The context of a role on 22 November 2026."""
    raw = yaml.safe_load((HERE / "values.yaml").read_text(encoding="utf-8"))
    values = {
        role: {tuple(field.split(".", 1)): tuple(known) for field, known in fields.items()}
        for role, fields in raw.items()
    }
    contexts = {role: Context(who, NOW, values=values.get(role, {})) for role, who in PRINCIPALS.items()}
    return contexts.__getitem__
