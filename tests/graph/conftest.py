"""The whole crew for the tests of the graph."""

from tests.graph.crews import crew, crew_settings, crew_url, reopen, talk

__all__ = ["crew", "crew_settings", "crew_url", "reopen", "talk"]
