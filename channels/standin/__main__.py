"""``python -m channels.standin``: the demonstration in one browser page, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from channels.standin.demo import demonstration
from core.command import exit_code
from core.logging import configure_logging
from core.settings import Settings, load_settings


async def show(settings: Settings) -> None:
    """Run the demonstration until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sys.stdout.write("Starting the demo company; the first time takes a minute…\n")
    sys.stdout.flush()
    async with demonstration(settings) as address:
        sys.stdout.write(f"\nCuadrilla's demo is ready: {address}/\n")
        sys.stdout.write("Play client, technician, administrator and colleague there. Ctrl-C stops it.\n\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Run until told to stop."""
    settings = load_settings()
    configure_logging("WARNING", settings.home)
    asyncio.run(show(settings))


if __name__ == "__main__":
    sys.exit(exit_code(main))
