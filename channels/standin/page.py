"""The page: play who writes, and beside it the colleague who reads along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Form, Request, UploadFile
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from channels.standin.answers import NOT_FOUND, Refused
from channels.standin.api import Here, One
from channels.standin.desk import Draft, Rejected
from channels.standin.model import PRIORITIES, STATUSES, Attachment, Contact
from channels.standin.posting import File, invalid, stored
from channels.standin.views import View, world_view

STATIC = Path(__file__).with_name("static")
WINDOW_CLOSED = timedelta(hours=25)
STRANGERS = 34_611_000_000


def same_origin(request: Request, here: Here) -> None:
    """Other sites may not write here with this browser."""
    origin = request.headers.get("origin")
    ours = {here.world.base_url, here.world.base_url.replace("127.0.0.1", "localhost")}
    if origin is not None and origin not in ours:
        raise Refused(403, {"error": "another site"})


def person(here: Here, contact: int) -> Contact:
    """The person that the path names."""
    found = here.world.contact(contact)
    if found is None:
        raise Refused(404, NOT_FOUND)
    return found


Person = Annotated[Contact, Depends(person)]
Text = Annotated[str, Body(embed=True)]
router = APIRouter(dependencies=[Depends(same_origin)])


@router.get("/", include_in_schema=False)
async def index() -> Response:
    """The page itself."""
    return FileResponse(STATIC / "page.html", headers={"Cache-Control": "no-store"})


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Its style and its script."""
    if name not in {"page.css", "page.js"}:
        raise Refused(404, NOT_FOUND)
    return FileResponse(STATIC / name, headers={"Cache-Control": "no-store"})


@router.get("/page/state")
async def state(here: Here, person: int | None = None, since: int = -1) -> View:
    """What there is to see, or only the version when nothing changed since."""
    if since == here.world.version:
        return {"version": since}
    contact = here.world.contact(person) if person else None
    return {**world_view(here.world, contact), "script": here.script}


@router.post("/page/people")
async def stranger(here: Here) -> View:
    """Somebody writes from a number that nobody knows."""
    number = here.world.new_id()
    contact = here.world.meet(f"Desconocido {number}", f"+{STRANGERS + number}")
    here.world.titles[contact.id] = "Número desconocido"
    here.world.changed()
    return {"person": contact.id}


@router.post("/page/people/{contact}/messages")
async def write(
    here: Here,
    contact: Person,
    content: Annotated[str, Form()] = "",
    file: UploadFile | None = None,
    place: Annotated[str, Form()] = "",
    latitude: Annotated[float | None, Form()] = None,
    longitude: Annotated[float | None, Form()] = None,
) -> View:
    """The person sends words, a file or a place."""
    attachments: list[Attachment] = []
    if file is not None:
        attachments.append(stored(here.world, await File.of(file)))
    if latitude is not None and longitude is not None:
        at = Attachment(here.world.new_id(), "location", place, latitude=latitude, longitude=longitude)
        attachments.append(at)
    if not content.strip() and not attachments:
        raise invalid("empty")
    try:
        message = here.desk.receive(contact, content.strip() or None, *attachments)
    except Rejected as error:
        raise invalid(str(error)) from error
    return {"message": message.id}


@router.post("/page/people/{contact}/taps")
async def tap(here: Here, contact: Person, message: Annotated[int, Body()], title: Annotated[str, Body()]) -> View:
    """The person taps a choice."""
    found = here.world.message(message)
    if found is None:
        raise Refused(404, NOT_FOUND)
    return {"message": here.desk.tap(contact, found[1], title).id}


@router.post("/page/people/{contact}/restart")
async def restart(here: Here, contact: Person) -> View:
    """The next message begins a new conversation."""
    current = here.desk.current(contact)
    if current is not None:
        here.desk.assign(current, None)
        here.desk.set_status(current, "resolved", _me(here))
    return {}


@router.post("/page/people/{contact}/wait")
async def wait(here: Here, contact: Person) -> View:
    """A day goes by: WhatsApp's window closes."""
    for conversation in here.world.conversations_of(contact):
        here.desk.age(conversation, WINDOW_CLOSED)
    return {}


@router.post("/page/conversations/{number}/messages")
async def say(
    here: Here,
    one: One,
    content: Text,
    private: Annotated[bool, Body()] = False,
    telephone: Annotated[bool, Body()] = False,
) -> View:
    """The colleague answers, writes a note, or answers from the company's own telephone."""
    agent = None if telephone else here.world.agents[0]
    attributes: dict[str, Any] = {"external_echo": True} if telephone else {}
    source = f"wamid.echo.{here.world.new_id()}" if telephone else None
    try:
        draft = Draft(
            content, sender=agent, private=private and not telephone, content_attributes=attributes, source_id=source
        )
        message = here.desk.post(one, draft)
    except Rejected as error:
        raise invalid(str(error)) from error
    return {"message": message.id}


@router.post("/page/conversations/{number}/take")
async def take(here: Here, one: One) -> View:
    """The colleague takes over."""
    here.desk.assign(one, here.world.agents[0])
    here.desk.set_status(one, "open", _me(here))
    return {}


@router.post("/page/conversations/{number}/hand_back")
async def hand_back(here: Here, one: One) -> View:
    """The bot gets it back."""
    here.desk.assign(one, None)
    here.desk.set_status(one, "pending", _me(here))
    return {}


@router.post("/page/conversations/{number}/status")
async def status(here: Here, one: One, status: Text) -> View:
    """Any status."""
    if status not in STATUSES:
        raise invalid(status)
    here.desk.set_status(one, status, _me(here))
    return {}


class Details(BaseModel):
    """What the form changed; what is not given stays as it is."""

    labels: list[str] = []
    priority: str | None = None
    team: int | None = None


@router.post("/page/conversations/{number}/details")
async def details(here: Here, one: One, given: Details) -> View:
    """Labels, priority and team: only what was given is changed."""
    with here.desk.changing(one):
        if "labels" in given.model_fields_set:
            one.labels = list(dict.fromkeys(filter(None, map(str.strip, given.labels))))
        if "priority" in given.model_fields_set:
            one.priority = given.priority if given.priority in PRIORITIES else None
    if "team" in given.model_fields_set:
        found = here.world.team(given.team) if given.team else None
        if found is not one.team:
            here.desk.assign_team(one, found)
    return {}


def _me(here: Here) -> str:
    return here.world.agents[0].name
