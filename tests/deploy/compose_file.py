"""``docker-compose.yml`` as data, with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$\$|\$\{([A-Z0-9_]+)(?:(:[-?])([^}]*))?\}")


class Missing(Exception):
    """A variable without a default is not set."""


def compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file; with ``variables``, interpolated as compose does. Raises :class:`Missing`."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found if variables is None else _filled(found, variables)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, text = found.groups()
    if name is None:
        return "$"
    given = variables.get(name, "")
    if given or kind == ":-":
        return given or str(text)
    raise Missing(name)
