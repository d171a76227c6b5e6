"""Search the documents as a LangChain tool: the principal is given at construction, never by a model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from ingest.passages import Passage, Retriever
from tools.async_tool import AsyncTool


class SearchDocumentsInput(BaseModel):
    """Arguments of ``search_documents``."""

    question: str = Field(description="What the manuals are asked")
    products: tuple[str, ...] = Field(default=(), description="Models the question is about, as SKUs")
    categories: tuple[str, ...] = Field(default=(), description="Families of equipment the question is about")
    limit: int = Field(default=8, ge=1, le=20)


class SearchDocuments(AsyncTool):
    """Passages of the documents written for the principal's role, best first."""

    name: str = "search_documents"
    description: str = "Find passages of manuals, plans, warranties and answers."
    args_schema: type[BaseModel] = SearchDocumentsInput
    retriever: Any = Field(exclude=True)

    async def _arun(
        self, question: str, products: tuple[str, ...], categories: tuple[str, ...], limit: int
    ) -> tuple[Passage, ...]:
        self.require_grant()
        retriever: Retriever = self.retriever
        return await retriever.search(question, self.principal, products=products, categories=categories, limit=limit)
