"""Chatwoot's API under /api/v1/accounts: what a bot's token opens and no more, and a little more for colleagues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from channels.standin.answers import (
    BAD_TOKEN,
    NO_TOKEN,
    NOT_FOR_BOTS,
    NOT_FOUND,
    Refused,
    assignee_answer,
    bot_answer,
    contact_answer,
    conversation_answer,
    message_answer,
    refused,
)
from channels.standin.desk import Rejected
from channels.standin.model import PRIORITIES, STATUSES, Agent, AgentBot, Contact, Conversation
from channels.standin.payloads import pushed
from channels.standin.posting import draft, fields, invalid
from channels.standin.standin import Standin

Body = dict[str, Any]
Caller = Agent | AgentBot
_ACCOUNT = "/api/v1/accounts/{account_id}"
PAGE = 25
_ONE = "/conversations/{number}"


def standin_of(request: Request) -> Standin:
    """The stand-in that serves this request."""
    found = request.app.state.standin
    if not isinstance(found, Standin):
        raise TypeError("the application has no stand-in")
    return found


Here = Annotated[Standin, Depends(standin_of)]


def caller(request: Request, here: Here, account_id: int) -> Caller:
    """Who holds the token; raises :class:`Refused`."""
    token = request.headers.get("api_access_token") or request.headers.get("api-access-token")
    if not token:
        raise Refused(401, NO_TOKEN)
    known: list[Caller] = [here.world.bot, *here.world.agents]
    who = next((one for one in known if one.access_token == token), None)
    if who is None:
        raise Refused(401, BAD_TOKEN)
    if account_id != here.config.account_id:
        raise Refused(404, NOT_FOUND)
    return who


def colleague(who: Annotated[Caller, Depends(caller)]) -> Agent:
    """The caller, who must be a person."""
    if isinstance(who, AgentBot):
        raise Refused(401, NOT_FOR_BOTS)
    return who


def conversation_named(here: Here, number: str) -> Conversation:
    """The conversation that the path names."""
    found = here.world.find_conversation(int(number)) if number.isdecimal() else None
    if found is None:
        raise Refused(404, NOT_FOUND)
    return found


Who = Annotated[Caller, Depends(caller)]
Person = Annotated[Agent, Depends(colleague)]
One = Annotated[Conversation, Depends(conversation_named)]
for_bots = APIRouter(prefix=_ACCOUNT)
for_people = APIRouter(prefix=_ACCOUNT)


@for_bots.post(_ONE + "/messages")
async def create_message(request: Request, here: Here, who: Who, one: One) -> Body:
    """Store a message of the caller."""
    given, files = await fields(request)
    try:
        message = here.desk.post(one, draft(here.world, who, given, files))
    except Rejected as error:
        raise invalid(f"Validation failed: {error}") from error
    return message_answer(here.world, one, message, given.get("echo_id"))


@for_bots.get(_ONE)
async def show(here: Here, _who: Who, one: One) -> Body:
    """A conversation."""
    return conversation_answer(here.world, one)


@for_bots.patch(_ONE)
async def update(request: Request, here: Here, _who: Who, one: One) -> Body:
    """Change its priority."""
    _prioritise(here, one, (await fields(request))[0])
    return conversation_answer(here.world, one)


@for_bots.post(_ONE + "/toggle_priority")
async def toggle_priority(request: Request, here: Here, _who: Who, one: One) -> Response:
    """Change its priority."""
    _prioritise(here, one, (await fields(request))[0])
    return Response()


@for_bots.post(_ONE + "/toggle_status")
async def toggle_status(request: Request, here: Here, who: Who, one: One) -> Body:
    """Change its status; a bot that opens a pending one hands over."""
    given, _ = await fields(request)
    status = given.get("status") or ("resolved" if one.status == "open" else "open")
    if status not in STATUSES:
        raise Refused(500, {"status": 500, "error": f"'{status}' is not a valid status"})
    until = given.get("snoozed_until")
    handed_over = isinstance(who, AgentBot) and one.status == "pending" and status == "open"
    moment = datetime.fromtimestamp(float(until), here.world.clock.zone) if until else None
    here.desk.set_status(one, status, who.name, moment)
    return {
        "meta": {},
        "payload": {
            "success": None if handed_over else True,
            "conversation_id": one.id,
            "current_status": one.status,
            "snoozed_until": int(until) if until else None,
        },
    }


@for_bots.post(_ONE + "/toggle_typing_status")
async def toggle_typing(request: Request, here: Here, _who: Who, one: One) -> Response:
    """Show colleagues that the bot writes; WhatsApp hears nothing of it."""
    given, _ = await fields(request)
    one.typing = given.get("typing_status") == "on"
    here.world.changed()
    return Response()


@for_bots.post(_ONE + "/custom_attributes")
async def custom_attributes(request: Request, here: Here, _who: Who, one: One) -> Body:
    """Replace all custom attributes."""
    given, _ = await fields(request)
    with here.desk.changing(one):
        one.custom_attributes = dict(given.get("custom_attributes") or {})
    return {"custom_attributes": one.custom_attributes}


@for_bots.get(_ONE + "/labels")
async def labels(_who: Who, one: One) -> Body:
    """Its labels."""
    return {"payload": one.labels}


@for_bots.post(_ONE + "/labels")
async def replace_labels(request: Request, here: Here, _who: Who, one: One) -> Body:
    """Replace all labels."""
    given, _ = await fields(request)
    with here.desk.changing(one):
        one.labels = list(dict.fromkeys(map(str, given.get("labels") or [])))
    return {"payload": one.labels}


@for_bots.post(_ONE + "/assignments")
async def assign(request: Request, here: Here, _who: Who, one: One) -> Body | None:
    """Assign to a colleague, a bot or a team; an unknown colleague unassigns."""
    given, _ = await fields(request)
    if "assignee_id" in given:
        number = int(given["assignee_id"] or 0)
        bot = given.get("assignee_type") == "AgentBot"
        chosen = (here.world.bot if number == here.world.bot.id else None) if bot else here.world.agent(number)
        here.desk.assign(one, chosen)
        return assignee_answer(here.world, chosen) if chosen else None
    team = here.world.team(int(given.get("team_id") or 0))
    here.desk.assign_team(one, team)
    return {"id": team.id, "name": team.name} if team else None


@for_bots.post("/conversations")
async def create_conversation(request: Request, here: Here, who: Who) -> Body:
    """Begin a conversation with a contact, with a first message if one is given."""
    given, _ = await fields(request)
    contact = _contact(here, given.get("contact_id"))
    conversation = here.world.begin(contact)
    if isinstance(given.get("message"), dict):
        here.desk.post(conversation, draft(here.world, who, given["message"], []))
    return conversation_answer(here.world, conversation)


@for_people.get("/conversations")
async def conversations(here: Here, _who: Person, status: str = "open", page: int = 1) -> Body:
    """Twenty-five conversations of a status, the latest first; "all" for any."""
    chosen = [one for one in here.world.conversations.values() if status in {"all", one.status}]
    chosen.sort(key=lambda one: one.last_activity, reverse=True)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    counts = {"mine_count": 0, "assigned_count": 0, "unassigned_count": len(chosen), "all_count": len(chosen)}
    return {"data": {"meta": counts, "payload": [conversation_answer(here.world, one) for one in shown]}}


@for_people.get(_ONE + "/messages")
async def messages(here: Here, _who: Person, one: One, before: int = 0, after: int = 0) -> Body:
    """The latest twenty, twenty before one, or a hundred after one."""
    chosen = [m for m in one.messages if m.id > after and (not before or m.id < before)]
    chosen = chosen[:100] if after else chosen[-20:]
    return {"meta": {"labels": one.labels}, "payload": [pushed(here.world, one, message) for message in chosen]}


@for_people.get("/contacts/{number}")
async def show_contact(here: Here, _who: Person, number: int) -> Body:
    """A contact."""
    return {"payload": contact_answer(_contact(here, number))}


@for_people.get("/agent_bots")
async def bots(here: Here, _who: Person) -> list[Body]:
    """The account's bots, with their secrets."""
    return [bot_answer(here.world, here.world.bot)]


@for_people.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def elsewhere(_who: Person, path: str) -> Body:
    """What the stand-in does not have."""
    raise Refused(404, {**NOT_FOUND, "path": path})


def serve_api(app: FastAPI) -> None:
    """Mount the API."""
    app.add_exception_handler(Refused, refused)
    app.include_router(for_bots)
    app.include_router(for_people)


def _prioritise(here: Standin, one: Conversation, given: Body) -> None:
    priority = given.get("priority")
    if priority and priority not in PRIORITIES:
        raise Refused(500, {"status": 500, "error": f"'{priority}' is not a valid priority"})
    with here.desk.changing(one):
        one.priority = priority or None


def _contact(here: Standin, number: Any) -> Contact:
    found = here.world.contact(int(number)) if number else None
    if found is None:
        raise Refused(404, NOT_FOUND)
    return found
