"""The corpora: attacks found by others and by us, and what must be let through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policy.roles import Role

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Attack:
    """SQL that somebody's model was talked into."""

    number: str
    category: str
    role: Role
    sql: str


def attacks() -> list[Attack]:
    """All of them: those of the survey (attacks.jsonl), and our own."""
    survey = [Attack(x["id"], x["category"], Role(x["role"]), x["sql"]) for x in lines("attacks.jsonl")]
    own = yaml.safe_load((HERE / "own_attacks.yaml").read_text(encoding="utf-8"))
    return [
        *survey,
        *(
            Attack(f"OWN-{category}-{number:02}", category, Role(role), sql)
            for category, roles in own.items()
            for role, texts in roles.items()
            for number, sql in enumerate(texts, 1)
        ),
    ]


def benign() -> list[Attack]:
    """What is no attack: that of the survey (benign.jsonl), and our own."""
    survey = [Attack(x["id"], "survey", Role(x["role"]), x["sql"]) for x in lines("benign.jsonl")]
    own = yaml.safe_load((HERE / "own_benign.yaml").read_text(encoding="utf-8"))
    return [
        *survey,
        *(
            Attack(f"OWN-{role}-{number:02}", "own", Role(role), sql)
            for role, texts in own.items()
            for number, sql in enumerate(texts, 1)
        ),
    ]


def lines(name: str) -> list[dict[str, Any]]:
    """The records of a JSONL file."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]
