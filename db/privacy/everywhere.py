"""Words looked for, and blotted out, in every column of every table that can hold text: also in those made later."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from types import MappingProxyType

import phonenumbers
from psycopg2 import sql
from psycopg2.extensions import connection as RawConnection

from core.text import fold

ERASED = "(borrado)"
_PHONE = re.compile(r"\+?\d{6,15}")
_BETWEEN = r"[\s,.;:/()ºª-]{0,4}"
"""What may stand between the words of a name: nothing that holds JSON or an array together."""
_VARIANTS = MappingProxyType(
    {"a": "aáàäâã", "e": "eéèëê", "i": "iíìïî", "o": "oóòöôõ", "u": "uúùüû", "n": "nñ", "c": "cç"}
)
_APART = frozenset({("gate", "key"), ("public", "alembic_version")})
PEOPLE = frozenset({"clients", "technicians", "users", "contact_identities"})
"""Rows of people have rules of their own: what two of them share is blotted out of neither by chance."""
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL), t.typcategory = 'A'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (t.typname IN ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'bytea')
       OR e.typname IN ('text', 'varchar', 'jsonb'))
ORDER BY 1, 2, a.attnum
"""
Column = tuple[str, str, str, str]


def text_columns(server: RawConnection, without: Collection[str] = ()) -> list[Column]:
    """Schema, table, column and type of every column that may hold words, but for the tables ``without``."""
    with server.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return [
            (schema, table, column, kind)
            for schema, table, column, kind, _ in cursor.fetchall()
            if (schema, table) not in _APART and table not in without
        ]


def search(server: RawConnection, words: Sequence[str], without: Collection[str] = ()) -> dict[str, int]:
    """In how many rows each ``schema.table.column`` says one of ``words``, whatever the case."""
    found: dict[str, int] = {}
    if not words:
        return found
    for schema, table, column, kind in text_columns(server, without):
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(schema, table), _says(column, kind))
        with server.cursor() as cursor:
            cursor.execute(query, values(words))
            (rows,) = cursor.fetchone() or (0,)
        if rows:
            found[f"{schema}.{table}.{column}"] = int(rows)
    return found


def blot_out(server: RawConnection, words: Sequence[str], without: Collection[str] = PEOPLE) -> dict[str, int]:
    """Replace ``words`` wherever they stand; rows changed by ``schema.table.column``."""
    changed: dict[str, int] = {}
    for schema, table, column, kind in text_columns(server, without) if words else []:
        if kind == "bytea":
            continue
        query = sql.SQL(
            "UPDATE {table} SET {column} = regexp_replace({column}::text, %(words)s, %(erased)s, 'gi')::{kind}"
            " WHERE {column}::text ~* %(words)s"
        ).format(table=sql.Identifier(schema, table), column=sql.Identifier(column), kind=sql.SQL(kind))
        with server.cursor() as cursor:
            cursor.execute(query, {"words": pattern(words), "erased": ERASED})
            if cursor.rowcount:
                changed[f"{schema}.{table}.{column}"] = cursor.rowcount
    return changed


def pattern(words: Sequence[str]) -> str:
    """A regular expression of PostgreSQL for any of ``words``, however they are written: a name with or without accents
    and whatever stands between its parts, a number with or without its prefix and grouped in any way."""
    return "|".join(_number(word) if _PHONE.fullmatch(word) else _said(word) for word in words) or "(?!)"


def _said(word: str) -> str:
    parts = re.findall(r"[a-z0-9]+", fold(word))
    between = r"[@._+-]{0,2}" if "@" in word else _BETWEEN
    said = between.join("".join(f"[{_VARIANTS[c]}]" if c in _VARIANTS else c for c in part) for part in parts)
    return rf"\m{said}\M" if said else "(?!)"


def _number(phone: str) -> str:
    try:
        known = phonenumbers.parse(phone, None)
        prefix, digits = rf"((\+|00)?{known.country_code}[\s.-]?)?", str(known.national_number)
    except phonenumbers.NumberParseException:
        prefix, digits = "", re.sub(r"\D", "", phone)
    return rf"(?<!\d){prefix}" + r"[\s.-]?".join(digits) + r"(?!\d)"


def values(words: Sequence[str]) -> dict[str, object]:
    """What conditions over ``words`` take: ``pattern`` for text, ``spelt`` for bytes."""
    spelt = sorted({form for word in words for form in (word, word.casefold(), word.upper())})
    return {"pattern": pattern(words), "spelt": spelt}


BYTES = "EXISTS (SELECT FROM unnest(%(spelt)s::text[]) AS of(word) WHERE position(convert_to(word, 'UTF8') IN {}) > 0)"
"""Do the bytes of a column say one of the words, as UTF-8?"""


def _says(column: str, kind: str) -> sql.Composable:
    if kind == "bytea":
        return sql.SQL(BYTES).format(sql.Identifier(column))
    return sql.SQL("{}::text ~* %(pattern)s").format(sql.Identifier(column))
