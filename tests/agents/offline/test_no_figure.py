"""A figure that nothing was kept of: said as such, and never as if there were no rows."""

from __future__ import annotations

from collections.abc import Callable

from agents.brains.offline.presenting.presenter import Presenter
from agents.brains.protocol import Context
from tools.sql.catalogue import Catalogue
from tools.sql.query import Aggregate, Column, Measure, Query, Rows


def test_an_average_of_nothing_kept_is_not_that_there_is_none(
    catalogue: Catalogue, speaking: Callable[..., Context]
) -> None:
    query = Query("intervention", measures=(Measure(Aggregate.AVG, "duration_hours"),))
    column = Column("duration", "hours", {"es": "duración (media)", "en": "duration (average)"})
    said = Presenter(catalogue).present(query, Rows((column,), ((None,),), ""), speaking("admin"))
    assert said == "No consta ningún dato de duración (media)."
