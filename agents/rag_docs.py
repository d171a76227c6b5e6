"""Answers from the documents written for the principal's role, about the machines that are meant, with citations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from agents.brains.protocol import BESIDES, Brain, Context, Facts, Grounded, Intent
from agents.courtesy import Courtesy, load_courtesy
from agents.leaning import Leaning, load_leaning
from agents.papers import Papers, load_papers
from agents.report import Cited, Question, Report, Task, Unknown
from agents.subjects import Subject, Subjects
from core.text import tokens
from db.models import DocumentKind
from ingest.law import LAW, asks_for_law, laws_in, less_law
from ingest.naming import Name, Names
from ingest.passages import Passage
from ingest.terms import is_code, terms
from policy.grants import Agent
from tools.documents import SearchDocuments

_ANSWERED_TOGETHER = 2
_COMPARED = 4
_PASSAGES = 20
_SURE_OF_DATA = 0.85
"""A question to the data that nobody understood there is answered from documents only above this confidence."""
_PLAIN = 0.7
"""Below this confidence an answer about a machine that was only assumed is compared with what is said of no machine."""
_MUCH_SURER = 0.15
"""What the law says answers "según normativa, ..." unless another document answers it by so much more surely: a law
whose tables are missing in its text still mentions what is asked."""
_FAR_LESS_SURE = 0.3
"""Below the surest answer about a machine that was only assumed: what is said of another is beside the point."""
_QUOTE = 300
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer about one model, and the passages it stands on."""

    grounded: Grounded
    passages: tuple[Passage, ...]

    @property
    def cited(self) -> tuple[Passage, ...]:
        return tuple(self.passages[i] for i in self.grounded.used if 0 <= i < len(self.passages))

    @property
    def models(self) -> tuple[str, ...]:
        """Models that it is about, as its documents say."""
        return tuple(dict.fromkeys(sku for passage in self.cited for sku in passage.products))


