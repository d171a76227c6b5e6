"""Signs that a PDF names by the letters of a font of signs, where no table maps them to Unicode."""

from __future__ import annotations

_SIGNS = {
    "symbol": str.maketrans("WmabDpqlS´£³¹·", "ΩµαβΔπθλΣ×≤≥≠•"),
    "dingbats": str.maketrans("345678lnu", "✓✔✕✖✗✘●■◆"),
    "wingdings": str.maketrans("üûþ¨lnu§Ø·", "✓✗☑□●■◆▪▪•"),
}
_OWN_START, _OWN_END = 0xF020, 0xF0FF
"""Where such fonts put their letters in the private part of Unicode: Word's bullet is U+F0B7."""
_OWN_BULLETS = str.maketrans("·§Øv¨lnuüûþ", "•▪▪▪□●■◆✓✗☑")


def read_sign(text: str, font: str) -> str:
    """What ``text``, a character set in ``font``, shows: kΩ for the "kW" of Symbol, a bullet for Word's."""
    own = len(text) == 1 and _OWN_START <= ord(text) <= _OWN_END
    plain = chr(ord(text) - 0xF000) if own else text
    name = font.lower()
    signs = next((found for part, found in _SIGNS.items() if part in name), _OWN_BULLETS if own else None)
    return plain.translate(signs) if signs else plain
