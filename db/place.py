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
    key = settings.secret_key.get_secret_value().encode() if settings.secret_key else None
    if settings.database_url is None:
        return Place(embedded.start(settings.home), key or embedded.secret(settings.home), embedded=True)
    if not key:
        raise Misconfigured("CUADRILLA_SECRET_KEY is required when DATABASE_URL is set.")
    return Place(settings.database_url, key, embedded=False)
