"""The error tree. The class docstring is the default message; ``code`` is stable and public."""

from __future__ import annotations

import inspect


class CuadrillaError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.details = details
        super().__init__(self.message)


class BadInput(CuadrillaError):
    """The request cannot be understood."""

    code = "bad_input"


class MessageEmpty(BadInput):
    """The message is empty."""

    code = "message_empty"


class MessageTooLong(BadInput):
    """The message is too long."""

    code = "message_too_long"


class MessageUnreadable(BadInput):
    """The message is not readable text."""

    code = "message_unreadable"


class Denied(CuadrillaError):
    """This role may not do that."""

    code = "denied"


class Unauthenticated(CuadrillaError):
    """A valid token or key is needed."""

    code = "unauthenticated"


class CredentialsWrong(Unauthenticated):
    """The name or the password is not right, or the token is no longer good."""

    code = "credentials_wrong"


class TooManyRequests(CuadrillaError):
    """Too many requests; wait before the next one. ``retry_after`` among the details is in seconds."""

    code = "too_many_requests"


class SignInLocked(TooManyRequests):
    """Too many failed attempts to sign in; wait before the next one."""

    code = "sign_in_locked"


class NotFound(CuadrillaError):
    """There is no such record."""

    code = "not_found"


class Conflict(CuadrillaError):
    """The record changed, or was already handled."""

    code = "conflict"


class Stale(Conflict):
    """The record changed since it was read: read it again."""

    code = "stale"


class VersionMissing(BadInput):
    """A write needs If-Match with the ETag of what was read."""

    code = "version_missing"


class Duplicate(Conflict):
    """There is another record with the same unique value."""

    code = "duplicate"


class InUse(Conflict):
    """Other records refer to this one."""

    code = "in_use"


class KeyReused(BadInput):
    """The idempotency key came before with another request."""

    code = "idempotency_key_reused"


class QueryInvalid(CuadrillaError):
    """The query names something that the catalogue does not know."""

    code = "query_invalid"


class QueryRejected(CuadrillaError):
    """The SQL text is not allowed."""

    code = "query_rejected"


class QueryFailed(CuadrillaError):
    """The database could not answer the query."""

    code = "query_failed"


class QueryTooExpensive(QueryFailed):
    """The query took too long and was stopped."""

    code = "query_too_expensive"


class DocumentUnreadable(CuadrillaError):
    """The document could not be read."""

    code = "document_unreadable"


class Misconfigured(CuadrillaError):
    """The configuration is not valid."""

    code = "misconfigured"


class Unavailable(CuadrillaError):
    """A part that this needs is not ready."""

    code = "unavailable"
