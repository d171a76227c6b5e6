"""The grants as words: for docs (``python -m policy.describe`` writes the page) and for prompts."""

from __future__ import annotations

import sys

from policy.grants import GRANTS, RoleGrant, RowRule
from policy.roles import Role

_ROWS = {
    RowRule.ALL: "every row",
    RowRule.OWN: "their own rows",
    RowRule.REACH: "rows in their zone or of their interventions",
    RowRule.VISITED: "clients where they have an intervention",
    RowRule.VISITING: "technicians who have an intervention with them",
    RowRule.AUDIENCE: "documents written for them",
}


def describe_rows(rule: RowRule) -> str:
    """Which rows ``rule`` lets through."""
    return _ROWS[rule]


def describe_tables(role: Role) -> str:
    """What ``role`` reads, a line a table, as a prompt lists it."""
    tables = sorted(GRANTS[role].tables.items())
    return "\n".join(f"- {table} ({_ROWS[grant.rows]}): {', '.join(grant.columns)}" for table, grant in tables)


def policy_page() -> str:
    """``docs/policy.md``."""
    parts = [
        "# Policy",
        "",
        "Who may do what, rendered from `policy/grants.py` by `python -m policy.describe > docs/policy.md`.",
        "What is not listed is denied. Agents and REST read the same; what is written over REST is below.",
        "",
        "| role | agents | tools | documents | writes, always confirmed |",
        "|---|---|---|---|---|",
        *(_summary(role, GRANTS[role]) for role in Role),
    ]
    parts += _records_page()
    for role in Role:
        parts += ["", f"## {role.value.capitalize()}", "", "| table | rows | columns |", "|---|---|---|"]
        for table, grant in sorted(GRANTS[role].tables.items()):
            parts.append(f"| `{table}` | {_ROWS[grant.rows]} | {', '.join(grant.columns)} |")
    return "\n".join(parts) + "\n"


def _records_page() -> list[str]:
    """What each role writes over REST, among the rows that it reads."""
    heading = "## Written over REST"
    table = ["| role | table | a new row | a change | deletes | set by itself |", "|---|---|---|---|---|---|"]
    for role in Role:
        for name, grant in sorted(GRANTS[role].records.items()):
            given = ", ".join(f"{column}: {value}" for column, value in grant.given.items())
            cells = (", ".join(grant.create), ", ".join(grant.update), "yes" if grant.delete else "", given)
            table.append(
                f"| {role.value} | `{name}` | " + " | ".join(cell or "no" for cell in cells[:3]) + f" | {given} |"
            )
    return ["", heading, "", *table]


def _summary(role: Role, grant: RoleGrant) -> str:
    cells = (sorted(grant.agents), sorted(grant.tools), grant.audiences, sorted(grant.writes))
    return f"| {role.value} | " + " | ".join(", ".join(cell) or "none" for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(policy_page())
