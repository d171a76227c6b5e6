"""Writes the text of an ask so that it stands alone and holds nothing that another ask, or nobody, needs."""

from __future__ import annotations

from collections.abc import Callable

from agents.brains.offline.drafting.words import RequestWords
from agents.brains.offline.routing.circumstances import has_record
from agents.brains.offline.routing.features import Features
from agents.brains.offline.routing.segments import Fragment, Segmenter
from agents.brains.protocol import Context, Intent
from agents.papers import load_papers
from core.text import tokens
from ingest.law import questions_law
from policy.decide import may_write
from policy.grants import Write

_LONG = 25
_EXPLAINED = 0.85
_SHORT_ELLIPSIS = 6
_MOST_NAMES = 4
_NEAR = 2
"""Words after "abre" among which a visit is named."""

Coverage = Callable[[str, Context], float]
"""How much of a question the planner explains, 0 to 1."""


class AskWording:
    """Chooses what of the introduction goes with the question."""

    def __init__(self, segmenter: Segmenter, features: Features, coverage: Coverage) -> None:
        self._segmenter, self._features, self._coverage = segmenter, features, coverage
        self._request = RequestWords()

    def text(self, fragment: Fragment, intent: Intent, context: Context) -> str:
        """The words to hand to whoever answers ``fragment``."""
        if not fragment.before or intent not in (Intent.DATA, Intent.DOCUMENTS):
            return fragment.whole
        if intent is Intent.DATA:
            return self._explained_best(fragment, context)
        if len(tokens(fragment.whole)) <= _LONG:
            return fragment.whole
        return self._with_names(fragment)

    def names_machine(self, text: str) -> bool:
        """Is ``text`` about a machine, whatever else it says?"""
        return self._features.names_machine(text)

    def asks_for_paper(self, text: str, context: Context) -> bool:
        """Does ``text`` ask for a document itself, and not for what it says?"""
        places = {token.folded for machine in context.machines for token in tokens(machine.location)}
        machines = {token.folded for token in tokens(text) if self._features.names_machine(token.text)}
        return load_papers().asked(text, machines | places)

    def asks_law(self, text: str) -> bool:
        """Does ``text`` ask what the law says, of no record of ours?"""
        return questions_law(text) and not has_record(text)

    def asks_how(self, text: str) -> bool:
        """Does ``text`` ask how something is done, kept or how often?"""
        return self._features.asks_how(text)

    def orders_visit(self, text: str, context: Context) -> bool:
        """Does who may open visits begin with an order to open one ("abre un aviso para …"), whatever is told?"""
        if not may_write(context.principal.role, Write.CREATE_INTERVENTION).allowed:
            return False
        words = tokens(self._segmenter.without_connector(text))
        opened = self._request.create.at(words, 0) if words else 0
        following = range(opened, min(opened + _NEAR, len(words)))
        return opened > 0 and any(self._request.records.at(words, position) for position in following)

    def orders_deletion(self, text: str) -> bool:
        """Is it an order to delete something?"""
        return self._features.orders_deletion(text)

    def why_out_of_scope(self, text: str) -> str:
        """The reason to give: "delete" when something is to be deleted, "rude" for an insult, else empty."""
        if self._features.asks_to_delete(text):
            return "delete"
        return "rude" if self._features.insults(text) else ""

    def visit_price(self, text: str, about: str) -> str | None:
        """The question of what a visit for ``about`` costs, when ``text`` asks a price and does not say of what."""
        if not self._features.asks_price(text):
            return None
        named = " ".join(token.text for token in tokens(about) if self._features.names_machine(token.text))
        return f"{self._segmenter.visit_price} {named}".strip()

    def wants_quote(self, text: str) -> bool:
        """Does ``text`` ask for an offer?"""
        return self._features.asks_quote(text)

    def only_goes_on(self, text: str) -> bool:
        """Does what seems a request name no machine, no fault and no visit ("y quiero que me la expliquéis")?"""
        features = self._features
        named = features.names_machine(text) or features.names_record(text)
        return not (named or features.tells_fault(text) or features.asks_visit(text))

    def asks(self, text: str) -> bool:
        """Is ``text`` said as a question?"""
        return self._features.asks(text)

    def shows_code(self, text: str, context: Context) -> bool:
        """Does a client tell of a code that a machine of theirs shows?"""
        return self._features.names_code(text) and may_write(context.principal.role, Write.REQUEST_VISIT).allowed

    def talks(self, text: str) -> bool:
        """Does ``text`` speak of talking, with a person or by telephone?"""
        return self._features.talks(text)

    def meanwhile(self, text: str) -> str | None:
        """What to ask the documents of a fault that is told with the code that the machine shows; None without one."""
        return self._request.cleaned(text) if self._features.names_code(text) else None

    def tells_fault(self, text: str) -> bool:
        """Does ``text`` report a fault?"""
        return self._features.tells_fault(text)

    def reports_fault(self, text: str, context: Context, *, ailing: bool) -> bool:
        """Does a client tell of a fault of a machine, whatever they ask after telling it?

        ``ailing``: it sounds like one, in whatever words.
        """
        said = text.rpartition(",")[0] if "?" in text else text
        if not said or "?" in said or not may_write(context.principal.role, Write.REQUEST_VISIT).allowed:
            return False
        told = ailing or self.tells_fault(said) or self.shows_code(said, context)
        return told and self.names_machine(said) and not self.asks(said)

    def only_ails(self, text: str, context: Context) -> bool:
        """Does a client tell that something ails one of several machines, and neither say which nor ask for a visit?

        The documents tell which it may be; without their help it is a request after all.
        """
        features, several = self._features, len(context.machines) > 1 and context.pending is None
        if not several or context.insisted or not may_write(context.principal.role, Write.REQUEST_VISIT).allowed:
            return False
        asked = features.asks_visit(text) or features.wishes(text)
        told = features.tells_fault(text) or self._request.fault.found(text)
        return told and not asked and not features.names_machine(text)

    def leans(self, fragment: Fragment) -> bool:
        """Is it a question about what was just asked, with no thing of its own ("y en qué ciudades")?"""
        if not fragment.link or fragment.before or len(tokens(fragment.text)) > _SHORT_ELLIPSIS:
            return False
        return not self._features.names_record(fragment.text)

    def _explained_best(self, fragment: Fragment, context: Context) -> str:
        """The shortest of the question, with what the introduction names, and with all of it, that is explained."""
        named = self._with_names(fragment)
        near = f"{fragment.before[-1]} {fragment.text}"
        if self._segmenter.restricts(fragment.before[-1]):
            return near
        complete = self._segmenter.complete(fragment.text)
        choices = (fragment.text, named, near, fragment.whole) if complete else (near, fragment.whole, named)
        names = self._features.names_record
        if any(names(said) for said in fragment.before) and not names(fragment.text):
            # "pedidos cancelados, cuántos y por qué importe": what was named before is what is asked about.
            choices = (near, fragment.whole, named, fragment.text)
        if fragment.link and fragment.link != ",":
            # "visitas sin técnico y de qué prioridad son": one sentence, of which nothing is mere introduction.
            choices = (f"{' '.join(fragment.before).rstrip(' ,')} {fragment.link} {fragment.text}", *choices)
        best, most = fragment.text, -1.0
        for choice in dict.fromkeys(choices):
            covered = self._coverage(choice, context)
            if covered > most:
                best, most = choice, covered
            if most >= _EXPLAINED:
                break
        return best

    def _with_names(self, fragment: Fragment) -> str:
        """The question, and the things of the trade that the introduction names when the question names none."""
        if self._features.names_record(fragment.text):
            return fragment.text
        said = [t for statement in reversed(fragment.before) for t in tokens(statement)]
        names = dict.fromkeys(t.text for t in said if self._features.names_record(t.text))
        return f"{fragment.text} {' '.join(list(names)[:_MOST_NAMES])}".strip() if names else fragment.text
