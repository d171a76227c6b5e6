"""What every tool of ours is: asynchronous, built for one principal, and re-checking its own grant."""

from __future__ import annotations

from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field

from core.errors import Denied
from policy.grants import GRANTS
from policy.roles import Principal


class AsyncTool(BaseTool):
    """A LangChain tool whose principal is given at construction and never by a model."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    principal: Principal = Field(exclude=True)

    def require_grant(self) -> None:
        """Raise :class:`Denied` when the principal's role was not granted this tool."""
        if self.name not in GRANTS[self.principal.role].tools:
            raise Denied(what=self.name, reason="tool_not_granted")

    def _run(self, *_args: object, **_kwargs: object) -> object:
        raise TypeError(f"{self.name} is asynchronous: use ainvoke")
