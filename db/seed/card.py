"""What anybody may be told of the demo company, as its frequently asked questions have it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEMO_COMPANY: Mapping[str, str] = MappingProxyType(
    {
        "tax_id": "B99000001",
        "office_email": "clientes@termicaebro.example",
        "office_address": "Calle Río Gállego 14, 50014 Zaragoza",
        "website": "termicaebro.example",
    }
)
