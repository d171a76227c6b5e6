"""Schemathesis over the whole OpenAPI file as each role, for long: ``python -m bench.fuzz --examples 100``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.api_server import served

NOT_SAID = "positive_data_acceptance,ignored_auth"
ENDS_SIGN_IN = "(logout|password|users)"


def main(examples: Annotated[int, typer.Option(help="Requests for each operation and role")] = 50) -> None:
    """Fuzz the API; the exit code is the number of roles for which something was found."""
    console, found = Console(), 0
    folder = tempfile.TemporaryDirectory(prefix="cuadrilla-fuzz-", ignore_cleanup_errors=True)
    with folder as home, served(Path(home)) as server:
        for role, token in server.tokens.items():
            console.rule(role.value)
            command = [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", f"{server.address}/openapi.json", "--header", f"Authorization: Bearer {token}"),
                *("--include-path-regex", "^/(api|auth)/", "--exclude-path-regex", ENDS_SIGN_IN),
                *("--phases", "examples,fuzzing", "--max-examples", str(examples), "--continue-on-failure"),
                *("--checks", "all", "--exclude-checks", NOT_SAID, "--generation-database", "none"),
            ]
            found += subprocess.run(command, check=False, cwd=home).returncode != 0
    raise typer.Exit(found)


if __name__ == "__main__":
    typer.run(main)
