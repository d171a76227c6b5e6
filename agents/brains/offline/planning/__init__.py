"""The offline planner: questions in Spanish and English become typed queries, with no model.

Guarantees: pure, deterministic, no I/O beyond reading its own data files when built. Must never import the database.
"""

from agents.brains.offline.planning.planner import THRESHOLD, Planner

__all__ = ["THRESHOLD", "Planner"]
