"""The competent rule for a crew: what the stand-in knows is what that crew's own database holds."""

from __future__ import annotations

import asyncio

from agents.brains.llm.queries import QueryReader
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import Context
from evals.asking import SENDERS
from evals.model_standin.competent import Competent
from graph.app import Crew
from graph.memory import Memory
from policy.roles import Principal, Role
from tools.identity import PHONE, find_principal, normalise


def competent(crew: Crew) -> Competent:
    """A rule that understands the demo people of ``crew`` as its offline brain does."""

    def identified(role: Role) -> Principal:
        with crew.sessions() as session:
            return find_principal(session, normalise(PHONE, SENDERS[role.value], crew.settings.phone_region))

    async def known(role: Role) -> Context:
        return await crew.parts.context(await asyncio.to_thread(identified, role), Memory("standin"))

    return Competent(crew.parts.words, QueryReader(crew.catalogue, load_period_words()), known)
