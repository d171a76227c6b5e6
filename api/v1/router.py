"""Everything under ``/api/v1``, and what stands beside it for accounts."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth_routes import auth_routes
from api.v1.clients import CLIENTS
from api.v1.resources import BASE, resource_routes

RESOURCES = (CLIENTS,)


def rest_routes() -> APIRouter:
    """The routes of the API; they find their desk in the application's state."""
    router = APIRouter()
    router.include_router(auth_routes())
    for resource in RESOURCES:
        router.include_router(resource_routes(resource), prefix=BASE)
    return router
