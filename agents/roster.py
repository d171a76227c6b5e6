"""Wall 1: the specialists that a principal may be answered by, built from the grants and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from agents.brains.protocol import Brain
from agents.escalation import EscalationAgent
from agents.escalation_knowledge import EscalationKnowledge
from agents.rag_docs import RagDocsAgent
from agents.report import Specialist
from agents.sql_reader import SqlReaderAgent
from agents.sql_text import sql_text_answers
from agents.subjects import Subjects
from agents.ticket_writer import TicketWriterAgent
from core.clock import Clock
from ingest.passages import Retriever
from policy.grants import GRANTS, Agent
from policy.roles import Principal
from tools.documents import SearchDocuments
from tools.handoff import HandOff
from tools.query_data import QueryData, Runs
from tools.sql.catalogue import Catalogue
from tools.sql.text import SqlText
from tools.tickets import WriteTicket


@dataclass(frozen=True, slots=True)
class Workshop:
    """What specialists are built from; shared by all principals, holds no identity."""

    brain: Brain
    reader: Runs
    sql_text: SqlText
    retriever: Retriever
    sessions: sessionmaker[Session]
    subjects: Subjects
    catalogue: Catalogue
    escalation: EscalationKnowledge
    clock: Clock


_NEEDS: Mapping[Agent, str] = {
    Agent.SQL_READER: "query_data",
    Agent.RAG_DOCS: "search_documents",
    Agent.TICKET_WRITER: "write_ticket",
    Agent.ESCALATION: "hand_off",
}


class Roster:
    """The specialists of one principal. One that is not granted does not exist here."""

    def __init__(self, workshop: Workshop, principal: Principal) -> None:
        self._workshop = workshop
        self._principal = principal
        builders: Mapping[Agent, Callable[[], Specialist]] = {
            Agent.SQL_READER: self._sql_reader,
            Agent.RAG_DOCS: self._rag_docs,
            Agent.TICKET_WRITER: self.ticket_writer,
            Agent.ESCALATION: self.escalation,
        }
        grant = GRANTS[principal.role]
        self._builders = {
            agent: builders[agent] for agent in Agent if agent in grant.agents and _NEEDS[agent] in grant.tools
        }

    @property
    def agents(self) -> frozenset[Agent]:
        """Who may answer."""
        return frozenset(self._builders)

    def get(self, agent: Agent) -> Specialist | None:
        """The specialist, built for the principal; None when the role was not granted it."""
        build = self._builders.get(agent)
        return build() if build else None

    def ticket_writer(self) -> TicketWriterAgent:
        """The writer of tickets; the tool refuses roles that may not write."""
        shop = self._workshop
        tool = WriteTicket(sessions=shop.sessions, clock=shop.clock, principal=self._principal)
        return TicketWriterAgent(shop.brain, tool)

    def escalation(self) -> EscalationAgent:
        """The one who hands over: every role has it."""
        shop = self._workshop
        return EscalationAgent(shop.brain, HandOff(principal=self._principal), shop.subjects, shop.escalation)

    def _rag_docs(self) -> RagDocsAgent:
        shop = self._workshop
        tool = SearchDocuments(retriever=shop.retriever, principal=self._principal)
        return RagDocsAgent(shop.brain, tool, shop.subjects)

    def _sql_reader(self) -> SqlReaderAgent:
        shop = self._workshop
        tool = QueryData(reader=shop.reader, principal=self._principal)
        may_draw = "draw_chart" in GRANTS[self._principal.role].tools
        by_text = sql_text_answers(shop.brain, shop.sql_text, self._principal)
        return SqlReaderAgent(shop.brain, tool, shop.subjects, shop.catalogue, may_draw, by_text)
