"""Nothing active leaves: stored text is quoted as data, so a link or an image in it must not load or be followed.

Only addresses of the company's own pages stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_IMAGE_OR_LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^)\n]*)\)")
_ADDRESS = re.compile(r"\b(?:https?|ftp|javascript|data|file)\s*:\s*(?=\S)[^\s\"'»)>]+", re.IGNORECASE)
_TAG = re.compile(r"<(?=[a-zA-Z/!])")
_BANG = re.compile(r"!(?=\[)")
_PLAIN = re.compile(r"https?://[\w.-]+(?::\d+)?(?:[/?#][\w./?#=&%~+,;:-]*)?", re.IGNORECASE | re.ASCII)
"""Nothing that one program could read as another host: no user before it, no backslash, no brackets."""
_GONE = "…"


def hosts(named: str) -> frozenset[str]:
    """The hosts in a list separated by commas."""
    return frozenset(host for part in named.split(",") if (host := part.strip().casefold().rstrip(".")))


def inert(text: str, own: Collection[str] = frozenset()) -> str:
    """``text`` without images, links, addresses and markup: their words stay, and so do addresses on ``own`` hosts."""

    def link(found: re.Match[str]) -> str:
        words, address = found.group(1), found.group(2).strip()
        return f"{words}: {address}" if not found.group().startswith("!") and _is_own(address, own) else words

    def address(found: re.Match[str]) -> str:
        return found.group() if _is_own(found.group().rstrip(".,;:"), own) else _GONE

    words = _IMAGE_OR_LINK.sub(link, text)
    return _BANG.sub("", _TAG.sub("‹", _ADDRESS.sub(address, words)))


def _is_own(address: str, own: Collection[str]) -> bool:
    if not own or _PLAIN.fullmatch(address) is None:
        return False
    host = (urlsplit(address).hostname or "").rstrip(".")
    return any(host == name or host.endswith(f".{name}") for name in own)
