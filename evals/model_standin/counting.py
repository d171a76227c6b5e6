"""Counts tokens: with tiktoken where its encoding is at hand, else four bytes a token. A count is told by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tiktoken

ENCODING = "o200k_base"
"""Of gpt-4o and later."""
_FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"
"""As tiktoken caches it: the SHA-1 of the address it would be downloaded from."""


@dataclass(frozen=True, slots=True)
class Counter:
    """``count`` by the tokenizer called ``name``."""

    name: str
    count: Callable[[str], int]


def make_counter() -> Counter:
    """tiktoken's own when ``TIKTOKEN_CACHE_DIR`` holds its encoding: nothing is downloaded."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    if folder and (Path(folder) / _FILE).exists():
        encoding = tiktoken.get_encoding(ENCODING)
        return Counter(f"tiktoken {ENCODING}", lambda text: len(encoding.encode(text, disallowed_special=())))
    return Counter("bytes / 4", lambda text: -(-len(text.encode()) // 4))
