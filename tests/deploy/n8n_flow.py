"""The n8n flow as data, and a real n8n that runs it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

FLOW = Path(__file__).resolve().parents[2] / "deploy" / "n8n" / "chatwoot-cuadrilla.json"
_STARTS = 120


def flow() -> dict[str, Any]:
    """The workflow as it is imported."""
    found: dict[str, Any] = json.loads(FLOW.read_text(encoding="utf-8"))
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def credentials(user: str, password: str, server_key: str, bot_token: str) -> list[dict[str, Any]]:
    """What the operator makes in n8n by hand, as n8n imports it."""
    wanted = {
        name: (kind, given["id"])
        for node in flow()["nodes"]
        for kind, given in node.get("credentials", {}).items()
        for name in [given["name"]]
    }
    data = {
        "cuadrillaWebhook": {"user": user, "password": password},
        "cuadrillaServer00": {"name": "Authorization", "value": f"Bearer {server_key}"},
        "cuadrillaChatwoot": {"name": "api_access_token", "value": bot_token},
    }
    return [{"id": id_, "name": name, "type": kind, "data": data[id_]} for name, (kind, id_) in wanted.items()]


def pointed_at(chatwoot: str, cuadrilla: str) -> dict[str, Any]:
    """The workflow with its settings changed, as the operator changes them."""
    found = flow()
    settings = next(node for node in found["nodes"] if node["name"] == "Ajustes")
    values = {"chatwoot_url": chatwoot, "cuadrilla_url": cuadrilla}
    for item in settings["parameters"]["assignments"]["assignments"]:
        item["value"] = values[item["name"]]
    return found


@asynccontextmanager
async def running_n8n(
    binary: str, home: Path, workflow: dict[str, Any], keys: list[dict[str, Any]]
) -> AsyncIterator[str]:
    """A headless n8n with ``workflow`` active; gives its address."""
    port = free_port()
    environment = {
        **os.environ,
        "N8N_USER_FOLDER": str(home),
        "N8N_PORT": str(port),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_RUNNERS_BROKER_PORT": str(free_port()),
        "N8N_ENCRYPTION_KEY": "only for this test",
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_RUNNERS_ENABLED": "false",
        "DB_SQLITE_POOL_SIZE": "4",
        "N8N_PERSONALIZATION_ENABLED": "false",
    }
    for name, content in (("flow.json", [workflow]), ("keys.json", keys)):
        (home / name).write_text(json.dumps(content), encoding="utf-8")
    await _run(binary, environment, "import:credentials", f"--input={home / 'keys.json'}")
    await _run(binary, environment, "import:workflow", f"--input={home / 'flow.json'}")
    await _run(binary, environment, "update:workflow", f"--id={workflow['id']}", "--active=true")
    with (home / "n8n.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(binary, "start", env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            await _ready(address, process)
            yield address
        finally:
            process.terminate()
            await process.wait()


async def _run(binary: str, environment: Mapping[str, str], *command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        binary, *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _ready(address: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(_STARTS):
            assert process.returncode is None, "n8n stopped: see n8n.log"
            try:
                answer = await client.post(f"{address}/webhook/chatwoot", json={})
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in {401, 403}:
                return  # the flow is there and wants its user and password
            await asyncio.sleep(1)
    raise AssertionError("n8n did not activate the flow: see n8n.log")
