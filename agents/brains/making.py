"""Which brain the settings ask for: the one without a model, or the one that asks one."""

from __future__ import annotations

from agents.brains.protocol import Brain
from core.settings import Settings
from tools.sql.catalogue import Catalogue


def make_brain(settings: Settings, catalogue: Catalogue, offline: Brain) -> Brain:
    """The brain of ``settings``; ``offline`` is the one that is there anyway and words what needs no model."""
    if settings.brain == "offline":
        return offline
    from agents.brains.llm.brain import LlmBrain  # without a model nobody waits for its libraries

    return LlmBrain.build(settings, catalogue, offline)
