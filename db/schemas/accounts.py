"""Accounts and service keys."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from core.passwords import LONGEST, SHORTEST
from db.models import UserRole
from db.schemas.words import Email, Flag, Line, Moment, Number

_PASSWORD = Field(min_length=SHORTEST, max_length=LONGEST, description="A phrase is easy to remember")


class UserBody(BaseModel):
    """An account to be made. A technician's or a client's says whose it is; without a password nobody signs in."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(examples=["Marta Solsona Ruiz"])
    email: Email = Field(examples=["marta.solsona@empresa.example"])
    role: UserRole = Field(examples=[UserRole.ADMIN])
    technician_id: Number | None = None
    client_id: Number | None = None
    active: Flag = True
    password: SecretStr | None = Field(default=None, min_length=SHORTEST, max_length=LONGEST)


class NewPassword(BaseModel):
    """A password for somebody else's account."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr = _PASSWORD


class OwnPassword(BaseModel):
    """A new password for one's own account."""

    model_config = ConfigDict(extra="forbid")

    current: SecretStr = Field(max_length=LONGEST)
    password: SecretStr = _PASSWORD


class KeyBody(BaseModel):
    """A service key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(description="What it is for", examples=["n8n"])
    user_id: Number | None = Field(default=None, description="In whose name it calls; yours when left out")
    scopes: list[Line] = Field(
        min_length=1,
        max_length=50,
        description="read, write, ask, agent (speak for any sender at /agent), TABLE:read, TABLE:write",
        examples=[["agent"], ["interventions:read", "clients:read"]],
    )
    expires_at: Moment | None = Field(default=None, description="Good until it is revoked when left out")


class KeyRecord(BaseModel):
    """A service key, as far as it can be shown."""

    model_config = ConfigDict(from_attributes=True)

    key_id: int
    name: str
    public_id: str = Field(description="The key begins with cuadrilla_ and this", examples=["70351453e39d"])
    user_id: int
    scopes: list[str]
    created_at: datetime
    created_by: int | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyMade(KeyRecord):
    """A service key just made: the only time that it is shown whole."""

    key: str = Field(default="", examples=["cuadrilla_70351453e39d_…"])


class KeyList(BaseModel):
    """Every key, newest first."""

    items: list[KeyRecord]
