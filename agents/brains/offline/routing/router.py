"""Says what each part of a message wants, which parts depend on another, and the language to answer in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.brains.offline.language import LanguageDetector
from agents.brains.offline.routing.causes import Causes
from agents.brains.offline.routing.chat import ChatSpelling
from agents.brains.offline.routing.circumstances import (
    VISIT_CHANGE,
    cancels,
    for_whoever_changes,
    handed_over,
    has_record,
    only_phone,
    only_signs,
)
from agents.brains.offline.routing.classifier import IntentClassifier, Judged
from agents.brains.offline.routing.company import CompanyFacts
from agents.brains.offline.routing.dependencies import Subject, SubjectFinder
from agents.brains.offline.routing.followups import Completer
from agents.brains.offline.routing.injection import InjectionMarks
from agents.brains.offline.routing.masking import NameMask
from agents.brains.offline.routing.named_visit import NamedVisit
from agents.brains.offline.routing.noise import Noise
from agents.brains.offline.routing.placeholders import Placeholders
from agents.brains.offline.routing.prospects import Prospects
from agents.brains.offline.routing.read_part import ReadPart, as_asked_before, together, with_fix
from agents.brains.offline.routing.segments import Fragment, Segmenter
from agents.brains.offline.routing.several_records import SeveralRecords
from agents.brains.offline.routing.short_answers import ShortAnswers
from agents.brains.offline.routing.weighing import Weighing
from agents.brains.offline.routing.wording import AskWording, Coverage
from agents.brains.protocol import COMPANY, FAULT, FOREIGN, Ask, Context, Intent, Route
from core.text import tokens
from policy.decide import may_write
from policy.grants import Write
from policy.roles import Role

ASKED_FOR_PERSON = "asked_for_person"
LISTENING = "listening"
"""Why a greeting is one: nothing was said yet ("una consulta", a sticker, an emoji)."""
UNSURE = 0.35
"""Below this probability the best intent is not acted upon."""
_FOLLOWS = 0.55
_SURE = 0.8
_EXPLAINED = 0.85
_SPEAKS_FOR_ITSELF = 5
"""Words of a question that are enough to judge it by itself."""
_ALONE = 0.7
"""Weight of a question judged by itself against the same question with what introduces it."""
_WORDLESS = frozenset({LISTENING, "audio", "image", "location", "default"})
_SOCIAL = frozenset({Intent.GREETING, Intent.THANKS, Intent.HELP})
_VAGUE = frozenset({Intent.UNCLEAR, Intent.OUT_OF_SCOPE, Intent.GREETING, Intent.THANKS})
_QUESTIONS = frozenset({Intent.DATA, Intent.DOCUMENTS})
_ACTED_UPON = _QUESTIONS | {Intent.TICKET}
_TOGETHER = 0.65
_IDLY_SAID = _QUESTIONS | {Intent.UNCLEAR}
"""What a statement seems to want while a draft waits, when what it does is amend the draft ("es el del salón")."""
_OF_ITS_OWN = frozenset({Intent.TICKET, Intent.HUMAN})
_LONGEST_READ = 4000
_TOLD_TOGETHER = 0.9
"""How much of two questions to the data the planner must explain to take them as one that asks twice."""


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
    wording: AskWording
    placeholders: Placeholders
    names: NameMask
    records: SeveralRecords
    causes: Causes
    prospects: Prospects
    company: CompanyFacts
    noise: Noise
    named_visit: NamedVisit
    chat: ChatSpelling


class Router:
    """Routes messages. ``coverage`` asks the planner when data and documents are both likely."""

    def __init__(self, parts: Parts, coverage: Coverage) -> None:
        self._parts = parts
        self._coverage = coverage
        self._weighing = Weighing(parts.segmenter, parts.wording, parts.names, parts.named_visit, coverage)

    def route(self, message: str, context: Context) -> Route:
        """Split ``message`` into what it asks; a message with nothing readable is one unclear ask."""
        text = message.strip()[:_LONGEST_READ]
        language = self._parts.language.detect(text, context.language)
        if language == "es":
            text = self._parts.chat.spelled(text, context)
        plain = self._plain(text, context)
        if plain is not None:
            wordless = plain.reason in _WORDLESS or plain.intent is Intent.UNCLEAR
            return Route(context.language if wordless else language, (plain,))
        if language == "es" and context.pending is None and self._parts.language.foreign(text):
            return Route(language, self._foreign(text, context))
        answered = self._answer_and_more(text, context) if context.pending is not None else ()
        return Route(language, answered or self._asks(text, context))

    def _foreign(self, text: str, context: Context) -> tuple[Ask, ...]:
        """What is wanted in a language that nobody answers in: only a person is understood in any."""
        asks = self._asks(text, context)
        person = [ask for ask in asks if ask.intent is Intent.HUMAN and ask.confidence >= _FOLLOWS]
        return tuple(person) or (Ask(text, Intent.HELP, 0.9, reason=FOREIGN),)

    def _asks(self, text: str, context: Context) -> tuple[Ask, ...]:
        """What the parts of ``text`` want."""
        read: list[ReadPart] = []
        asked = text if context.pending is not None else self._parts.segmenter.without_assent(text)
        for fragment in self._apart(self._parts.segmenter.split(asked), context):
            read.append(self._read(fragment, read[-1] if read else None, context))
        asks = self._with_subjects(self._completed(self._tidied(read, context), context))
        return with_fix(self._each_record(text, asks, context), context, self._parts.wording.meanwhile)

    def _each_record(self, text: str, asks: tuple[Ask, ...], context: Context) -> tuple[Ask, ...]:
        """An order for several visits as one for each, for those who may change visits."""
        orders = [ask for ask in asks if ask.intent is Intent.TICKET]
        if not orders or not may_write(context.principal.role, Write.UPDATE_INTERVENTION).allowed:
            return asks
        if len(orders) == len(asks):
            each = self._parts.records.each(text)
            return tuple(replace(orders[0], text=one) for one in each) if len(each) > 1 else asks
        if any(ask.needs is not None for ask in asks):
            return asks
        return tuple(
            replace(ask, text=one)
            for ask in asks
            for one in (self._parts.records.each(ask.text) if ask.intent is Intent.TICKET else (ask.text,))
        )

    def _apart(self, fragments: tuple[Fragment, ...], context: Context) -> Iterator[Fragment]:
        """``fragments``, and by itself what asks for a visit or a person before an "y además" asks something else."""
        for fragment in fragments:
            joined = bool(fragment.before) and fragment.link not in ("", ",")
            said = " ".join(fragment.before)
            if joined and self._parts.classifier.judge(said, context.principal.role).likeliest in _OF_ITS_OWN:
                yield Fragment(said.rstrip(" ,"), False, True)
                fragment = replace(fragment, before=())
            yield fragment

    def _answer_and_more(self, text: str, context: Context) -> tuple[Ask, ...]:
        """A yes or no to what waits, then questions about other things ("sí, y ¿cuándo vence mi contrato?")."""
        opening = self._parts.answers.opening(text)
        if opening is None or not tokens(opening[1]):
            return ()
        answer, rest = opening
        if answer is Intent.CONFIRM and next(token.folded for token in tokens(rest)) in self._parts.answers.conditions:
            return (Ask(text, Intent.TICKET, 0.6),)
        asks = self._asks(rest, context)
        said = Ask(text[: len(text) - len(rest)].strip(" ,.;!"), answer, 0.95)
        if not all(fragment.asks for fragment in self._parts.segmenter.split(rest)):
            amends = bool({ask.intent for ask in asks} & {Intent.TICKET, Intent.UNCLEAR})
            explains = answer is Intent.REJECT and (not amends or self._parts.answers.refuses(text))
            return (said,) if explains else ()
        if not {ask.intent for ask in asks} <= _QUESTIONS | {Intent.HUMAN}:
            return ()
        moved = (replace(ask, needs=None if ask.needs is None else ask.needs + 1) for ask in asks)
        return (said, *moved)

    def _plain(self, text: str, context: Context) -> Ask | None:
        """What needs no judging: a yes or no, a file's placeholder, an attack, nothing at all, a choice."""
        waiting = context.pending is not None or bool(context.options)
        answer = self._parts.answers.read(text, waiting=waiting, cancels=cancels(context))
        if answer is not None:
            return Ask(text, answer, 0.99)
        visit = context.pending is not None and context.pending.action is Write.REQUEST_VISIT
        if visit and self._parts.answers.insists(text):
            return Ask(text, Intent.CONFIRM, 0.9)
        if self._parts.injection.found(text):
            return Ask(text, Intent.OUT_OF_SCOPE, 0.95, reason="injection")
        media = self._parts.placeholders.media(text)
        if media == LISTENING or self._parts.segmenter.announces(text) or only_signs(text):
            return Ask(text, Intent.GREETING, 0.9, reason=LISTENING)
        if self._parts.segmenter.greets(text):
            return Ask(text, Intent.GREETING, 0.9)
        if media is not None:
            return Ask(text, Intent.UNCLEAR, 0.95, reason=media)
        if not tokens(text):
            return Ask(text, Intent.UNCLEAR, 0.9)
        if only_phone(text):
            return Ask(text, Intent.HUMAN if handed_over(context) else Intent.IDENTIFY, 0.9)
        chosen = self._chosen_option(text, context)
        if chosen is not None:
            return chosen
        if self._parts.named_visit.only(text, context):
            return Ask(text, Intent.DATA, 0.8)
        fact = self._parts.company.asked(text)
        if fact is not None:
            return Ask(text, Intent.HELP, 0.9, reason=f"{COMPANY}{fact}")
        return Ask(text, Intent.UNCLEAR, 0.9) if self._parts.noise.is_noise(text) else None

    def _chosen_option(self, text: str, context: Context) -> Ask | None:
        """An answer to the last clarifying question goes where that question came from."""
        if not context.options or not context.history or not context.history[-1].intents:
            return None
        if len(tokens(text)) > 6 or "?" in text:
            return None
        return Ask(text, context.history[-1].intents[0], 0.8)

    def _read(self, fragment: Fragment, before: ReadPart | None, context: Context) -> ReadPart:
        """What ``fragment`` wants. One that only asks more about the data asked before is for the data too."""
        priced = self._priced(fragment, before, context)
        if priced is not None:
            return priced
        wording = self._parts.wording
        if wording.orders_visit(fragment.text, context):
            return ReadPart(Ask(fragment.whole, Intent.TICKET, _SURE), fragment)
        if wording.asks_for_paper(fragment.text, context) or self._asks_law(fragment):
            return ReadPart(Ask(fragment.whole, Intent.DOCUMENTS, _SURE), fragment)
        subject = self._parts.subjects.find(fragment.whole, context)
        judged = for_whoever_changes(self._judged(fragment, subject, context), context)
        scores = self._parts.causes.weighed(fragment.whole, judged.scores, context)
        scores = self._weighing.weighed(fragment, scores, context)
        intent, confidence = max(scores.items(), key=lambda item: item[1])
        noted = not fragment.asks or self._parts.segmenter.notes(fragment.text)
        complains = intent is Intent.HUMAN and judged.reasons.get(intent) != ASKED_FOR_PERSON
        corrects = complains and self._parts.answers.amends(fragment.text)
        if context.pending is not None and noted and (intent in _IDLY_SAID or corrects or confidence < UNSURE):
            return ReadPart(Ask(fragment.whole, Intent.TICKET, 0.6), fragment)
        leans = before is not None and before.ask.intent is Intent.DATA and self._parts.wording.leans(fragment)
        sure = intent is Intent.DOCUMENTS and confidence >= _SURE
        if leans and not sure and intent in _QUESTIONS | {Intent.UNCLEAR, Intent.OUT_OF_SCOPE}:
            return ReadPart(Ask(fragment.text, Intent.DATA, max(confidence, 0.5)), fragment, None)
        if subject is not None and confidence < UNSURE and self._parts.wording.asks_how(fragment.whole):
            intent, confidence = Intent.DOCUMENTS, UNSURE
        vague = intent in _VAGUE or judged.reasons.get(intent) == VISIT_CHANGE
        if vague and self._parts.wording.shows_code(fragment.whole, context):
            return ReadPart(Ask(fragment.whole, Intent.DOCUMENTS, 0.6, reason=FAULT), fragment)
        if confidence < UNSURE and not self._between_two(scores):
            return ReadPart(Ask(fragment.whole, Intent.UNCLEAR, 1 - confidence), fragment, None)
        if intent is Intent.TICKET and self._parts.wording.orders_deletion(fragment.text):
            intent = Intent.OUT_OF_SCOPE
        reason = judged.reasons.get(intent, "")
        if intent is Intent.OUT_OF_SCOPE:
            reason = self._parts.wording.why_out_of_scope(fragment.whole)
        if intent is Intent.TICKET and self._parts.wording.only_ails(fragment.whole, context):
            return ReadPart(Ask(fragment.whole, Intent.DOCUMENTS, confidence, reason=FAULT), fragment)
        ailing = judged.scores[Intent.TICKET] >= UNSURE
        if intent is Intent.DOCUMENTS and self._parts.wording.reports_fault(fragment.whole, context, ailing=ailing):
            reason = FAULT
        rows = subject is not None and confidence < _SURE and self._coverage(fragment.text, context) >= _EXPLAINED
        if intent is Intent.DOCUMENTS and rows and not self._parts.wording.asks_how(fragment.text):
            return ReadPart(Ask(fragment.text, Intent.DATA, confidence), fragment)
        if subject is not None and intent is Intent.DOCUMENTS:
            return ReadPart(Ask(fragment.whole, intent, confidence), fragment, subject)
        text = self._parts.wording.text(fragment, intent, context)
        return ReadPart(Ask(text, intent, confidence, reason=reason), fragment, None)

    def _asks_law(self, fragment: Fragment) -> bool:
        """Does ``fragment`` ask what the law says, or what introduces it that it does ("según el RITE, ...")?"""
        return any(map(self._parts.wording.asks_law, (fragment.text, fragment.whole)))

    def _priced(self, fragment: Fragment, before: ReadPart | None, context: Context) -> ReadPart | None:
        """ "¿Y cuánto cuesta?" after a visit was asked for, or while one waits for a yes, asks what visits cost."""
        if before is not None and before.ask.intent is Intent.TICKET:
            about = before.ask.text
        elif context.pending is not None and not fragment.before:
            about = context.pending.summary
        else:
            return None
        text = self._parts.wording.visit_price(fragment.text, about)
        return None if text is None else ReadPart(Ask(text, Intent.DOCUMENTS, _SURE), fragment)

    def _judged(self, fragment: Fragment, subject: Subject | None, context: Context) -> Judged:
        """The question judged by itself and with its introduction; machines tied to a record by a short name."""
        role = context.principal.role

        def judge(text: str, role: Role) -> Judged:
            judged = self._parts.classifier.judge(self._parts.names.masked(text, context), role)
            return self._parts.prospects.judged(text, judged, role)

        whole = fragment.whole.replace(subject.span, subject.short) if subject else fragment.whole
        together = judge(whole, role)
        brief = len(tokens(fragment.text)) < _SPEAKS_FOR_ITSELF
        if fragment.before and fragment.asks and together.likeliest is Intent.IDENTIFY:
            return judge(fragment.text, role)
        if not fragment.before or not fragment.complete or brief:
            return together
        alone = judge(fragment.text.replace(subject.span, subject.short) if subject else fragment.text, role)
        scores = {i: _ALONE * alone.scores[i] + (1 - _ALONE) * together.scores[i] for i in together.scores}
        return Judged(scores, together.reasons)

    @staticmethod
    def _between_two(scores: dict[Intent, float]) -> bool:
        """Does the doubt lie only between two intents that can both be acted upon?"""
        first, second = sorted(scores, key=lambda intent: -scores[intent])[:2]
        return {first, second} <= _ACTED_UPON and scores[first] + scores[second] >= _TOGETHER

    def _tidied(self, parts: list[ReadPart], context: Context) -> list[ReadPart]:
        """Courtesies give way to questions, and pieces of one request come together."""
        parts = self._quoted(parts)
        idle = _SOCIAL | {Intent.UNCLEAR}
        serious = [part for part in parts if part.ask.intent not in idle]
        out: list[ReadPart] = []
        for part in serious or parts[:1]:
            before = out[-1] if out else None
            part = as_asked_before(before, part, talks=self._parts.wording.talks(part.ask.text))
            if before is not None and before.ask.intent is Intent.HUMAN and self._goes_on(part):
                continue
            if before is not None and before.ask.intent is part.ask.intent and self._is_one(before, part, context):
                text = together(before, part)
                confidence = max(before.ask.confidence, part.ask.confidence)
                out[-1] = replace(before, ask=replace(before.ask, text=text, confidence=confidence))
            else:
                out.append(part)
        return out

    def _goes_on(self, part: ReadPart) -> bool:
        """Does ``part`` only say more of what a person is brought in for?"""
        return part.ask.intent is Intent.TICKET and self._parts.wording.only_goes_on(part.ask.text)

    def _quoted(self, parts: list[ReadPart]) -> list[ReadPart]:
        """What is only said to ask for an offer ("quiero otro aire, ¿me hacéis presupuesto?") is no request."""
        offers = any(p.ask.intent is Intent.HUMAN and self._parts.wording.wants_quote(p.ask.text) for p in parts)
        if not offers:
            return parts
        return [p for p in parts if p.ask.intent is not Intent.TICKET or self._parts.wording.tells_fault(p.ask.text)]

    def _is_one(self, first: ReadPart, second: ReadPart, context: Context) -> bool:
        intent = first.ask.intent
        if intent is Intent.DOCUMENTS:
            return False
        if intent is Intent.DATA:
            continues = self._parts.segmenter.continues(second.ask.text)
            leans = self._parts.wording.leans(second.fragment)
            leans = leans or (continues and not self._parts.segmenter.complete(second.ask.text))
            return leans or self._coverage(together(first, second), context) >= _TOLD_TOGETHER
        if intent is Intent.TICKET:
            return not (has_record(first.ask.text) and has_record(second.ask.text))
        return True

    def _completed(self, parts: list[ReadPart], context: Context) -> list[ReadPart]:
        """Questions to the documents that lean on the one before say what it was about."""
        out: list[ReadPart] = []
        for part in parts:
            said = [earlier.ask.text for earlier in out if earlier.ask.intent is Intent.DOCUMENTS]
            before = said[-1] if said else (context.last_question or "")
            if part.ask.intent is Intent.DOCUMENTS and (said or context.history):
                text = self._parts.completer.complete(part.ask.text, before)
                part = replace(part, ask=replace(part.ask, text=text))
            named = has_record(part.ask.text) or self._parts.wording.names_machine(part.ask.text)
            if part.ask.intent is Intent.TICKET and out and not named:
                told = out[-1].fragment.whole
                if self._parts.wording.names_machine(told):
                    part = replace(part, ask=replace(part.ask, text=f"{told} {part.ask.text}"))
            out.append(part)
        return out

    @staticmethod
    def _with_subjects(parts: list[ReadPart]) -> tuple[Ask, ...]:
        """Put before each question to the documents the question to the data that finds its subject."""
        out: list[Ask] = []
        for part in parts:
            if part.subject is None:
                out.append(part.ask)
                continue
            out.append(Ask(part.subject.asked, Intent.DATA, part.ask.confidence))
            plain = part.ask.text.replace(part.subject.span, part.subject.short)
            out.append(replace(part.ask, text=plain, needs=len(out) - 1))
        return tuple(out)
