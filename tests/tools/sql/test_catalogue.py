"""The catalogue agrees with the models and the grants, and a bad one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Enum as SqlEnum

from core.errors import Misconfigured
from db.models import Base
from policy.grants import GRANTS
from policy.roles import Role
from tools.sql.catalogue import DEFAULT_PATH, Catalogue, load_catalogue

NOT_ASKED_FOR = {
    "contact_identities",
    "knowledge_askers",
    "knowledge_answers",
    "document_products",
    "document_chunks",
}
"""Tables that feed other tools."""


def test_columns_exist(catalogue: Catalogue) -> None:
    for entity in catalogue.entities.values():
        for dimension in entity.dimensions.values():
            for column in dimension.columns:
                table, _, name = column.partition(".")
                if table in Base.metadata.tables:
                    assert name in Base.metadata.tables[table].columns
                else:
                    assert name in GRANTS[Role.TECHNICIAN].tables[table].columns


def test_everything_an_administrator_may_read_can_be_asked_for(catalogue: Catalogue) -> None:
    reachable = {c for e in catalogue.entities.values() for d in e.dimensions.values() for c in d.columns}
    reachable |= {f"{e.table}.{join.column}" for e in catalogue.entities.values() for join in e.joins.values()}
    granted = {
        f"{table}.{column}"
        for table, grant in GRANTS[Role.ADMIN].tables.items()
        if table not in NOT_ASKED_FOR
        for column in grant.columns
    }
    keys = {"audit_log.turn_id", "audit_log.details", "users.technician_id", "users.client_id"}
    assert granted - reachable == keys


def test_enums_are_the_databases(catalogue: Catalogue) -> None:
    for entity in catalogue.entities.values():
        for dimension in entity.dimensions.values():
            kind, _, enum = dimension.kind.partition(":")
            if kind == "enum":
                table, _, name = dimension.columns[0].partition(".")
                column = Base.metadata.tables[table].columns[name].type
                column = getattr(column, "item_type", column)
                assert isinstance(column, SqlEnum)
                assert set(column.enums) == set(catalogue.enums[enum])


def test_joins_follow_foreign_keys(catalogue: Catalogue) -> None:
    for entity in catalogue.entities.values():
        for join in entity.joins.values():
            target = catalogue.entities[join.entity]
            column = Base.metadata.tables[entity.table].columns[join.column]
            assert {key.target_fullname for key in column.foreign_keys} == {f"{target.table}.{target.key}"}


def load_catalogue_document() -> Any:
    return yaml.load(DEFAULT_PATH.read_text(encoding="utf-8"), yaml.CSafeLoader)


BROKEN = {
    "unknown key": ("entities.client.colour", "blue"),
    "join to nowhere": ("entities.client.joins.boss", {"entity": "boss", "column": "boss_id"}),
    "segment over nothing": (
        "entities.client.segments.tall",
        {"label": {"es": "alto"}, "where": [{"field": "height", "op": "gt", "values": [2]}]},
    ),
    "time over nothing": ("entities.contract.segments.expired.time", "never"),
    "order over nothing": ("entities.client.default_order", ["height"]),
    "list over nothing": ("entities.client.lists.client", ["height"]),
    "unknown enum": ("entities.client.dimensions.kind.kind", "enum:humours"),
    "unknown group": ("groups.check_up.values", ["nap"]),
    "unknown operator": ("entities.stock.segments.available.where", [{"field": "quantity", "op": "about"}]),
    "related that does not reach": (
        "entities.client.segments.with_active_contract.related",
        [{"entity": "stock", "via": "product"}],
    ),
    "columns and paths": ("entities.contract.dimensions.city.columns", ["contracts.terms"]),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_one_is_refused(name: str, tmp_path: Path) -> None:
    path, value = BROKEN[name]
    document = load_catalogue_document()
    *steps, last = path.split(".")
    place = document
    for step in steps:
        place = place[step]
    place[last] = value
    file = tmp_path / "catalogue.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"catalogue\.yaml"):
        load_catalogue(file)
