"""What became of a turn, in one word, for counting."""

from __future__ import annotations

from core.metrics import TurnFacts
from graph.messages import TurnResult


def outcome_of(result: TurnResult) -> str:
    """failed, denied, handed_over, asked, written, unanswered or answered: the first that applies."""
    if result.error is not None:
        return "failed"
    found = (
        ("denied", result.denied),
        ("handed_over", result.handoff),
        ("asked", result.pending_confirmation or result.choices),
        ("written", result.written),
        ("unanswered", result.feedback_id),
    )
    return next((name for name, applies in found if applies), "answered")


def facts_of(result: TurnResult) -> TurnFacts:
    """What is counted of ``result``."""
    return TurnFacts(
        role=result.role or "",
        outcome=outcome_of(result),
        seconds=result.timings_ms.get("total", 0.0) / 1000,
        specialists=tuple(result.specialists),
        model_calls=result.usage.model_calls,
        input_tokens=result.usage.input_tokens,
        output_tokens=result.usage.output_tokens,
        denied=result.denied is not None,
        handoff=result.handoff.reason if result.handoff else None,
    )
