"""Safety notices: text that must stay with what it warns about."""

from __future__ import annotations

import re

_NOTICE = re.compile(
    r"^\W{0,3}(advertencia|peligro|atenci[oó]n|precauci[oó]n|aviso|importante|nota|warning|danger|caution|important|note)"
    r"\s*[:.!—–-]",
    re.IGNORECASE,
)


def is_notice(text: str) -> bool:
    """Does ``text`` open as a warning ("ADVERTENCIA: ...")?"""
    return _NOTICE.match(text) is not None
