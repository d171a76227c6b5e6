"""The whole crew for the tests of the graph."""

from tests.graph.crews import crew, crew_settings, crew_url, reopen, talk
from tests.graph.llm_crews import llm_crew, standin

__all__ = ["crew", "crew_settings", "crew_url", "llm_crew", "reopen", "standin", "talk"]
