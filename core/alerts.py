"""Serious failures told by e-mail: one letter for each kind and window, with a count, however often it happens.

Log lines are shown to :class:`AlertHandler`; which of them mean what is data, in ``alerts.yaml``. What they say was
redacted before. A letter that cannot be sent is tried again, and never makes a letter of its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
import yaml

from core.clock import Clock
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
class _Group:
    """What happened of one kind since the last letter."""

    times: list[float] = field(default_factory=list)
    detail: str = ""
    silent_until: float = float("-inf")


@dataclass(slots=True)
class Alerts:
    """Groups what is raised; may be raised from any thread."""

    settings: Settings
    clock: Clock
    mailer: Mailer
    count: Callable[[str], None] = lambda _kind: None
    _groups: dict[str, _Group] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def raise_alert(self, kind: str, detail: str) -> None:
        """It happened once more; ``kind`` is one of ``alerts.yaml``."""
        now = self._now()
        with self._lock:
            group = self._groups.setdefault(kind, _Group())
            oldest = now - self.settings.alert_window_seconds
            group.times = [at for at in group.times if at > oldest or group.silent_until > now]
            group.times.append(now)
            group.detail = redact(detail)[:_LONGEST_DETAIL]
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
        for kind, count, detail in self._due():
            if await self._tell(kind, count, detail):
                told += 1
        return told

    def _due(self) -> list[tuple[str, int, str]]:
        """Kinds that happened often enough and were not told lately; from now on they are silent."""
        now, due = self._now(), []
        with self._lock:
            for kind, group in self._groups.items():
                if now >= group.silent_until and len(group.times) >= int(words()["kinds"][kind]["after"]):
                    due.append((kind, len(group.times), group.detail))
                    group.times.clear()
                    group.silent_until = now + self.settings.alert_window_seconds
        return due

    async def _tell(self, kind: str, count: int, detail: str) -> bool:
        people = self.settings.alert_list
        if not people or not self.mailer.configured:
            return False
        about = words()["kinds"][kind]
        values = {
            "company": self.settings.company,
            "title": about["title"],
            "advice": about["advice"],
            "count": count,
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
            self._again(kind, count)
        return sent > 0

    def _again(self, kind: str, count: int) -> None:
        """Nobody was told: it is due again, soon."""
        with self._lock:
            group, now = self._groups[kind], self._now()
            group.times = [now] * count + group.times
            group.silent_until = now + self.settings.smtp_timeout_seconds

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
