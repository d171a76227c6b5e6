"""An emergency pages those on call, one after another, until somebody answers for it.

What is to be sent stands in the database, so no restart forgets it and any worker may send it: a page whose sender died
is sent again. It ends when somebody confirms through the signed link, or a colleague attends to it at the channel.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import psycopg
import structlog
import yaml
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import PoolTimeout

from channels.queue import Pool
from core.mail import Mail, Mailer, MailNotSent
from core.settings import Settings
from db.place import secret_of

Answer = Literal["done", "before", "unknown"]
_DATA = Path(__file__).with_name("paging.yaml")
_LOOK_SECONDS = 1.0
_SENDING_SECONDS = 60
_AFTER_FAILURE_SECONDS = 15
_OWN_ASSIGNMENT_SECONDS = 60
_LINK_DAYS = 7
_HIGH = {"X-Priority": "1", "Importance": "high"}
_log = structlog.get_logger(__name__)

_RAISE = """
INSERT INTO pages (turn_key, account_id, conversation_id, title, summary, url)
VALUES (%(turn_key)s, %(account_id)s, %(conversation_id)s, %(title)s, %(summary)s, %(url)s)
ON CONFLICT (turn_key) DO NOTHING
"""
_ATTENDED = """
UPDATE pages p SET acknowledged_at = clock_timestamp(), acknowledged_by = 'chatwoot'
WHERE acknowledged_at IS NULL AND EXISTS (
    SELECT FROM channel_events e
    WHERE e.account_id = p.account_id AND e.conversation_id = p.conversation_id AND e.received_at > p.created_at
      AND (e.kind = 'takeover' OR (starts_with(e.event, 'conversation') AND e.payload ->> 'status' = 'resolved')
           OR (e.event = 'conversation_updated' AND e.payload #>> '{meta,assignee_type}' = 'User'
               AND e.received_at > p.created_at + make_interval(secs => %s)
               AND e.payload -> 'changed_attributes' @? '$[*].assignee_id')))
RETURNING page_id
"""
"""Chatwoot may assign by itself as soon as a conversation is opened: that is nobody's answer."""
_CLAIM = """
UPDATE pages SET next_at = clock_timestamp() + make_interval(secs => %s) WHERE page_id = (
    SELECT page_id FROM pages WHERE acknowledged_at IS NULL AND next_at <= clock_timestamp()
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING page_id, title, summary, url, sent
"""
_SENT = """
UPDATE pages SET sent = sent + 1, error = %(error)s,
    next_at = clock_timestamp() + make_interval(secs => %(pause)s) WHERE page_id = %(page_id)s
"""
_ACKNOWLEDGE = """
UPDATE pages SET acknowledged_at = clock_timestamp(), acknowledged_by = %(who)s
WHERE page_id = %(page_id)s AND acknowledged_at IS NULL RETURNING page_id
"""
_KNOWN = """
SELECT title, acknowledged_by FROM pages
WHERE page_id = %s AND created_at > clock_timestamp() - make_interval(days => %s)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An emergency in a conversation. ``kind`` is the lane's code; ``who`` may be unknown."""

    turn_key: UUID
    account_id: int
    conversation_id: int
    kind: str
    who: str
    summary: str
    url: str


