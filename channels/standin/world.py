"""The account in memory: who and what there is, and the numbers it hands out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from channels.standin.config import StandinConfig
from channels.standin.model import (
    AccountWebhook,
    Agent,
    AgentBot,
    Attachment,
    Contact,
    Conversation,
    Inbox,
    Message,
    Status,
    Team,
)
from core.clock import Clock


@dataclass(slots=True)
class World:
    """One account with one WhatsApp inbox and one bot. ``version`` grows whenever something visible changes."""

    config: StandinConfig
    clock: Clock
    bot: AgentBot
    inbox: Inbox
    agents: list[Agent] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    webhooks: list[AccountWebhook] = field(default_factory=list)
    files: dict[str, Attachment] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    """Who a contact plays, by id: for the page only."""
    base_url: str = "http://127.0.0.1"
    version: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _conversation_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _message_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def founded(cls, config: StandinConfig, clock: Clock) -> World:
        """An account without people."""
        bot = AgentBot(3, config.bot_name)
        return cls(
            config,
            clock,
            bot,
            Inbox(7, config.inbox_name, bot=bot),
            _numbers=itertools.count(501),
            _conversation_numbers=itertools.count(config.first_conversation),
            _message_numbers=itertools.count(config.first_message),
        )

    def changed(self) -> None:
        """Say that a page which shows this world should look again."""
        self.version += 1

    def now(self) -> datetime:
        """The current instant."""
        return self.clock.now()

    def new_message_id(self) -> int:
        """The next message number."""
        return next(self._message_numbers)

    def new_id(self) -> int:
        """The next number for anything else."""
        return next(self._numbers)

    def hire(self, name: str, email: str) -> Agent:
        """Add a colleague."""
        self.agents.append(agent := Agent(self.new_id(), name, email))
        return agent

    def form_team(self, name: str) -> Team:
        """Add a team."""
        self.teams.append(team := Team(self.new_id(), name))
        return team

    def meet(self, name: str, phone_number: str | None, source_id: str | None = None) -> Contact:
        """Add a person; one who hides their number is known by ``source_id`` only. One who is known already stays."""
        source = source_id or (phone_number or "").removeprefix("+")
        known = next((contact for contact in self.contacts if contact.source_id == source), None)
        if known is None:
            known = Contact(self.new_id(), name, phone_number, source, self.now())
            self.contacts.append(known)
        return known

    def contact(self, number: int) -> Contact | None:
        """The contact with this id."""
        return next((contact for contact in self.contacts if contact.id == number), None)

    def agent(self, number: int) -> Agent | None:
        """The colleague with this id."""
        return next((agent for agent in self.agents if agent.id == number), None)

    def team(self, number: int) -> Team | None:
        """The team with this id."""
        return next((team for team in self.teams if team.id == number), None)

    def conversations_of(self, contact: Contact) -> list[Conversation]:
        """The conversations of ``contact``, oldest first."""
        return [one for one in self.conversations.values() if one.contact is contact]

    def begin(self, contact: Contact) -> Conversation:
        """A new conversation: pending where a bot is at work, open where none is, resolved for a blocked contact."""
        now = self.now()
        status: Status = "resolved" if contact.blocked else "pending" if self.inbox.bot else "open"
        conversation = Conversation(
            next(self._conversation_numbers), self.inbox, contact, self.new_id(), status, now, now, now
        )
        self.conversations[conversation.id] = conversation
        return conversation

    def message(self, number: int) -> tuple[Conversation, Message] | None:
        """The message with this id and where it stands."""
        for conversation in self.conversations.values():
            for message in conversation.messages:
                if message.id == number:
                    return conversation, message
        return None

    def find_conversation(self, number: int) -> Conversation | None:
        """The conversation with this display id."""
        return self.conversations.get(number)

    def keep(self, attachment: Attachment) -> Attachment:
        """Store a file so that its address answers."""
        self.files[attachment.key] = attachment
        return attachment
