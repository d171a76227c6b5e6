"""SQL text as a LangChain tool: the principal is given at construction, never by a model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from tools.async_tool import AsyncTool
from tools.sql.query import Rows
from tools.sql.text import SqlText


class QuerySqlInput(BaseModel):
    """Arguments of ``query_sql``."""

    sql: str = Field(description="One PostgreSQL SELECT over the tables and columns that were described")


class QuerySql(AsyncTool):
    """Rows of one SELECT that the principal may read, for what ``query_data`` cannot express."""

    name: str = "query_sql"
    description: str = "Read the company's data with one SELECT, when query_data cannot express the question."
    args_schema: type[BaseModel] = QuerySqlInput
    text: Any = Field(exclude=True)

    async def _arun(self, sql: str) -> Rows:
        self.require_grant()
        text: SqlText = self.text
        return await text.run(sql, self.principal)
