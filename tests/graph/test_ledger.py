"""The log of turns: kept once, and still there for a server that came back."""

from __future__ import annotations

import psycopg

from db.url import libpq_url
from graph.app import Crew
from graph.messages import TurnRequest
from policy.roles import Role
from tests.conftest import PHONES

COUNT = (
    "SELECT count(*) FROM chat_messages JOIN chat_sessions USING (session_id)"
    " WHERE author = 'bot' AND conversation_id LIKE %s"
)


def _asked(conversation: str) -> TurnRequest:
    sender = PHONES[Role.CLIENT]
    return TurnRequest(message="¿Cuándo vence mi garantía?", sender=sender, conversation_id=conversation)


def _said(crew: Crew, conversation: str) -> int:
    with psycopg.connect(libpq_url(crew.url)) as connection:
        row = connection.execute(COUNT, (f"%/{conversation}",)).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_turn_that_is_closed_again_is_kept_once(crew: Crew) -> None:
    request = TurnRequest(
        message="¿Cuándo vence mi garantía?", sender=PHONES[Role.CLIENT], conversation_id="ledger-once"
    )
    result = await crew.turns.answer(request)
    ledger = crew.turns.ledger
    caller = await ledger.identify(crew.turns._identity(request), request.conversation_id)
    turn = await ledger.open(caller, request.model_copy(update={"message_id": "m1"}), request.message)
    await ledger.close(turn, result)
    await ledger.close(turn, result)

    again = await ledger.open(caller, request.model_copy(update={"message_id": "m1"}), request.message)

    assert again.done == result
    assert not again.fresh
    assert _said(crew, "ledger-once") == 2


async def test_a_server_that_dropped_idle_connections_is_not_noticed(crew: Crew) -> None:
    request = TurnRequest(
        message="¿Cuándo vence mi garantía?", sender=PHONES[Role.CLIENT], conversation_id="ledger-cut"
    )
    await crew.turns.answer(request)
    with psycopg.connect(libpq_url(crew.url), autocommit=True) as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'cuadrilla-turns' AND datname = current_database()"
        ).fetchone()
    assert cut is not None and cut[0] > 0

    assert (await crew.turns.answer(request)).error is None
