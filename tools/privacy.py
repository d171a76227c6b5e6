"""``python -m tools.privacy export | erase``: one person's data, handed over or erased (GDPR, articles 15 and 17)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from core.clock import Clock, SystemClock
from core.errors import BadInput, CuadrillaError, NotFound
from core.settings import load_settings
from db.crud import personal_data
from db.crud.personal_data import KINDS, Person
from db.models import AuditLog
from db.place import locate
from db.session import make_engine, make_sessions, session_scope
from policy.roles import GUEST
from tools.identity import ChannelIdentity, owner_key

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Datos de una persona · One person's data.")
Who = Annotated[str, typer.Argument(metavar="WHO", help="client:17, technician:3 or user:1")]
_NOT_YET = "No se ha borrado nada; con --yes se borra · Nothing was erased; --yes does it."
_ELSEWHERE = (
    "Quedan las copias de seguridad anteriores y lo que guarda Chatwoot: bórrelo allí · "
    "Earlier backups and Chatwoot keep their own copies: erase them there."
)


def export_person(session: Session, who: str) -> dict[str, list[dict[str, Any]]]:
    """Everything kept about ``who`` ("client:17"), rows by table. Raises :class:`NotFound` and :class:`BadInput`."""
    person = _person(session, who)
    return personal_data.everything_of(session, person, _conversations(session, person))


def erase_person(session: Session, who: str, clock: Clock) -> Mapping[str, int]:
    """Erase ``who`` and leave a line in the audit log that says so; rows changed or deleted, by table.

    What was agreed, sold and done stays, without a name. Raises :class:`NotFound` and :class:`BadInput`.
    """
    person = _person(session, who)
    done = personal_data.erase(session, person, _conversations(session, person))
    session.add(
        AuditLog(
            at=clock.now(),
            actor_role="operator",
            action="erase_person",
            table_name=person.kind.table,
            record_id=str(person.key),
            details=dict(done),
        )
    )
    return done


def _person(session: Session, who: str) -> Person:
    kind, _, number = who.partition(":")
    if kind not in KINDS or not number.isdigit():
        raise BadInput("Say who as client:17, technician:3 or user:1.")
    person = personal_data.find_person(session, KINDS[kind], int(number))
    if person is None:
        raise NotFound(f"There is no {who}.")
    return person


def _conversations(session: Session, person: Person) -> list[str]:
    before = [owner_key(GUEST, ChannelIdentity(channel, number)) for channel, number in person.identities]
    return personal_data.conversations_of(session, person, before)


@app.command()
def export(who: Who, to: Annotated[Path, typer.Argument(help="A JSON file to write")]) -> None:
    """Write everything kept about a person into a file that only you can read."""
    with _open() as (session, _):
        found = export_person(session, who)
    to.touch(mode=0o600)
    to.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    Console().print(f"{sum(map(len, found.values()))} filas · rows: {to}", soft_wrap=True, highlight=False)


@app.command()
def erase(
    who: Who, yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only show what would be done")] = False
) -> None:
    """Erase a person. There is no way back."""
    with _open() as (session, clock):
        done = erase_person(session, who, clock)
        if not yes:
            session.rollback()
    table = Table("tabla · table", "filas · rows")
    for name, count in sorted(done.items()):
        table.add_row(name, str(count))
    console = Console()
    console.print(table)
    console.print(_ELSEWHERE if yes else _NOT_YET, soft_wrap=True)


@contextmanager
def _open() -> Iterator[tuple[Session, Clock]]:
    """One transaction on the database of the settings; ends the program with what went wrong."""
    try:
        settings = load_settings()
        engine = make_engine(locate(settings).url, pool_size=1)
        with session_scope(make_sessions(engine)) as session:
            yield session, SystemClock(settings.zone)
        engine.dispose()
    except CuadrillaError as error:
        Console(stderr=True).print(f"[red]{error.message}[/]", soft_wrap=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
