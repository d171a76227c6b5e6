"""The chaos run, small: workers are killed, connections cut, calls fail; nothing is lost, doubled or overtaken."""

from __future__ import annotations

from pathlib import Path

from bench.chaos import run
from bench.chaos_plant import BorrowedDatabase
from core.settings import Settings
from tests.conftest import SECRET
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url


async def test_a_small_chaos_is_survived(crew_settings: Settings, crew_url: str, tmp_path: Path) -> None:
    models = crew_settings.home / "models"
    models.mkdir(parents=True, exist_ok=True)
    (tmp_path / "models").symlink_to(models)
    database = BorrowedDatabase(crew_url, SECRET.decode())
    outcome = await run(tmp_path, database, conversations=8, workers=2, rate=2.0, late=3.0)
    assert outcome.examples == []
    assert outcome.clean and outcome.opened == outcome.dead_letters == 0
    assert outcome.kills > 1 and len(outcome.outages) == 2
