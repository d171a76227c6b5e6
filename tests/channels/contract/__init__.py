"""Chatwoot's promises as files, read once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi.json"
WEBHOOKS = {path.stem: path for path in sorted((HERE / "webhooks").glob("*.json")) if path.stem != "signature_vector"}
SIGNATURE = HERE / "webhooks" / "signature_vector.json"


def sample(name: str) -> dict[str, Any]:
    """The body of a webhook."""
    found: dict[str, Any] = json.loads(WEBHOOKS[name].read_text(encoding="utf-8"))
    return found
