"""``python -m api.accounts``: the first administrator, other accounts, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.accounts import app
from core.passwords import Passwords
from db.session import make_engine

PHRASE = "una frase bien larga"
Run = Callable[..., Result]


@pytest.fixture
def run(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on a database of its own, with a password on its input."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("CUADRILLA_SECRET_KEY", "the secret of the tests")
    monkeypatch.setenv("CUADRILLA_HOME", str(tmp_path))

    def command(*words: str, phrase: str = PHRASE) -> Result:
        return CliRunner().invoke(app, list(words), input=f"{phrase}\n")

    return command


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Engine]:
    engine = make_engine(fresh_database_url, pool_size=1)
    yield engine
    engine.dispose()


def create_admin(run: Run, phrase: str = PHRASE) -> Result:
    words = ("create-admin", "--email", "Jefa@Empresa.example", "--name", "La Jefa", "--password-stdin")
    return run(*words, phrase=phrase)


def test_the_first_administrator(run: Run, database: Engine) -> None:
    made = create_admin(run)
    assert made.exit_code == 0, made.output
    assert PHRASE not in made.output
    with database.connect() as connection:
        row = connection.execute(text("SELECT * FROM users WHERE email = 'jefa@empresa.example'")).mappings().one()
        known = text("SELECT user_id FROM contact_identities WHERE channel = 'account' AND external_id = :id")
        assert connection.scalar(known, {"id": str(row["user_id"])}) == row["user_id"]
    assert row["role"] == "admin"
    assert Passwords().verify(row["password_hash"], PHRASE)
    assert row["password_hash"].startswith("$argon2id$")


def test_twice_the_same_is_refused_in_words(run: Run) -> None:
    create_admin(run)
    again = create_admin(run)
    assert (again.exit_code, "Traceback" in again.output) == (2, False)


def test_a_short_password_is_refused(run: Run) -> None:
    assert create_admin(run, phrase="corta").exit_code == 2


def test_accounts_of_technicians_and_clients(run: Run, database: Engine) -> None:
    user = ("create-user", "--email", "t@empresa.example", "--name", "T", "--password-stdin")
    assert run(*user).exit_code == 2, "whose is it?"
    assert run(*user, "--technician", "1", "--client", "1").exit_code == 2
    assert run(*user, "--technician", "999999").exit_code == 2
    assert run(*user, "--technician", "1").exit_code == 0
    with database.connect() as connection:
        found = connection.execute(
            text("SELECT role::text, technician_id FROM users WHERE email = 't@empresa.example'")
        )
        assert found.one() == ("technician", 1)


def test_keys_and_passwords_and_the_end(run: Run, database: Engine) -> None:
    create_admin(run)
    who = ("--email", "jefa@empresa.example")
    made = run("create-key", *who, "--name", "n8n", "--scope", "agent", "--days", "90")
    assert made.exit_code == 0, made.output
    key = re.search(r"cuadrilla_[0-9a-f]{12}_\S+", made.output)
    assert key
    assert run("create-key", *who, "--name", "x", "--scope", "everything").exit_code == 2
    number = re.search(r"Clave (\d+)", made.output)
    assert number
    listed = run("list")
    assert "n8n" in listed.output and key[0] not in listed.output
    assert run("revoke-key", number[1]).exit_code == 0
    assert run("revoke-key", number[1]).exit_code == 2
    assert run("password", *who, "--password-stdin", phrase="otra frase bien larga").exit_code == 0
    assert run("disable", *who).exit_code == 0
    with database.connect() as connection:
        assert connection.scalar(text("SELECT active FROM users WHERE email = 'jefa@empresa.example'")) is False
    assert run("disable", "--email", "nadie@empresa.example").exit_code == 2
