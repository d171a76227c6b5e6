"""An application on a free port of this machine, reached over real HTTP."""

from __future__ import annotations

from evals.serving import served

__all__ = ["served"]
