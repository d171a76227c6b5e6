"""Says what each part of a message wants, which parts depend on another, and the language to answer in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.brains.offline.language import LanguageDetector
from agents.brains.offline.routing.classifier import IntentClassifier
from agents.brains.offline.routing.dependencies import SubjectFinder
from agents.brains.offline.routing.followups import Completer
from agents.brains.offline.routing.injection import InjectionMarks
from agents.brains.offline.routing.segments import Fragment, Segmenter
from agents.brains.offline.routing.short_answers import ShortAnswers
from agents.brains.protocol import Ask, Context, Intent, Route
from core.text import tokens

UNSURE = 0.4
"""Below this probability the best intent is not acted upon."""
_FOLLOWS = 0.55
_SOCIAL = frozenset({Intent.GREETING, Intent.THANKS, Intent.HELP})
_QUESTIONS = frozenset({Intent.DATA, Intent.DOCUMENTS})
_ACTED_UPON = _QUESTIONS | {Intent.TICKET}
_TOGETHER = 0.65
_LONGEST_READ = 4000
_COVERED, _UNCOVERED = 0.03, -0.7
"""What the planner explains may still be for the documents; what it does not explain is hardly for data."""

Coverage = Callable[[str, Context], float]
"""How much of a question the planner explains, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the router is made of."""

    segmenter: Segmenter
    classifier: IntentClassifier
    answers: ShortAnswers
    subjects: SubjectFinder
    injection: InjectionMarks
    language: LanguageDetector
    completer: Completer


class Router:
    """Routes messages. ``coverage`` asks the planner when data and documents are both likely."""

    def __init__(self, parts: Parts, coverage: Coverage) -> None:
        self._parts = parts
        self._coverage = coverage

    def route(self, message: str, context: Context) -> Route:
        """Split ``message`` into what it asks; a message with nothing readable is one unclear ask."""
        text = message.strip()[:_LONGEST_READ]
        language = self._parts.language.detect(text, context.language)
        answer = self._parts.answers.read(text)
        if answer is not None:
            return Route(language, (Ask(text, answer, 0.99),))
        if self._parts.injection.found(text):
            return Route(language, (Ask(text, Intent.OUT_OF_SCOPE, 0.95),))
        if not tokens(text):
            return Route(language, (Ask(text, Intent.UNCLEAR, 0.9),))
        chosen = self._chosen_option(text, context)
        if chosen is not None:
            return Route(language, (chosen,))
        asks = self._tidied([self._ask(fragment, context) for fragment in self._parts.segmenter.split(text)])
        return Route(language, self._with_subjects(self._completed(asks, context), context))

    def _completed(self, asks: list[Ask], context: Context) -> list[Ask]:
        """Questions to the documents that lean on the one before say what it was about."""
        out: list[Ask] = []
        for ask in asks:
            said = [earlier.text for earlier in out if earlier.intent is Intent.DOCUMENTS]
            before = said[-1] if said else (context.last_question or "")
            if ask.intent is Intent.DOCUMENTS and (said or context.history):
                ask = replace(ask, text=self._parts.completer.complete(ask.text, before))
            out.append(ask)
        return out

    def _chosen_option(self, text: str, context: Context) -> Ask | None:
        """An answer to the last clarifying question goes where that question came from."""
        if not context.options or not context.history or not context.history[-1].intents:
            return None
        if len(tokens(text)) > 6 or "?" in text:
            return None
        return Ask(text, context.history[-1].intents[0], 0.8)

    def _ask(self, fragment: Fragment, context: Context) -> Ask:
        role = context.principal.role
        subject = self._parts.subjects.find(fragment.whole, context)
        plain = fragment.whole.replace(subject, self._parts.subjects.stand_in(subject)) if subject else fragment.whole
        scores = self._parts.classifier.probabilities(plain, role)
        if fragment.before and fragment.complete and not subject:
            alone = self._parts.classifier.probabilities(fragment.text, role)
            scores = {intent: (scores[intent] + alone[intent]) / 2 for intent in scores}
        scores = self._following(fragment, scores, context)
        scores = self._weighed(fragment, scores, context)
        intent, confidence = max(scores.items(), key=lambda item: item[1])
        if confidence < UNSURE and not self._between_two(scores):
            return Ask(fragment.whole, Intent.UNCLEAR, 1 - confidence)
        return Ask(fragment.whole, intent, confidence)

    @staticmethod
    def _between_two(scores: dict[Intent, float]) -> bool:
        """Does the doubt lie only between two intents that can both be acted upon?"""
        first, second = sorted(scores, key=lambda intent: -scores[intent])[:2]
        return {first, second} <= _ACTED_UPON and scores[first] + scores[second] >= _TOGETHER

    def _following(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """What only continues the conversation leans to what the conversation was about."""
        previous = _previous_intent(context)
        if previous is None or not self._parts.segmenter.continues(fragment.text):
            return scores
        if max(scores[intent] for intent in _SOCIAL | {Intent.HUMAN, Intent.TICKET}) > _FOLLOWS:
            return scores
        return {i: s * (1 - _FOLLOWS) + (_FOLLOWS if i is previous else 0.0) for i, s in scores.items()}

    def _weighed(self, fragment: Fragment, scores: dict[Intent, float], context: Context) -> dict[Intent, float]:
        """When both data and documents are likely, what the planner can explain decides."""
        data, documents = scores[Intent.DATA], scores[Intent.DOCUMENTS]
        if min(data, documents) < 0.15 or data + documents < 0.6:
            return scores
        covered = self._coverage(fragment.whole, context)
        moved = _COVERED if covered >= 0.85 else _UNCOVERED * (0.85 - covered)
        total = data + documents
        share = min(max(data / total + moved, 0.02), 0.98)
        return {**scores, Intent.DATA: total * share, Intent.DOCUMENTS: total * (1 - share)}

    def _tidied(self, asks: list[Ask]) -> list[Ask]:
        """Courtesies give way to questions, and pieces of one request come together."""
        serious = [ask for ask in asks if ask.intent not in _SOCIAL and ask.intent is not Intent.UNCLEAR]
        kept = serious or asks[:1]
        out: list[Ask] = []
        for ask in kept:
            before = out[-1] if out else None
            if before is not None and before.intent is ask.intent and self._is_one(before, ask):
                out[-1] = Ask(f"{before.text} {ask.text}", ask.intent, max(before.confidence, ask.confidence))
            else:
                out.append(ask)
        return out

    def _is_one(self, first: Ask, second: Ask) -> bool:
        if first.intent is Intent.DOCUMENTS:
            return False
        if first.intent is Intent.DATA:
            return self._parts.segmenter.continues(second.text) and not self._stands_alone(second)
        if first.intent is Intent.TICKET:
            return not (_has_record(first.text) and _has_record(second.text))
        return True

    def _stands_alone(self, ask: Ask) -> bool:
        return self._parts.segmenter.complete(ask.text)

    def _with_subjects(self, asks: list[Ask], context: Context) -> tuple[Ask, ...]:
        """Put before each question to the documents the question to the data that finds its subject."""
        out: list[Ask] = []
        for ask in asks:
            subject = self._parts.subjects.find(ask.text, context) if ask.intent is Intent.DOCUMENTS else None
            if subject is not None:
                out.append(Ask(subject, Intent.DATA, ask.confidence))
                plain = ask.text.replace(subject, self._parts.subjects.stand_in(subject))
                out.append(Ask(plain, ask.intent, ask.confidence, needs=len(out) - 1))
            else:
                out.append(ask)
        return tuple(out)


def _previous_intent(context: Context) -> Intent | None:
    """The question intent of the latest exchange that had one."""
    for exchange in reversed(context.history):
        for intent in reversed(exchange.intents):
            if intent in _QUESTIONS:
                return intent
    return None


def _has_record(text: str) -> bool:
    return any(token.folded.isdigit() and len(token.folded) >= 3 for token in tokens(text))
