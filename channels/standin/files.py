"""The addresses of files: no token, a redirect to where the bytes are."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from channels.standin.answers import NOT_FOUND, Refused
from channels.standin.api import Here

router = APIRouter(prefix="/rails/active_storage")


@router.get("/blobs/redirect/{key}/{name}")
async def redirect(here: Here, key: str, name: str) -> Response:
    """Send the caller to the storage."""
    if key not in here.world.files:
        raise Refused(404, NOT_FOUND)
    return RedirectResponse(f"{here.world.base_url}/rails/active_storage/disk/{key}/{quote(name)}", 302)


@router.get("/disk/{key}/{name}")
async def content(here: Here, key: str, name: str) -> Response:
    """The bytes; ``name`` is for people."""
    found = here.world.files.get(key)
    if found is None or found.name != name:
        raise Refused(404, NOT_FOUND)
    return Response(found.data, media_type=found.content_type or "application/octet-stream")
