"""``/auth``: a password or a refresh token in, tokens out; signing out; who am I."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.auth import Caller, OpenDesk
from api.errors import documented
from api.sign_in import Issued
from core.errors import BadInput
from core.passwords import LONGEST
from db.crud.failures import translated
from db.schemas.words import WITHOUT_NUL

TOKEN_PATH = "/auth/token"  # noqa: S105


class Grant(BaseModel):
    """The form of ``POST /auth/token`` (RFC 6749, 4.3 and 6)."""

    grant_type: Literal["password", "refresh_token"] = "password"
    username: str = Field(default="", max_length=320, pattern=WITHOUT_NUL, description="E-mail of the account")
    password: SecretStr = Field(default=SecretStr(""), max_length=LONGEST)
    refresh_token: SecretStr = Field(default=SecretStr(""), max_length=200)


class Tokens(BaseModel):
    """What is issued. The refresh token is good once, and so is each that follows."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "access_token": "eyJhbGciOiJIUzI1NiIs...",
                "token_type": "bearer",
                "expires_in": 900,
                "refresh_token": "m1JtT5dO...",
            }
        }
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds that the access token is good")
    refresh_token: str

    @classmethod
    def of(cls, issued: Issued) -> Tokens:
        """``issued`` as it is sent."""
        return cls(access_token=issued.access_token, expires_in=issued.expires_in, refresh_token=issued.refresh_token)


class Me(BaseModel):
    """Who a token speaks for."""

    user_id: int
    name: str | None
    role: str = Field(examples=["technician"])
    subject_id: int | None = Field(description="Client, technician or user number, by role")
    scopes: list[str]


def auth_routes() -> APIRouter:
    """The routes of ``/auth``."""
    router = APIRouter(prefix="/auth", tags=["accounts"])

    @router.post("/token", operation_id="token", responses=documented(401, 413, 422, 429, 503))
    def token(form: Annotated[Grant, Form()], desk: OpenDesk, request: Request, response: Response) -> Tokens:
        """Tokens for a password, or for a refresh token. A refresh token that comes twice ends the sign-in."""
        address = request.client.host if request.client else ""
        desk.limits.take(desk.limits.sign_ins, address)
        response.headers["Cache-Control"] = "no-store"
        with translated():
            if form.grant_type == "refresh_token":
                return Tokens.of(desk.sign_in.with_refresh_token(form.refresh_token.get_secret_value()))
            if not form.username:
                raise BadInput("username and password are needed.")
            return Tokens.of(desk.sign_in.with_password(form.username, form.password.get_secret_value(), address))

    @router.post("/logout", status_code=204, operation_id="logout", responses=documented(401, 422, 429, 503))
    def logout(access: Caller, desk: OpenDesk) -> Response:
        """End the sign-in: its access and refresh tokens are no longer good."""
        if access.session_id is None:
            raise BadInput("A service key does not sign out; revoke it.")
        with translated():
            desk.sign_in.out(access.user_id, access.session_id)
        return Response(status_code=204)

    @router.get("/me", operation_id="me", responses=documented(401, 429, 503))
    def me(access: Caller) -> Me:
        """Who this token speaks for."""
        who = access.principal
        return Me(
            user_id=access.user_id,
            name=who.name,
            role=who.role.value,
            subject_id=who.subject_id,
            scopes=sorted(access.scopes),
        )

    return router
