"""Why a person is wanted."""

from __future__ import annotations

import pytest

from agents.escalation_knowledge import load_escalation


@pytest.mark.parametrize(
    ("message", "reason", "priority"),
    [
        ("Quiero hablar con una persona", "asked_for_person", "medium"),
        ("Quiero poner una reclamación, nadie viene", "complaint", "high"),
        ("I want to complain about the service", "complaint", "high"),
        ("quiero darme de baja", "cancellation", "high"),
        ("Me habéis cobrado dos veces la factura", "billing", "medium"),
    ],
)
def test_reasons(message: str, reason: str, priority: str) -> None:
    knowledge = load_escalation()
    assert knowledge.reason(message) == reason
    assert knowledge.priority(reason) == priority
