"""What an answer cannot do without: a turn when asked how often, a number when how many, else a figure in its unit, and
somebody when asked who."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agents.brains.offline.answering.candidates import Candidate, joined
from agents.brains.offline.answering.measuring import figured, measured, words_of
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.recurring import Recurrence
from agents.brains.offline.drafting.matching import Phrases
from core.text import fold
from ingest.law import LAW

_PRICES = "price_list"
_MONEY = "€"
_COUNT = "count"
_AMOUNTS = frozenset({"amount", _COUNT})
_EVERY = ("cada cuantos", "cada cuantas")
_NAMED = 0.85
_PLAINLY = frozenset({"amount"})
_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)*|[a-z])[.)]\s*|\d+\.[ºª]", re.MULTILINE)
_CITED = re.compile(
    r"\b[Uu]na vez(?! (?:al|a la|por|cada|durante|en)\b)"
    r"|\b(?:n[úu]mero de|cuantas|tantas) veces"
    r"|"
    r"\b\d{1,4}/\d{4}(?:,? de \d{1,2}(?: de)? [a-z]+(?: de \d{4})?)?"
    r"|\b(?:[Aa]rt[íi]culos?|[Aa]partados?|[Aa]nexos?|[Pp][áa]rrafos?|[Tt]ablas?|I\.?T\.?|(?:UNE|EN|ISO|IEC)"
    r"(?:[- ](?:EN|ISO|IEC))*)[- ][\d.:/-]+(?:,? ?\d[\d.]*)*(?:[ yae,]+\d[\d.]*)*"
)
"""A law, a part of one or a norm as others cite it ("709/2015, de 24 de julio", "el artículo 5.2"): its figures answer
nothing; nor does "una vez" that means when."""


class Fitting:
    """Passes over what shares the words of a question and not its point. Reads ``answering.yaml``."""

    def __init__(self, data: Mapping[str, Any], recurrence: Recurrence) -> None:
        self._recurrence = recurrence
        self._spans = frozenset(map(str, data["turns"]))
        self._dates = frozenset(map(str, data["date_words"]))
        self._lasting = frozenset(fold(str(unit)) for unit in data["measures"]["duration"]["units"])
        self._turning = Phrases.of(data["turning"]).found
        self._agents = frozenset(f"{word}{plural}" for word in map(fold, data["agents"]) for plural in ("", "s", "es"))

    def fits(self, candidate: Candidate, question: Question) -> bool:
        """May ``candidate`` be an answer to ``question``? One that asks several things is not judged by one of them."""
        if question.besides:
            return True
        text = f"{joined(candidate.units)} {candidate.block.lead} {candidate.passage.section or ''}"
        if "who" in question.wants and not self._somebody(candidate):
            return False
        text = _CITED.sub("", text)
        if not self._spaced(question) and any(self._recurrence.asked(c.word) for c in question.concepts):
            return self._comes_round(text, question, candidate.passage.kind == LAW)
        if _COUNT in question.wants and not figured(joined(candidate.units)):
            return False
        plainly = question.wants & _AMOUNTS == _PLAINLY and not question.units
        if plainly and candidate.passage.kind == LAW and not figured(_NUMBER.sub("", text)):
            return False
        if question.units and not question.wants and candidate.passage.kind == LAW:
            named = any(c.units and candidate.found[c.word] >= _NAMED for c in question.concepts)
            return named or measured(text, question.units)
        if question.units and _AMOUNTS & question.wants:
            return measured(text, question.units) or (candidate.passage.kind == _PRICES and _MONEY in question.units)
        return True

    def _spaced(self, question: Question) -> bool:
        """Is it asked how far apart ("cada cuántos metros")?"""
        several = any(c.word.startswith(_EVERY) for c in question.concepts)
        return several and not question.units <= self._lasting

    def _comes_round(self, text: str, question: Question, law: bool) -> bool:
        """Does ``text`` say how often, or when? Of spans that a law gives, some are terms and tests."""
        if law and any(self._turning(c.word) for c in question.concepts):
            return self._recurrence.said(text)
        dated = not self._dates.isdisjoint(words_of(text))
        return dated or self._recurrence.said(text) or measured(text, self._spans)

    def _somebody(self, candidate: Candidate) -> bool:
        """Does a law say which kind of person or company? A cover only says who a document is for, a price nobody."""
        if candidate.where.cover:
            return False
        if candidate.passage.kind not in (LAW, _PRICES):
            return True
        return not self._agents.isdisjoint(words_of(f"{joined(candidate.units)} {candidate.block.lead}"))
