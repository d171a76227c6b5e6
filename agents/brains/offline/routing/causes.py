"""Has a message something to be written for: a fault, a service, a wish or a change? Without it nothing is drafted."""

from __future__ import annotations

from collections.abc import Mapping

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.drafting.words import RequestWords, parted
from agents.brains.offline.routing.features import Features
from agents.brains.protocol import Context, Intent
from core.text import tokens
from policy.decide import may_write
from policy.grants import Write

_ASKED, _STATED, _STATED_BY_STAFF = 0.05, 0.3, 0.1
"""How much less likely a request is when nothing is the cause of one: of a question or of praise, of a statement."""
_REPORT = 4
"""Words with a visit's number that are enough to tell what was done."""


class Causes:
    """Looks for what makes a message a request; ``causes.yaml`` adds words to those of drafts and of routing."""

    def __init__(self, features: Features) -> None:
        data = load_data("causes.yaml", HERE / "routing")
        self._words = RequestWords()
        self._features = features
        self._telling, self._pointing, self._ailing, self._doing, self._fine, self._papers = (
            Phrases.of(data[key]) for key in ("telling", "pointing", "ailing", "doing", "fine", "papers")
        )

    def weighed(self, text: str, scores: Mapping[Intent, float], context: Context) -> dict[Intent, float]:
        """``scores``, a request less likely when ``text`` gives no cause for one; what waits for a yes needs none."""
        role = context.principal.role
        staff = may_write(role, Write.UPDATE_INTERVENTION).allowed
        if context.pending is not None or not (staff or may_write(role, Write.REQUEST_VISIT).allowed):
            return dict(scores)
        if self._of_staff(text) if staff else self._of_client(text):
            return dict(scores)
        asked = "?" in text or self._features.asks(text) or self._wants_telling(text)
        less = _ASKED if asked or self._fine.found(text) else _STATED_BY_STAFF if staff else _STATED
        left = {i: score * less if i is Intent.TICKET else score for i, score in scores.items()}
        total = sum(left.values())
        return {i: score / total for i, score in left.items()} if total else dict(scores)

    def _of_client(self, text: str) -> bool:
        """A fault, a service, somebody to come, a wish."""
        features, words = self._features, self._words
        if features.asks_whether_normal(text) and not features.asks_visit(text):
            return False
        served = words.fault.found(text) or words.kind(text) is not None or self._ailing.found(text)
        told = features.tells_fault(text) or features.asks_visit(text) or features.wishes(text)
        if self._papers.found(text) and not (words.fault.found(text) or features.asks_visit(text)):
            return False
        return served or told or words.change_visit.found(text)

    def _of_staff(self, text: str) -> bool:
        """A change, what a visit is for, or what was done in one."""
        words = self._words
        named = bool(words.records_named(text))
        if not named and self._wants_telling(text):
            return False
        changes = (words.create, words.assign, words.note, words.reschedule, words.reports_done, words.unfinished)
        if any(change.found(text) for change in (*changes, self._pointing, self._doing)):
            return True
        if words.status(text) is not None or words.priority(text) is not None or words.kind(text) is not None:
            return True
        reported = bool(parted(text)[1].strip()) or (named and len(tokens(text)) >= _REPORT)
        return reported or self._features.changes_record(text) or words.fault.found(text)

    def _wants_telling(self, text: str) -> bool:
        """Does ``text`` begin with an order to be told or shown something that is not a visit to pass on?"""
        command = parted(text)[0]
        return self._telling.first(tokens(command)) == 0 and not self._pointing.found(command)
