"""Which brain the settings ask for: the one without a model, the one that asks one, or both as one."""

from __future__ import annotations

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.cascade.certainty import load_certainty
from agents.brains.cascade.governor import Governor
from agents.brains.cascade.signals import Signals
from agents.brains.protocol import Brain
from agents.brains.purse import Purse
from core.settings import Settings
from tools.sql.catalogue import Catalogue


def make_brain(settings: Settings, catalogue: Catalogue, offline: Brain, purse: Purse | None = None) -> Brain:
    """The brain of ``settings``; ``offline`` is the one that is there anyway and words what needs no model.

    Model calls are paid from ``purse``, when there is one. Raises :class:`Misconfigured` when the model cannot be made.
    """
    if settings.thinks == "offline":
        return offline
    from agents.brains.llm.brain import LlmBrain  # without a model nobody waits for its libraries

    model = LlmBrain.build(settings, catalogue, offline, purse)
    if settings.thinks == "llm":
        return model
    return CascadeBrain(offline, model, load_certainty(), Signals(catalogue), Governor())
