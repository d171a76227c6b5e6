"""What features are worth is data: read, written, and applied."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agents.brains.offline.answering.ranking import Ranking, load_ranking, write_ranking

RANKING = Ranking({"found": 2.0, "not_found": -1.0}, {"found": 3.0, "score": 1.0}, -2.0, 0.4)


def test_a_score_is_the_sum_of_what_features_are_worth() -> None:
    assert RANKING.score({"found": 0.5, "not_found": 1.0, "unheard of": 7.0}) == pytest.approx(0.0)


def test_confidence_rises_with_what_is_found_and_stays_between_0_and_1() -> None:
    low, high = (RANKING.confidence({"found": found}, 0.0, 0.0) for found in (0.0, 1.0))
    assert 0.0 < low < high < 1.0


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ranking.yaml"
    write_ranking(RANKING, "On questions left out: 90 %.", path)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert data == {"least": 0.4, "start": -2.0, "order": dict(RANKING.order), "sure": dict(RANKING.sure)}


def test_the_shipped_ranking_prefers_what_mentions_more_of_the_question() -> None:
    ranking = load_ranking()
    assert ranking.order["found"] > 0 > ranking.order["not_found"] and 0.2 <= ranking.least <= 0.8
