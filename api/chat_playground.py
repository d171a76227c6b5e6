"""A chat page for the demo at ``/chat/playground/``: LangServe's, with a line that says who writes and lets one choose.

Demo mode only: whoever sees the page may be anybody. The page sends the whole conversation each time; which
conversation it is, the number of its first run says, that the page sends back with the first reply.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Annotated, Any, cast
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langserve import add_routes
from langserve.playground import serve_playground
from langserve.schema import CustomUserType
from pydantic import BaseModel, Discriminator, Field, Tag

from api.langserve import apart
from core.errors import BadInput, NotFound
from graph.messages import TurnRequest, TurnResult
from graph.telling import Piece, Progress, Restart
from graph.turn import TurnService

PATH = "/chat"
_COOKIE = "demo_sender"
_MOST_MESSAGES = 200
_BANNER = Path(__file__).with_name("chat_banner.html")


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom one may play: ``sender`` is their phone number, ``title`` what they are, in words."""

    sender: str
    title: str


Personas = Mapping[str, Persona]
"""By the name that stands in the address; the first one writes until another is chosen."""


def _kind(message: Any) -> str:
    return str(message.get("type") if isinstance(message, dict) else getattr(message, "type", ""))


Message = Annotated[
    Annotated[HumanMessage, Tag("human")] | Annotated[AIMessage, Tag("ai")] | Annotated[SystemMessage, Tag("system")],
    Discriminator(_kind),
]


class Chat(CustomUserType):
    """The conversation so far; its last message is the one to answer."""

    messages: list[Message] = Field(min_length=1, max_length=_MOST_MESSAGES)


def mount_chat(app: FastAPI, turns: Callable[[], TurnService], personas: Personas) -> None:
    """Serve the chat page, for whoever is on this machine to play one of ``personas``."""
    runnable = _runnable(turns)
    app.include_router(_pages(runnable, turns, personas))
    add_routes(
        app,
        runnable,
        path=PATH,
        playground_type="chat",
        disabled_endpoints=("batch", "stream_events"),
        per_req_config_modifier=_as_chosen(personas),
        enable_feedback_endpoint=False,
    )


def _runnable(turns: Callable[[], TurnService]) -> Runnable[Any, Any]:
    async def answer(chat: Chat, config: RunnableConfig) -> AsyncIterator[str]:
        given = config["configurable"]
        async for event in apart().run(turns().stream, _request(chat, given["sender"], given["run"])):
            match event:
                case Progress(text):
                    yield f"⏳ {text}\n\n"
                case Piece(text):
                    yield text
                case Restart():
                    yield "\n\n---\n\n"
                case TurnResult():
                    pass

    runnable: Runnable[Any, Any] = RunnableLambda(answer, name="cuadrilla-chat")
    return runnable.with_types(input_type=Chat, output_type=str)


def _request(chat: Chat, sender: str, run: str) -> TurnRequest:
    last = chat.messages[-1]
    if not isinstance(last, HumanMessage):
        raise BadInput("The last message must be the person's.")
    numbers = (getattr(said, "runId", None) for said in chat.messages if isinstance(said, AIMessage))
    first = next((number for number in numbers if isinstance(number, str) and number), run)
    return TurnRequest(message=last.text, sender=sender, conversation_id=f"chat:{first}"[:200])


def _as_chosen(personas: Personas) -> Callable[[dict[str, Any], Request], dict[str, Any]]:
    """What a client sends as configuration is replaced; the sender is the one chosen on the page."""

    def modify(config: dict[str, Any], request: Request) -> dict[str, Any]:
        run = uuid4()
        sender = personas[_chosen(request, personas)].sender
        return {**config, "run_id": run, "configurable": {"sender": sender, "run": str(run)}}

    return modify


def _chosen(request: Request, personas: Personas) -> str:
    who = request.cookies.get(_COOKIE, "")
    return who if who in personas else next(iter(personas))


def _pages(runnable: Runnable[Any, Any], turns: Callable[[], TurnService], personas: Personas) -> APIRouter:
    router = APIRouter(prefix=PATH, include_in_schema=False)

    @router.get("/playground/")
    async def page(request: Request) -> HTMLResponse:
        """LangServe's page under a line that says who writes."""
        said, replied = cast(type[BaseModel], runnable.input_schema), cast(type[BaseModel], runnable.output_schema)
        base = f"{request.scope.get('root_path', '').rstrip('/')}{PATH}/playground"
        served = await serve_playground(runnable, said, replied, (), base, "index.html", False, False, "chat")
        who = _chosen(request, personas)
        name = (await turns().who(personas[who].sender)).name
        banner = _banner(who, name, personas)
        return HTMLResponse(bytes(served.body).decode().replace("<body>", f"<body>{banner}", 1))

    @router.get("/as/{who}")
    async def choose(who: str) -> RedirectResponse:
        """From now on this browser writes as ``who``."""
        if who not in personas:
            raise NotFound
        back = RedirectResponse(f"{PATH}/playground/", HTTPStatus.SEE_OTHER)
        back.set_cookie(_COOKIE, who, path=PATH, httponly=True, samesite="strict")
        return back

    return router


def _banner(who: str, name: str | None, personas: Personas) -> str:
    others = " · ".join(
        f'<a href="{PATH}/as/{key}">{escape(persona.title)}</a>' for key, persona in personas.items() if key != who
    )
    template = Template(_BANNER.read_text(encoding="utf-8"))
    writes = f"{name} ({personas[who].title})" if name else personas[who].title
    return template.substitute(who=escape(writes), number=escape(personas[who].sender), others=others)
