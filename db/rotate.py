"""``python -m db.rotate``: another secret key, everywhere that the old one was used, at once.

The gate's key and the readers' passwords are made from the secret; so are the signatures of links in pages and of
people's access tokens, which are good no longer. With a named database the new key is given as CUADRILLA_SECRET_KEY.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import psycopg2

from core.command import exit_code
from core.errors import Conflict
from core.settings import load_settings
from db import embedded, migrate
from db.place import locate
from db.url import libpq_url

_END_SIGN_INS = "UPDATE login_sessions SET ended_at = now(), ended_reason = 'revoked' WHERE ended_at IS NULL"


def rotate(url: str, secret: bytes) -> None:
    """Make the walls of the database at ``url`` work with ``secret`` only, and end every sign-in.

    Servers and workers that still have the old one are locked out until they are started with the new one.
    """
    if len(secret) < 16:
        raise Conflict("The secret is too short: openssl rand -hex 32.")
    migrate.upgrade(url, secret)
    server = psycopg2.connect(libpq_url(url))
    try:
        with server, server.cursor() as cursor:
            cursor.execute(_END_SIGN_INS)
    finally:
        server.close()


def renew_own(home: Path) -> bytes:
    """A new key in place of the one kept under ``home``; the old one stays beside it until it is deleted by hand."""
    embedded.secret(home)
    path = home.expanduser().resolve() / "secret.key"
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_hex(32), encoding="ascii")
    path.replace(path.with_suffix(".old"))
    fresh.rename(path)
    return embedded.secret(home)


def main() -> None:
    """Renew the key of the embedded database, or take the one of the settings for a named one."""
    settings = load_settings()
    place = locate(settings)
    kept_by_us = place.embedded and settings.secret_key is None
    rotate(place.url, renew_own(settings.home) if kept_by_us else place.secret)
    sys.stdout.write("La clave nueva ya vale: arranque servidores y trabajadores; todos vuelven a entrar.\n")
    sys.stdout.write("The secret is in force. Start every server and worker again; people sign in anew.\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
