"""Who is writing, and a clean desk: nothing of an earlier turn but the memory of this very person."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from agents.brains.protocol import Language
from graph.codec import dump
from graph.memory import begin
from graph.parts import Parts
from graph.state import TurnScope, TurnState, scope_of
from policy.roles import Principal
from tools.identity import PHONE, ChannelIdentity, find_principal, normalise, owner_key


class Identify:
    """Takes the principal from the scope, or (Studio) looks the sender up."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, state: TurnState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """Set the principal and the turn, and drop the memory of anybody else."""
        scope = scope_of(runtime)
        language: Language = "es"
        if scope is None:
            principal, owner = await self._look_up(state.get("sender", ""))
            turn_id = str(uuid4())
        else:
            principal, owner, turn_id = scope.principal, scope.owner, scope.turn_id
            language = scope.language
        return {
            "turn_id": turn_id,
            "principal": dump(principal),
            "owner": owner,
            "memory": begin(state.get("memory"), owner, language),
            "asks": [],
            "chosen": [],
            "cut_short": False,
            "filed": Overwrite([]),
            "hops": 0,
            "timings": Overwrite({}),
            "result": {},
        }

    async def _look_up(self, sender: Any) -> tuple[Principal, str]:
        given = sender if isinstance(sender, dict) else {"channel": PHONE, "external_id": str(sender)}
        region = self._parts.settings.phone_region
        identity = normalise(str(given.get("channel", PHONE)), str(given.get("external_id", "")), region)
        principal = await asyncio.to_thread(self._find, identity)
        return principal, owner_key(principal, identity)

    def _find(self, identity: ChannelIdentity) -> Principal:
        with self._parts.sessions() as session:
            return find_principal(session, identity)
