"""Nothing active leaves: stored text is quoted as data, so a link or an image in it must not load or be followed."""

from __future__ import annotations

import re

_IMAGE_OR_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_ADDRESS = re.compile(r"\b(?:https?|ftp|javascript|data|file)\s*:\s*(?=\S)[^\s\"'»)>]+", re.IGNORECASE)
_TAG = re.compile(r"<(?=[a-zA-Z/!])")
_BANG = re.compile(r"!(?=\[)")
_GONE = "…"


def inert(text: str) -> str:
    """``text`` without images, links, addresses and markup: their words stay."""
    words = _IMAGE_OR_LINK.sub(r"\1", text)
    return _BANG.sub("", _TAG.sub("‹", _ADDRESS.sub(_GONE, words)))
