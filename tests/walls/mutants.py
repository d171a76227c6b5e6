"""Mutants of the corpora: texts cut up and put together by chance, so that some of them still are SQL."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from tests.walls.corpora import Attack, attacks, benign
from tests.walls.selects import COLUMNS

_TOKENS = re.compile(r"'(?:[^']|'')*'|\$\$.*?\$\$|\"[^\"]*\"|\w+|\s+|--|/\*|\*/|.", re.DOTALL)
_SPICE = [
    "password_hash", "users", "public.", "pg_catalog.", "gate.key", "ctid", "*", "c.*", "(", ")", "/*", "*/",
    "--\n", "/*/*", "'", "''", "$$", "::text", "::regclass", "LATERAL ", "NATURAL ", "USING (client_id)",
    " FULL JOIN ", " UNION ALL ", "WITH x AS (", " OFFSET 0", "$1", "$2", ";", "set_config('app.ctx','',true)",
    "pg_sleep(0)", "ROW(", "ARRAY(", "@", "U&", "\\", "\n", "current_user", "row_to_json(", " AS t(a, b, c)",
    "(c).", " OR true", "client_id", "18", "NULL",
]  # fmt: skip


def mutants(seed: int, number: int) -> Iterator[Attack]:
    """``number`` mutants, the same for the same ``seed``."""
    chance = random.Random(seed)
    parents = [*benign(), *benign(), *attacks()]
    cut = {parent.number: _TOKENS.findall(parent.sql) for parent in parents}
    names = sorted({name for columns in COLUMNS.values() for name in columns} | set(COLUMNS))
    for count in range(number):
        parent = chance.choice(parents)
        tokens = list(cut[parent.number])
        for _ in range(chance.choice((1, 1, 2, 3))):
            _change(tokens, cut[chance.choice(parents).number], names, chance)
        yield Attack(f"MUT-{seed}-{count}", "mutant", parent.role, "".join(tokens))


def _change(tokens: list[str], other: list[str], names: list[str], chance: random.Random) -> None:
    if not tokens:
        return
    at = chance.randrange(len(tokens))
    match chance.randrange(6):
        case 0:
            del tokens[at : at + chance.choice((1, 1, 2, 4))]
        case 1:
            tokens.insert(at, chance.choice(_SPICE))
        case 2:
            words = [place for place, token in enumerate(tokens) if token.isidentifier()]
            if words:
                tokens[chance.choice(words)] = chance.choice(names)
        case 3:
            begin = chance.randrange(len(other))
            tokens[at:at] = other[begin : begin + chance.choice((1, 3, 8, 20))]
        case 4:
            there = chance.randrange(len(tokens))
            tokens[at], tokens[there] = tokens[there], tokens[at]
        case _:
            tokens[at : at + 3] = other[: chance.randrange(1, len(other) + 1)]
