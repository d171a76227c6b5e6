"""Serious failures told by e-mail: one letter for each kind and window, with a count, however often it happens.

Processes that share a database count together (``groups``); while it does not serve, each does for itself.

Log lines are shown to :class:`AlertHandler`; which of them mean what is data, in ``alerts.yaml``. What they say was
redacted before. A letter that cannot be sent is tried again, and never makes a letter of its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
import yaml

from core.alert_groups import Due, Groups, OwnGroups
from core.clock import Clock
from core.errors import CuadrillaError
from core.mail import Mail, Mailer, MailNotSent
from core.redaction import redact
from core.settings import Settings

OTHER = "other"
_DATA = Path(__file__).with_name("alerts.yaml")
_LOOK_SECONDS = 1.0
_LONGEST_DETAIL = 1500
_OWN = frozenset({"alert_not_sent", "alert_sent"})
_log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def words() -> Mapping[str, Any]:
    """What ``alerts.yaml`` says."""
    found: Mapping[str, Any] = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return found


@dataclass(slots=True)
class Alerts:
    """Groups what is raised; may be raised from any thread, which waits for nothing."""

    settings: Settings
    clock: Clock
    mailer: Mailer
    count: Callable[[str], None] = lambda _kind: None
    groups: Groups = field(default_factory=OwnGroups)
    _own: Groups = field(default_factory=OwnGroups)
    _raised: dict[str, list[float]] = field(default_factory=dict)
    _details: dict[str, str] = field(default_factory=dict)
    _look_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def raise_alert(self, kind: str, detail: str) -> None:
        """It happened once more; ``kind`` is one of ``alerts.yaml``."""
        now = self._now()
        with self._lock:
            self._raised.setdefault(kind, []).append(now)
            self._details[kind] = redact(detail)[:_LONGEST_DETAIL]
        self.count(kind)

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until ``stop``. Without anybody to tell, nothing."""
        while not stop.is_set():
            await self.send_due()
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def send_due(self) -> int:
        """Send the letters that are due; how many kinds were told."""
        told = 0
        for kind, (times, detail) in self._to_look_at().items():
            due = await asyncio.to_thread(self._grouped, kind, times, detail)
            if due.look_at is not None:
                self._look_at[kind] = due.look_at
            if due.times and await self._tell(kind, due.times, due.detail):
                told += 1
        return told

    def _to_look_at(self) -> dict[str, tuple[list[float], str]]:
        """What was raised since the last look, and what is to be looked at again by now."""
        now = self._now()
        with self._lock:
            kinds = [*self._raised, *(kind for kind, at in self._look_at.items() if at <= now)]
            found = {kind: (self._raised.pop(kind, []), self._details.pop(kind, "")) for kind in dict.fromkeys(kinds)}
            for kind in found:
                self._look_at.pop(kind, None)
        return found

    def _grouped(self, kind: str, times: list[float], detail: str) -> Due:
        given = {"now": self._now(), "window": self.settings.alert_window_seconds}
        after = int(words()["kinds"][kind]["after"])
        try:
            return self.groups.happened(kind, times, detail, **given, after=after)
        except CuadrillaError:
            return self._own.happened(kind, times, detail, **given, after=after)

    async def _tell(self, kind: str, times: Sequence[float], detail: str) -> bool:
        people = self.settings.alert_list
        if not people or not self.mailer.configured:
            return False
        about = words()["kinds"][kind]
        values = {
            "company": self.settings.company,
            "title": about["title"],
            "advice": about["advice"],
            "count": len(times),
            "at": f"{self.clock.now():%d/%m/%Y %H:%M:%S}",
            "detail": detail,
            "minutes": max(1, round(self.settings.alert_window_seconds / 60)),
            "host": socket.gethostname(),
        }
        sent = 0
        for to in people:
            try:
                await self.mailer.send(
                    Mail(to, words()["subject"].format_map(values), words()["body"].format_map(values))
                )
                sent += 1
            except MailNotSent as error:
                _log.warning("alert_not_sent", kind=kind, error=error.message)
        if not sent:
            await asyncio.to_thread(self._again, kind, times)
        return sent > 0

    def _again(self, kind: str, times: Sequence[float]) -> None:
        """Nobody was told: it is due again, soon."""
        soon = self._now() + self.settings.smtp_timeout_seconds
        self._look_at[kind] = soon
        try:
            self.groups.not_told(kind, times, silent_until=soon)
        except CuadrillaError:
            self._own.not_told(kind, times, silent_until=soon)

    def _now(self) -> float:
        return self.clock.now().timestamp()


class AlertHandler(logging.Handler):
    """Raises alerts for the log lines that mean one."""

    def __init__(self, alerts: Alerts) -> None:
        super().__init__(logging.WARNING)
        self._alerts = alerts
        self._kinds = {event: kind for kind, about in words()["kinds"].items() for event in about["events"]}

    def emit(self, record: logging.LogRecord) -> None:
        """See what ``record`` means."""
        told: Mapping[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        event = str(told.get("event", ""))
        kind = self._kinds.get(event) or (OTHER if record.levelno >= logging.ERROR else None)
        if kind is not None and event not in _OWN:
            known = ("event", "error", "path", "trace_id", "turn_id", "conversation", "exception")
            detail = "\n".join(f"{key}: {told[key]}" for key in known if told.get(key))
            self._alerts.raise_alert(kind, detail)
