"""E-mail goes out over real SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import Misconfigured
from core.mail import Mail, Mailer, MailNotSent
from core.settings import Settings, load_settings
from tests.channels.smtp_stand_in import Letters, smtp_server


@pytest.fixture
def letters() -> Iterator[Letters]:
    with smtp_server() as letters:
        yield letters


def mailer(port: int, **more: Any) -> Mailer:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_timeout_seconds": 2.0, **more}
    return Mailer(Settings(_env_file=None, **given))  # type: ignore[call-arg]


async def test_a_letter_arrives_whole(letters: Letters) -> None:
    await mailer(letters.port).send(
        Mail("guardia@x.es", "🚨 Gas\r\nBcc: otro@x.es", "Dirección: «ñ»", {"X-Priority": "1"})
    )
    (letter,) = letters.taken
    assert letter["To"] == "guardia@x.es" and letter["Bcc"] is None
    assert letter["Subject"] == "🚨 Gas Bcc: otro@x.es"
    assert letter["X-Priority"] == "1" and letter["Message-ID"]
    assert letter.get_content().strip() == "Dirección: «ñ»"


async def test_a_busy_server_is_tried_again(letters: Letters) -> None:
    letters.refusals = ["451 busy"]
    await mailer(letters.port).send(Mail("guardia@x.es", "a", "b"))
    assert len(letters.taken) == 1


async def test_a_refusal_is_told(letters: Letters) -> None:
    letters.refusals = ["550 no"] * 3
    with pytest.raises(MailNotSent):
        await mailer(letters.port).send(Mail("guardia@x.es", "a", "b"))
    assert len(letters.refusals) == 2, "what is refused for good is not tried again"
    with pytest.raises(MailNotSent):
        await mailer(letters.port).send(Mail("guardia@x.es\nBcc: otro@x.es", "a", "b"))


async def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(MailNotSent):
        await mailer(1).send(Mail("guardia@x.es", "a", "b"))


def test_somebody_on_call_needs_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUADRILLA_ON_CALL", "una@x.es, , dos@x.es")
    with pytest.raises(Misconfigured, match="SMTP_HOST"):
        load_settings()
    monkeypatch.setenv("CUADRILLA_SMTP_HOST", "mail.x.es")
    assert load_settings().on_call_list == ("una@x.es", "dos@x.es")
