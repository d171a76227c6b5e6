"""``Idempotency-Key`` on POST: the same key and the same request get the same answer; another request is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.auth import Access
from api.desk import Desk
from db.crud.failures import translated
from db.crud.idempotency import Answer, Claim, claim, keep_answer
from db.session import session_scope

REPLAYED = "Idempotent-Replayed"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A name of your own for this request: sent again, it is done once",
    ),
]


def claim_of(access: Access, key: str | None, request: Request, body: BaseModel) -> Claim | None:
    """The claim of a request; None when it has no key."""
    if key is None:
        return None
    asked = f"{request.method} {request.url.path}\n{body.model_dump_json(exclude_unset=True)}"
    return Claim(access.caller, key, hashlib.sha256(asked.encode()).digest())


def once(desk: Desk, wanted: Claim | None, act: Callable[[Session], Answer]) -> Response:
    """What ``act`` answers, in one transaction; or what it answered when the same request came before."""
    now = desk.clock.now()
    with translated(), session_scope(desk.sessions) as session:
        lasts = timedelta(hours=desk.settings.idempotency_hours)
        kept = claim(session, wanted, now, now + lasts) if wanted else None
        if kept is not None:
            return _response(kept, replayed=True)
        answer = act(session)
        if wanted is not None:
            keep_answer(session, wanted, answer)
    return _response(answer)


def _response(answer: Answer, *, replayed: bool = False) -> Response:
    headers = {**answer.headers, REPLAYED: "true"} if replayed else answer.headers
    return Response(answer.body, answer.status, headers, media_type="application/json")
