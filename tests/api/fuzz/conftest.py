"""A server with a database of its own: what is generated writes anything anywhere."""

from __future__ import annotations

from tests.api.conftest import address as address
from tests.api.v1.conftest import accounts as accounts
from tests.api.v1.conftest import callers as callers
from tests.api.v1.conftest import cheap as cheap
from tests.api.v1.conftest import owner as owner
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url
