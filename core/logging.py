"""Logs: JSON in a rotating file under the home, plain on the console. Personal data stays out of both.

What people write is logged at debug level only, under the keys that :func:`_without_words` knows.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core.redaction import redact
from core.rotating import SharedRotatingFileHandler

_BYTES = 5_000_000
_BACKUPS = 5
_OURS = frozenset({"timestamp", "_record", "_from_structlog"})
_WORDS = frozenset({"text", "reply", "body", "question"})
_QUIET = ("httpx", "httpcore", "psycopg.pool", "faker", "matplotlib", "pdfminer", "asyncio", "procrastinate")


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {_redacted(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))


def _private(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value if key in _OURS else _redacted(value) for key, value in event.items()}


def _without_words(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    if method == "debug":
        return event
    return {key: value for key, value in event.items() if key not in _WORDS}


def configure_logging(level: str, home: Path | None, watch: logging.Handler | None = None) -> None:
    """Send the logs of this process to the console and, when ``home`` is given, to ``home/logs/cuadrilla.jsonl``.

    ``watch`` is shown every record too, whatever it does with it.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            _without_words,
            structlog.processors.format_exc_info,
            _private,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = logging.StreamHandler()
    console.setFormatter(_formatter(shared, structlog.dev.ConsoleRenderer(colors=False)))
    handlers: list[logging.Handler] = [console]
    if home is not None:
        handlers.append(_file(home, shared))
    if watch is not None:
        handlers.append(watch)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _file(home: Path, shared: list[Processor]) -> logging.Handler:
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = SharedRotatingFileHandler(folder / "cuadrilla.jsonl", most_bytes=_BYTES, backups=_BACKUPS)
    handler.setFormatter(_formatter(shared, structlog.processors.JSONRenderer(ensure_ascii=False)))
    return handler


def _formatter(shared: list[Processor], renderer: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.processors.format_exc_info, _private],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
