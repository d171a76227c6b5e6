"""Where the database is: the one that the operator named, or the embedded one of the home."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Misconfigured
from core.settings import Settings
from db import embedded


@dataclass(frozen=True, slots=True)
class Place:
    """A database ready to be connected to, and the key that signs identities there."""

    url: str
    secret: bytes
    embedded: bool


def locate(settings: Settings) -> Place:
    """Find the database, starting the embedded server when none is named.

    Raises :class:`Unavailable` when the embedded server does not come up and :class:`Misconfigured` when a named
    database comes without a secret key.
    """
    if settings.database_url is None:
        return Place(embedded.start(settings.home), secret_of(settings), embedded=True)
    return Place(settings.database_url, secret_of(settings), embedded=False)


def secret_of(settings: Settings) -> bytes:
    """The secret that identities and links are signed with: the operator's, or the one kept under the home.

    Raises :class:`Misconfigured` when a named database comes without one.
    """
    if settings.secret_key and settings.secret_key.get_secret_value():
        return settings.secret_key.get_secret_value().encode()
    if settings.database_url is not None:
        raise Misconfigured("CUADRILLA_SECRET_KEY is required when DATABASE_URL is set.")
    return embedded.secret(settings.home)
