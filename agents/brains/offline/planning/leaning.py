"""Does a question lean on the one before it, or does it stand by itself? What stands never inherits conditions."""

from __future__ import annotations

from collections.abc import Sequence

from agents.brains.offline.planning.interpretation import Interpretation
from agents.brains.offline.planning.lexicon import Lexicon
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    MeasureRef,
    Mention,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.state import World, named, only_cues
from tools.sql.query import Query

SHORT = 6
"""Mentions of a question that may lean on the one before without saying so."""
_EMPTY = frozenset(["filler", "of", "conj", "followup", "list", "all", "that", "with", "yesno", "same_one", "anaphor"])
_FRAGMENT = (SegmentRef, EnumRef, ValueRef, DimensionRef, MeasureRef)


def starts_followup(mentions: Sequence[Mention]) -> bool:
    """Does the question say that it goes on ("¿y…?", "solo…", "ahora…")?"""
    return bool(mentions) and mentions[0].is_cue("followup")


def hard_nouns(mentions: Sequence[Mention]) -> set[str]:
    """Entities that the question names outright, also inside a phrase ("valor del stock"); not what it groups by."""
    found: set[str] = set()
    for at, mention in enumerate(mentions):
        if at and mentions[at - 1].is_cue("group"):
            continue
        for piece in (mention, *mention.parts):
            found |= {
                r.entity
                for r in piece.readings
                if (isinstance(r, EntityRef) and not r.weak) or (isinstance(r, SegmentRef) and r.noun)
            }
        if " " in mention.text:
            found |= {r.entity for r in mention.readings if isinstance(r, MeasureRef)}
    return found


def soft_nouns(mentions: Sequence[Mention], world: World) -> set[str]:
    """Entities whose rows the question calls by a value of theirs ("calderas", "XP400", "compresores")."""
    found: set[str] = set()
    for at, mention in enumerate(mentions):
        if at and mentions[at - 1].is_cue("group"):
            continue
        found |= named(mention, world)
        found |= {
            name
            for r in mention.readings
            if isinstance(r, ValueRef) and r.entity in world.lexicon.instances
            for name in (r.entity, *world.lexicon.instances[r.entity])
        }
    return found


def stands(alone: Interpretation | None, threshold: float) -> bool:
    """Does the question make sense by itself?"""
    return alone is not None and alone.named and alone.coverage >= threshold


def leans(
    world: World, mentions: Sequence[Mention], alone: Interpretation | None, last: Query, threshold: float
) -> bool:
    """Must a question that does not say so be read with the one before it?"""
    if alone is None or not stands(alone, threshold):
        return True
    if _points_back(mentions) or is_predicate(mentions, world.lexicon):
        return True
    if any(m.is_cue("own") for m in mentions):
        return False
    if hard_nouns(mentions):
        return False
    if _headless_count(mentions, world):
        return True
    if len([m for m in mentions if not only_cues(m, _EMPTY)]) > SHORT:
        return False
    if soft_nouns(mentions, world):
        return False
    if alone.target == last.entity and (_bare_question(mentions) or _picks(mentions, alone)):
        return True
    return _fragment(mentions)


def _picks(mentions: Sequence[Mention], alone: Interpretation) -> bool:
    """¿cuál vence antes?, ¿cuál es el más caro?, with no noun: one of those that were just told."""
    which = any(m.is_cue("ask", "which") or m.is_cue("ask", "who") for m in mentions[:2])
    return which and bool(alone.query.order) and alone.query.limit is not None and not alone.query.group_by


def _points_back(mentions: Sequence[Mention]) -> bool:
    """ponlo, ordénalos, de esos: words that stand for the last answer."""
    return any(m.is_cue("anaphor") for m in mentions)


def is_predicate(mentions: Sequence[Mention], lexicon: Lexicon) -> bool:
    """cuántos son empresas, cuáles están abiertas: the subject is what was talked about."""
    for at, mention in enumerate(mentions[:-1]):
        counts = mention.is_cue("ask", "how_many") or mention.text in {"cuales", "cual", "which"}
        if counts and mentions[at + 1].is_cue("without") and at + 2 < len(mentions):
            return True
        beyond = at + 2 if mentions[at + 1].is_cue("not") else at + 1
        if counts and beyond < len(mentions) - 1 and mentions[beyond].text in lexicon.possessing:
            return True
        if counts and beyond < len(mentions) and mentions[beyond].text in lexicon.copulas:
            return beyond + 1 < len(mentions) and mentions[beyond + 1].text not in lexicon.articles
    return False


def _headless_count(mentions: Sequence[Mention], world: World) -> bool:
    """cuántos hay en Madrid: a number of nothing named."""
    for at, mention in enumerate(mentions[:-1]):
        if any(piece.is_cue("ask", "how_many") for piece in (mention, *mention.parts[:1])):
            rest = mentions[at + 1 :]
            head = next((m for m in rest if not only_cues(m, frozenset({"filler", "all", "own"}))), None)
            return head is None or not soft_nouns(rest, world)
    return False


def _fragment(mentions: Sequence[Mention]) -> bool:
    """las urgentes, en Madrid, por técnico, el mes pasado: no verb, no question word, no head."""
    for mention in mentions:
        if mention.is_cue("ask") or mention.is_cue("hint"):
            return False
        if any(isinstance(r, AskRef) for r in mention.readings):
            return False
    attribute = any(isinstance(r, DimensionRef) for m in mentions for r in m.readings)
    return not any(_person(m, whole=not attribute) for m in mentions)


def _person(mention: Mention, *, whole: bool) -> bool:
    """Somebody's name: all of it, unless something of theirs is asked for ("el teléfono de Pérez")."""
    return any(isinstance(r, ValueRef) and r.dimension == "name" and (r.whole or not whole) for r in mention.readings)


def _bare_question(mentions: Sequence[Mention]) -> bool:
    """cuándo fue, cuánto costó: asks for a column and says nothing else."""
    said = [m for m in mentions if not only_cues(m, _EMPTY | {"hint"})]
    return all(
        any(isinstance(r, AskRef) or (isinstance(r, Cue) and r.kind == "ask") for r in m.readings)
        or any(isinstance(r, _FRAGMENT) for r in m.readings)
        for m in said
    ) and not any(isinstance(r, ValueRef) for m in said for r in m.readings)
