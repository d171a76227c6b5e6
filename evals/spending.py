"""What a run spent on a model: calls, tokens, money, and how often none was needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from core.settings import Settings
from evals.asking import Outcome

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Of all turns of a run. ``cost`` in the currency of the prices; ``most_calls`` of one turn."""

    turns: int
    calls: int
    most_calls: int
    without_call: int
    at_most_two: int
    input_tokens: int
    output_tokens: int
    cost: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], settings: Settings) -> Spent:
        """Add the usage of every turn up, at the prices of ``settings``."""
        used = [turn.result.usage for outcome in outcomes for turn in outcome.turns]
        read, written = sum(u.input_tokens for u in used), sum(u.output_tokens for u in used)
        return cls(
            turns=len(used),
            calls=sum(u.model_calls for u in used),
            most_calls=max((u.model_calls for u in used), default=0),
            without_call=sum(not u.model_calls for u in used),
            at_most_two=sum(u.model_calls <= 2 for u in used),
            input_tokens=read,
            output_tokens=written,
            cost=(read * settings.llm_input_price + written * settings.llm_output_price) / _MILLION,
        )


def print_spent(console: Console, spent: Mapping[str, Spent], model: str) -> None:
    """The table for people."""
    table = Table(title=f"What it spent ({model})")
    table.add_column("what")
    for name in spent:
        table.add_column(name, justify="right")
    for what, cells in (
        ("Turns", [f"{s.turns}" for s in spent.values()]),
        ("Model calls", [f"{s.calls}" for s in spent.values()]),
        (
            "  a turn, on average / at most",
            [f"{s.calls / max(s.turns, 1):.2f} / {s.most_calls}" for s in spent.values()],
        ),
        ("  turns without any", [f"{s.without_call / max(s.turns, 1):.1%}" for s in spent.values()]),
        ("  turns with two or fewer", [f"{s.at_most_two / max(s.turns, 1):.1%}" for s in spent.values()]),
        ("Input tokens a turn", [f"{s.input_tokens / max(s.turns, 1):,.0f}" for s in spent.values()]),
        ("Output tokens a turn", [f"{s.output_tokens / max(s.turns, 1):,.0f}" for s in spent.values()]),
        ("Cost of 1000 turns", [f"{1000 * s.cost / max(s.turns, 1):.3f}" for s in spent.values()]),
    ):
        table.add_row(what, *cells)
    console.print(table)
