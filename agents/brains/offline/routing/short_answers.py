"""Recognises a plain yes or no, and nothing that only begins like one ("sí, pero el martes")."""

from __future__ import annotations

from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.protocol import Intent
from core.text import fold, tokens

_LONGEST = 8
_SHORTEST_ORDER = 5
_BARE = frozenset({"no", "n", "not"})


class ShortAnswers:
    """The yes and no words of ``answers.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("answers.yaml", HERE / "routing")
        self._yes, self._no = (frozenset(data[i.value]["decide"]) for i in (Intent.CONFIRM, Intent.REJECT))
        self._orders = frozenset(data["reject"]["orders"])
        self._phrases = {i: tuple(data[i.value]["phrases"]) for i in (Intent.CONFIRM, Intent.REJECT)}
        self._repeating = tuple(str(ending) for ending in data["repeating"])
        self._filler = frozenset(data["filler"])
        self._grateful, self._weak, self._parting = (frozenset(data[k]) for k in ("grateful", "weak", "parting"))
        self._settled = tuple(str(phrase) for phrase in data["settled"])
        self.conditions = frozenset(data["conditions"])
        self._sending, self._insisting, self._amending = (
            frozenset(data[key]) for key in ("sending", "insisting", "amending")
        )
        every = (*self._yes, *self._no, *self._grateful)
        self._signs = tuple(sign for sign in every if not any(c.isalnum() for c in sign))

    def read(self, message: str, *, waiting: bool = False, cancels: bool = False) -> Intent | None:
        """CONFIRM, REJECT or THANKS when that is all the message says, else None. A no beats a yes.

        ``waiting``: something was proposed. Then an order to stop is a no, and a grateful "ok" is a yes. ``cancels``:
        what was proposed is to cancel something, so an order to cancel only repeats it.
        """
        if "?" in message:
            return None
        words = [token.folded for token in tokens(message)] + [sign for sign in self._signs if sign in message]
        if not words or len(words) > _LONGEST:
            return None
        joined = f" {' '.join(words)} "
        no_words = self._no | self._orders if waiting and not cancels else self._no
        yes_words = self._yes | self._orders if waiting and cancels else self._yes
        yes, no = (
            self._says(yes_words, Intent.CONFIRM, words, joined),
            self._says(no_words, Intent.REJECT, words, joined),
        )
        unknown = [word for word in words if word not in self._known(no_words | yes_words, joined)]
        if self._only_thanks(words, unknown, yes=yes, no=no, waiting=waiting):
            return Intent.THANKS
        if not (yes or no) or any(not (yes and self._repeats(word)) for word in unknown):
            return None
        return Intent.REJECT if no else Intent.CONFIRM

    def insists(self, message: str) -> bool:
        """Does ``message`` only ask again for the visit that was proposed ("pues mandad a alguien")?"""
        words = [token.folded for token in tokens(message)]
        if "?" in message or not words or len(words) > _LONGEST or not self._sending.intersection(words):
            return False
        return all(word in self._sending | self._insisting | self._yes | self._filler for word in words)

    def amends(self, message: str) -> bool:
        """Does ``message`` begin as a correction of what was proposed, and say little more?"""
        words = [token.folded for token in tokens(message)]
        return 1 < len(words) <= _LONGEST and words[0] in self._amending and "?" not in message

    def refuses(self, message: str) -> bool:
        """Does ``message`` open with more than a bare "no" ("no hace falta, …"), or tell that it is settled already?"""
        head, _, rest = _first_clause(message)
        words = [token.folded for token in tokens(head)]
        if rest and words and _BARE.issuperset(words):
            told = f" {' '.join(token.folded for token in tokens(rest))} "
            settled = any(f" {phrase} " in told for phrase in self._settled)
            return settled or self.read(rest, waiting=True) is Intent.REJECT or self.refuses(rest)
        firm = any(word in self._orders | self._no and word not in _BARE for word in words)
        phrased = any(f" {phrase} " in f" {' '.join(words)} " for phrase in self._phrases[Intent.REJECT])
        return bool(rest) and (firm or phrased) and self.read(head, waiting=True) is Intent.REJECT

    def opening(self, message: str) -> tuple[Intent, str] | None:
        """A firm yes or no that opens ``message``, and the rest of it; None when it opens with none."""
        head, mark, rest = _first_clause(message)
        words = [token.folded for token in tokens(head)]
        if not mark or not rest or not words:
            return None
        answer = self.read(head, waiting=True)
        if answer is None or (answer is Intent.CONFIRM and not self._firm(words)):
            return None
        return (answer, rest) if answer in (Intent.CONFIRM, Intent.REJECT) else None

    def _known(self, no_words: frozenset[str], joined: str) -> frozenset[str]:
        spoken = {
            w for phrases in self._phrases.values() for p in phrases if f" {p} " in joined for w in fold(p).split()
        }
        return self._filler | self._yes | no_words | self._grateful | spoken

    def _only_thanks(self, words: list[str], unknown: list[str], *, yes: bool, no: bool, waiting: bool) -> bool:
        """Does it thank and say nothing else? With a proposal waiting, a "perfecto, gracias" is more than thanks."""
        if not self._grateful & set(words) or any(word not in self._parting for word in unknown):
            return False
        if no:
            return False
        return not yes or not (waiting or self._firm(words))

    def _repeats(self, word: str) -> bool:
        """Is it an order about what was just proposed ("créala", "apúntalo")?"""
        return len(word) >= _SHORTEST_ORDER and word.endswith(self._repeating)

    def _firm(self, words: list[str]) -> bool:
        """Does it say yes with more than the "ok" of a "vale, gracias"?"""
        return any(w in self._yes and w not in self._weak for w in words)

    def _says(self, deciding: frozenset[str], intent: Intent, words: list[str], joined: str) -> bool:
        return any(w in deciding for w in words) or any(f" {p} " in joined for p in self._phrases[intent])


def _first_clause(message: str) -> tuple[str, str, str]:
    """What stands before the first mark, the mark, and what follows it."""
    at = min((found for mark in ",.;!\n" if (found := message.find(mark)) != -1), default=-1)
    return (message, "", "") if at == -1 else (message[:at], message[at], message[at + 1 :].strip(" ,.;!\n"))
