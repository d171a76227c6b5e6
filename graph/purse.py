"""What the model may cost: a ceiling for each month and one for each conversation in it, kept in the database.

Calls under way when a ceiling is reached are paid all the same, so it may be passed by as much as those cost. The
administrator is told once a month of each ceiling that was reached; whoever reaches it is answered without the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import structlog
import yaml
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from core.clock import Clock
from core.mail import Mail, Mailer, MailNotSent
from core.settings import Settings
from db.crud.spending import Used, add, claim_notice, forget_notice, spent

Ceiling = Literal["month", "conversation"]
_WORDS = Path(__file__).with_name("spending.yaml")
_MILLION = Decimal(1_000_000)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CompanyPurse:
    """Implements :class:`agents.brains.purse.Purse` on the log of what was spent."""

    pool: AsyncConnectionPool[AsyncConnection[DictRow]]
    clock: Clock
    settings: Settings
    mailer: Mailer
    _telling: set[asyncio.Task[None]] = field(default_factory=set)

    async def allows(self, conversation: str) -> bool:
        """Is there money left, for everybody and for ``conversation``? Tells the administrator when there is none."""
        monthly, each = self.settings.llm_monthly_ceiling, self.settings.llm_conversation_ceiling
        if monthly is None and each is None:
            return True
        month = self._month()
        async with self.pool.connection() as connection:
            so_far = await spent(connection, month, conversation)
        if monthly is not None and so_far.month >= monthly:
            self._tell("month", month, monthly)
            return False
        if each is not None and so_far.conversation >= each:
            self._tell("conversation", month, each)
            return False
        return True

    async def pay(self, conversation: str, input_tokens: int, output_tokens: int) -> None:
        """Write down what one call for ``conversation`` used."""
        prices = Decimal(str(self.settings.llm_input_price)), Decimal(str(self.settings.llm_output_price))
        cost = (input_tokens * prices[0] + output_tokens * prices[1]) / _MILLION
        used = Used(input_tokens, output_tokens, cost)
        async with self.pool.connection() as connection:
            await add(connection, self._month(), conversation, used)

    async def close(self) -> None:
        """Wait for the notices under way."""
        await asyncio.gather(*self._telling)

    def _month(self) -> date:
        return self.clock.now().date().replace(day=1)

    def _tell(self, ceiling: Ceiling, month: date, limit: Decimal) -> None:
        """The notice goes out beside the turn."""
        task = asyncio.create_task(self._told(ceiling, month, limit))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _told(self, ceiling: Ceiling, month: date, limit: Decimal) -> None:
        async with self.pool.connection() as connection:
            if not await claim_notice(connection, month, ceiling):
                return
        _log.error("spending_ceiling_reached", ceiling=ceiling, limit=str(limit))
        if not (self.mailer.configured and self.settings.admin_email):
            return
        words = _words()
        values = {"month": f"{month:%m/%Y}", "limit": f"{limit:.2f}", "company": self.settings.company}
        mail = Mail(self.settings.admin_email, words["subject"].format_map(values), words[ceiling].format_map(values))
        try:
            await self.mailer.send(mail)
        except MailNotSent as error:
            _log.error("spending_notice_not_sent", message=error.message)
            async with self.pool.connection() as connection:
                await forget_notice(connection, month, ceiling)


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return words
