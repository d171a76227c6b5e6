"""Everything under ``/api/v1``, and what stands beside it for accounts."""

from __future__ import annotations

from fastapi import FastAPI

from api.auth_routes import auth_routes
from api.v1.accounts import USERS, account_routes, key_routes
from api.v1.ai import ai_routes
from api.v1.conversations import CONVERSATIONS
from api.v1.documents import LIBRARY, document_routes
from api.v1.equipment import MACHINES, equipment_routes
from api.v1.feedback import feedback_routes
from api.v1.goods import GOODS
from api.v1.interventions import INTERVENTIONS
from api.v1.knowledge import KNOWLEDGE
from api.v1.learning import learning_routes
from api.v1.operations import operations_routes
from api.v1.orders import SALES
from api.v1.people import PEOPLE
from api.v1.resources import BASE, add_resource

RESOURCES = (
    *PEOPLE,
    *GOODS,
    *SALES,
    *MACHINES,
    INTERVENTIONS,
    *LIBRARY,
    *CONVERSATIONS,
    *KNOWLEDGE,
    USERS,
)
BESIDE = (
    equipment_routes,
    document_routes,
    ai_routes,
    feedback_routes,
    learning_routes,
    operations_routes,
    account_routes,
    key_routes,
)


def install_rest(app: FastAPI) -> None:
    """Serve the API in ``app``, whose endpoints find their desk in the application's state.

    Resources go straight into the application: each router that is included is read twice by FastAPI, at every start.
    """
    app.include_router(auth_routes())
    for resource in RESOURCES:
        add_resource(app.router, resource)
    for routes in BESIDE:
        app.include_router(routes(), prefix=BASE)
