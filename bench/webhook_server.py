"""The webhook beside a bare route that inserts one row: ``python -m bench.webhook_server PORT``."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from psycopg.types.json import Jsonb

from agents.brains.offline.emergency import EmergencyLane
from channels.chatwoot.service import open_door
from channels.chatwoot.webhook import Door, webhook_routes
from channels.queue import Queue
from core.settings import load_settings
from core.settled import settled
from db.place import locate

BARE = "/bare"
TABLE = "CREATE TABLE IF NOT EXISTS bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb)"


def create_app() -> FastAPI:
    """Both routes, on one pool."""
    settings = load_settings()
    opened: list[tuple[Queue, Door]] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        lane = EmergencyLane(folder=settings.home / "models")
        async with open_door(settings, locate(settings).url, lambda m: lane.detect(m) is not None) as parts:
            opened.append(parts)
            with settled():
                yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(webhook_routes(lambda: opened[0][1]))

    @app.post(BARE)
    async def bare(request: Request) -> dict[str, Any]:
        async with opened[0][0].intake.connection() as connection:
            await connection.execute(
                "INSERT INTO public.bench_rows (payload) VALUES (%s)", (Jsonb(await request.json()),)
            )
        return {"status": "accepted"}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(), port=int(sys.argv[1]), log_config=None, access_log=False)
