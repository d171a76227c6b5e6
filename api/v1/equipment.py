"""Installed machines and contracts.

A machine is ``/installed-equipment/{equipment_id}``, like any other resource. ``/equipment/{client_id}`` lists those of
one client, which is what one asks for most: it takes the same filters.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.auth import Caller, OpenDesk
from api.errors import documented
from api.v1.people import CLIENTS
from api.v1.questions import question_of
from api.v1.resources import READ_ERRORS, list_response, read_row, typed
from api.v1.rules import machine_of_client
from db.crud.resource import Resource
from db.models import Contract, InstalledEquipment
from db.schemas.service import ContractBody, EquipmentBody
from db.schemas.words import LARGEST_ID
from policy.scopes import READ

EQUIPMENT = Resource(
    "installed-equipment",
    InstalledEquipment,
    EquipmentBody,
    filters=("client_id", "product_id", "serial_number", "installed_on", "status", "city", "province", "zone"),
    search=("serial_number", "location", "address", "city"),
)
CONTRACTS = Resource(
    "contracts",
    Contract,
    ContractBody,
    filters=("client_id", "equipment_id", "service_type", "starts_on", "ends_on", "cancelled_on", "auto_renew"),
    order="ends_on",
    rule=machine_of_client,
)
MACHINES = (EQUIPMENT, CONTRACTS)


def equipment_routes() -> APIRouter:
    """``GET /equipment/{client_id}``."""
    router = APIRouter(tags=["installed-equipment"])
    question, read = question_of(EQUIPMENT, without=("client_id",))

    def list_equipment_of_client(
        access: Caller,
        desk: OpenDesk,
        request: Request,
        asked: Any,
        client_id: Annotated[int, Path(ge=1, le=LARGEST_ID, description="Whose machines")],
    ) -> Response:
        access.need(READ, EQUIPMENT.name)
        access.need(READ, CLIENTS.name)
        read_row(desk, access, CLIENTS, {"client_id": client_id})
        return list_response(desk, access, EQUIPMENT, read(asked), request, {"client_id": client_id})

    router.add_api_route(
        "/equipment/{client_id}",
        typed(list_equipment_of_client, asked=Annotated[question, Query()]),
        operation_id="list_equipment_of_client",
        summary="List the machines of a client",
        description="As `/installed-equipment?client_id=`; 404 when the caller may not see the client.",
        response_model=EQUIPMENT.page,
        responses=documented(*READ_ERRORS),
    )
    return router
