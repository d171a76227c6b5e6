"""Search over the demo documents: who may see what, which model it is about, and how well it finds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text

from ingest.demo_load import demo_folder, read_manifest
from ingest.passages import Passage
from ingest.retrieval import HybridRetriever
from policy import decide
from policy.roles import Principal, Role

QUESTIONS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "demo_questions.yaml").read_text(encoding="utf-8")
)
STEMS = {document.title: Path(document.file).stem for document in read_manifest(demo_folder())}
RECALL = {1: 0.80, 3: 0.93, 5: 0.97}


@pytest.fixture(scope="session")
def audience_of(library: Engine) -> dict[int, str]:
    with library.connect() as connection:
        rows = connection.execute(text("SELECT document_id, audience::text FROM documents")).all()
    return {row.document_id: row.audience for row in rows}


def place(passage: Passage) -> str:
    return f"{STEMS[passage.document]}#{' > '.join(passage.heading_path)}"


def found(passage: Passage, gold: list[str]) -> bool:
    stem, _, heading = place(passage).partition("#")
    return any(stem == g.partition("#")[0] and g.partition("#")[2] in heading for g in gold)


@pytest.mark.parametrize("role", list(Role))
async def test_no_role_sees_a_chunk_outside_its_audiences(
    role: Role, retriever: HybridRetriever, principals: Mapping[Role, Principal], audience_of: dict[int, str]
) -> None:
    allowed = decide.audiences(role)
    for entry in QUESTIONS["questions"]:
        passages = await retriever.search(entry["q"], principals[role], limit=50)
        assert {audience_of[p.document_id] for p in passages} <= set(allowed), entry["q"]


async def test_the_database_decides_too(retriever: HybridRetriever, principals: Mapping[Role, Principal]) -> None:
    """The text is read by the principal's own login: a client asking for a technician's chunks gets none."""
    technicians = await retriever.search("par de apriete tuerca XP400", principals[Role.TECHNICIAN], limit=5)
    hidden = [p.chunk_id for p in technicians if p.kind == "service_manual"]
    assert hidden
    async with retriever._readers.transaction(principals[Role.CLIENT]) as connection:
        cursor = await connection.execute("SELECT chunk_id FROM document_chunks WHERE chunk_id = ANY(%s)", (hidden,))
        assert await cursor.fetchall() == []


async def test_the_same_code_is_another_fault_on_another_model(
    retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    technician = principals[Role.TECHNICIAN]
    (xp400, *_) = await retriever.search("¿Qué significa el error E4?", technician, products=["XP400"])
    (xp250, *_) = await retriever.search("¿Qué significa el error E4?", technician, products=["XP250"])
    assert "E4" in xp400.content and "descarga" in xp400.content.lower()
    assert "E4" in xp250.content and "ventilador" in xp250.content.lower()
    for sku in ("XP400", "XP250"):
        passages = await retriever.search("error E4", technician, products=[sku], limit=20)
        assert all(sku in p.products for p in passages if p.products)


@pytest.mark.parametrize("written", ["XP400", "xp400", "xp-400", "XP 400", "xp 400"])
async def test_a_model_is_recognised_however_it_is_written(
    written: str, retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    passages = await retriever.search(f"error E4 del {written}", principals[Role.TECHNICIAN])
    assert all("XP400" in p.products for p in passages if p.products)
    assert "E4" in passages[0].content


async def test_the_model_comes_before_its_family_and_others_are_left_out(
    retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    passages = await retriever.search("limpiar el filtro", principals[Role.CLIENT], products=["XP250"], limit=20)
    assert passages[0].products and "XP250" in passages[0].products
    assert {"boiler", "lift"}.isdisjoint(c for p in passages for c in p.categories)
    assert all("XP250" in p.products for p in passages if p.products)


async def test_coverage_tells_an_answer_from_a_coincidence(
    retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    (known, *_) = await retriever.search("¿Cuánto dura la garantía?", principals[Role.GUEST])
    assert known.coverage > 0.8
    for entry in QUESTIONS["unanswerable"]:
        passages = await retriever.search(entry["q"], principals[Role(entry["role"])])
        assert max((p.coverage for p in passages), default=0.0) < 0.75, entry["q"]


@pytest.mark.parametrize("question", ["", "   ", "¿?", "🤷", "\x00\x01", "a" * 100_000, "filtro " * 5_000])
async def test_odd_questions_get_an_answer_or_nothing(
    question: str, retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    passages = await retriever.search(question, principals[Role.GUEST])
    assert len(passages) <= 8


async def test_scores_fall_and_passages_are_distinct(
    retriever: HybridRetriever, principals: Mapping[Role, Principal]
) -> None:
    passages = await retriever.search("mantenimiento de la caldera", principals[Role.CLIENT], limit=10)
    scores = [p.score for p in passages]
    assert scores == sorted(scores, reverse=True)
    assert len({p.chunk_id for p in passages}) == len(passages) == 10
    assert all(0 <= p.coverage <= 1 for p in passages)


async def test_recall_on_the_demo_questions(retriever: HybridRetriever, principals: Mapping[Role, Principal]) -> None:
    ranks = []
    for entry in QUESTIONS["questions"]:
        passages = await retriever.search(
            entry["q"],
            principals[Role(entry["role"])],
            products=entry.get("products", ()),
            categories=entry.get("categories", ()),
        )
        ranks.append(next((n for n, p in enumerate(passages, 1) if found(p, entry["gold"])), 99))
    for depth, floor in RECALL.items():
        assert sum(rank <= depth for rank in ranks) / len(ranks) >= floor, f"recall@{depth}"
