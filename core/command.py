"""How a program of ours ends."""

from __future__ import annotations

import sys
from collections.abc import Callable

from core.errors import CuadrillaError


def exit_code(run: Callable[[], None]) -> int:
    """0 when ``run`` ends well, 2 when an error of ours stops it, which is then said on the error output."""
    try:
        run()
    except CuadrillaError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0
