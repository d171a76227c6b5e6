"""The search tool: the principal is injected, and the grant is checked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from core.errors import Denied
from ingest.naming import Names
from ingest.passages import Passage
from policy import grants
from policy.roles import Principal, Role
from tools import async_tool
from tools.documents import SearchDocuments


@dataclass
class Shelf:
    """A retriever that says what it was asked."""

    asked: list[tuple[str, Principal, tuple[str, ...], tuple[str, ...], int]] = field(default_factory=list)

    def names(self, _principal: Principal) -> Names:
        return Names()

    async def search(
        self,
        question: str,
        principal: Principal,
        *,
        products: Sequence[str] = (),
        categories: Sequence[str] = (),
        limit: int = 8,
    ) -> tuple[Passage, ...]:
        self.asked.append((question, principal, tuple(products), tuple(categories), limit))
        return ()


@pytest.mark.parametrize("role", list(Role))
async def test_search_runs_as_the_principal_it_was_built_for(principals: Mapping[Role, Principal], role: Role) -> None:
    shelf = Shelf()
    tool = SearchDocuments(retriever=shelf, principal=principals[role])
    await tool.ainvoke({"question": "filtros", "products": ("XP400",), "principal": "admin"})
    assert shelf.asked == [("filtros", principals[role], ("XP400",), (), 8)]
    assert set(tool.args) == {"question", "products", "categories", "limit"}


async def test_a_tool_that_is_not_granted_refuses(
    principals: Mapping[Role, Principal], monkeypatch: pytest.MonkeyPatch
) -> None:
    none = grants.RoleGrant(frozenset(), frozenset(), MappingProxyType({}), (), frozenset())
    monkeypatch.setattr(async_tool, "GRANTS", {Role.CLIENT: none})
    shelf = Shelf()
    with pytest.raises(Denied):
        await SearchDocuments(retriever=shelf, principal=principals[Role.CLIENT]).ainvoke({"question": "filtros"})
    assert shelf.asked == []
