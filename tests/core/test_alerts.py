"""Serious failures by e-mail to a real mail server: grouped, counted, limited, without anybody's data."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from sqlalchemy import Engine, text

from channels.watching import Watch
from core.alerts import AlertHandler, Alerts, words
from core.logging import configure_logging
from core.mail import Mailer
from core.settings import Settings
from db.crud.alert_groups import SharedGroups
from db.session import make_engine
from tests.channels.smtp_stand_in import Letters, smtp_server
from tests.conftest import NOW, ZONE

WINDOW = 600


@dataclass
class Hands:
    """A clock that is set by hand."""

    instant: datetime = NOW
    zone: Any = ZONE

    def now(self) -> datetime:
        return self.instant

    def today(self) -> Any:
        return self.instant.date()

    def forward(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture
def letters() -> Iterator[Letters]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def alerts(letters: Letters, settings: Settings, hands: Hands) -> Alerts:
    given = settings.model_copy(
        update={
            "alerts_to": "ops@example.com, jefa@example.com",
            "alert_window_seconds": WINDOW,
            "smtp_host": "127.0.0.1",
            "smtp_port": letters.port,
            "smtp_security": "none",
        }
    )
    return Alerts(given, hands, Mailer(given))


async def test_one_letter_for_each_kind_and_window_with_a_count(alerts: Alerts, letters: Letters, hands: Hands) -> None:
    for _ in range(2):
        alerts.raise_alert("turn_failed", "x")
    assert await alerts.send_due() == 0, "two are no burst"
    alerts.raise_alert("turn_failed", "llamó +34600000001, lucia@example.com")
    assert await alerts.send_due() == 1
    assert [letter["To"] for letter in letters.taken] == ["ops@example.com", "jefa@example.com"]
    body = letters.taken[0].get_content()
    assert "3" in str(letters.taken[0]["Subject"]) and "<phone>" in body and "<mail>" in body
    for _ in range(40):
        hands.forward(5)
        alerts.raise_alert("turn_failed", "x")
        alerts.raise_alert("disk_low", "poco")
        await alerts.send_due()
    assert len(letters.taken) == 4, "another kind has a letter of its own; the same kind waits"
    hands.forward(WINDOW)
    assert await alerts.send_due() == 2
    assert "(40)" in str(letters.taken[4]["Subject"]) and len(letters.taken) == 8


async def test_what_happened_long_ago_is_no_burst(alerts: Alerts, letters: Letters, hands: Hands) -> None:
    for _ in range(5):
        alerts.raise_alert("turn_failed", "x")
        hands.forward(WINDOW + 1)
        assert await alerts.send_due() == 0
    assert letters.taken == []


async def test_a_letter_that_was_refused_is_tried_again(alerts: Alerts, letters: Letters, hands: Hands) -> None:
    letters.refusals += ["550 no"] * 2
    alerts.raise_alert("dead_letters", "1")
    assert await alerts.send_due() == 0 and letters.taken == []
    hands.forward(alerts.settings.smtp_timeout_seconds)
    assert await alerts.send_due() == 1 and len(letters.taken) == 2


async def test_processes_that_share_a_database_send_one_letter(
    alerts: Alerts, letters: Letters, hands: Hands, engine: Engine
) -> None:
    """Each saw too little to write; together it is a burst, told once by whoever saw it become one."""
    other = Alerts(alerts.settings, hands, Mailer(alerts.settings))
    alerts.groups, other.groups = SharedGroups(engine), SharedGroups(engine)
    for one in (alerts, other, alerts):
        one.raise_alert("turn_failed", "de aquí")
        hands.forward(1)
        await one.send_due()
    assert len(letters.taken) == 2 and "(3)" in str(letters.taken[0]["Subject"])
    for one in (alerts, other, other):
        one.raise_alert("turn_failed", "de allí")
        await one.send_due()
    assert len(letters.taken) == 2
    hands.forward(WINDOW)
    assert sorted([await alerts.send_due(), await other.send_due()]) == [0, 1]
    assert len(letters.taken) == 4 and "(3)" in str(letters.taken[2]["Subject"])
    assert "de allí" in letters.taken[2].get_content()


async def test_a_letter_that_one_could_not_send_is_shared_too(
    alerts: Alerts, letters: Letters, hands: Hands, engine: Engine
) -> None:
    alerts.groups = SharedGroups(engine)
    letters.refusals += ["550 no"] * 2
    alerts.raise_alert("queue_stuck", "1")
    assert await alerts.send_due() == 0
    hands.forward(alerts.settings.smtp_timeout_seconds)
    assert await alerts.send_due() == 1 and len(letters.taken) == 2


async def test_without_the_database_each_tells_for_itself(alerts: Alerts, letters: Letters) -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    alerts.groups = SharedGroups(away)
    for _ in range(3):
        alerts.raise_alert("database_away", "OperationalError")
    assert await alerts.send_due() == 1 and len(letters.taken) == 2
    away.dispose()


async def test_log_lines_that_mean_a_failure_are_told(alerts: Alerts, letters: Letters) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("INFO", None, AlertHandler(alerts))
    try:
        log = structlog.get_logger("ours")
        for _ in range(3):
            try:
                raise ValueError("de +34600000001")
            except ValueError as error:
                log.error("turn_failed", exc_info=error)
        log.warning("reply_superseded")
        log.error("something_new", error="OSError")
        logging.getLogger("theirs").error("of a library")
        log.error("alert_not_sent")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    assert await alerts.send_due() == 2
    told = {str(letter["Subject"]): letter.get_content() for letter in letters.taken}
    assert len(told) == 2 and not any("600000001" in body for body in told.values())
    assert any("(2)" in subject for subject in told)


def test_every_log_line_named_is_one_that_somebody_writes() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [path for folder in ("api", "channels", "graph", "core") for path in (root / folder).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    events = [event for about in words()["kinds"].values() for event in about["events"]]
    assert len(events) == len(set(events))
    assert [event for event in events if f'"{event}"' not in code] == []
    assert yaml.safe_dump(dict(words()["kinds"]))


async def test_the_watch_tells_of_queue_dead_letters_and_disk(
    alerts: Alerts, letters: Letters, fresh_database_url: str, tmp_path: Path
) -> None:
    engine = make_engine(fresh_database_url)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path = public, queue"))
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, scheduled_at)"
                " VALUES ('channels', 'chatwoot.attend', 'x', now() - interval '1 hour')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO channel_outbox (uid, account_id, conversation_id, payload, state)"
                " VALUES (gen_random_uuid(), 1, 1, '{}', 'dead')"
            )
        )
    full = alerts.settings.model_copy(update={"home": tmp_path, "disk_free_mb": 10**9})
    watch = Watch(alerts, engine, fresh_database_url, full)
    for now in (0.0, 30.0):
        watch.look(now)
    assert await alerts.send_due() == 3
    engine.dispose()
    away = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    gone = Watch(alerts, away, fresh_database_url, full)
    for now in range(3):
        gone.look(float(now))
    away.dispose()
    assert await alerts.send_due() == 1
    assert any("base de datos" in str(letter["Subject"]) for letter in letters.taken)
