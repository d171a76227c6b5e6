"""Weighs what a message may want by what it names, what was talked about, and what the planner makes of it."""

from __future__ import annotations

from agents.brains.offline.routing.circumstances import previous_intent
from agents.brains.offline.routing.masking import NameMask
from agents.brains.offline.routing.named_visit import NamedVisit
from agents.brains.offline.routing.segments import Fragment, Segmenter
from agents.brains.offline.routing.wording import AskWording, Coverage
from agents.brains.protocol import Context, Intent

_IN_TRADE = 0.25
"""What is left of the probability of being out of scope when a machine is named."""
_FOLLOWS = 0.55
_COVERED, _UNCOVERED = 0.03, -0.7
"""What the planner explains may still be for the documents; what it does not explain is hardly for data."""
_SURE, _UNEXPLAINED, _DOUBTED = 0.8, 0.3, 0.4
"""What is not surely for the data, and of which the planner explains hardly anything, is so much less for them."""
_LIKELY = 0.35
_ARRANGED = 0.9
"""How much of "cuándo venís a la revisión" the planner must explain."""
_OF_ITS_OWN = frozenset({Intent.GREETING, Intent.THANKS, Intent.HELP, Intent.HUMAN, Intent.TICKET})


class Weighing:
    """``coverage`` asks the planner how much of a question it explains."""

    def __init__(
        self, segmenter: Segmenter, wording: AskWording, names: NameMask, visits: NamedVisit, coverage: Coverage
    ) -> None:
        self._segmenter, self._wording, self._names, self._visits = segmenter, wording, names, visits
        self._coverage = coverage

    def weighed(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """``scores``, how likely each intent of ``fragment`` is, in the light of all that."""
        scores = self._in_trade(fragment, scores, context)
        scores = self._following(fragment, scores, context)
        scores = self._arranged(fragment, scores, context)
        return self._explained(fragment, scores, context)

    def _following(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """What only continues the conversation leans to what the conversation was about."""
        previous = previous_intent(context)
        if previous is None or not self._segmenter.continues(fragment.text):
            return scores
        if max(scores[intent] for intent in _OF_ITS_OWN) > _FOLLOWS:
            return scores
        return {i: s * (1 - _FOLLOWS) + (_FOLLOWS if i is previous else 0.0) for i, s in scores.items()}

    def _arranged(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """When somebody comes, of nothing else that was told, asks about the visit that there is."""
        asked = not fragment.before and self._visits.asked(self._segmenter.without_connector(fragment.text))
        if not asked or context.pending is not None or self._coverage(fragment.text, context) < _ARRANGED:
            return scores
        return {**scores, Intent.DATA: scores[Intent.DATA] + scores[Intent.TICKET], Intent.TICKET: 0.0}

    def _in_trade(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """What names a machine is hardly out of scope."""
        if not self._wording.names_machine(self._names.models_masked(fragment.whole, context)):
            return scores
        rest = 1 - scores[Intent.OUT_OF_SCOPE]
        kept = scores[Intent.OUT_OF_SCOPE] * _IN_TRADE
        return {i: kept if i is Intent.OUT_OF_SCOPE else s / max(rest, 0.01) * (1 - kept) for i, s in scores.items()}

    def _explained(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """When both data and documents are likely, what the planner can explain decides."""
        data, documents = scores[Intent.DATA], scores[Intent.DOCUMENTS]
        if min(data, documents) < 0.15 or data + documents < 0.6:
            return self._doubted(fragment, scores, context)
        covered = self._coverage(fragment.text if fragment.complete else fragment.whole, context)
        moved = _COVERED if covered >= 0.85 else _UNCOVERED * (0.85 - covered)
        total = data + documents
        share = min(max(data / total + moved, 0.02), 0.98)
        return {**scores, Intent.DATA: total * share, Intent.DOCUMENTS: total * (1 - share)}

    def _doubted(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """What only may be for the data is less so when the planner makes nothing of it."""
        data = scores[Intent.DATA]
        if data < max(scores.values()) or data > _SURE or self._coverage(fragment.whole, context) >= _UNEXPLAINED:
            return scores
        kept = data * _DOUBTED
        left = {i: kept if i is Intent.DATA else s / (1 - data) * (1 - kept) for i, s in scores.items()}
        if max(left.values()) >= _LIKELY:
            return left
        return {**scores, Intent.DATA: kept, Intent.DOCUMENTS: scores[Intent.DOCUMENTS] + data - kept}
