"""The queue: procrastinate on the same PostgreSQL, in a schema of its own, one job at a time for each conversation.

A job only says "look at this conversation"; what there is to do stands in inbox and outbox. So a job that is lost, run
twice, or run after a crash does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from db.url import libpq_url

QUEUE = "channels"
ATTEND = "chatwoot.attend"
POLL_SECONDS = 0.1
"""Jobs wait for the end of a burst, so nobody is told of them: workers look this often."""
_HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
_PAUSE_AFTER_FAILURE = 0.5
_POOL_WAIT_SECONDS = 5.0
_TIDYING_SECONDS = 10.0
"""What a worker has, beyond the grace of its jobs, to sign off."""
_log = structlog.get_logger(__name__)

Pool = AsyncConnectionPool[AsyncConnection[Any]]
Attend = Callable[[int, int], Awaitable[None]]

ENQUEUE = f"""
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
SELECT '{QUEUE}', '{ATTEND}', key, key,
       jsonb_build_object('account_id', account_id, 'conversation_id', conversation_id, 'latest', latest), due
FROM asked
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET
    scheduled_at = least(excluded.scheduled_at,
        coalesce((procrastinate_jobs.args ->> 'latest')::timestamptz, excluded.scheduled_at)),
    args = CASE WHEN (excluded.args ->> 'latest')::timestamptz < (procrastinate_jobs.args ->> 'latest')::timestamptz
           THEN excluded.args ELSE procrastinate_jobs.args END
"""  # noqa: S608
"""Enqueues what the relation ``asked`` names (key, account_id, conversation_id, due, latest).

The conflicting job is updated, never just left: that locks it, so no worker can begin it before this transaction is
seen. It comes no later than the earliest ``latest`` that was asked for, whatever is written next.
"""
_ASK = f"""
WITH asked AS (
    SELECT %(key)s::text AS key, %(account_id)s::bigint AS account_id, %(conversation_id)s::bigint AS conversation_id,
           now() + make_interval(secs => %(delay)s) AS due, now() + make_interval(secs => %(delay)s) AS latest
)
{ENQUEUE}
"""


def lock_key(account_id: int, conversation_id: int) -> str:
    """The name under which jobs of one conversation exclude each other."""
    return f"chatwoot:{account_id}:{conversation_id}"


@dataclass(frozen=True, slots=True)
class Queue:
    """The pool of the channels, and procrastinate on it.

    ``intake`` is for single statements that must be quick: each is a transaction, in one exchange with the database.
    """

    pool: Pool
    intake: Pool
    app: procrastinate.App

    async def ask(self, account_id: int, conversation_id: int, delay: float = 0.0) -> None:
        """Have the conversation looked at in ``delay`` seconds; a look that is already waiting comes no later."""
        async with self.pool.connection() as connection:
            await ask(connection, account_id, conversation_id, delay)

    def attends(self, attend: Attend) -> None:
        """Make ``attend`` what a worker does for a job."""

        @self.app.task(name=ATTEND, queue=QUEUE)
        async def task(account_id: int, conversation_id: int, **_more: Any) -> None:
            await attend(account_id, conversation_id)

    async def work(self, stop: asyncio.Event, *, concurrency: int, grace: float, name: str = "worker") -> None:
        """Attend to jobs until ``stop``; then let what is running end for ``grace`` seconds.

        A database that goes away is waited for.
        """
        while not stop.is_set():
            try:
                await self._work_once(stop, concurrency, grace, name)
            except (ProcrastinateException, psycopg.Error, PoolTimeout) as error:
                _log.warning("worker_interrupted", error=type(error).__name__)
            if not stop.is_set():
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)

    async def _work_once(self, stop: asyncio.Event, concurrency: int, grace: float, name: str) -> None:
        worker = Worker(
            app=self.app,
            queues=[QUEUE],
            name=name,
            concurrency=concurrency,
            listen_notify=False,
            fetch_job_polling_interval=POLL_SECONDS,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=grace,
            update_heartbeat_interval=_HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
        )
        running = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                worker.stop()
                await asyncio.wait({running}, timeout=grace + _TIDYING_SECONDS)
            await _ended(running)
        finally:
            stopping.cancel()
            running.cancel()

    async def recover(self) -> int:
        """Give the jobs of workers that died to others; returns how many."""
        await self.app.job_manager.prune_stalled_workers(STALLED_SECONDS)
        jobs = list(await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS, queue=QUEUE))
        for job in jobs:
            account_id, conversation_id = job.task_kwargs["account_id"], job.task_kwargs["conversation_id"]
            if isinstance(account_id, int) and isinstance(conversation_id, int):
                await self.ask(account_id, conversation_id)
            try:
                await self.app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=True)
            except ConnectorException as error:
                _log.info("job_recovered_by_another", job=job.id, error=type(error).__name__)
        return len(jobs)


async def _ended(running: asyncio.Task[None]) -> None:
    """Make an end of ``running``, however often it must be told: until Python 3.12 ``asyncio.wait_for``, with which the
    pool waits for a connection, may swallow a cancellation. Raises what it raised."""
    while not running.done():
        _log.warning("worker_does_not_stop")
        running.cancel()
        await asyncio.wait({running}, timeout=1.0)
    if not running.cancelled():
        running.result()


async def ask(connection: AsyncConnection[Any], account_id: int, conversation_id: int, delay: float = 0.0) -> None:
    """As :meth:`Queue.ask`, in the transaction of ``connection``."""
    await connection.execute(
        _ASK,
        {
            "key": lock_key(account_id, conversation_id),
            "account_id": account_id,
            "conversation_id": conversation_id,
            "delay": delay,
        },
    )


@asynccontextmanager
async def open_queue(url: str, *, connections: int = 10) -> AsyncIterator[Queue]:
    """The queue of the database at ``url``. A database that is away is waited for when it is used."""
    pool = _pool(url, connections, "cuadrilla-channels", check=True)
    intake = _pool(url, connections, "cuadrilla-intake", autocommit=True, prepare_threshold=0)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector())
    async with pool, intake, app.open_async(pool):
        yield Queue(pool, intake, app)


def _pool(url: str, connections: int, name: str, *, check: bool = False, **kwargs: Any) -> Pool:
    return AsyncConnectionPool(
        libpq_url(url),
        min_size=2,
        max_size=connections,
        timeout=_POOL_WAIT_SECONDS,
        open=False,
        check=AsyncConnectionPool.check_connection if check else None,
        kwargs={"application_name": name, "options": "-c search_path=queue,public", **kwargs},
    )
