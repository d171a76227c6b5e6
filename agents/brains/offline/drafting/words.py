"""What the words of a request say: kind of visit, priority, status, records named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.words import is_code
from agents.brains.protocol import Language
from core.text import Token, tokens

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_SHORTEST_RECORD = 3
_THE_VISIT = frozenset({"la"})
"""What the number of a visit stands after when nothing says that it is one ("cierra la 77")."""
_LONGEST_TEXT = 600
_BRIEF = 5
_COLON = re.compile(r"(?<!\d):|:(?!\d\d)")
_EDGES = " ,.;:¿?¡!-«»“”\"'"
_SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+")
REOPEN = "reopen"
"""What is asked of a visit that has ended, which is not a status."""


class RequestWords:
    """Reads ``drafting.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("drafting.yaml", HERE / "drafting")
        self._status = {name: Phrases.of(words) for name, words in data["status"].items()}
        self._kind = {name: Phrases.of(words) for name, words in data["kind"].items()}
        self._priority = {name: Phrases.of(words) for name, words in data["priority"].items()}
        self.fault, self.reschedule, self.assign, self.create, self.note, self.records = (
            Phrases.of(data[key]) for key in ("fault", "reschedule", "assign", "create", "note", "records")
        )
        self.reports_done, self.unfinished, self.day_change = (
            Phrases.of(data[key]) for key in ("reports_done", "unfinished", "day_change")
        )
        self._setting, self._shut = Phrases.of(data["setting"]), Phrases.of(data["shut"])
        self._denials, self.auxiliaries = frozenset(data["denials"]), frozenset(data["auxiliaries"])
        self.every = frozenset(data["every"])
        self.that = frozenset(data["that"])
        self._determiners = frozenset(data["determiners"])
        self.pointers = frozenset(str(word) for word in data["pointers"])
        self._services = {category: Phrases.of(words) for category, words in data["services"].items()}
        self.change_visit, self.own_visit = Phrases.of(data["change_visit"]), Phrases.of(data["own_visit"])
        self.request_words = frozenset(str(word) for word in data["request_words"])
        self.same_client = frozenset(str(word) for word in data["same_client"])
        self._nobody = frozenset(str(word) for word in data["nobody"])
        self.leads = frozenset(str(word) for word in data["result_leads"])
        self._drop = [re.compile(pattern, re.IGNORECASE) for pattern in data["clauses_to_drop"]]
        self._questions, self._summaries = data["questions"], data["summaries"]
        self._machine_label, self._visit_label = data["machine_label"], data["visit_label"]

    def kind(self, text: str) -> str | None:
        """The kind of visit that ``text`` asks for; a fault is a repair whatever else is said."""
        found = [name for name, phrases in self._kind.items() if phrases.found(text)]
        if "installation" in found and "maintenance" not in found and not self.fault.found(text):
            return "installation"
        if self.fault.found(text) or "repair" in found:
            return "repair"
        return found[0] if found else None

    def priority(self, text: str) -> str | None:
        """How pressing ``text`` says it is, the later sentence first; None when it does not say."""
        for said in reversed(sentences(text)):
            named = next(
                (name for name in ("low", "normal", "urgent", "high") if self._priority[name].found(said)), None
            )
            if named is not None:
                return named
        return None

    def only_priority(self, text: str) -> bool:
        """Does ``text`` only say how pressing it is ("es urgente")?"""
        return self.priority(text) is not None and len(tokens(text)) <= _BRIEF

    def nobody(self, name: str) -> bool:
        """Does ``name`` name nobody in particular ("otro técnico")?"""
        words = [token.folded for token in tokens(name)]
        return bool(words) and all(word in self._nobody for word in words)

    def status(self, text: str) -> str | None:
        """The status that ``text`` puts an intervention in: the one it is set to ("déjala cancelada"), else the one
        named first; REOPEN when it asks for that.
        """
        words = tokens(text)
        named: list[tuple[bool, int, int, str]] = []
        for name, phrases in self._status.items():
            places = [at for at in range(len(words)) if self._stands(phrases, words, at, text)]
            if places and name == REOPEN:
                return REOPEN
            named += [(not self._is_set(words, at), at, -phrases.at(words, at), name) for at in places]
        return min(named)[3] if named else None

    def status_at(self, words: Sequence[Token], position: int) -> int:
        """How many words at ``position`` name a status; 0 for none."""
        if self._tells_of_place(words, position):
            return 0
        return max(phrases.at(words, position) for phrases in self._status.values())

    def sets_at(self, words: Sequence[Token], position: int) -> bool:
        """Does the word at ``position`` put a visit in the state named next ("déjala cancelada")?"""
        return self._setting.at(words, position) > 0

    def determines(self, folded: str) -> bool:
        """Is it an article or a possessive?"""
        return folded in self._determiners

    def tells_of_place(self, text: str) -> bool:
        """Does ``text`` say that a place is shut ("cliente cerrado")?"""
        return self._shut.found(text)

    def _stands(self, phrases: Phrases, words: Sequence[Token], position: int, text: str) -> bool:
        named = phrases.at(words, position) and not self._denied(words, position, text)
        return bool(named) and not self._tells_of_place(words, position)

    def _is_set(self, words: Sequence[Token], position: int) -> bool:
        first = max(0, position - 2)
        return any(self._setting.at(words, before) == position - before for before in range(first, position))

    def _tells_of_place(self, words: Sequence[Token], position: int) -> bool:
        return any(self._shut.at(words, at) > position - at for at in (position - 1, position) if at >= 0)

    def _denied(self, words: Sequence[Token], position: int, text: str) -> bool:
        """Does a "no" with nothing but auxiliaries after it come before the word at ``position``?"""
        for before in range(position - 1, -1, -1):
            gap = text[words[before].end : words[before + 1].start]
            if any(c in gap for c in ",.;:"):
                return False
            if words[before].folded in self._denials:
                return True
            if words[before].folded not in self.auxiliaries:
                return False
        return False

    def moves_own_visit(self, text: str) -> bool:
        """Is a visit that was arranged to be moved or cancelled, rather than a new one asked for?"""
        pointed = self.own_visit.found(text) or bool(self.records_named(text))
        return self.change_visit.found(text) and pointed and not self.fault.found(text)

    def without_contrast(self, text: str) -> str:
        """``text`` without the clauses that only say what is not meant (", no la caldera")."""
        clauses = text.split(",")
        kept = [clauses[0], *(clause for clause in clauses[1:] if not self._only_contrasts(clause))]
        return ",".join(kept)

    def _only_contrasts(self, clause: str) -> bool:
        words = [token.folded for token in tokens(clause)]
        return 1 < len(words) <= _BRIEF and words[0] in self._denials and words[1] in self._determiners

    def served_by(self, text: str) -> frozenset[str]:
        """The families of machines that give what ``text`` says is missing ("no hay agua caliente")."""
        return frozenset(category for category, phrases in self._services.items() if phrases.found(text))

    def records_named(self, text: str) -> tuple[str, ...]:
        """Numbers of interventions in ``text``, in order, each once; one said again at the end is the one chosen."""
        words = tokens(text)
        numbers = [w.folded for i, w in enumerate(words) if w.folded.isdigit() and self._is_record(words, i, text)]
        unique = tuple(dict.fromkeys(numbers))
        chosen = len(unique) > 1 and numbers.count(numbers[-1]) > 1
        return (numbers[-1],) if chosen else unique

    def _is_record(self, words: tuple[Token, ...], position: int, text: str) -> bool:
        word = words[position]
        following = text[word.end : word.end + 2].strip()
        if following[:1] in {"€", "%", ":"} and following[:2].strip() not in {":", ""} and following[0] != ":":
            return False
        if len(word.folded) > _SHORTEST_RECORD:
            return position == 0 or len(word.folded) < 8
        if position == 0:
            return False
        return self.records.at(words, position - 1) > 0 or (
            len(word.folded) > 1 and words[position - 1].folded in _THE_VISIT
        )

    def question(self, name: str, language: Language, **values: str) -> str:
        """A question back to the person."""
        text: str = self._questions[name][language]
        return text.format(**values)

    def summary(self, name: str, language: Language, **values: str) -> str:
        """What the person is asked to confirm; parts whose values are empty are left out."""
        return _filled(self._summaries[name][language], values)

    def machine_label(self, language: Language, **values: str) -> str:
        """How a machine is offered to choose."""
        template: str = self._machine_label[language]
        return template.format(**values)

    def visit_label(self, language: Language, **values: str) -> str:
        """How a visit is offered to choose."""
        return _filled(self._visit_label[language], values)

    def cleaned(self, text: str) -> str:
        """``text`` without greetings and without the words that only ask somebody to come."""
        shorter = text
        for pattern in self._drop:
            shorter = pattern.sub(" ", shorter)
        shorter = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", shorter))
        shorter = re.sub(r"[,;:]+([.;!?])", r"\1", shorter).strip(_EDGES)
        return _cut(shorter) or _cut(text.strip())

    def told(self, said: Sequence[str]) -> str:
        """The sentences ``said``, each :meth:`cleaned`, parted where nothing parts them any more."""
        whole = ""
        for sentence in said:
            shorter = self.cleaned(sentence)
            mark = next((mark for mark in "!;?" if sentence.endswith(mark) and shorter == sentence.strip(_EDGES)), ".")
            whole += f"{shorter}{mark} "
        return _cut(whole.strip(_EDGES))

    def says_something(self, text: str, besides: frozenset[str]) -> bool:
        """Is there a fault, or another word in ``text`` besides asking, machines and times?"""
        if self.fault.found(text):
            return True
        words = [token.folded for token in tokens(text)]
        if any(is_code(word) and word not in besides for word in words):
            return True
        return any(len(w) > 2 and w not in self.request_words and w not in besides and not w.isdigit() for w in words)


def _filled(template: str, values: Mapping[str, str]) -> str:
    def optional(match: re.Match[str]) -> str:
        whole = all(values.get(key) for key in _PLACEHOLDER.findall(match.group(1)))
        return match.group(1) if whole else ""

    return _PLACEHOLDER.sub(lambda m: values.get(m.group(1), ""), _OPTIONAL.sub(optional, template))


def parted(request: str) -> tuple[str, str]:
    """The order and what follows its colon ("cierra la 1043: …"); the colon of an hour parts nothing."""
    head, *rest = _COLON.split(request, maxsplit=1)
    return head, rest[0] if rest else ""


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, in order."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rsplit(" ", 1)[0] + "…"
