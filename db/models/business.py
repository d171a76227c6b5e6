"""What the company sells and does: products, stock, orders, equipment, contracts, interventions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Identity, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum


class ProductCategory(StrEnum):
    SPLIT = "split"
    VRF = "vrf"
    BOILER = "boiler"
    LIFT = "lift"
    FIRE_PANEL = "fire_panel"
    ALARM = "alarm"
    SPARE_PART = "spare_part"


class OrderStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class EquipmentStatus(StrEnum):
    ACTIVE = "active"
    UNDER_REVIEW = "under_review"
    DECOMMISSIONED = "decommissioned"


class ServiceType(StrEnum):
    WARRANTY = "warranty"
    EXTENDED_WARRANTY = "extended_warranty"
    PREVENTIVE_MAINTENANCE = "preventive_maintenance"
    FULL_MAINTENANCE = "full_maintenance"


class InterventionKind(StrEnum):
    INSTALLATION = "installation"
    MAINTENANCE = "maintenance"
    REPAIR = "repair"
    INSPECTION = "inspection"


class InterventionStatus(StrEnum):
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Product(Base):
    """A model that the company sells or a spare part."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        Index("ix_products_category", "category"),
        {"comment": "Catalogue of equipment models and spare parts"},
    )

    product_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Product number")
    sku: Mapped[str] = mapped_column(Text, unique=True, comment="Model or part code, such as XP400")
    name: Mapped[str] = mapped_column(Text, comment="Commercial name")
    brand: Mapped[str] = mapped_column(Text, comment="Manufacturer")
    category: Mapped[ProductCategory] = mapped_column(
        db_enum(ProductCategory, "product_category"), comment="Family of equipment"
    )
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="List price in euros without VAT")
    warranty_months: Mapped[int] = mapped_column(server_default="24", comment="Manufacturer warranty in months")
    specs: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="Technical data of the model: power_kw, refrigerant, ..."
    )
    discontinued: Mapped[bool] = mapped_column(server_default=text("false"), comment="No longer sold")


class Warehouse(Base):
    """A place where stock is kept."""

    __tablename__ = "warehouses"
    __table_args__ = ({"comment": "Warehouses"},)

    warehouse_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Warehouse number")
    name: Mapped[str] = mapped_column(Text, unique=True, comment="Name")
    city: Mapped[str] = mapped_column(Text, comment="City")
    address: Mapped[str | None] = mapped_column(Text, comment="Street address")


class Stock(Base):
    """Units of a product in a warehouse."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("minimum >= 0", name="minimum_not_negative"),
        {"comment": "Units on hand by product and warehouse"},
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), primary_key=True, comment="Product")
    warehouse_id: Mapped[int] = mapped_column(
        ForeignKey("warehouses.warehouse_id"), primary_key=True, index=True, comment="Warehouse"
    )
    quantity: Mapped[int] = mapped_column(comment="Units on hand")
    minimum: Mapped[int] = mapped_column(server_default="0", comment="Reorder below this many units")
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="As of")


class Order(Base):
    """A sale to a client."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_client_id_ordered_at", "client_id", "ordered_at"),
        Index("ix_orders_ordered_at", "ordered_at"),
        {"comment": "Orders placed by clients"},
    )

    order_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Order number")
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.client_id"), comment="Client who ordered")
    ordered_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="When it was placed")
    status: Mapped[OrderStatus] = mapped_column(db_enum(OrderStatus, "order_status"), comment="Where the order stands")
    delivered_on: Mapped[date | None] = mapped_column(comment="Day of delivery")
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="Amount in euros as invoiced, without VAT")


class OrderItem(Base):
    """A line of an order."""

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_order_items_product_id", "product_id"),
        {"comment": "Lines of the orders"},
    )

    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.order_id", ondelete="CASCADE"), primary_key=True, comment="Order"
    )
    line: Mapped[int] = mapped_column(primary_key=True, comment="Line number in the order")
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), comment="Product ordered")
    quantity: Mapped[int] = mapped_column(comment="Units")
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="Euros per unit without VAT")
    amount: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), Computed("quantity * unit_price", persisted=True), comment="Euros of the line"
    )


