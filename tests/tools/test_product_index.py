"""Models and families are recognised however they are written."""

from __future__ import annotations

import pytest

from tools.product_index import Model, ProductIndex, family_words
from tools.sql.catalogue import load_catalogue


@pytest.fixture(scope="module")
def index() -> ProductIndex:
    models = [
        Model("XP400", "Split XP400", "split"),
        Model("CB24", "Caldera", "boiler"),
        Model("NV4-F020", "Filtro", "x"),
    ]
    return ProductIndex(models, family_words(load_catalogue()))


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("el XP400 no enfría", ("XP400",)),
        ("mi xp-400", ("XP400",)),
        ("la xp 400 y la CB 24", ("XP400", "CB24")),
        ("¿queda NV4-F020?", ("NV4-F020",)),
        ("nv4f020", ("NV4-F020",)),
        ("tengo 400 dudas", ()),
        ("", ()),
    ],
)
def test_models(index: ProductIndex, text: str, skus: tuple[str, ...]) -> None:
    assert index.skus(text) == skus


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("mi caldera pierde agua", "boiler"),
        ("el elevador se ha parado", "lift"),
        ("my boiler is leaking", "boiler"),
        ("el acensor hace ruido", "lift"),
        ("¿cómo mantengo mi aire acondicionado?", "split"),
    ],
)
def test_families(index: ProductIndex, text: str, family: str) -> None:
    assert family in index.families(text)


def test_a_group_means_all_its_members(index: ProductIndex) -> None:
    assert set(index.families("aire acondicionado")) == {"split", "vrf"}
