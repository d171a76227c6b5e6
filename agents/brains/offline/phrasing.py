"""Words what the crew says by itself, from ``agents/prompts/replies.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.brains.offline.data import PROMPTS, load_data
from agents.brains.protocol import Context, Facts, Language
from core.errors import Misconfigured
from policy.roles import Role
from tools.sql.catalogue import Catalogue

LANGUAGES: tuple[Language, ...] = ("es", "en")
ALWAYS = frozenset({"company", "office_phone", "emergency_phone"})
COMPANY_CARD = ("tax_id", "office_email", "office_address", "website")
"""Facts of the company that the settings may hold."""
OPTIONAL_ALWAYS = frozenset({"name", *COMPANY_CARD})
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_FIELDS = {"by", "needs", "may", *LANGUAGES}


@dataclass(frozen=True, slots=True)
class Reply:
    """One kind of reply: its variants by language, and the values it is filled with."""

    by: str | None
    needs: frozenset[str]
    may: frozenset[str]
    variants: Mapping[Language, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Replies:
    """Every reply kind, validated."""

    kinds: Mapping[str, Reply]
    defaults: Mapping[Language, Mapping[str, str]]
    names: Mapping[Language, Mapping[str, str]]


def load_replies(data: Any | None = None) -> Replies:
    """Read and validate the replies; raises :class:`Misconfigured` naming the kind that is wrong."""
    raw = load_data("replies.yaml", PROMPTS) if data is None else data
    kinds = {kind: _reply(kind, body) for kind, body in raw["replies"].items()}
    return Replies(kinds, raw["defaults"], raw["names"])


def _reply(kind: str, body: Mapping[str, Any]) -> Reply:
    unknown = set(body) - _FIELDS
    if unknown or not set(LANGUAGES) <= set(body):
        raise Misconfigured(f"Reply {kind}: unknown fields {sorted(unknown)} or a missing language.")
    variants: dict[Language, Mapping[str, str]] = {
        language: body[language] if isinstance(body[language], dict) else {"default": body[language]}
        for language in LANGUAGES
    }
    reply = Reply(body.get("by"), frozenset(body.get("needs", ())), frozenset(body.get("may", ())), variants)
    if set(variants["es"]) != set(variants["en"]) or "default" not in variants["es"]:
        raise Misconfigured(f"Reply {kind}: the languages have different variants, or there is no default.")
    for language in LANGUAGES:
        for variant, text in variants[language].items():
            _check_placeholders(f"{kind}/{language}/{variant}", text, reply)
    return reply


def _check_placeholders(where: str, text: str, reply: Reply) -> None:
    outside = set(_PLACEHOLDER.findall(_OPTIONAL.sub("", text)))
    inside = {name for part in _OPTIONAL.findall(text) for name in _PLACEHOLDER.findall(part)}
    if outside - reply.needs - ALWAYS:
        raise Misconfigured(f"Reply {where}: {sorted(outside - reply.needs - ALWAYS)} may be missing.")
    if inside - reply.needs - reply.may - ALWAYS - OPTIONAL_ALWAYS:
        raise Misconfigured(f"Reply {where}: {sorted(inside)} is not declared.")


class Phrasing:
    """Fills the replies. ``company`` holds the company's name and phones as the settings have them."""

    def __init__(self, catalogue: Catalogue, company: Mapping[str, str] | None = None) -> None:
        self._replies = load_replies()
        self._catalogue = catalogue
        self._company = dict(company or {})

    @property
    def kinds(self) -> frozenset[str]:
        """The reply kinds that exist."""
        return frozenset(self._replies.kinds)

    def phrase(self, facts: Facts, context: Context) -> str:
        """The words for ``facts``; raises :class:`Misconfigured` when the kind is unknown or a value is missing."""
        reply = self._replies.kinds.get(facts.kind)
        if reply is None:
            raise Misconfigured(f"There is no reply of kind {facts.kind}.")
        values = self._values(facts, context)
        missing = {name for name in reply.needs if name not in facts.values}
        if missing:
            raise Misconfigured(f"Reply {facts.kind} needs {sorted(missing)}.")
        variants = reply.variants[context.language]
        chosen = values.get(reply.by, "") if reply.by else ""
        return _fill(variants.get(str(chosen), variants["default"]), values)

    def _values(self, facts: Facts, context: Context) -> dict[str, str]:
        language = context.language
        values = {**dict.fromkeys(COMPANY_CARD, ""), **self._replies.defaults[language], **self._company}
        values["role"] = context.principal.role.value
        values["name"] = first_name(context.principal.name, context.principal.role)
        for key, value in facts.values.items():
            values[key] = _text(value)
        if "what" in values:
            values["what"] = self._in_words(values["what"], language)
        return values

    def _in_words(self, what: str, language: Language) -> str:
        """A table, column, agent or write of the policy as people call it; empty when it has no name."""
        known = self._replies.names[language].get(what)
        if known is not None:
            return known
        table, _, column = what.partition(".")
        for name, entity in self._catalogue.entities.items():
            if table not in (entity.table, name, *entity.side_tables):
                continue
            if not column:
                return entity.plural.get(language) or entity.label[language]
            for key, dimension in entity.dimensions.items():
                if column == key or any(c.rpartition(".")[2] == column for c in dimension.columns):
                    return dimension.label[language]
        return ""


def first_name(name: str | None, role: Role) -> str:
    """How a person is addressed: the first name of people, nothing for companies and communities."""
    words = (name or "").split()
    if not words or (role is Role.CLIENT and _is_organisation(words)):
        return ""
    return words[0]


def _is_organisation(words: list[str]) -> bool:
    return len(words) > 4 or any(w.rstrip(",").isupper() or "." in w for w in words) or not words[0].istitle()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return _numbered(value)
    return str(value)


def _numbered(values: Iterable[object]) -> str:
    return "\n".join(f"{position}. {value}" for position, value in enumerate(values, start=1))


def _fill(template: str, values: Mapping[str, str]) -> str:
    def optional(match: re.Match[str]) -> str:
        names = _PLACEHOLDER.findall(match.group(1))
        return match.group(1) if all(values.get(name) for name in names) else ""

    return _PLACEHOLDER.sub(lambda m: values.get(m.group(1), ""), _OPTIONAL.sub(optional, template)).strip()
