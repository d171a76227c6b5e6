"""Chooses who drafts a request: clients ask for visits, staff change and open interventions."""

from __future__ import annotations

from agents.brains.offline.drafting.machines import MachineMatcher
from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.staff import StaffDrafter
from agents.brains.offline.drafting.visit import VisitDrafter
from agents.brains.offline.drafting.words import RequestWords
from agents.brains.protocol import Context, DraftOutcome, NotAllowed, NotUnderstood
from core.text import tokens
from policy.decide import may_write
from policy.grants import GRANTS, Write
from tools.sql.catalogue import Catalogue

_LONGEST_READ = 4000


class Drafter:
    """Drafts for every role; refuses what the role may not write."""

    def __init__(self, catalogue: Catalogue) -> None:
        words, moments = RequestWords(), Moments()
        self._visit = VisitDrafter(words, moments, MachineMatcher(catalogue), catalogue)
        self._staff = StaffDrafter(words, moments, catalogue)

    def draft(self, request: str, context: Context) -> DraftOutcome:
        """A draft to confirm, a question, a refusal, or that it is not understood."""
        text = request.strip()[:_LONGEST_READ]
        role = context.principal.role
        if not GRANTS[role].writes:
            decision = may_write(role, Write.REQUEST_VISIT)
            return NotAllowed(decision.what, decision.reason)
        if not tokens(text):
            return NotUnderstood()
        drafter = self._visit if may_write(role, Write.REQUEST_VISIT).allowed else self._staff
        return drafter.draft(text, context)
