"""What tells who somebody is, found in free text and blotted out: telephones, e-mails, tax numbers, addresses...

It would rather blot out too much than too little. UUIDs, digests and dates are left, so that a log can be followed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

_STREETS = Path(__file__).with_name("redaction.yaml")
_PATTERN = r"""
  (?P<keep> (?<![0-9A-Za-z]) (?: [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12} | [0-9a-f]{32,128} )(?![0-9A-Za-z])
          | (?<!\d) (?:19|20)\d\d-[01]\d-[0-3]\d (?:[T\ ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)? (?![\d-]) )
| (?P<mail> [^\s@<>"(),:;\[\]\\]+ (?:@|%40) [\w-]+ (?:\.[\w-]+)+ )
| (?P<iban> (?<![0-9A-Za-z]) [A-Z]{2}\d{2} (?:[\ -]?[0-9A-Z]{4}){3,7} (?:[\ -]?[0-9A-Z]{1,3})? (?![0-9A-Za-z]) )
| (?P<tax> (?<![0-9A-Za-z]) (?: [A-W][\ -]?\d{7}[\ -]?[0-9A-J] | [XYZ][\ -]?\d{7}[\ -]?[A-Z]
          | \d{1,2}\.?\d{3}\.?\d{3}[\ -]?[A-HJ-NP-TV-Z] ) (?![0-9A-Za-z]) )
| (?P<phone> (?<![0-9]) (?:%2B|\+)? \(? \d (?: [\ \u00a0.\-/()]{0,2} \d ){7,15} (?!\d) )
| (?P<address> (?<!\w) (?:STREETS) \s* [^\d\n,;]{2,60} ,? \s* (?:n[.\u00ba\u00b0o]*\s*)? (?:\d{1,4}|s/n) (?!\d) )
"""


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    words = yaml.safe_load(_STREETS.read_text(encoding="utf-8"))["streets"]
    streets = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(_PATTERN.replace("STREETS", streets), re.VERBOSE | re.IGNORECASE)


def redact(text: str) -> str:
    """``text`` with ``<phone>``, ``<mail>``, ``<iban>``, ``<tax>`` and ``<address>`` where such a thing stood."""
    return _pattern().sub(_blot, text)


def _blot(found: re.Match[str]) -> str:
    kind = found.lastgroup
    return found.group() if kind == "keep" else f"<{kind}>"
