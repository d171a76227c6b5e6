"""Machines, contracts and visits."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from db.models import EquipmentStatus, InterventionKind, InterventionStatus, Priority, ServiceType
from db.schemas.words import Code, Day, Flag, Json, Line, Moment, Money, Number, Words


class EquipmentBody(BaseModel):
    """A machine that was installed."""

    model_config = ConfigDict(extra="forbid")

    client_id: Number = Field(examples=[1])
    product_id: Number = Field(examples=[1])
    serial_number: Code = Field(examples=["NV-2026-004512"])
    installed_on: Day = Field(examples=["2026-11-20"])
    status: EquipmentStatus = Field(examples=[EquipmentStatus.ACTIVE])
    location: Line = Field(examples=["salón"])
    address: Line = Field(examples=["Calle Alfonso I, 12"])
    city: Line = Field(examples=["Zaragoza"])
    province: Line = Field(examples=["Zaragoza"])
    zone: Line = Field(examples=["Zaragoza"])
    config: Json = Field(default_factory=dict[str, Any], examples=[{"firmware": "2.1", "setpoint": 24}])


class ContractBody(BaseModel):
    """A contract or a warranty to be made; without a machine it covers all of the client's."""

    model_config = ConfigDict(extra="forbid")

    client_id: Number = Field(examples=[1])
    equipment_id: Number | None = Field(default=None, examples=[1])
    service_type: ServiceType = Field(examples=[ServiceType.PREVENTIVE_MAINTENANCE])
    starts_on: Day = Field(examples=["2026-12-01"])
    ends_on: Day = Field(examples=["2027-11-30"])
    cancelled_on: Day | None = None
    annual_price: Money = Field(examples=["180.00"])
    auto_renew: Flag = False
    terms: Words = Field(examples=["Dos revisiones al año; desplazamiento incluido."])


class InterventionBody(BaseModel):
    """A visit to be made. A client says the machine, the kind and what is wrong; the rest is set by itself."""

    model_config = ConfigDict(extra="forbid")

    client_id: Number | None = Field(default=None, description="A client asks for themselves", examples=[1])
    equipment_id: Number | None = Field(default=None, examples=[1])
    technician_id: Number | None = Field(default=None, description="A technician opens their own", examples=[1])
    kind: InterventionKind = Field(examples=[InterventionKind.REPAIR])
    status: InterventionStatus | None = Field(
        default=None, description="Scheduled when it has a day, else requested", examples=[InterventionStatus.SCHEDULED]
    )
    priority: Priority = Field(default=Priority.NORMAL, examples=[Priority.HIGH])
    requested_at: Moment | None = Field(default=None, description="Now when left out")
    scheduled_at: Moment | None = Field(default=None, examples=["2026-12-03T09:00:00+01:00"])
    started_at: Moment | None = None
    completed_at: Moment | None = None
    description: Words = Field(min_length=1, examples=["No enfría y hace ruido."])
    result: Words | None = Field(default=None, examples=["Cambiado el compresor, probado y funcionando."])
    cost: Money | None = Field(default=None, examples=["0.00"])
    document_path: Words | None = None