@dataclass(frozen=True, slots=True)
class RagDocsAgent:
    """The specialist of documents, built with the tools that the principal's role was granted."""

    brain: Brain
    search_documents: SearchDocuments
    subjects: Subjects
    leaning: Leaning = field(default_factory=load_leaning)
    courtesy: Courtesy = field(default_factory=load_courtesy)
    papers: Papers = field(default_factory=load_papers)
    agent: Agent = Agent.RAG_DOCS

    async def handle(self, task: Task) -> Report:
        """Answer ``task`` with citations, ask which machine is meant, or say that it is not known.

        What was asked of the data, and nobody knew there, is answered only when the documents are very sure.
        """
        await task.tell(Facts("progress_documents"))
        said = self.subjects.spelled_out(self.courtesy.less(task.ask.text))
        text = self.leaning.complete(said, task.context.last_question, self.subjects)
        task = replace(task, ask=replace(task.ask, text=text))
        report = await self._paper(task) or await self._answer(task)
        if task.ask.reason == BESIDES and (not report.answered or report.asked is not None):
            return Report(self.agent, "")
        unsure = report.asked is not None or report.confidence < _SURE_OF_DATA
        if task.ask.intent is Intent.DATA and report.answered and unsure:
            return await self._unknown(Subject(), task)
        return report

    async def _answer(self, task: Task) -> Report:
        library = task.context.library
        named = library.asked(task.ask.text)
        if named:
            return await self._named(named, task)
        return await self._going_on(library.asked(task.context.last_question or ""), task) or (
            await self._of_machines(task)
        )

    async def _paper(self, task: Task) -> Report | None:
        """Which documents there are about the machine, when a document itself is asked for; else None."""
        text, subjects = task.ask.text, self.subjects
        places = {token.folded for machine in task.context.machines for token in tokens(machine.location)}
        machines = {t.folded for t in tokens(text) if subjects.families(t.text) or subjects.mentioned(t.text)}
        if not self.papers.asked(text, machines | places):
            return None
        subject = subjects.of(text, task.context)
        passages: tuple[Passage, ...] = await self.search_documents.ainvoke(
            {"question": text, "products": subject.skus, "categories": subject.families, "limit": _PASSAGES}
        )
        found = self.papers.best(text, passages, subject.skus)
        if not found:
            return None
        facts = Facts("papers", {"documents": tuple(passage.document for passage in found)})
        cited = tuple(_cite(passage) for passage in found)
        focus = subject.skus if len(subject.skus) == 1 else ()
        said = await self.brain.phrase(facts, task.context)
        return Report(self.agent, said, citations=cited, focus=focus, question=text)

    async def _going_on(self, named: tuple[Name, ...], task: Task) -> Report | None:
        """The answer about what was named in the question before, when this one names nothing itself."""
        subjects, text = self.subjects, task.ask.text
        if not named or task.context.focus or task.earlier or subjects.mentioned(text) or subjects.families(text):
            return None
        about = " ".join(name.shown for name in named[:1])
        report = await self._named(
            named[:1], replace(task, ask=replace(task.ask, text=f"{text.rstrip(' ?.')} {about}"))
        )
        return report if report.answered else None

    async def _named(self, named: tuple[Name, ...], task: Task) -> Report:
        """The answer about what only the documents know by name; side by side when several such things are named."""
        text, library = task.ask.text, task.context.library
        skus = self.subjects.mentioned(text)
        subject = Subject(skus, named=True)
        if not skus and not library.apart(named):
            found = await self._look(text, (), (), task.context)
            return self._report(((None, found),), subject, task) if found else await self._unknown(subject, task)
        parts = []
        for name in named[:_COMPARED]:
            found = await self._look(self.subjects.less(library.only(text, named, name)), (), (), task.context)
            parts += [(name.shown, found)] if found else []
        for sku in skus[:_COMPARED]:
            found = await self._look(library.only(text, named, None), (sku,), (), task.context)
            parts += [(self.subjects.label(sku, ()), found)] if found else []
        return self._report(tuple(parts), subject, task) if parts else await self._unknown(subject, task)

    async def _of_machines(self, task: Task) -> Report:
        from_rows = tuple(dict.fromkeys((*task.chosen, *(sku for report in task.earlier for sku in report.focus))))
        subject = self.subjects.of(task.ask.text, task.context, from_rows)
        if subject.assumed and asks_for_law(task.ask.text) and not self.subjects.families(task.ask.text):
            return await self._by_law(subject, task)
        if len(subject.skus) > 1:
            return await self._compare(subject, task)
        found = await self._look(task.ask.text, subject.skus, subject.families, task.context)
        if found is None and subject.assumed:
            return await self._elsewhere(subject, task)
        if found is None:
            return await self._unknown(subject, task)
        if found.models and not subject.named:
            found = await self._told_better(found, task)
        if not subject.skus and len(found.models) == 1 and found.cited[0].products:
            return await self._any_model(found, subject, task)
        return self._report(((None, found),), subject, task)

    async def _by_law(self, subject: Subject, task: Task) -> Report:
        """What the law says of no kind of machine in particular is no matter of which ones somebody owns."""
        found = await self._look(task.ask.text, (), (), task.context)
        return self._report(((None, found),), Subject(), task) if found else await self._unknown(subject, task)

    async def _told_better(self, found: _Found, task: Task) -> _Found:
        """``found``, about a machine that nobody named, or what documents about no machine say better."""
        if found.grounded.confidence >= _PLAIN:
            return found
        wide = await self._look(task.ask.text, (), (), task.context)
        better = wide is not None and not wide.models and wide.grounded.confidence > found.grounded.confidence
        return wide if wide is not None and better else found

    async def _elsewhere(self, subject: Subject, task: Task) -> Report:
        """The machine that was assumed says nothing of it: another one they own, or what is true of all machines."""
        others = self.subjects.others(subject, task.context)
        if others:
            again = replace(subject, skus=others, machines=task.context.machines)
            report = await self._compare(again, task)
            if report.answered:
                return report
        found = await self._look(task.ask.text, (), (), task.context)
        if found is None or (found.models and task.context.machines):
            return await self._unknown(subject, task)
        if found.models:
            return await self._any_model(found, Subject(), task)
        return self._report(((None, found),), subject, task)

    async def _any_model(self, found: _Found, subject: Subject, task: Task) -> Report:
        """The answer is about one model and none was named: the same code may mean another thing on another model."""
        label = self.subjects.label(found.models[0], ())
        if not any(is_code(token.folded) for token in tokens(task.ask.text)):
            return self._report(((label, found),), subject, task)
        models = (sku for passage in found.passages if len(passage.products) == 1 for sku in passage.products)
        among = tuple(dict.fromkeys((*found.models, *models)))[:_COMPARED]
        return await self._compare(Subject(among, subject.families), task)

    async def _look(
        self, question: str, skus: tuple[str, ...], families: tuple[str, ...], context: Context
    ) -> _Found | None:
        passages: tuple[Passage, ...] = await self.search_documents.ainvoke(
            {"question": question, "products": skus, "categories": families, "limit": _PASSAGES}
        )
        laws = laws_in(question)
        passages = await self._of_law(laws, passages)
        if not passages:
            return None
        plain = less_law(question) if asks_for_law(question) else question
        found = await self._read(plain, passages, skus, context) or await self._read(question, passages, skus, context)
        law = tuple(passage for passage in passages if passage.kind == LAW) if asks_for_law(question) else ()
        said = await self._read(plain, law, skus, context) if law else None
        if found is None and said is None and laws:
            return None
        if found is None and said is None:
            shorter = plain if plain != question else self._code_alone(question, context.library)
            return await self._look(shorter, skus, families, context) if shorter else None
        if said is None or (found and found.grounded.confidence - said.grounded.confidence > _MUCH_SURER):
            return found
        return said

    async def _of_law(self, laws: frozenset[str], passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        """Of ``passages``, when the question names ``laws``: those of such a law, those that cite it themselves, and
        those of documents that say at their beginning that they follow it."""
        if not laws:
            return passages
        found = list(passages)
        for law in laws:
            found += await self.search_documents.ainvoke({"question": law, "limit": _PASSAGES})
        citing = {p.document_id for p in found if not p.heading_path and laws & laws_in(_all_of(p))}
        return tuple(p for p in passages if p.document_id in citing or laws & laws_in(_all_of(p)))

    def _code_alone(self, question: str, library: Names) -> str:
        """The codes that ``question`` names, and of what, without what is told besides; empty when it says no more."""
        named = library.pieces(question)
        codes = [t.text for t in tokens(question) if is_code(t.folded) and not self.subjects.mentioned(t.text)]
        about = [t.text for t in tokens(question) if self.subjects.mentioned(t.text) or t.folded in named]
        alone = " ".join(dict.fromkeys((*codes, *about)))
        return alone if codes and len(tokens(alone)) < len(tokens(question)) else ""

    async def _read(
        self, question: str, passages: tuple[Passage, ...], skus: tuple[str, ...], context: Context
    ) -> _Found | None:
        grounded = await self.brain.answer(question, passages, replace(context, focus=skus))
        return _Found(grounded, passages) if grounded is not None else None

    async def _compare(self, subject: Subject, task: Task) -> Report:
        """Several models could be meant: one answer when it is the same for all, else each, else ask which."""
        question, context = task.ask.text, task.context
        wide = await self._look(question, (), (), context) if subject.assumed else None
        if wide is not None and not wide.cited[0].products and self._may_be_of(wide, subject):
            return self._report(((None, wide),), subject, task)
        looked = {sku: await self._look(question, (sku,), (), context) for sku in subject.skus[:_COMPARED]}
        answers = {sku: found for sku, found in looked.items() if found is not None}
        distinct = {_SPACES.sub(" ", found.grounded.text): sku for sku, found in reversed(answers.items())}
        specific = {sku for sku, found in answers.items() if self._is_of(sku, found)}
        if not answers:
            return await self._unknown(subject, task)
        if not specific or (len(distinct) == 1 and len(answers) == len(looked)):
            return self._report(((None, next(iter(answers.values()))),), subject, task)
        if len(self.subjects.mentioned(question)) > 1:
            return await self._side_by_side(looked, subject, task)
        if len(distinct) == 1:
            return self._report(((None, next(iter(answers.values()))),), subject, task)
        chosen = [sku for sku in answers if sku in specific]
        if subject.assumed:
            chosen = _likely(chosen, answers)
        if len(chosen) == 1 and subject.assumed:
            return self._report(((None, answers[chosen[0]]),), subject, task)
        if len(chosen) <= _ANSWERED_TOGETHER and len(subject.skus) <= _ANSWERED_TOGETHER:
            parts = tuple((self.subjects.label(sku, subject.machines), answers[sku]) for sku in chosen)
            return self._report(parts, subject, task)
        return await self._which(subject, task)

    def _may_be_of(self, found: _Found, subject: Subject) -> bool:
        """Is what was found said of everything or of a family of ``subject``, or plainly what was asked for?"""
        said = {family for passage in found.cited for family in passage.categories}
        return not said or not said.isdisjoint(subject.families) or found.grounded.confidence >= _PLAIN

    def _is_of(self, sku: str, found: _Found) -> bool:
        """Is what was found said of ``sku`` or of its family, rather than of everything?"""
        family = self.subjects.family(sku)
        return any(sku in passage.products or family in passage.categories for passage in found.cited)

    async def _side_by_side(self, looked: dict[str, _Found | None], subject: Subject, task: Task) -> Report:
        """Each of the models that were named, and of which of them the documents do not say it."""
        parts = tuple((self.subjects.label(sku, ()), found) for sku, found in looked.items() if found is not None)
        report = self._report(parts, subject, task)
        missing = [self.subjects.label(sku, ()) for sku, found in looked.items() if found is None]
        if not missing:
            return report
        facts = Facts("not_in_documents_of", {"models": ", ".join(missing)})
        return replace(report, text=f"{report.text}\n\n{await self.brain.phrase(facts, task.context)}")

    async def _which(self, subject: Subject, task: Task) -> Report:
        options = tuple(self.subjects.label(sku, subject.machines) for sku in subject.skus)
        text = await self.brain.phrase(Facts("several_machines", {"options": options}), task.context)
        asked = Question("documents", task.ask.text, options, subject.skus)
        return Report(self.agent, text, asked=asked, focus=(), question=task.ask.text)

    async def _unknown(self, subject: Subject, task: Task) -> Report:
        searched = {
            "products": list(subject.skus),
            "categories": list(subject.families),
            "intent": task.ask.intent.value,
        }
        text = await self.brain.phrase(Facts("not_known_recorded"), task.context)
        return Report(
            self.agent,
            text,
            answered=False,
            confidence=0.0,
            question=task.ask.text,
            unknown=Unknown("not_in_documents", searched, await self._unknown_codes(task.ask.text, subject)),
        )

    async def _unknown_codes(self, question: str, subject: Subject) -> tuple[str, ...]:
        """The codes of ``question`` that nothing written about ``subject`` names."""
        out: list[str] = []
        for token in tokens(question):
            if not is_code(token.folded) or not token.folded[0].isalpha() or self.subjects.mentioned(token.text):
                continue
            passages: tuple[Passage, ...] = await self.search_documents.ainvoke(
                {"question": token.text, "products": subject.skus, "categories": subject.families, "limit": _PASSAGES}
            )
            if not any(token.folded in terms(passage.content) for passage in passages):
                out.append(token.text.upper())
        return tuple(out)

    def _report(self, parts: tuple[tuple[str | None, _Found], ...], subject: Subject, task: Task) -> Report:
        texts = [f"*{label}*\n{_signed(found)}" if label else _signed(found) for label, found in parts]
        cited = [passage for _, found in parts for passage in found.cited]
        models = tuple(dict.fromkeys(sku for passage in cited for sku in passage.products))
        focus = subject.skus if subject.named or len(subject.skus) == 1 else models if len(models) == 1 else ()
        return Report(
            self.agent,
            "\n\n".join(texts),
            confidence=min(found.grounded.confidence for _, found in parts),
            citations=tuple(dict.fromkeys(_cite(passage) for passage in cited)),
            focus=focus,
            question=task.ask.text,
        )


def _likely(skus: list[str], answers: dict[str, _Found]) -> list[str]:
    """Of ``skus`` that nobody named, those whose answer is not far less sure than another's."""
    surest = max((answers[sku].grounded.confidence for sku in skus), default=0.0)
    return [sku for sku in skus if surest - answers[sku].grounded.confidence <= _FAR_LESS_SURE]


def _all_of(passage: Passage) -> str:
    return "\n".join((passage.document, *passage.heading_path, passage.content))


def signed(text: str, title: str) -> str:
    """``text``, an answer that a person gave, with who and when (``title``) below it."""
    return f"{text}\n\n_{title}_"


def _signed(found: _Found) -> str:
    """What was found, signed when a person of the company wrote it for such a question."""
    titles = {passage.document for passage in found.cited if passage.kind == DocumentKind.ANSWER}
    return signed(found.grounded.text, titles.pop()) if len(titles) == 1 else found.grounded.text


def _cite(passage: Passage) -> Cited:
    quote = _SPACES.sub(" ", passage.content).strip()
    if len(quote) > _QUOTE:
        quote = quote[:_QUOTE].rsplit(" ", 1)[0] + "…"
    return Cited(passage.document, passage.page, passage.section, quote)