class InstalledEquipment(Base):
    """A machine installed at a client's site."""

    __tablename__ = "installed_equipment"
    __table_args__ = (
        Index("ix_installed_equipment_client_id", "client_id", "product_id"),
        Index("ix_installed_equipment_product_id", "product_id"),
        Index("ix_installed_equipment_zone", "zone"),
        {"comment": "Machines installed at clients' sites"},
    )

    equipment_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Equipment number")
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.client_id"), comment="Owner")
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), comment="Model")
    serial_number: Mapped[str] = mapped_column(Text, unique=True, comment="Serial number on the plate")
    installed_on: Mapped[date] = mapped_column(comment="Day of installation")
    status: Mapped[EquipmentStatus] = mapped_column(
        db_enum(EquipmentStatus, "equipment_status"), comment="In service, under review or decommissioned"
    )
    location: Mapped[str] = mapped_column(Text, comment="Where in the building: salón, azotea, portal 2")
    address: Mapped[str] = mapped_column(Text, comment="Street address of the site")
    city: Mapped[str] = mapped_column(Text, comment="City of the site")
    province: Mapped[str] = mapped_column(Text, comment="Province of the site")
    zone: Mapped[str] = mapped_column(ForeignKey("zones.zone"), comment="Working area of the site")
    config: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="Settings of this machine: firmware, setpoint, zones, ..."
    )


class Contract(Base):
    """A warranty or a maintenance contract, for one machine or for everything a client owns."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        Index("ix_contracts_client_id_ends_on", "client_id", "ends_on"),
        Index("ix_contracts_ends_on", "ends_on"),
        Index("ix_contracts_equipment_id", "equipment_id"),
        {"comment": "Warranties and maintenance contracts"},
    )

    contract_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Contract number")
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.client_id"), comment="Client who holds it")
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("installed_equipment.equipment_id"), comment="Machine covered; empty means all of the client's"
    )
    service_type: Mapped[ServiceType] = mapped_column(db_enum(ServiceType, "service_type"), comment="What it covers")
    starts_on: Mapped[date] = mapped_column(comment="First day covered")
    ends_on: Mapped[date] = mapped_column(comment="Day it expires")
    cancelled_on: Mapped[date | None] = mapped_column(comment="Day it was cancelled, if it was")
    annual_price: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="Euros a year without VAT")
    auto_renew: Mapped[bool] = mapped_column(server_default=text("false"), comment="Renews by itself")
    terms: Mapped[str] = mapped_column(Text, comment="Conditions in words")


class Intervention(Base):
    """A visit: installation, maintenance, repair or inspection."""

    __tablename__ = "interventions"
    __table_args__ = (
        CheckConstraint("status <> 'completed' OR completed_at IS NOT NULL", name="completed_has_time"),
        CheckConstraint("completed_at IS NULL OR started_at IS NULL OR completed_at >= started_at", name="order"),
        Index("ix_interventions_client_id_scheduled_at", "client_id", "scheduled_at"),
        Index("ix_interventions_technician_id_scheduled_at", "technician_id", "scheduled_at"),
        Index("ix_interventions_scheduled_at", "scheduled_at"),
        Index("ix_interventions_equipment_id", "equipment_id"),
        Index("ix_interventions_status", "status"),
        {"comment": "Visits of technicians, past and planned"},
    )

    intervention_id: Mapped[int] = mapped_column(Identity(start=1001), primary_key=True, comment="Visit number")
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.client_id"), comment="Client visited")
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("installed_equipment.equipment_id"), comment="Machine attended"
    )
    technician_id: Mapped[int | None] = mapped_column(
        ForeignKey("technicians.technician_id"), comment="Technician in charge; empty until assigned"
    )
    kind: Mapped[InterventionKind] = mapped_column(db_enum(InterventionKind, "intervention_kind"), comment="Kind")
    status: Mapped[InterventionStatus] = mapped_column(
        db_enum(InterventionStatus, "intervention_status"), comment="Where the visit stands"
    )
    priority: Mapped[Priority] = mapped_column(
        db_enum(Priority, "priority"), server_default="normal", comment="How pressing it is"
    )
    requested_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="When it was asked for"
    )
    scheduled_at: Mapped[datetime | None] = mapped_column(
        TIMESTAMP(timezone=True), comment="Agreed day and hour; empty until scheduled"
    )
    started_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Work began")
    completed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Work ended")
    description: Mapped[str] = mapped_column(Text, comment="What was asked for or reported")
    result: Mapped[str | None] = mapped_column(Text, comment="What was done and how it was left")
    cost: Mapped[Decimal | None] = mapped_column(Numeric(12, 2), comment="Euros charged without VAT; 0 under contract")
    document_path: Mapped[str | None] = mapped_column(Text, comment="Report file or link, if any")
