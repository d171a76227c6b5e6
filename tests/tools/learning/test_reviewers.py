"""Two of the office at once: nothing is served that nobody looked at, and nobody's work is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.clock import FixedClock
from core.errors import Conflict
from db.models import UserType
from db.session import make_engine, make_sessions
from ingest.embeddings import CharacterEmbedder, Vectors
from tools.learning.book import Answer, AnswerBook, Colleague

ANA, PABLO = Colleague("Ana Gil"), Colleague("Pablo Ros")


class Interrupted(CharacterEmbedder):
    """Something else happens while vectors are made: between looking at a version and approving it."""

    meanwhile: Callable[[], None] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().embed(texts)


@pytest.fixture
def embedder() -> Interrupted:
    return Interrupted()


@pytest.fixture
def book(fresh_database_url: str, clock: FixedClock, embedder: Interrupted) -> Iterator[AnswerBook]:
    engine = make_engine(fresh_database_url, pool_size=10)
    yield AnswerBook(make_sessions(engine), embedder, clock)
    engine.dispose()


def test_the_newest_is_not_replaced_by_one_that_was_newest_when_it_was_looked_at(
    book: AnswerBook, embedder: Interrupted
) -> None:
    number = book.ask("¿Se puede encerar la cabina?", UserType.CLIENT, "es")
    book.answer(number, Answer("Sí."), ANA)

    def corrects() -> None:
        book.answer(number, Answer("No."), PABLO)
        book.approve(number, PABLO)

    embedder.meanwhile = corrects
    with pytest.raises(Conflict):
        book.approve(number, ANA)
    served = book.standing(number).answer
    assert served is not None and served.text == "No."


def test_what_is_withdrawn_while_it_is_approved_stays_withdrawn_or_is_served_never_both(
    book: AnswerBook, embedder: Interrupted
) -> None:
    number = book.ask("¿Se puede encerar el foso?", UserType.CLIENT, "es")
    book.answer(number, Answer("Sí."), ANA)

    def changes_their_mind() -> None:
        book.approve(number, PABLO)
        book.revoke(number, PABLO)

    embedder.meanwhile = changes_their_mind
    with pytest.raises(Conflict):
        book.approve(number, ANA)
    assert book.standing(number).answer is None


def test_answers_written_at_once_are_versions_one_after_the_other(book: AnswerBook) -> None:
    number = book.ask("¿Se puede encerar el motor?", UserType.CLIENT, "es")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: book.answer(number, Answer(f"Respuesta {n}."), ANA), range(6)))
    assert [version.version for version in book.versions(number)] == [1, 2, 3, 4, 5, 6]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: book.approve(number, ANA, n), range(1, 7)))
    live = [one for one in book.versions(number) if one.approved_at is not None and one.revoked_at is None]
    assert len(live) == 1
