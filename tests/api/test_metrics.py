"""What Prometheus reads: who may, what is counted, and that the dashboard asks for nothing that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import yaml
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.metrics import metrics_app
from core.metrics import Metrics, TurnFacts
from db.figures import MEANINGS, Figures, FiguresCollector
from db.session import make_engine
from graph.app import Crew
from graph.messages import Denial, Handoff, TurnResult
from graph.outcome import outcome_of
from policy.roles import Role
from tests.graph.crews import Talk
from tests.graph.crews import crew as crew
from tests.graph.crews import talk as talk
from tests.serving import served

ROOT = Path(__file__).resolve().parents[2]
KEY = "a key of Prometheus"


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


async def status(app: FastAPI, **headers: str) -> int:
    async with served(app) as address, httpx.AsyncClient(base_url=address, trust_env=False) as client:
        return (await client.get("/metrics", headers=headers)).status_code


async def test_this_machine_or_the_key() -> None:
    open_here = metrics_app(Metrics(), None)
    assert await status(open_here) == 200
    assert await status(open_here, **{"X-Forwarded-For": "8.8.8.8"}) == 401
    guarded = metrics_app(Metrics(), SecretStr(KEY))
    assert await status(guarded) == 401
    assert await status(guarded, authorization="Bearer another key of somebody") == 401
    assert await status(guarded, authorization=f"Bearer {KEY}", **{"X-Forwarded-For": "8.8.8.8"}) == 200


async def test_a_turn_is_counted_by_role_specialist_and_outcome(crew: Crew, talk: Callable[..., Talk]) -> None:
    before = samples(crew.metrics)
    result = await talk(Role.CLIENT)("¿Cuándo vence mi garantía?")
    after = samples(crew.metrics)
    risen = {name for name, value in after.items() if value != before.get(name, 0)}
    assert ("cuadrilla_turns_total", ("answered", "client")) in risen
    (specialist,) = result.specialists
    wanted = ("cuadrilla_specialist_turns_total", tuple(sorted(("client", specialist, "answered"))))
    assert wanted in risen
    assert ("cuadrilla_turn_seconds_count", ("client",)) in risen


def test_outcomes() -> None:

    turn = TurnResult(turn_id=UUID(int=1), reply="")
    assert outcome_of(turn) == "answered"
    assert outcome_of(turn.model_copy(update={"denied": Denial(what="x", reason="y")})) == "denied"
    assert outcome_of(turn.model_copy(update={"handoff": Handoff(reason="billing")})) == "handed_over"
    assert outcome_of(turn.model_copy(update={"error": "internal", "feedback_id": 1})) == "failed"
    assert outcome_of(turn.model_copy(update={"feedback_id": 1})) == "unanswered"


def test_figures_of_the_database(crew: Crew) -> None:
    metrics = Metrics()
    metrics.add(FiguresCollector(Figures(crew.engine)))
    found = samples(metrics)
    assert found["cuadrilla_database_up", ()] == 1
    assert found["cuadrilla_index_passages", ()] == crew.retriever.size > 0
    assert {f"cuadrilla_{name}" for name in MEANINGS} <= {name for name, _ in found}


def test_without_a_database_it_says_so() -> None:
    metrics = Metrics()
    engine = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    metrics.add(FiguresCollector(Figures(engine)))
    found = samples(metrics)
    engine.dispose()
    assert found["cuadrilla_database_up", ()] == 0
    assert ("cuadrilla_dead_letters", ()) not in found


def test_the_dashboard_asks_for_what_is_there(crew: Crew) -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "cuadrilla.json").read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:cuadrilla|process)_[a-z_]+", target["expr"])
    }
    metrics = Metrics()
    metrics.turn(TurnFacts("client", "denied", 1.0, ("sql_reader",), 1, 2, 3, denied=True, handoff="billing"))
    metrics.event("answer")
    metrics.alert("turn_failed")
    metrics.add(FiguresCollector(Figures(crew.engine)))
    known = {name for name, _ in samples(metrics)}
    assert asked and asked <= known, asked - known


def test_the_scrape_example_is_yaml_with_both_programs() -> None:
    example = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert {job["job_name"] for job in example["scrape_configs"]} == {"cuadrilla-server", "cuadrilla-workers"}
