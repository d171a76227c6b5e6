"""One interpretation: the question seen as a query on one entity, and how much of it that explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    Meaning,
    MeasureRef,
    Mention,
    NumberRef,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.passes.asking import columns
from agents.brains.offline.planning.passes.columns import distinct_values
from agents.brains.offline.planning.passes.commonest import commonest
from agents.brains.offline.planning.passes.comparing import compare_numbers
from agents.brains.offline.planning.passes.doers import doers
from agents.brains.offline.planning.passes.filtering import conditions, parts_for, told_apart, versus_values
from agents.brains.offline.planning.passes.finishing import finish
from agents.brains.offline.planning.passes.grouping import finish_share, group, share
from agents.brains.offline.planning.passes.habits import done_so_far, majority, soon, usual
from agents.brains.offline.planning.passes.hours import clock
from agents.brains.offline.planning.passes.longest_left import longest_left
from agents.brains.offline.planning.passes.presence import own_place, presence
from agents.brains.offline.planning.passes.projecting import (
    aggregates,
    counts,
    own_nouns,
)
from agents.brains.offline.planning.passes.ranking import rank
from agents.brains.offline.planning.passes.relating import done_by_oneself, relate, told_once, who_does_not
from agents.brains.offline.planning.passes.sorting import sort, sort_by_value
from agents.brains.offline.planning.passes.spans import between_dates
from agents.brains.offline.planning.passes.timing import date_words, periods
from agents.brains.offline.planning.relevance import relevant
from agents.brains.offline.planning.state import STRUCTURE, State, World, only_cues
from agents.brains.offline.planning.whole import whole
from policy.roles import Role
from tools.sql.query import Query, Segment

PASSES: tuple[Callable[[State], None], ...] = (
    date_words,
    clock,
    compare_numbers,
    sort,
    longest_left,
    sort_by_value,
    doers,
    rank,
    commonest,
    soon,
    done_so_far,
    usual,
    majority,
    share,
    between_dates,
    group,
    relate,
    done_by_oneself,
    own_place,
    presence,
    conditions,
    periods,
    told_once,
    who_does_not,
    versus_values,
    parts_for,
    counts,
    distinct_values,
    aggregates,
    told_apart,
    own_nouns,
    columns,
    finish_share,
    finish,
)
"""In order: what is most specific claims its words first."""

PLAIN = frozenset(
    [
        "followup",
        "same_one",
        "anaphor",
        "agent",
        "filler",
        "done_so_far",
        "of",
        "list",
        "conj",
        "that",
        "own",
        "company",
        "all",
        "now",
        "yesno",
        "person",
        "with",
        "hint",
        "from_event",
    ]
)
"""Cues that carry no meaning that a plan must keep."""
MUST = frozenset(
    [
        "last",
        "first",
        "next",
        "soon",
        "ordinal",
        "not",
        "without",
        "more",
        "less",
        "versus",
        "others",
        "share",
        "extreme",
        "aggregate",
    ]
)
"""Cues that change what is asked: a plan that does not use them is wrong."""
UNKNOWN = 2.2
"""A word that nothing knows weighs more than one: it may be what the question is about."""
LOST = 1.7
"""A condition or a figure that a plan leaves out."""
NOUN = 1.4
"""A noun that names rows must be accounted for."""
ASKED = ("when", "where", "who", "how_much", "how_long", "how_often", "why")
"""Question words that want something: a plan that gives them nothing is no answer."""
HEAD = 0.5
"""What naming the target first is worth, in words explained."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A query, the share of the question that it explains, and its score against alternatives."""

    target: str
    query: Query
    coverage: float
    score: float
    unexplained: tuple[str, ...]
    chart: bool
    named: bool
    """The question names the target, or speaks of it."""
    mentions: tuple[Mention, ...]
    said: tuple[Mention, ...] = ()
    """The question as it was read, before it was seen from the target."""


def size(mentions: Sequence[Mention]) -> float:
    """How much a question says, before it is read in any one way."""
    return max(sum(_weight(m) for m in mentions if not only_cues(m, PLAIN)), 1.0)


