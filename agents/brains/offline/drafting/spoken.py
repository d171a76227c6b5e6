"""Moments as people say them."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime

from agents.brains.protocol import Language


def spoken(moment: datetime, language: Language) -> str:
    """``moment`` with its weekday and hour ("jueves 19 de noviembre a las 12:00")."""
    pattern = "EEEE d 'de' MMMM 'a las' H:mm" if language == "es" else "EEEE d MMMM 'at' H:mm"
    return format_datetime(moment, pattern, locale=language)
