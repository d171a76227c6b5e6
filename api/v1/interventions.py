"""Visits. A client may ask for one, a technician opens and updates their own, an administrator does anything."""

from __future__ import annotations

from api.v1.rules import visit
from db.crud.resource import Resource
from db.models import Intervention
from db.schemas.service import InterventionBody

INTERVENTIONS = Resource(
    "interventions",
    Intervention,
    InterventionBody,
    filters=(
        "client_id",
        "equipment_id",
        "technician_id",
        "kind",
        "status",
        "priority",
        "requested_at",
        "scheduled_at",
        "started_at",
        "completed_at",
        "cost",
    ),
    search=("description", "result"),
    rule=visit,
)