def interpret(world: World, target: str, mentions: Sequence[Mention]) -> Interpretation:
    """Read ``mentions`` as a question about ``target``."""
    state = State(world, target, relevant(world.joins, target, mentions))
    for run in PASSES:
        run(state)
    explained, total, unexplained = _coverage(state)
    coverage = explained / total if total else 0.0
    query = whole(_without_period(state))
    named = any(_speaks_of(state, at) for at in range(len(state.mentions)))
    named = named or state.single or state.implied or _implicit(state)
    hinted = any(m.is_cue("hint", target) for m in state.mentions)
    phrases = (m for m in mentions if " " in m.text)
    asks = frozenset(r.entity for m in phrases for r in m.readings if isinstance(r, AskRef))
    score = (
        coverage * size(mentions) + _head_bonus(state) + _prior(state, hinted) - state.cost - _misplaced(state, asks)
    )
    score -= _read_apart(target, mentions)
    return Interpretation(
        target,
        query,
        coverage,
        score,
        unexplained,
        state.chart,
        named or hinted,
        tuple(state.mentions),
        tuple(mentions),
    )


def _speaks_of(state: State, at: int) -> bool:
    """Does mention ``at`` name the target, or something that only the target has?"""
    if state.target in state.names(at):
        return True
    bare_question = " " not in state.mentions[at].text
    return at in state.claimed and any(
        isinstance(r, EntityRef | AskRef | MeasureRef | SegmentRef | DimensionRef)
        and r.entity == state.target
        and not (bare_question and (isinstance(r, AskRef) or _only_asks(state.mentions[at], r)))
        for r in state.mentions[at].readings
    )


def _only_asks(mention: Mention, reading: Meaning) -> bool:
    """quién: the heading of a column, and a question word before all."""
    return isinstance(reading, DimensionRef) and mention.is_cue("ask")


def _implicit(state: State) -> bool:
    """¿Qué tengo hoy? — a role's own business on some day."""
    if state.world.lexicon.implicit.get(state.world.role) != state.target or state.window is None:
        return False
    return state.world.role is not Role.ADMIN or any(f.field.endswith(".name") for f in state.filters)


def _without_period(state: State) -> Query:
    """A segment that needs a period gives way to its kin when there is none."""
    query = state.query()
    if query.window is not None or query.compare:
        return query
    kin = state.world.lexicon.without_period
    asked = "ends_on" in query.select or any(m.field == "days_left" for m in query.measures)
    segments = tuple(
        s if f"{state.target}.{s.name}" not in kin else Segment(kin[f"{state.target}.{s.name}"], s.negated)
        for s in query.segments
        if not (asked and f"{state.target}.{s.name}" in kin)
    )
    return replace(query, segments=segments)


def _coverage(state: State) -> tuple[float, float, tuple[str, ...]]:
    explained, total = 0.0, 0.0
    unexplained: list[str] = []
    for at, mention in enumerate(state.mentions):
        if only_cues(mention, PLAIN):
            hint = [r.value for r in mention.readings if isinstance(r, Cue) and r.kind == "hint"]
            if hint:
                total += 1.0
                explained += _hinted(state, hint)
            continue
        share = _share(state, at)
        weight = _weight(mention)
        if share < 0.5 and _says_which(mention):
            weight = max(weight, LOST)
        total += weight
        explained += weight * share
        if share < 0.5:
            unexplained.append(mention.text)
    return explained, total, tuple(unexplained)


def _says_which(mention: Mention) -> bool:
    """Is it a condition, or a figure, of something?"""
    return any(isinstance(r, SegmentRef | EnumRef | MeasureRef) for r in mention.readings)


def _weight(mention: Mention) -> float:
    if mention.unknown:
        return UNKNOWN
    if any(isinstance(r, NumberRef) for r in mention.readings):
        return UNKNOWN
    if any(isinstance(r, PeriodRef | ValueRef) for r in mention.readings):
        return 1.2
    if any(isinstance(r, EntityRef) and not r.weak for r in mention.readings):
        return NOUN
    if only_cues(mention, STRUCTURE | MUST) and any(mention.is_cue(kind) for kind in MUST):
        return UNKNOWN
    if mention.is_cue("ask", *ASKED):
        return UNKNOWN if mention.is_cue("ask", "how_often") else 1.0
    if only_cues(mention, STRUCTURE | MUST) and not any(mention.is_cue(kind) for kind in MUST):
        return 0.3
    return 1.0


