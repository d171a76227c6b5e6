"""``python -m api.accounts create-admin --email jefa@empresa.es --name "La Jefa"``: accounts and service keys.

Passwords are asked for, or read from the standard input with ``--password-stdin``: never an argument, which others see.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.keys import NewKey, NewUser, add_key, add_user, disable_user, set_password
from core.clock import Clock, SystemClock
from core.errors import BadInput, CuadrillaError, NotFound
from core.passwords import Passwords
from core.settings import load_settings
from db.crud import accounts
from db.crud.failures import translated
from db.migrate import upgrade
from db.models import User, UserRole
from db.place import locate
from db.seed import seed
from db.session import make_engine, make_sessions, session_scope

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Cuentas y claves de servicio · Accounts and keys.")

Email = Annotated[str, typer.Option(help="Correo con el que entra · Login e-mail")]
Name = Annotated[str, typer.Option(help="Nombre · Name")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Leer la contraseña de la entrada · Read it from stdin")
]


@dataclass(frozen=True, slots=True)
class _Work:
    session: Session
    clock: Clock
    console: Console


@contextmanager
def _at_work() -> Iterator[_Work]:
    """A session that commits on the database of the settings; errors of ours end the command with 2."""
    console = Console()
    try:
        settings = load_settings()
        place = locate(settings)
        upgrade(place.url, place.secret)
        engine = make_engine(place.url, pool_size=1)
        try:
            if settings.mode == "demo":
                seed(engine, SystemClock(settings.zone))  # numbers its users itself, so it comes first
            with translated(), session_scope(make_sessions(engine)) as session:
                yield _Work(session, SystemClock(settings.zone), console)
        finally:
            engine.dispose()
    except CuadrillaError as error:
        console.print(f"[red]{error.message}[/]")
        raise typer.Exit(2) from error


@app.command()
def create_admin(email: Email, name: Name, password_stdin: FromInput = False) -> None:
    """Crea una cuenta de administrador · Make an administrator's account."""
    _create(email, name, UserRole.ADMIN, None, password_stdin)


@app.command()
def create_user(
    email: Email,
    name: Name,
    technician: Annotated[int | None, typer.Option(help="Número del técnico · Technician number")] = None,
    client: Annotated[int | None, typer.Option(help="Número del cliente · Client number")] = None,
    password_stdin: FromInput = False,
) -> None:
    """Crea la cuenta de un técnico o de un cliente · Make a technician's or a client's account."""
    if (technician is None) == (client is None):
        raise typer.BadParameter("--technician N o --client N · one of the two")
    role = UserRole.TECHNICIAN if technician is not None else UserRole.CLIENT
    _create(email, name, role, technician if technician is not None else client, password_stdin)


def _create(email: str, name: str, role: UserRole, subject_id: int | None, password_stdin: bool) -> None:
    password = _password(password_stdin)
    with _at_work() as work:
        new = NewUser(name, email, role, subject_id, password)
        user = add_user(work.session, new, Passwords(), work.clock.now())
        work.console.print(f"Cuenta {user.user_id} creada · Account {user.user_id} made ({role.value}, {user.email})")


@app.command()
def password(email: Email, password_stdin: FromInput = False) -> None:
    """Pone una contraseña nueva y cierra sus sesiones · Set a new password and end the sign-ins."""
    given = _password(password_stdin)
    with _at_work() as work:
        set_password(work.session, _user(work.session, email).user_id, given, Passwords(), work.clock.now())
        work.console.print("Contraseña cambiada; sus sesiones se han cerrado · Password changed, sign-ins ended")


@app.command()
def disable(email: Email) -> None:
    """Desactiva una cuenta, sus sesiones y sus claves · Disable an account, its sign-ins and its keys."""
    with _at_work() as work:
        disable_user(work.session, _user(work.session, email).user_id, work.clock.now())
        work.console.print("Cuenta desactivada · Account disabled")


@app.command("list")
def list_accounts() -> None:
    """Las cuentas y las claves · The accounts and the keys."""
    with _at_work() as work:
        users = work.session.scalars(select(User).order_by(User.user_id)).all()
        rows = [
            (str(u.user_id), u.email, u.role.value, "sí" if u.active else "no", "sí" if u.password_hash else "no")
            for u in users
        ]
        work.console.print(_table(("nº", "correo", "rol", "activa", "con contraseña"), rows))
        keys = [
            (str(k.key_id), k.name, k.public_id, " ".join(k.scopes), "no" if k.revoked_at else "sí")
            for k in accounts.list_keys(work.session)
        ]
        work.console.print(_table(("clave", "nombre", "empieza por", "para", "vale"), keys))


@app.command()
def create_key(
    email: Email,
    name: Annotated[str, typer.Option(help="Para qué es · What it is for")],
    scope: Annotated[list[str], typer.Option(help="read, write, ask, agent, TABLA:read, TABLA:write; se repite")],
    days: Annotated[
        int | None, typer.Option(min=1, help="Días que vale · Days it is good; sin fin si se omite")
    ] = None,
) -> None:
    """Crea una clave de servicio y la enseña una sola vez · Make a service key, shown once."""
    with _at_work() as work:
        now = work.clock.now()
        expires = None if days is None else now + timedelta(days=days)
        new = NewKey(name, _user(work.session, email).user_id, tuple(scope), expires)
        row, key = add_key(work.session, new, now)
        work.console.print(f"Clave {row.key_id}; no se podrá volver a ver · Key {row.key_id}, shown this once:")
        work.console.print(key, soft_wrap=True)


@app.command()
def revoke_key(key_id: Annotated[int, typer.Argument(help="Número de la clave · Key number")]) -> None:
    """Anula una clave de servicio · Revoke a service key."""
    with _at_work() as work:
        if not accounts.revoke_key(work.session, key_id, work.clock.now()):
            raise NotFound("No hay tal clave, o ya estaba anulada · No such key, or revoked before.")
        work.console.print("Clave anulada · Key revoked")


def _password(from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    prompt: Callable[..., str] = typer.prompt
    return prompt("Contraseña · Password", hide_input=True, confirmation_prompt=True)


def _user(session: Session, email: str) -> User:
    user = accounts.user_named(session, email)
    if user is None:
        raise BadInput("No hay ninguna cuenta con ese correo · No account has that e-mail.")
    return user


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in columns))  # what is to be copied is never cut
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    app()
