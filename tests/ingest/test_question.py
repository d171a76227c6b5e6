"""From words to search terms and concepts: codes, stems, synonyms, typos, coverage."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from core.text import fold
from ingest.embeddings import CharacterEmbedder, Embedder
from ingest.index import Selector, VectorIndex
from ingest.lexical import Concept, Floats, LexicalIndex
from ingest.lexicon import Lexicon, default_lexicon
from ingest.matching import Matching
from ingest.question import MAX_WORDS, QuestionReader
from ingest.spelling import Spelling
from ingest.terms import code_ranges, pieces, term, terms

TEXTS = (
    "Limpie el filtro del XP400 cada dos semanas",
    "El ascensor EL320 se revisa cada seis semanas",
    "El error E4 indica temperatura de descarga; recambio NV4-S050",
    "La caldera gotea: cierre la llave de llenado",
    "La garantía no cubre las pilas",
)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex([Counter(terms(text)) for text in TEXTS])


@pytest.fixture(scope="module")
def reader(index: LexicalIndex) -> QuestionReader:
    words = Spelling(fold(piece) for text in TEXTS for piece in pieces(text))
    return QuestionReader(index, words, default_lexicon())


def best(index: LexicalIndex, reader: QuestionReader, question: str) -> int:
    return int(np.argmax(scores(index, reader.concepts(question))))


def scores(index: LexicalIndex, concepts: tuple[Concept, ...]) -> Floats:
    return Matching(index, concepts).scores(np.arange(index.size, dtype=np.int32))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("XP-400", "xp400"),
        ("NV4-S050", "nv4s050"),
        ("pierde", "perdido"),
        ("cuesta", "costar"),
        ("enciendo", "encender"),
        ("mantengo", "mantener"),
        ("desbloqueo", "desbloquear"),
        ("GARANTÍA", "garantias"),
        ("0,95", "0.95"),
        ("técnico/a", "técnicos"),
    ],
)
def test_forms_of_one_word_share_a_term(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


@pytest.mark.parametrize(("one", "other"), [("XP400", "XP250"), ("E4", "E5"), ("R32", "R410A"), ("puerta", "punta")])
def test_different_things_stay_apart(one: str, other: str) -> None:
    assert not set(terms(one)) & set(terms(other))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("limpieza del filtro", 0),
        ("how do I clean the filter", 0),
        ("lavar filtros xp 400", 0),
        ("elevador", 1),
        ("lift", 1),
        ("ascemsor", 1),
        ("ascenssores", 1),
        ("e4", 2),
        ("código E-4", 2),
        ("nv4 s050", 2),
        ("mi caldera pierde agua", 3),
        ("boiler leaking", 3),
        ("calderra gotrea", 3),
        ("warranty", 4),
        ("garantia", 4),
    ],
)
def test_people_find_what_they_mean(question: str, expected: int, index: LexicalIndex, reader: QuestionReader) -> None:
    assert best(index, reader, question) == expected


def test_an_exact_word_beats_its_synonym(index: LexicalIndex, reader: QuestionReader) -> None:
    exact = scores(index, reader.concepts("gotea"))
    through_synonym = scores(index, reader.concepts("fuga"))
    assert exact[3] > through_synonym[3] > 0


def coverage(index: LexicalIndex, concepts: tuple[Concept, ...], row: int) -> float:
    return float(Matching(index, concepts).explained(np.array([row], dtype=np.int32))[1][0])


def test_coverage_is_the_share_of_what_is_asked(index: LexicalIndex, reader: QuestionReader) -> None:
    assert coverage(index, reader.concepts("¿me puedes decir cómo limpiar el filtro?"), 0) > 0.8
    assert coverage(index, reader.concepts("limpiar el filtro de la impresora láser"), 0) < 0.6
    assert coverage(index, reader.concepts("error E7"), 2) < coverage(index, reader.concepts("error E4"), 2)
    assert coverage(index, reader.concepts("hola buenas"), 0) == 0
    assert coverage(index, (), 0) == 0


def test_codes_and_numbers_are_never_corrected(index: LexicalIndex, reader: QuestionReader) -> None:
    assert not scores(index, reader.concepts("E44")).any()
    assert not scores(index, reader.concepts("XP4001")).any()


def test_a_long_message_is_bounded(reader: QuestionReader) -> None:
    assert len(reader.concepts(" ".join(f"palabra{n}" for n in range(5000)))) <= 2 * MAX_WORDS


def test_the_lexicon_is_sound() -> None:
    lexicon = default_lexicon()
    assert len(lexicon.words) > 400
    (match,) = lexicon.matches(["aire", "acondicionado"])
    assert (match.start, match.end) == (0, 2)
    assert ("split",) in match.others


def test_a_phrase_is_matched_before_its_words() -> None:
    lexicon = Lexicon([["corte de luz", "apagón"], ["luz", "lámpara"]])
    (match,) = lexicon.matches(["un", "corte", "de", "luz"])
    assert (match.start, match.end) == (1, 4)


@pytest.mark.parametrize("embedder", [CharacterEmbedder(), CharacterEmbedder(64, 3, 6)], ids=lambda e: e.name)
def test_embedders_conform(embedder: Embedder) -> None:
    vectors = embedder.embed([*TEXTS, "", "de la que"])
    assert vectors.shape == (len(TEXTS) + 2, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors[: len(TEXTS)], axis=1), 1, atol=1e-5)
    assert np.array_equal(embedder.embed([TEXTS[2]])[0], vectors[2]), "the same text, the same vector, alone or not"
    assert float(vectors[3] @ embedder.embed(["la caldera goteaba"])[0]) > float(vectors[0] @ vectors[3])
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_the_vector_index_only_sees_what_is_allowed() -> None:
    vectors = np.eye(4, dtype=np.float32)
    index = VectorIndex(np.array([10, 20, 30, 40]), vectors)
    ids, scores = index.search(np.array([1, 0.5, 0.2, 0], dtype=np.float32), Selector.of(np.array([20, 40])), 10)
    assert ids.tolist() == [20, 40]
    assert scores.tolist() == [0.5, 0.0]
    assert index.search(vectors[0], Selector.of(np.array([], dtype=np.int64)), 5)[0].size == 0
    assert index.similarities(vectors[1], np.array([20, 30])).tolist() == [1.0, 0.0]
    assert len(VectorIndex(np.array([], dtype=np.int64), np.empty((0, 4), dtype=np.float32))) == 0


@pytest.mark.parametrize(
    ("written", "same"),
    [("cobrais", "cobráis"), ("trabajais", "trabajar"), ("bateria", "batería"), ("wi-fi", "wifi")],
)
def test_endings_and_compounds_meet_however_they_are_written(written: str, same: str) -> None:
    assert set(terms(same)) <= set(terms(written))


def test_a_fraction_is_one_term() -> None:
    assert "1/2" in terms('Tubería de 1/2" y 3/8"')


def test_a_range_of_codes_names_every_code_in_it() -> None:
    assert code_ranges("A5 a A8: avería de maniobra") == ["a5", "a6", "a7", "a8"]
    assert code_ranges("de E1 a F3, de 5 a 8") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("what's the price", ["what", "the", "price"]), ("it isn't covered", ["it", "is", "not", "covered"])],
)
def test_english_contractions_are_the_words_they_stand_for(text: str, expected: list[str]) -> None:
    assert list(pieces(text)) == expected


def test_a_synonym_that_denies_is_only_said_with_its_no() -> None:
    (match,) = Lexicon([["no responde", "no funciona"]]).matches(["no", "funciona"])
    assert (term("no"), term("responde")) in match.others and (term("responde"),) not in match.others


def test_grammar_is_never_a_mention_of_a_word() -> None:
    assert term("para") != term("par")
    assert term("los") != term("lose")
    assert term("como") != term("come")
    assert term("no") == "no"
