"""Whoever uses no model waits for none of its libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ASKS = """
import sys
import graph.app
print(*sorted(name for name in ("openai", "langchain_openai", "agents.brains.llm") if name in sys.modules))
"""


def test_without_a_model_its_libraries_stay_where_they_are() -> None:
    command = [sys.executable, "-c", ASKS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == ""
