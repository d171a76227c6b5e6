"""The real door and worker over real HTTP, with Chatwoot's stand-in on the other side."""

from __future__ import annotations

from tests.channels.houses import house as house
from tests.channels.houses import open_house as open_house
from tests.graph.crews import crew as crew
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url
