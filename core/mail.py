"""E-mail out of the house: plain text over SMTP, tried again when the server is away or busy."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from core.errors import Unavailable
from core.settings import Settings

_ATTEMPTS = 3
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0
_PERMANENT = 500


class MailNotSent(Unavailable):
    """The e-mail could not be sent."""

    code = "mail_not_sent"


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one address; line breaks in ``subject`` become spaces."""

    to: str
    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends through the server of the settings."""

    settings: Settings

    @property
    def configured(self) -> bool:
        """Is there a server to send through?"""
        return self.settings.smtp_host is not None

    async def send(self, mail: Mail) -> None:
        """Send ``mail``; raises :class:`MailNotSent` when the server refuses it, or stays away."""
        message = self._message(mail)
        tries = AsyncRetrying(
            retry=retry_if_exception(_passing),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT) + wait_random(0, _FIRST_WAIT),
            reraise=True,
        )
        try:
            async for attempt in tries:
                with attempt:
                    await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailNotSent(f"{type(error).__name__}: {error}") from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"] = self.settings.smtp_from
            message["To"] = mail.to
            message["Subject"] = " ".join(mail.subject.split())
            message["Date"] = formatdate()
            message["Message-ID"] = make_msgid()
            message["Auto-Submitted"] = "auto-generated"
            for name, value in mail.headers.items():
                message[name] = value
            message.set_content(mail.body)
        except (ValueError, UnicodeError) as error:
            raise MailNotSent(f"{type(error).__name__}: {error}") from error
        return message

    def _deliver(self, message: EmailMessage) -> None:
        given = self.settings
        context = ssl.create_default_context()
        host, timeout = given.smtp_host or "", given.smtp_timeout_seconds
        server: smtplib.SMTP
        if given.smtp_security == "tls":
            server = smtplib.SMTP_SSL(host, given.smtp_port, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(host, given.smtp_port, timeout=timeout)
        with server:
            if given.smtp_security == "starttls":
                server.starttls(context=context)
            if given.smtp_user and given.smtp_password:
                server.login(given.smtp_user, given.smtp_password.get_secret_value())
            server.send_message(message)


def _passing(error: BaseException) -> bool:
    """May it be different in a moment?"""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code < _PERMANENT for code, _reason in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code < _PERMANENT
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError):
        return True
    return isinstance(error, OSError) and not isinstance(error, ssl.SSLError | smtplib.SMTPException)
