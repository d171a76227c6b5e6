"""The page behind the link of an emergency: reading it does nothing (mail filters do), pressing its button does."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from channels.paging import Pager, paging_words

_HTML = (
    '<!doctype html><html lang="es"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    "<style>body{{font:1.2rem/1.5 system-ui;max-width:32rem;margin:15vh auto;padding:0 1rem}}"
    "button{{font:inherit;padding:.8rem 1.6rem}}</style></head><body><h1>{title}</h1><p>{text}</p>{form}</body></html>"
)
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'",
}


def paging_routes(pager: Callable[[], Pager]) -> APIRouter:
    """``GET`` asks, ``POST`` confirms."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/pages/{page_id}/{person}/{signature}")
    async def ask(page_id: UUID, person: int, signature: str) -> HTMLResponse:
        words = paging_words()["page"]
        title = await pager().title(page_id, person, signature)
        if title is None:
            return _page(words["title"], words["unknown"], status=HTTPStatus.NOT_FOUND)
        return _page(title, words["ask"], f'<form method="post"><button>{escape(words["button"])}</button></form>')

    @routes.post("/pages/{page_id}/{person}/{signature}")
    async def confirm(page_id: UUID, person: int, signature: str) -> HTMLResponse:
        words = paging_words()["page"]
        answer, who = await pager().acknowledge(page_id, person, signature)
        status = HTTPStatus.NOT_FOUND if answer == "unknown" else HTTPStatus.OK
        return _page(words["title"], words[answer].format(who=who), status=status)

    return routes


def _page(title: str, text: str, form: str = "", *, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    content = _HTML.format(title=escape(title), text=escape(text), form=form)
    return HTMLResponse(content, status_code=status, headers=_HEADERS)
