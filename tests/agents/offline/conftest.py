"""One trained brain for the session, and the people who write to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context, Machine
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue, load_catalogue

MACHINES = (
    Machine(1, "XP400", "Split mural XP400", "split", "salón", "2025-02-17", "Zaragoza"),
    Machine(2, "CB24", "Caldera CB24", "boiler", "cocina", "2024-10-09", "Zaragoza"),
    Machine(3, "XP250", "Split mural XP250", "split", "dormitorio", "2023-05-02", "Zaragoza"),
)
VALUES = {
    ("client", "name"): ("Talleres Ríos, S.L.", "Ana Pérez", "Hotel Aurora", "Clínica Sanz", "Marta López"),
    ("technician", "name"): ("Laura Gil", "Carlos Sanz", "Javier Ruiz"),
    ("product", "sku"): ("XP400", "XP250", "CB24", "EL320"),
    ("client", "city"): ("Madrid", "Zaragoza"),
}


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def brain(catalogue: Catalogue) -> OfflineBrain:
    return OfflineBrain.build(catalogue, {"company": "Térmica Ebro", "office_phone": "976 000 100"})


@pytest.fixture(scope="session")
def speaking() -> Callable[..., Context]:
    """``speaking("client", ...)``: the context of somebody of that role."""

    def context(role: str, **changes: Any) -> Context:
        who = Role(role)
        principal = Principal(who, None if who is Role.GUEST else 1, None if who is Role.GUEST else "Ana Pérez")
        now = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
        staff = who in (Role.TECHNICIAN, Role.ADMIN)
        known: dict[str, Any] = {"values": VALUES if staff else {}, "machines": MACHINES if who is Role.CLIENT else ()}
        return Context(principal, now, **{**known, **changes})

    return context
