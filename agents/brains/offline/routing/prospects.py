"""Recognises who may become a customer: a stranger who wants something installed, or asks what the company does."""

from __future__ import annotations

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.routing.classifier import Judged
from agents.brains.offline.routing.features import Features
from agents.brains.protocol import Intent
from agents.withheld import load_withheld
from policy.roles import Role

SALES = "sales"
_SURE = 0.9


class Prospects:
    """Reads ``prospects.yaml``. No document is for them and nothing is on record of them: a person of sales is."""

    def __init__(self, features: Features) -> None:
        data = load_data("prospects.yaml", HERE / "routing")
        self._features, self._withheld = features, load_withheld()
        self._acquiring, self._dealing, self._serving, self._being, self._credentials, self._besides = (
            Phrases.of(data[key]) for key in ("acquiring", "dealing", "serving", "being", "credentials", "besides")
        )

    def judged(self, text: str, judged: Judged, role: Role) -> Judged:
        """``judged``, or for sales when a stranger's ``text`` is that of a customer to be."""
        if role is not Role.GUEST or not self._found(text):
            return judged
        rest = {intent: score * (1 - _SURE) for intent, score in judged.scores.items()}
        return Judged({**rest, Intent.HUMAN: _SURE}, {**judged.reasons, Intent.HUMAN: SALES})

    def _found(self, text: str) -> bool:
        if self._besides.found(text):
            return False
        if self._dealing.found(text) or (self._being.found(text) and self._credentials.found(text)):
            return True
        wanted = self._acquiring.found(text) or self._serving.found(text)
        named = self._features.names_machine(text) or self._withheld.about_machines(text)
        return wanted and named and not self._features.names_code(text)
