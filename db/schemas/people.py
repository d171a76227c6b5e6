"""Clients, technicians, working areas, and how senders are recognised."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from db.models import ClientKind
from db.schemas.words import Code, Day, Email, Flag, Language, Line, Number, PathSegment, Phone


class ClientBody(BaseModel):
    """A client to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(examples=["Lucía Ferrer Abad"])
    kind: ClientKind = Field(examples=[ClientKind.PERSON])
    tax_id: Code | None = Field(default=None, examples=["12345678Z"])
    email: Email | None = Field(default=None, examples=["lucia.ferrer@correo.example"])
    phone_number: Phone | None = Field(default=None, description="E.164", examples=["+34600111222"])
    address: Line | None = Field(default=None, examples=["Calle Alfonso I, 12"])
    postal_code: Code | None = Field(default=None, examples=["50003"])
    city: Line = Field(examples=["Zaragoza"])
    province: Line = Field(examples=["Zaragoza"])
    zone: Line = Field(examples=["Zaragoza"])
    language: Language = Field(default="es", examples=["es"])


class TechnicianBody(BaseModel):
    """A technician to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(examples=["Javier Lahoz Gracia"])
    email: Email = Field(examples=["javier.lahoz@empresa.example"])
    phone_number: Phone | None = Field(default=None, description="E.164", examples=["+34600333444"])
    assigned_zone: Line = Field(examples=["Zaragoza"])
    specialty: Line = Field(examples=["climatización"])
    active: Flag = True
    hired_on: Day | None = Field(default=None, description="Today when left out", examples=["2024-03-01"])


class ZoneBody(BaseModel):
    """A working area to be made."""

    model_config = ConfigDict(extra="forbid")

    zone: PathSegment = Field(examples=["Teruel"])


class ContactIdentityBody(BaseModel):
    """A sender to be recognised. Exactly one of client, technician and user is whom it belongs to."""

    model_config = ConfigDict(extra="forbid")

    channel: Code = Field(examples=["phone"])
    external_id: Line = Field(description="E.164 for a phone", examples=["+34600555666"])
    client_id: Number | None = Field(default=None, examples=[1])
    technician_id: Number | None = None
    user_id: Number | None = None
