"""The second wall: reads SQL with PostgreSQL's own grammar and lets through only what a role was granted.

A single SELECT over granted tables and columns with known functions, operators and types; anything else, and anything
unknown, is refused with a reason. What runs is written anew from the checked tree, so comments and tricks of spelling
never reach the server, and reads only the rows of who asks. Never raises for strange text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import postgast
from google.protobuf.message import DecodeError

from policy.roles import Role
from tools.sql.guard_rules import MAX_CHARS
from tools.sql.guard_scope import Refused
from tools.sql.guard_walk import Walk

_BLANKS = frozenset("\n\r\t")
REASONS = {
    "too_long": "the text is too long",
    "strange_characters": "it contains control or invisible characters",
    "syntax": "it is not valid SQL",
    "too_deep": "it is nested too deeply",
    "too_complex": "it is too complex to run safely",
    "not_one_statement": "only one statement is allowed",
    "not_a_select": "only SELECT is allowed",
    "not_allowed": "it uses something that is not allowed",
    "function_not_allowed": "that function is not allowed",
    "operator_not_allowed": "that operator is not allowed",
    "type_not_allowed": "that type is not allowed",
    "table_not_granted": "that table may not be read",
    "column_not_granted": "that column does not exist or may not be read",
    "name_not_allowed": "that name cannot be resolved",
    "ambiguous_name": "that name could mean several things",
    "star_not_allowed": "the columns have to be named",
    "parameter_not_allowed": "that parameter does not exist",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a text may run. ``sql`` is what to run when it may; ``code``, ``what`` and ``reason`` say why not.

    ``by_subject``: after the parameters of the text, ``sql`` takes the id of who asks (0 for a guest); not so when
    the text had a parameter for that.
    """

    allowed: bool
    sql: str = ""
    by_subject: bool = False
    code: str = ""
    what: str = ""

    @property
    def reason(self) -> str:
        """A sentence for a model that repairs its SQL, or for a log."""
        if self.allowed:
            return ""
        return f"{REASONS[self.code]}: {self.what}" if self.what else REASONS[self.code]


def check(sql: str, role: Role, *, parameters: int = 0, subject: int | None = None) -> Decision:
    """May ``role`` run ``sql``, in which ``$1`` to ``$parameters`` stand for values?

    ``$subject``, if given, stands for the id of who asks, which the caller of the result fills in itself.
    """
    try:
        return Decision(True, *_checked(sql, role, parameters, subject))
    except Refused as refused:
        return Decision(False, code=refused.code, what=refused.what[:200])


def _checked(sql: str, role: Role, parameters: int, subject: int | None) -> tuple[str, bool]:
    if len(sql) > MAX_CHARS:
        raise Refused("too_long")
    if any(_strange(character) for character in sql):
        raise Refused("strange_characters")
    try:
        tree = postgast.parse(sql)
    except postgast.PgQueryError as error:
        raise Refused("syntax", error.message) from None
    except DecodeError:
        raise Refused("too_deep") from None
    if len(tree.stmts) != 1:
        raise Refused("not_one_statement")
    statement = tree.stmts[0].stmt
    if statement.WhichOneof("node") != "select_stmt":
        raise Refused("not_a_select", str(statement.WhichOneof("node") or ""))
    by_subject = Walk(role, parameters, subject).statement(statement.select_stmt)
    try:
        return str(postgast.deparse(tree)), by_subject
    except postgast.PgQueryError as error:
        raise Refused("syntax", error.message) from None


def _strange(character: str) -> bool:
    """Control, format and unusual blank characters, which readers and parsers disagree about."""
    if character == " " or character in _BLANKS:
        return False
    return not character.isprintable() or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cf", "Cc", "Cs", "Co")
