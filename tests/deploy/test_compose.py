"""What ``docker compose up`` would start: whole, in order, without default secrets, and each of our commands runs."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.standin.app import serving
from channels.standin.standin import Standin
from core.clock import SystemClock
from core.settings import Settings
from tests.conftest import HOME, SECRET, ZONE
from tests.deploy.compose_file import ROOT, Missing, compose
from tests.deploy.n8n_flow import free_port

NEEDED = {"POSTGRES_PASSWORD": "p", "CUADRILLA_SECRET_KEY": SECRET.decode(), "CUADRILLA_API_KEY": "k" * 32}
OURS = ("migrate", "server", "worker")
SERVICES: Mapping[str, Any] = compose(NEEDED)["services"]
_PATIENCE = 240
"""Seconds: a machine that is busy with other things is no failure of a service."""
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|API_KEY|ENCRYPTION_KEY")


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_starts_without_its_secrets(name: str) -> None:
    with pytest.raises(Missing, match=name):
        compose({key: value for key, value in NEEDED.items() if key != name})


def test_no_secret_is_written_down() -> None:
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if SECRET_NAME.search(name) and name != "DATABASE_URL":
                assert re.fullmatch(r"\$\{[A-Z0-9_]+:(\?[^}]+|-)\}", value), name


def test_what_is_waited_for_is_there_and_says_when_it_is_ready() -> None:
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            needed = SERVICES[other]
            assert set(needed.get("profiles", [])) <= set(service.get("profiles", [])), (name, other)
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in needed
            else:
                assert wait["condition"] == "service_completed_successfully" and needed["restart"] == "no"
    assert {name for name, service in SERVICES.items() if not service.get("profiles")} == {*OURS, "postgres"}


def test_volumes_are_declared_and_ports_stay_on_this_machine() -> None:
    declared = set(compose()["volumes"])
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in declared or (source.startswith("./") and (ROOT / source).exists())
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_images_are_pinned_and_workers_scale() -> None:
    for service in SERVICES.values():
        assert "build" in service or not service["image"].endswith((":latest", "chatwoot", "n8n"))
    worker = SERVICES["worker"]
    assert worker["deploy"]["replicas"] >= 2 and not worker.get("ports") and "container_name" not in worker
    grace = int(worker["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["worker_stop_seconds"].default


def test_chatwoot_may_call_the_private_network() -> None:
    for name in ("chatwoot", "chatwoot-sidekiq"):
        assert SERVICES[name]["environment"]["SAFE_FETCH_ALLOW_PRIVATE_NETWORK"] == "true"


def test_the_image_holds_the_commands_and_no_secrets() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", "cuadrilla.env", ".git"} <= set(ignored)
    for name in OURS:
        program = SERVICES[name]["command"][1]
        assert program == "-m" or (ROOT / program).exists()


def environment(name: str, url: str, home: Path, **more: str) -> dict[str, str]:
    """What the container of ``name`` would have, on the database at ``url``."""
    given = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    return {**kept, **given, "DATABASE_URL": url, "CUADRILLA_HOME": str(home), "PYTHONPATH": str(ROOT), **more}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A volume for a container, in which the models that a start would train are kept from one test to the next."""
    models = HOME / "models-of-services"
    models.mkdir(parents=True, exist_ok=True)
    (tmp_path / "models").symlink_to(models)
    return tmp_path


@asynccontextmanager
async def service(name: str, given: Mapping[str, str], home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service run as the compose file runs it, away from any ``.env``; told to stop at the end."""
    command = [str(part) for part in SERVICES[name]["command"]]
    command[1:] = [str(ROOT / part) if part.endswith(".py") else part for part in command[1:]]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command[1:],
        env=given,
        cwd=home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        assert process.stdout is not None
        rest = asyncio.create_task(process.stdout.read())  # what it still says must not fill the pipe
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_PATIENCE):
                await process.wait()
                await rest
        finally:
            if process.returncode is None:
                process.kill()


async def said(process: asyncio.subprocess.Process, words: str) -> str:
    """What it said until ``words``."""
    assert process.stdout is not None
    told = ""
    async with asyncio.timeout(_PATIENCE):
        async for line in process.stdout:
            told += line.decode()
            if words in told:
                return told
    raise AssertionError(told)


async def test_migrate_ends_well(fresh_database_url: str, home: Path) -> None:
    async with service("migrate", environment("migrate", fresh_database_url, home), home) as process:
        assert "(head)" in await said(process, "(head)")
        assert await process.wait() == 0


async def test_the_server_becomes_healthy_and_stops_when_told(fresh_database_url: str, home: Path) -> None:
    port = free_port()
    given = environment("server", fresh_database_url, home, HOST="127.0.0.1", PORT=str(port))
    check = SERVICES["server"]["healthcheck"]["test"][-1].replace(":8000", f":{port}")
    async with service("server", given, home) as process:
        await said(process, "Cuadrilla is ready")
        healthy = await asyncio.create_subprocess_exec(sys.executable, "-c", check)
        assert await healthy.wait() == 0
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            body = {"input": {"message": "hola", "sender": "+34600000001"}}
            assert (await client.post("/agent/invoke", json=body)).status_code == 401
            key = {"authorization": f"Bearer {NEEDED['CUADRILLA_API_KEY']}"}
            answer = await client.post("/agent/invoke", json=body, headers=key, timeout=120)
            assert answer.json()["output"]["reply"]
    assert process.returncode in {0, -signal.SIGTERM}  # uvicorn ends by the signal once it has cleaned up


async def test_a_worker_attends_and_stops_when_told(fresh_database_url: str, home: Path) -> None:
    async with serving(Standin(SystemClock(ZONE))) as chatwoot:
        own = {
            "CUADRILLA_CHATWOOT_URL": chatwoot,
            "CUADRILLA_CHATWOOT_BOT_TOKEN": "t",
            "CUADRILLA_CHATWOOT_BOT_SECRET": "s",
        }
        async with service("worker", environment("worker", fresh_database_url, home, **own), home) as process:
            await said(process, "worker_ready")
    assert process.returncode == 0


async def test_the_panel_answers_and_stops_when_told(home: Path) -> None:
    panel, port = SERVICES["panel"], free_port()
    program, *arguments = [str(part) for part in panel["command"]]
    given = [str(ROOT / part) if part.endswith(".py") else part for part in arguments]
    given = [{"8501": str(port), "0.0.0.0": "127.0.0.1"}.get(part, part) for part in given]  # noqa: S104
    check = panel["healthcheck"]["test"][-1].replace(":8501", f":{port}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", program, *given, cwd=home, env={**os.environ, **panel["environment"], "HOME": str(home)}
    )
    try:
        for _ in range(_PATIENCE):
            healthy = await asyncio.create_subprocess_exec(
                sys.executable, "-c", check, stderr=asyncio.subprocess.DEVNULL
            )
            if await healthy.wait() == 0:
                break
            await asyncio.sleep(1)
        assert healthy.returncode == 0 and process.returncode is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), _PATIENCE) in {0, -signal.SIGTERM}


async def test_a_worker_without_chatwoot_says_what_it_lacks(home: Path) -> None:
    async with service("worker", environment("worker", "postgresql://nobody@localhost/x", home), home) as process:
        assert "CUADRILLA_CHATWOOT_URL" in await said(process, "CUADRILLA_CHATWOOT_URL")
        assert await process.wait() == 2
