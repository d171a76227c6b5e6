"""Files in, blocks out: one loader per format, chosen by what the bytes are, then by the name.

Guarantees a :class:`core.errors.DocumentUnreadable` with a ``reason`` code for anything that cannot be read:
``empty``, ``too_large``, ``encrypted``, ``no_text``, ``corrupt``, ``unsupported``, ``mislabelled``.
"""

from ingest.loading.formats import SUFFIXES, load

__all__ = ["SUFFIXES", "load"]
