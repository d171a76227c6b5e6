"""Users and service keys, for administrators who signed in: no key makes keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from api.auth import AccountHolder, OpenDesk
from api.errors import documented
from api.idempotency import IdempotencyKey, claim_of, once
from api.keys import NewKey, NewUser, add_key, add_user, set_password
from api.v1.resources import BASE, author_of, shown
from core.errors import BadInput, Conflict, CredentialsWrong, Denied, NotFound
from db.crud import accounts
from db.crud.failures import translated
from db.crud.idempotency import Answer
from db.crud.resource import Resource, Values, Writing
from db.crud.writing import audit
from db.models import User, UserRole
from db.schemas.accounts import KeyBody, KeyList, KeyMade, KeyRecord, NewPassword, OwnPassword, UserBody
from db.schemas.words import LARGEST_ID
from db.session import session_scope
from policy.decide import may_create
from policy.roles import Role
from policy.scopes import ACCOUNTS

_ERRORS = (400, 401, 403, 404, 409, 413, 422, 429, 503)
_LAST_ADMINISTRATOR = text("SELECT pg_advisory_xact_lock(hashtextextended('the last administrator', 0))")
"""One at a time may look whether there is another: of two who disable each other, the second sees it."""
UserId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
KeyId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def account_change(writing: Writing, values: Values) -> Values:
    """Who is no longer active is out at once; raises :class:`Conflict` for the last administrator."""
    before = writing.before or {}
    if "email" in values:
        values = {**values, "email": values["email"].lower()}
    if values.get("active", True) or not before.get("active"):
        return values
    writing.session.execute(_LAST_ADMINISTRATOR)
    others = select(func.count()).where(User.active, User.role == UserRole.ADMIN, User.user_id != before["user_id"])
    if before["role"] is UserRole.ADMIN and not writing.session.scalar(others.select_from(User)):
        raise Conflict("It is the last administrator.", what="users", reason="last_admin")
    accounts.end_sessions(writing.session, "disabled", writing.now, user_id=before["user_id"])
    accounts.revoke_keys_of(writing.session, before["user_id"], writing.now)
    return values


USERS = Resource(
    "users",
    User,
    UserBody,
    filters=("name", "email", "role", "active", "created_at", "technician_id", "client_id"),
    search=("name", "email"),
    rule=account_change,
    makes=False,
    scope=ACCOUNTS,
)


def account_routes() -> APIRouter:
    """Making accounts and their passwords."""
    router = APIRouter(tags=["accounts"])

    @router.post(
        "/users",
        status_code=201,
        operation_id="create_users",
        response_model=USERS.record,
        responses=documented(*_ERRORS),
    )
    def create_user(
        access: AccountHolder, desk: OpenDesk, request: Request, sent: UserBody, again: IdempotencyKey = None
    ) -> Response:
        """Make an account, for an administrator, a technician or a client."""
        decision = may_create(access.principal.role, USERS.name)
        if not decision.allowed:
            raise Denied(what=decision.what, reason=decision.reason)
        new = _new_user(sent)
        author = author_of(desk, access)

        def act(session: Session) -> Answer:
            user = add_user(session, new, desk.passwords, author.now)
            row = {name: getattr(user, name) for name in USERS.columns(Role.ADMIN)}
            audit(session, author, "create", USERS.name, str(user.user_id), {"email": [None, user.email]})
            answer = shown(USERS, access.principal.role, row)
            return Answer(201, {**answer.headers, "Location": f"{BASE}/users/{user.user_id}"}, answer.body)

        return once(desk, claim_of(access, again, request, sent), act)

    @router.put(
        "/users/{user_id}/password", status_code=204, operation_id="set_password", responses=documented(*_ERRORS)
    )
    def set_password_of(access: AccountHolder, desk: OpenDesk, user_id: UserId, sent: NewPassword) -> Response:
        """Set the password of an account and end its sign-ins."""
        _administrator(access.principal.role)
        author = author_of(desk, access)
        with translated(), session_scope(desk.sessions) as session:
            set_password(session, user_id, sent.password.get_secret_value(), desk.passwords, author.now)
            audit(session, author, "set_password", USERS.name, str(user_id), {})
        return Response(status_code=204)

    @router.post("/me/password", status_code=204, operation_id="change_own_password", responses=documented(*_ERRORS))
    def change_own_password(access: AccountHolder, desk: OpenDesk, sent: OwnPassword) -> Response:
        """Change one's own password; every sign-in ends, this one too."""
        desk.limits.take(desk.limits.sign_ins, access.caller)  # whoever has the token only may guess
        author = author_of(desk, access)
        with translated(), session_scope(desk.sessions) as session:
            account = accounts.account_of(session, access.user_id)
            kept = account.password_hash if account else None
            if not desk.passwords.verify(kept, sent.current.get_secret_value()):
                raise CredentialsWrong
            set_password(session, access.user_id, sent.password.get_secret_value(), desk.passwords, author.now)
            audit(session, author, "set_password", USERS.name, str(access.user_id), {})
        return Response(status_code=204)

    return router


