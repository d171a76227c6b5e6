"""``python -m channels.dead_letters``: what could not be posted, and another try for it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from channels.outbox import Outbox, Row
from channels.queue import open_queue
from core.settings import load_settings
from db.place import locate

_SHOWN = 80
app = typer.Typer(help="Replies that were given up.", no_args_is_help=False, add_completion=False)


async def read(url: str, limit: int) -> list[Row]:
    """The newest dead letters of the database at ``url``."""
    async with open_queue(url, connections=2) as queue:
        return await Outbox(queue.pool).dead(limit)


async def retry(url: str, numbers: list[int]) -> int:
    """Have dead letters tried again (all of them when none is named); how many there were."""
    async with open_queue(url, connections=2) as queue:
        outbox = Outbox(queue.pool)
        chosen = numbers or [row.outbox_id for row in await outbox.dead(1000)]
        revived = [row for row in [await outbox.revive(number) for number in sorted(chosen)] if row is not None]
        for row in revived:
            await queue.ask(row.account_id, row.conversation_id)
        return len(revived)


@app.callback(invoke_without_command=True)
def show(context: typer.Context, limit: int = 100) -> None:
    """Show them."""
    if context.invoked_subcommand is not None:
        return
    rows = asyncio.run(read(locate(load_settings()).url, limit))
    table = Table("number", "conversation", "kind", "tries", "since", "error", title=f"{len(rows)} dead letters")
    for row in rows:
        table.add_row(
            str(row.outbox_id),
            f"{row.account_id}/{row.conversation_id}",
            str(row.payload.get("kind", "")),
            str(row.attempts),
            f"{row.created_at:%Y-%m-%d %H:%M}",
            row.error[:_SHOWN],
        )
    Console().print(table)


@app.command("retry")
def again(numbers: Annotated[list[int] | None, typer.Argument(help="Numbers; none: all of them")] = None) -> None:
    """Try them again."""
    count = asyncio.run(retry(locate(load_settings()).url, numbers or []))
    Console().print(f"{count} to be tried again")


if __name__ == "__main__":
    app()