@lru_cache(maxsize=1)
def paging_words() -> Mapping[str, Any]:
    """The words of ``paging.yaml``, read once."""
    words: dict[str, Any] = yaml.load(_DATA.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return words


async def raise_alarm(connection: AsyncConnection[Any], alarm: Alarm) -> None:
    """Have ``alarm`` paged, as part of the transaction of ``connection``; the same turn raises it once."""
    words = paging_words()
    kind = words["kinds"].get(alarm.kind, alarm.kind)
    await connection.execute(
        _RAISE,
        {
            "turn_key": alarm.turn_key,
            "account_id": alarm.account_id,
            "conversation_id": alarm.conversation_id,
            "title": words["title"].format(kind=kind, who=alarm.who or words["unknown_contact"]),
            "summary": alarm.summary,
            "url": alarm.url,
        },
    )


@dataclass(frozen=True, slots=True)
class Pager:
    """Sends what is due. ``secret`` signs the links."""

    pool: Pool
    mailer: Mailer
    settings: Settings
    secret: bytes

    async def run(self, stop: asyncio.Event) -> None:
        """Send pages until ``stop``; a database that is away is waited for. Without anybody on call, nothing."""
        if not (self.settings.on_call_list and self.mailer.configured):
            _log.warning("nobody_is_paged", on_call=len(self.settings.on_call_list), mail=self.mailer.configured)
            return
        while not stop.is_set():
            try:
                while await self.once():
                    pass
            except (psycopg.Error, PoolTimeout) as error:
                _log.warning("paging_interrupted", error=type(error).__name__)
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def once(self) -> bool:
        """Send one page that is due, if there is one."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_ATTENDED, (_OWN_ASSIGNMENT_SECONDS,))
            for row in await cursor.fetchall():
                _log.info("page_attended", page=str(row["page_id"]))
            await cursor.execute(_CLAIM, (_SENDING_SECONDS,))
            page = await cursor.fetchone()
        if page is None:
            return False
        people = self.settings.on_call_list
        to = people[page["sent"] % len(people)]
        error, pause = "", float(self.settings.paging_interval_seconds)
        try:
            await self.mailer.send(self._mail(page, to))
            _log.info("paged", page=str(page["page_id"]), times=page["sent"] + 1)
        except MailNotSent as failure:
            error, pause = failure.message[:300], min(pause, float(_AFTER_FAILURE_SECONDS))
            _log.error("page_not_sent", page=str(page["page_id"]), error=error)
        async with self.pool.connection() as connection:
            await connection.execute(_SENT, {"error": error, "pause": pause, "page_id": page["page_id"]})
        return True

    def _mail(self, page: Mapping[str, Any], to: str) -> Mail:
        words = paging_words()
        subject = words["subject_again" if page["sent"] else "subject"]
        minutes = max(1, round(self.settings.paging_interval_seconds / 60))
        body = words["body"].format(
            title=page["title"],
            summary=page["summary"],
            url=page["url"],
            link=self.link(page["page_id"], to),
            minutes=minutes,
        )
        return Mail(to, subject.format(title=page["title"], times=page["sent"] + 1), body, _HIGH)

    def link(self, page_id: UUID, to: str) -> str:
        """Where whoever reads mail at ``to`` confirms."""
        given = self.settings
        base = (given.public_url or f"http://{given.host}:{given.port}").rstrip("/")
        return f"{base}/pages/{page_id}/{given.on_call_list.index(to)}/{self._signature(page_id, to)}"

    async def title(self, page_id: UUID, person: int, signature: str) -> str | None:
        """What the link is about; None when it is not one of ours, or of long ago."""
        if self._who(page_id, person, signature) is None:
            return None
        known = await self._known(page_id)
        return known["title"] if known else None

    async def acknowledge(self, page_id: UUID, person: int, signature: str) -> tuple[Answer, str]:
        """Somebody answers for it: what became of that, and who had before."""
        who = self._who(page_id, person, signature)
        known = await self._known(page_id) if who else None
        if who is None or known is None:
            return "unknown", ""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_ACKNOWLEDGE, {"who": who, "page_id": page_id})
            if await cursor.fetchone() is not None:
                _log.info("page_acknowledged", page=str(page_id))
                return "done", who
        return "before", known["acknowledged_by"] or who

    async def _known(self, page_id: UUID) -> Mapping[str, Any] | None:
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_KNOWN, (page_id, _LINK_DAYS))
            return await cursor.fetchone()

    def _who(self, page_id: UUID, person: int, signature: str) -> str | None:
        """Whose link it is, when it is signed by us. Who left the list since may not confirm any more."""
        people = self.settings.on_call_list
        to = people[person] if 0 <= person < len(people) else None
        if to is None or not hmac.compare_digest(signature.encode(), self._signature(page_id, to).encode()):
            return None
        return to

    def _signature(self, page_id: UUID, to: str) -> str:
        key = hmac.digest(self.secret, b"cuadrilla pages 1", "sha256")
        return hmac.new(key, f"{page_id}|{to}".encode(), hashlib.sha256).hexdigest()[:40]


def make_pager(pool: Pool, settings: Settings) -> Pager:
    """The pager of ``settings``, on the database of ``pool``."""
    return Pager(pool, Mailer(settings), settings, secret_of(settings))
