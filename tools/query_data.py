"""Query the company's data as a LangChain tool: the principal is given at construction, never by a model."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from policy.roles import Principal
from tools.async_tool import AsyncTool
from tools.sql.query import Query, Rows


class Runs(Protocol):
    """Runs a semantic query as a principal; see :class:`tools.sql.reader.SqlReader`."""

    async def run(self, query: Query, principal: Principal) -> Rows:
        """The rows that ``principal`` may read."""
        ...


class QueryDataInput(BaseModel):
    """Arguments of ``query_data``."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    query: SkipValidation[Query] = Field(description="A semantic query over the catalogue")


class QueryData(AsyncTool):
    """Rows of the company's data that the principal may read."""

    name: str = "query_data"
    description: str = "Read contracts, visits, equipment, stock, orders and conversations."
    args_schema: type[BaseModel] = QueryDataInput
    reader: Any = Field(exclude=True)

    async def _arun(self, query: Query) -> Rows:
        self.require_grant()
        reader: Runs = self.reader
        return await reader.run(query, self.principal)
