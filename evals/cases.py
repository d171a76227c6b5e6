"""The golden questions: what is asked, by whom, and what must hold; ``questions/*.yaml``, validated whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured

QUESTIONS = Path(__file__).with_name("questions")

Match = Literal["number", "set", "set_or_empty", "ordered", "contains", "contains_or_empty", "any", "yesno", "empty"]


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenRow(_Part):
    """A row that the turn must have written."""

    table: str
    action: str


class Expect(_Part):
    """What must hold of one reply; every field that is set must hold.

    ``gold_sql`` are equally good readings of the question (SQL, or the name of one in the file's ``gold``): the reply
    must agree with one of them as ``match`` says. ``contains``, ``not_contains``, ``document`` and ``section`` are
    regular expressions over folded text. ``holds_sql`` must be true in the database afterwards; no value of
    ``leak_sql`` may be in the reply. ``any_of``: at least one of these must hold as well.
    """

    intents: tuple[str, ...] = ()
    specialists: frozenset[str] | None = None
    gold_sql: Texts = ()
    match: Match = "contains"
    document: str | None = None
    section: str | None = None
    contains: Texts = ()
    not_contains: Texts = ()
    denied: bool | None = None
    abstain: bool | None = None
    handoff: bool | None = None
    priority: str | None = None
    pending: str | None = None
    written: WrittenRow | Literal["none"] | None = None
    holds_sql: str | None = None
    leak_sql: str | None = None
    leaks: Literal[False] | None = None
    cited: bool | None = None
    language: Literal["es", "en"] | None = None
    clarify: bool | None = None
    emergency: bool | None = None
    attachment: bool | None = None
    nonempty: bool | None = None
    any_of: tuple[Expect, ...] = ()


class Attachment(_Part):
    """A file that comes with a message."""

    name: str
    media_type: str


class Turn(_Part):
    """One message of the conversation. ``repeat`` writes the text that many times (for very long messages)."""

    ask: str
    repeat: int = 1
    attachments: tuple[Attachment, ...] = ()
    expect: Expect | None = None


class Case(_Part):
    """One conversation. ``let`` are scalars read from the database: ``{name}`` in messages, ``:name`` in SQL."""

    id: str
    split: Literal["dev", "held"]
    role: Literal["client", "technician", "admin", "guest"]
    tags: tuple[str, ...] = Field(min_length=1)
    let: dict[str, str] = Field(default_factory=dict)
    turns: tuple[Turn, ...] = Field(min_length=1)
    topic: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_turn(cls, value: Any) -> Any:
        """A case with ``ask`` is a conversation of one turn."""
        if isinstance(value, dict) and "ask" in value:
            value = dict(value)
            turn = {key: value.pop(key) for key in ("ask", "repeat", "attachments", "expect") if key in value}
            value["turns"] = [turn]
        return value

    @model_validator(mode="after")
    def _judged(self) -> Case:
        if not any(turn.expect for turn in self.turns):
            raise ValueError(f"{self.id}: nothing is expected of any turn")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    topic: str
    gold: dict[str, str] = Field(default_factory=dict)
    shared: dict[str, Any] = Field(default_factory=dict)
    cases: list[Case]


def _named(expect: Expect, gold: dict[str, str]) -> Expect:
    """``expect`` with the names of gold queries replaced by their SQL."""
    return expect.model_copy(
        update={
            "gold_sql": tuple(gold.get(text, text) for text in expect.gold_sql),
            "holds_sql": gold.get(expect.holds_sql, expect.holds_sql) if expect.holds_sql else None,
            "leak_sql": gold.get(expect.leak_sql, expect.leak_sql) if expect.leak_sql else None,
            "any_of": tuple(_named(option, gold) for option in expect.any_of),
        }
    )


def _resolved(case: Case, file: _File) -> Case:
    turns = tuple(
        turn.model_copy(update={"expect": _named(turn.expect, file.gold)}) if turn.expect else turn
        for turn in case.turns
    )
    let = {name: file.gold.get(text, text) for name, text in case.let.items()}
    return case.model_copy(update={"turns": turns, "let": let, "topic": file.topic})


def load_cases(folder: Path = QUESTIONS) -> tuple[Case, ...]:
    """Every case of ``folder``, in file order; raises :class:`Misconfigured` naming the file that is wrong."""
    cases: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (ValidationError, yaml.YAMLError) as error:
            raise Misconfigured(f"{path.name} is not valid: {error}") from error
        cases += [_resolved(case, file) for case in file.cases]
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise Misconfigured(f"Two cases are called {case.id}.")
        seen.add(case.id)
    return tuple(cases)
