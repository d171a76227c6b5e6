"""Puts back what a question is asked of: "de los clientes de Madrid, ¿cuántos tienen ascensor?"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from core.text import fold, tokens


@dataclass(frozen=True, slots=True)
class Scoping:
    """``openings``: folded words with which such a part begins; ``longest``: how many words it may have."""

    openings: tuple[str, ...]
    longest: int

    def whole(self, asked: str, message: str) -> str:
        """``asked`` with the part of ``message`` right before it that says of which rows; else as it is."""
        before = message.rstrip(" ?!.").removesuffix(asked.rstrip(" ?!.")).strip()
        if not before or len(before) >= len(message.rstrip(" ?!.")) or not before.endswith((",", "¿", ":")):
            return asked
        part = before.rstrip(" ,¿:")
        opening = f"{fold(part)} "
        begins = any(opening.startswith(f"{words} ") for words in self.openings)
        return f"{part}, {asked}" if begins and len(tokens(part)) <= self.longest else asked


@lru_cache(maxsize=1)
def load_scoping() -> Scoping:
    """The words of ``scoping.yaml``, read once."""
    raw = yaml.load((Path(__file__).parent / "scoping.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Scoping(tuple(fold(str(words)) for words in raw["openings"]), int(raw["longest"]))
