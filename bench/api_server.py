"""A server with the demo company and an account of each role, for benches of the API."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from sqlalchemy.orm import Session, sessionmaker

from api.keys import NewUser, add_user
from core.clock import SystemClock
from core.errors import Unavailable
from core.passwords import Passwords
from core.settings import Settings, child_environment
from db.models import UserRole
from db.place import Place, locate
from db.session import make_engine, make_sessions, session_scope
from policy.roles import Principal, Role

PHRASE = "una frase para medir"
OFTEN = "1000000/minute"
START_SECONDS = 180
SUBJECTS: Mapping[Role, int | None] = {Role.ADMIN: None, Role.TECHNICIAN: 1, Role.CLIENT: 1}


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server and its database are, and a token by role."""

    address: str
    place: Place
    sessions: sessionmaker[Session]
    tokens: Mapping[Role, str]
    principals: Mapping[Role, Principal]
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Processor time that the server has used so far: what a busy machine does not change."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """A server of its own on a free port while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = child_environment(
        {
            "CUADRILLA_HOME": str(home),
            "CUADRILLA_MODE": "demo",
            "PORT": str(port),
            "CUADRILLA_LOG_LEVEL": "ERROR",
            "CUADRILLA_ACCESS_TOKEN_MINUTES": "1440",
            "CUADRILLA_RATE_CALLS": OFTEN,
            "CUADRILLA_RATE_QUESTIONS": OFTEN,
            "CUADRILLA_RATE_SIGN_INS": OFTEN,
        }
    )
    process = subprocess.Popen([sys.executable, "server.py"], env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(process, address)
        settings = Settings(_env_file=None, home=home, DATABASE_URL=None)  # type: ignore[call-arg]
        place = locate(settings)
        engine = make_engine(place.url)
        sessions = make_sessions(engine)
        principals = _accounts(sessions, settings)
        tokens = {role: _token(address, role) for role in SUBJECTS}
        yield Served(address, place, sessions, tokens, principals, psutil.Process(process.pid))
        engine.dispose()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise Unavailable("The server did not start.")


def _accounts(sessions: sessionmaker[Session], settings: Settings) -> dict[Role, Principal]:
    now, made = SystemClock(settings.zone).now(), {}
    with session_scope(sessions) as session:
        for role, subject in SUBJECTS.items():
            new = NewUser(role.value, f"{role.value}@bench.example", UserRole(role.value), subject, PHRASE)
            user = add_user(session, new, Passwords(), now)
            made[role] = Principal(role, subject or user.user_id, role.value)
    return made


def _token(address: str, role: Role) -> str:
    form = {"username": f"{role.value}@bench.example", "password": PHRASE}
    return str(httpx.post(f"{address}/auth/token", data=form).json()["access_token"])
