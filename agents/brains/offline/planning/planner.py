"""The planner: a question in, a typed query out, or why not. Pure and deterministic; no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.clauses import asking_clauses, without_reasons, without_tag
from agents.brains.offline.planning.conversation import follow
from agents.brains.offline.planning.followups import Followed
from agents.brains.offline.planning.halves import halves
from agents.brains.offline.planning.interpretation import ASKED, Interpretation, interpret
from agents.brains.offline.planning.joins import Joins
from agents.brains.offline.planning.leaning import hard_nouns, stands
from agents.brains.offline.planning.left_out import changes_sense, left_out, words_of
from agents.brains.offline.planning.lexicon import load_lexicon
from agents.brains.offline.planning.linking import ValueIndexes
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    MeasureRef,
    Mention,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.numbers import load_number_words
from agents.brains.offline.planning.owning import prices_another
from agents.brains.offline.planning.people import (
    OTHERS,
    about_others,
    ambiguous_person,
    as_slots,
    is_slot,
    many_people,
    name_runs,
    name_slots,
    names_somebody,
    others_work,
    someone_unknown,
)
from agents.brains.offline.planning.period_words import load_period_words, write_span
from agents.brains.offline.planning.periods import load_periods
from agents.brains.offline.planning.permission import granted_to_oneself, names_column, refusal, withheld
from agents.brains.offline.planning.reading import Reader
from agents.brains.offline.planning.recent import RecentPlans
from agents.brains.offline.planning.spelling import build_speller
from agents.brains.offline.planning.state import World, named
from agents.brains.offline.planning.vocabulary import build_vocabulary
from agents.brains.protocol import Context, NotAllowed, NotUnderstood, Plan, Planned
from core.dictionary import load_dictionary
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query, Rows

THRESHOLD = 0.72
"""Below this share of the question explained a plan is more often wrong than right (measured on our own questions)."""
_SECOND, _NEARLY, _BEHIND = 0.85, 0.1, 1.2
"""What a second reading must explain, how much less than the first, and how far behind its score may be."""
LONGEST = 120
"""Words of a question that are read; a longer one is not a question to the data."""


class Planner:
    """Plans questions over a catalogue. Built once; safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._joins = Joins(catalogue)
        self._lexicon = load_lexicon()
        numbers, period_words = load_number_words(), load_period_words()
        extra = period_words.vocabulary() | set(numbers.units) | set(numbers.scales) | set(numbers.ordinals)
        vocabulary = build_vocabulary(catalogue, self._lexicon, extra)
        self._period_words = period_words
        self._reader = Reader(
            vocabulary,
            self._lexicon,
            load_periods(period_words, numbers),
            numbers,
            build_speller(vocabulary.words),
            load_dictionary(),
        )
        self._indexes = ValueIndexes()
        self._recent = RecentPlans()

    def plan(self, question: str, context: Context) -> Plan:
        """The query that answers ``question``, or a question back, a refusal, or "not understood"."""
        known = self._recent.find(question, context)
        return known or self._recent.keep(question, context, self._made(question, context))

    def _made(self, question: str, context: Context) -> Plan:
        if context.principal.role is Role.GUEST:
            return NotAllowed("sql_reader", "agent_not_granted")
        question = self._question(question, context)
        mentions = name_slots(name_runs(self.read(question, context)), self._lexicon.person_marks)
        if not mentions:
            return NotUnderstood()
        absent = tuple(m.text for m in mentions if m.is_cue("not_kept"))
        if absent:
            return NotUnderstood(absent)
        if any(m.is_cue("secret") for m in mentions):
            return NotAllowed(self._catalogue.entities["user"].table, "column_not_granted")
        world = self._world(context)
        tried = self._tried(world, mentions)
        best = self._chosen(tried, world, mentions)
        if best is not None and (refused := withheld(best.mentions, context.principal.role, self._catalogue)):
            return refused
        followed = self._followed(world, mentions, best, context)
        if followed is not None:
            return self._allowed(followed, context) or self._told(followed, mentions, question, world, followup=True)
        if (both := self._in_two(question, best, world, context)) is not None:
            return both
        if best is None or best.unexplained or not best.named or best.coverage < THRESHOLD:
            best = self._by_clauses(question, world, context) or best
        if best is None or best.coverage < THRESHOLD or not best.named:
            return self._not_understood(world, mentions, best, context)
        if prices_another(best.query, best.mentions, context):
            return NotUnderstood()
        best = self._readable(self._fuller(best, tried, world), tried, context)
        read = Followed(best.query, best.coverage, best.unexplained, best.chart, best.mentions)
        other = self._allowed(read, context) or ambiguous_person(read, world, context)
        if other is not None:
            return other
        plan = self._told(read, best.said, question, world)
        return replace(plan, otherwise=self._otherwise(best, tried, context)) if isinstance(plan, Planned) else plan

    def _told(
        self, read: Followed, said: Sequence[Mention], question: str, world: World, followup: bool = False
    ) -> Planned | NotUnderstood:
        """The plan, with what it leaves out of what was ``said``; not understood when that turns its sense around."""
        missing = left_out(said, read.query, world)
        if changes_sense(missing, said):
            return NotUnderstood(words_of(missing, question))
        return replace(self._planned(read, followup), left_out=words_of(missing, question))

    def _fuller(self, best: Interpretation, tried: list[Interpretation], world: World) -> Interpretation:
        """``best``, or another reading of the same words nearly as good that leaves out less of them."""
        missing = left_out(best.said, best.query, world)
        near = [i for i in tried if i.named and i.coverage >= THRESHOLD and i.said == best.said]
        near = [i for i in near if i is not best and i.score >= best.score - _BEHIND] if missing else []
        kept = [(len(left_out(i.said, i.query, world)), -i.score, i) for i in near]
        fewest = min(kept, key=lambda option: option[:2], default=None)
        return fewest[2] if fewest is not None and fewest[0] < len(missing) else best

    def _readable(self, best: Interpretation, tried: list[Interpretation], context: Context) -> Interpretation:
        """``best``, or one nearly as good that may be read when ``best`` may not for a column that nobody named."""
        role = context.principal.role
        refused = refusal(best.query, role, self._catalogue)
        in_passing = refused is not None and refused.reason == "column_not_granted"
        if refused is None or not in_passing or names_column(best.said, refused, self._catalogue):
            return best
        near = [i for i in tried if i.named and i.coverage >= THRESHOLD and i.score >= best.score - _BEHIND]
        open_to = [i for i in near if refusal(i.query, role, self._catalogue) is None]
        return max(open_to, key=lambda i: i.score, default=best)

    def _otherwise(self, best: Interpretation, tried: list[Interpretation], context: Context) -> Query | None:
        """The next best reading, of other rows, for when ``best`` finds none; None when it falls short of it."""
        if best.query.measures or best.query.group_by or best.query.compare:
            return None
        least = max(_SECOND, best.coverage - _NEARLY)
        tried = [i for i in tried if i.target != best.target]
        nouns = hard_nouns(best.said)
        if best.target in nouns:
            tried = [i for i in tried if i.target in nouns and not left_out(i.said, i.query, self._world(context))]
        others = [i for i in tried if i.named and i.coverage >= least and i.score >= best.score - _BEHIND]
        for other in sorted(others, key=lambda i: -i.score):
            read = Followed(other.query, other.coverage, other.unexplained, other.chart, other.mentions)
            wanted = not (other.query.measures or other.query.group_by) and other.query.filters
            if wanted and self._allowed(read, context) is None:
                return other.query
        return None

    def _in_two(self, question: str, whole: Interpretation | None, world: World, context: Context) -> Plan | None:
        """The plan of the first half of a question that asks twice, with what it asks next."""

        def read(text: str) -> tuple[Mention, ...]:
            return name_slots(name_runs(self.read(text, context)), self._lexicon.person_marks)

        def follows(mentions: Sequence[Mention], alone: Interpretation | None, last: Query) -> bool:
            if stands(alone, THRESHOLD):
                return True
            one = Rows(columns=(), rows=((),), sql="") if last.limit == 1 and not last.group_by else None
            found = follow(world, mentions, alone, last, one, self._reader.numbers, THRESHOLD)
            return found is not None and found.coverage >= THRESHOLD

        cut = halves(question, whole, world, read, lambda mentions: self.best(world, mentions), follows)
        if cut is None:
            return None
        first = self._dated_alike(cut.first, read(cut.next), world)
        told = Followed(first.query, first.coverage, first.unexplained, first.chart, first.mentions)
        plan = self._allowed(told, context) or self._told(told, first.said, question, world)
        return replace(plan, then=cut.next) if isinstance(plan, Planned) else plan

    def _dated_alike(self, first: Interpretation, following: Sequence[Mention], world: World) -> Interpretation:
        """cuántos contratos ganamos y cuántos perdimos este año: the first half that speaks of a date, too."""
        dates = (r for m in first.mentions for r in m.readings if isinstance(r, DimensionRef))
        dated = any(
            r.entity == first.target and "date" in world.joins.dimension(r.entity, r.dimension).kind for r in dates
        )
        period = next((m for m in following if any(isinstance(r, PeriodRef) for r in m.readings)), None)
        if not dated or period is None or first.query.window is not None or first.query.compare:
            return first
        again = interpret(world, first.target, (*first.mentions, period))
        return again if again.query.window is not None and again.coverage >= THRESHOLD else first

    def _allowed(self, read: Followed, context: Context) -> NotAllowed | None:
        others = about_others(read.query, read.mentions, context.principal, self._catalogue)
        return others or refusal(read.query, context.principal.role, self._catalogue)

    @staticmethod
    def _planned(read: Followed, followup: bool = False) -> Planned:
        return Planned(read.query, round(read.coverage, 3), read.unexplained, read.chart, followup)

    def _not_understood(
        self, world: World, mentions: Sequence[Mention], best: Interpretation | None, context: Context
    ) -> Plan:
        """A name that no row has is worth looking up, or refusing; anything else is not understood."""
        unknown = NotUnderstood(best.unexplained if best else tuple(m.text for m in mentions))
        others = NotAllowed(self._catalogue.entities["client"].table, OTHERS)
        told = any(is_slot(m) for m in mentions)
        client = context.principal.role is Role.CLIENT
        if others_work(best, mentions, context.principal, self._catalogue):
            return NotAllowed(self._catalogue.entities["technician"].table, OTHERS)
        if client and (told or many_people(mentions, "client") or names_somebody(mentions)):
            return others
        if best is None or not best.named:
            return unknown
        someone = told or someone_unknown(mentions)
        if client and (someone or any(m.is_cue("others") for m in mentions)):
            return others
        named = self.best(world, as_slots(mentions, "client")) if someone else None
        if named is None or named.coverage < THRESHOLD or not named.named:
            return unknown
        read = Followed(named.query, named.coverage, named.unexplained, named.chart, named.mentions)
        return self._allowed(read, context) or self._planned(read)

    def _question(self, question: str, context: Context) -> str:
        """``question`` without the reasons given for it."""
        words = self._lexicon
        question = without_tag(question, words.tags)
        return without_reasons(question, words.reasons, lambda p: self._asks(p, context), words.reason_tails)

    def _asks(self, piece: str, context: Context) -> bool:
        """Does it ask or request something?"""
        mentions = self.read(piece, context)
        phrase = any(" " in m.text and isinstance(r, AskRef) for m in mentions for r in m.readings)
        wants = any(m.is_cue("ask", "how_many", *ASKED) or m.is_cue("list") for m in mentions)
        return "?" in piece or phrase or wants

    def _by_clauses(self, question: str, world: World, context: Context) -> Interpretation | None:
        """The part of a long message that asks, when the whole is not explained."""

        def read(text: str) -> tuple[Mention, ...]:
            return name_slots(name_runs(self.read(text, context)), self._lexicon.person_marks)

        return asking_clauses(question, read, lambda mentions: self.best(world, mentions))

    def _followed(
        self, world: World, mentions: Sequence[Mention], alone: Interpretation | None, context: Context
    ) -> Followed | None:
        last = context.last_query
        if last is None or last.entity not in self._catalogue.entities:
            return None
        return follow(world, mentions, alone, last, context.last_rows, self._reader.numbers, THRESHOLD)

    def read(self, question: str, context: Context) -> tuple[Mention, ...]:
        """The mentions of ``question``; none when it is too long to be one."""
        index = self._indexes.of(context.values)
        words = self._reader.words(question, index)
        if not words or len(words) > LONGEST:
            return ()
        return self._reader.read(words, index, context.now.date(), context.language)

    def best(self, world: World, mentions: Sequence[Mention]) -> Interpretation | None:
        """The interpretation that explains most."""
        return self._chosen(self._tried(world, mentions), world, mentions)

    def _tried(self, world: World, mentions: Sequence[Mention]) -> list[Interpretation]:
        return [interpret(world, target, mentions) for target in self.targets(world, mentions)]

    def _chosen(self, tried: list[Interpretation], world: World, mentions: Sequence[Mention]) -> Interpretation | None:
        tried = granted_to_oneself(tried, mentions, world.role, self._catalogue)
        return max(tried, key=lambda i: (i.named and i.coverage >= THRESHOLD, i.score, i.coverage), default=None)

    def targets(self, world: World, mentions: Sequence[Mention]) -> list[str]:
        """Entities that the question may be about."""
        found: dict[str, None] = {}
        for mention in (m for whole in mentions for m in (whole, *whole.parts)):
            for name in sorted(named(mention, world)):
                found.setdefault(name)
            for reading in mention.readings:
                if isinstance(reading, EntityRef | SegmentRef | DimensionRef | MeasureRef | AskRef | ValueRef):
                    found.setdefault(reading.entity)
                elif isinstance(reading, Cue) and reading.kind == "hint":
                    found.setdefault(reading.value)
                elif isinstance(reading, EnumRef):
                    for name, (_, steps) in world.joins.enum_places(reading.enum).items():
                        if steps <= 1:
                            found.setdefault(name)
        implicit = self._lexicon.implicit.get(world.role)
        if implicit:
            found.setdefault(implicit)
        return [name for name in self._catalogue.entities if name in found]

    def _world(self, context: Context) -> World:
        def label(span: Span) -> str:
            return write_span(span, self._period_words, context.language)

        return World(
            self._catalogue,
            self._joins,
            self._lexicon,
            context.principal.role,
            context.now.date(),
            label,
            self._period_words.labels[context.language]["hours"],
            context.values,
        )
