"""``GET /metrics`` for Prometheus: with the key of the settings, or from this machine when there is none."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from pydantic import SecretStr

from core.errors import Unauthenticated
from core.metrics import CONTENT_TYPE, Metrics
from core.settings import LOOPBACK

_FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"})


def metrics_routes(metrics: Metrics, key: SecretStr | None) -> APIRouter:
    """The route over ``metrics``. Without ``key`` this machine is let in, but not what a proxy on it passes on."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics", include_in_schema=False)
    def scrape(request: Request) -> Response:
        """Everything that is counted."""
        _let_in(request, key)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


def metrics_app(metrics: Metrics, key: SecretStr | None) -> FastAPI:
    """An application with that route only, for a worker."""
    app = FastAPI(openapi_url=None)

    @app.exception_handler(Unauthenticated)
    async def refuse(_request: Request, error: Unauthenticated) -> Response:
        return Response(error.message, status_code=401)

    app.include_router(metrics_routes(metrics, key))
    return app


def _let_in(request: Request, key: SecretStr | None) -> None:
    """Raise :class:`Unauthenticated` unless who calls may read."""
    if key is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer" and hmac.compare_digest(
            given.strip().encode(), key.get_secret_value().encode()
        ):
            return
        raise Unauthenticated
    here = request.client is not None and request.client.host in LOOPBACK
    if not here or not _FORWARDED.isdisjoint(name.casefold() for name in request.headers):
        raise Unauthenticated
