"""Reads the YAML files that hold what the offline brain knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from core.errors import Misconfigured

HERE = Path(__file__).parent
PROMPTS = HERE.parent.parent / "prompts"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_data(name: str, folder: Path = HERE) -> Any:
    """The content of ``folder``/``name``; raises :class:`Misconfigured` when it is missing or is not YAML."""
    path = folder / name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader: the C one where it is built)
    except (OSError, yaml.YAMLError) as error:
        raise Misconfigured(f"The data file {path.name} cannot be read: {error}") from error