def key_routes() -> APIRouter:
    """Service keys."""
    router = APIRouter(tags=["accounts"])

    @router.get("/api-keys", operation_id="list_api_keys", responses=documented(401, 403, 429, 503))
    def list_keys(access: AccountHolder, desk: OpenDesk) -> KeyList:
        """Every service key, as far as it can be shown."""
        _administrator(access.principal.role)
        with translated(), desk.sessions() as session:
            return KeyList(items=[KeyRecord.model_validate(key) for key in accounts.list_keys(session)])

    @router.post("/api-keys", status_code=201, operation_id="create_api_key", responses=documented(*_ERRORS))
    def create_key(access: AccountHolder, desk: OpenDesk, sent: KeyBody) -> KeyMade:
        """Make a service key. It is shown this once, so no idempotency key is taken: nothing of it is kept."""
        _administrator(access.principal.role)
        author = author_of(desk, access)
        new = NewKey(sent.name, sent.user_id or access.user_id, tuple(sent.scopes), sent.expires_at, access.user_id)
        with translated(), session_scope(desk.sessions) as session:
            row, key = add_key(session, new, author.now)
            audit(session, author, "create", "api_keys", str(row.key_id), {"scopes": [None, row.scopes]})
            made = KeyMade.model_validate(row)
        return made.model_copy(update={"key": key})

    @router.delete(
        "/api-keys/{key_id}",
        status_code=204,
        operation_id="revoke_api_key",
        responses=documented(401, 403, 404, 422, 429, 503),
    )
    def revoke_key(access: AccountHolder, desk: OpenDesk, key_id: KeyId) -> Response:
        """Revoke a service key: it is no longer good from now on."""
        _administrator(access.principal.role)
        author = author_of(desk, access)
        with translated(), session_scope(desk.sessions) as session:
            if not accounts.revoke_key(session, key_id, author.now):
                raise NotFound(what="api_keys")
            audit(session, author, "revoke", "api_keys", str(key_id), {})
        return Response(status_code=204)

    return router


def _administrator(role: Role) -> None:
    """Whoever may make accounts manages their keys and passwords; raises :class:`Denied`."""
    decision = may_create(role, USERS.name)
    if not decision.allowed:
        raise Denied(what=decision.what, reason=decision.reason)


def _new_user(sent: UserBody) -> NewUser:
    subjects = {UserRole.TECHNICIAN: sent.technician_id, UserRole.CLIENT: sent.client_id}
    subject = subjects.pop(sent.role, None)
    if any(other is not None for other in subjects.values()):
        raise BadInput("The account is of another role.", what="role", reason="does_not_fit")
    password = sent.password.get_secret_value() if sent.password else None
    return NewUser(sent.name, sent.email, sent.role, subject, password)