def _share(state: State, at: int) -> float:
    if at in state.claimed:
        return state.claimed[at]
    mention = state.mentions[at]
    if mention.unknown or _unanswered(state, mention):
        return 0.0
    if only_cues(mention, STRUCTURE | MUST):
        return 0.0 if any(mention.is_cue(kind) for kind in MUST) and not mention.is_cue("filler") else 1.0
    cues = [r for r in mention.readings if isinstance(r, Cue)]
    hints = [c.value for c in cues if c.kind == "hint"]
    plain = any(c.kind in PLAIN - {"hint"} for c in cues)
    if hints:
        return max(_hinted(state, hints), 0.8 if plain else 0.0)
    if plain:
        return 0.8
    reached = [r.entity for r in mention.readings if isinstance(r, EntityRef)]
    if any(state.world.joins.path(state.target, e) is not None for e in reached):
        return 0.9
    return 0.0


def _unanswered(state: State, mention: Mention) -> bool:
    """A question word that got no column, in a plan that gives no figure either."""
    answered = bool(state.measures or state.select) and not mention.is_cue("ask", "how_often")
    return mention.is_cue("ask", *ASKED) and not answered and not mention.is_cue("filler")


def _hinted(state: State, hints: Sequence[str]) -> float:
    if state.target in hints:
        return 1.0
    related = any(s.entity in hints for s in state.scopes)
    return 0.8 if related else 0.45


def _head_bonus(state: State) -> float:
    """The first noun of the question, or the column it asks for, is usually what it is about."""
    asks = [m for m in state.mentions[:3] if _asks_target(state, m) and not _of_another(state, m)]
    asked = max((len(m.text.split()) for m in asks), default=0)
    if asked:
        return HEAD + 0.1 * (asked - 1)
    for at in range(len(state.mentions)):
        names = state.names(at)
        if not names:
            continue
        grouped = at > 0 and state.mentions[at - 1].is_cue("group")
        if grouped:
            continue
        ranked = at in state.grouped and (state.order or state.having or state.counting)
        if state.target in names or ranked:
            return HEAD
        instance = any(state.target in state.world.lexicon.instances.get(name, ()) for name in names)
        return HEAD * 0.3 if instance else 0.0
    return 0.0


def _read_apart(target: str, mentions: Sequence[Mention]) -> float:
    """cuándo se instaló: a question of machines, which as one of visits is only its words one by one."""
    asked = ({r.entity for r in m.readings if isinstance(r, AskRef)} for m in mentions if " " in m.text and m.parts)
    return sum(0.15 for entities in asked if entities and target not in entities)


def _misplaced(state: State, asks: frozenset[str]) -> float:
    """Asking when or how much of rows that only qualify the target means that they are the target."""
    qualified = any(not s.negated for s in state.scopes)
    asked = any(state.has("ask", value) for value in ("when", "how_much", "how_long", "why"))
    asked = asked or state.has("next") or state.has("last") or _asked_of_scope(state, asks)
    return 0.6 if qualified and asked else 0.0


def _asked_of_scope(state: State, asks: frozenset[str]) -> bool:
    """en qué estado está mi avería: asked of the rows that qualify the target as well as of the target."""
    return any(not s.negated and s.entity in asks for s in state.scopes)


def _of_another(state: State, mention: Mention) -> bool:
    """qué equipo tiene Juan, of visits: asks for a thing of theirs, though of visits nothing is said."""
    nouns = {r.entity for p in mention.parts for r in p.readings if isinstance(r, EntityRef) and not r.weak}
    spoken = any(m.is_cue("hint", state.target) for m in state.mentions) or state.names_anything()
    return bool(nouns) and state.target not in nouns and not spoken


def _asks_target(state: State, mention: Mention) -> bool:
    return " " in mention.text and any(isinstance(r, AskRef) and r.entity == state.target for r in mention.readings)


def _prior(state: State, hinted: bool) -> float:
    prior = state.world.lexicon.entity_prior.get(state.world.role.value, {}).get(state.target, 0.0)
    preferred = sum(
        state.world.lexicon.prefer.get(word, {}).get(state.target, 0.0)
        for m in state.mentions
        for word in m.text.split()
    )
    weak = any(
        isinstance(r, EntityRef) and r.weak and r.entity == state.target for m in state.mentions for r in m.readings
    )
    if any(m.is_cue("own") for m in state.mentions):
        prior += state.world.lexicon.mine.get(state.world.role.value, {}).get(state.target, 0.0)
    return prior + preferred + (0.3 if hinted else 0.0) + (0.15 if weak else 0.0)
