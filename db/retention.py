"""Nothing is kept longer than it is needed: ``python -m db.retention``, and by itself in every worker, once an hour.

What still waits for something (a question for its answer, a page for somebody, a reply to be posted) is not touched.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from psycopg2.extensions import connection as RawConnection
from rich.console import Console
from rich.table import Table

from core.command import exit_code
from core.settings import Settings, load_settings
from db.place import locate
from db.url import libpq_url

_ONE_AT_A_TIME = 0x43757272
_DAY = 86_400
_OLD = "now() - make_interval(days => %(message)s)"
_STALE = f"""(SELECT s.conversation_id FROM chat_sessions s WHERE s.last_message_at < {_OLD}
 AND NOT EXISTS (SELECT FROM knowledge_askers a JOIN knowledge_feedback f USING (feedback_id)
                 WHERE a.session_id = s.session_id AND f.status IN ('pending', 'answered')))"""  # noqa: S608
_STATEMENTS: Mapping[str, str] = {
    "checkpoint writes": "DELETE FROM checkpoint_writes c WHERE {unused}",
    "checkpoint blobs": "DELETE FROM checkpoint_blobs c WHERE {unused}",
    "checkpoints": "DELETE FROM checkpoints c WHERE {unused}",
    "messages": f"""DELETE FROM chat_messages WHERE session_id IN
        (SELECT session_id FROM chat_sessions WHERE conversation_id IN {_STALE})""",  # noqa: S608
    "turns": f"""DELETE FROM turns t WHERE created_at < {_OLD}
        AND NOT EXISTS (SELECT FROM chat_messages m WHERE m.turn_id = t.turn_id)""",  # noqa: S608
    "conversations": f"DELETE FROM chat_sessions WHERE conversation_id IN {_STALE}",  # noqa: S608
    "files": f"DELETE FROM received_files WHERE received_at < {_OLD}",  # noqa: S608
    "pages": f"DELETE FROM pages WHERE acknowledged_at < {_OLD}",  # noqa: S608
    "channel conversations": f"""DELETE FROM channel_conversations c WHERE last_event_at < {_OLD}
        AND NOT EXISTS (SELECT FROM channel_events e
                        WHERE (e.account_id, e.conversation_id) = (c.account_id, c.conversation_id))
        AND NOT EXISTS (SELECT FROM channel_outbox o
                        WHERE (o.account_id, o.conversation_id) = (c.account_id, c.conversation_id))""",  # noqa: S608
    "dead letters": f"DELETE FROM channel_outbox WHERE state = 'dead' AND created_at < {_OLD}",  # noqa: S608
    "questions": f"""DELETE FROM knowledge_feedback f WHERE status = 'dismissed' AND asked_at < {_OLD}
        AND NOT EXISTS (SELECT FROM knowledge_feedback m WHERE m.merged_into = f.feedback_id)""",  # noqa: S608
    "writes": "DELETE FROM audit_log WHERE at < now() - make_interval(days => %(audit)s)",
    "repeated requests": "DELETE FROM idempotent_requests WHERE expires_at < now()",
    "sign-ins": "DELETE FROM login_sessions WHERE expires_at < now() - make_interval(days => %(audit)s)",
}
_UNUSED = """NOT EXISTS (SELECT FROM chat_sessions s WHERE s.conversation_id = c.thread_id
 AND s.last_message_at >= now() - make_interval(days => %(checkpoint)s))
 AND NOT EXISTS (SELECT FROM turns t WHERE t.conversation_id = c.thread_id
 AND t.created_at >= now() - make_interval(days => %(checkpoint)s))"""


def forget(server: RawConnection, settings: Settings, *, dry_run: bool = False) -> dict[str, int]:
    """Delete what is older than ``settings`` keep, in one transaction; rows by what they were.

    Nothing, when another process is at it.
    """
    given = {
        "message": settings.keep_message_days,
        "audit": settings.keep_audit_days,
        "checkpoint": settings.keep_checkpoint_days,
    }
    rows: dict[str, int] = {}
    with server.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
        if cursor.fetchone() == (True,):
            for what, statement in _STATEMENTS.items():
                cursor.execute(statement.format(unused=_UNUSED), given)
                rows[what] = cursor.rowcount
    if dry_run:
        server.rollback()
    else:
        server.commit()
    return rows


def forget_logs(folder: Path, days: int, now: float, *, dry_run: bool = False) -> int:
    """Delete log files in ``folder`` that were last written ``days`` before ``now`` (seconds); how many there were."""
    old = [path for path in folder.glob("*.jsonl*") if path.is_file() and path.stat().st_mtime < now - days * _DAY]
    for path in [] if dry_run else old:
        path.unlink(missing_ok=True)
    return len(old)


def keep_only_what_is_needed(url: str, settings: Settings, *, dry_run: bool = False) -> dict[str, int]:
    """Both, on the database at ``url`` and the logs under the home; raises psycopg2's errors."""
    with closing(psycopg2.connect(libpq_url(url))) as server:
        rows = forget(server, settings, dry_run=dry_run)
    logs = forget_logs(settings.home / "logs", settings.keep_log_days, time.time(), dry_run=dry_run)
    return {**rows, "log files": logs}


def main(dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only")] = False) -> None:
    """Delete what is older than the settings say."""
    settings = load_settings()
    table = Table("what", "rows", title="Would be deleted" if dry_run else "Deleted")
    for what, rows in keep_only_what_is_needed(locate(settings).url, settings, dry_run=dry_run).items():
        table.add_row(what, str(rows))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: typer.run(main)))
