"""The demo company: made up, the same for the same day, never empty "this month", "today" or "tomorrow"."""

from db.seed.load import SeedReport, build, seed
from db.seed.people import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN

__all__ = ["DEMO_ADMIN", "DEMO_CLIENT", "DEMO_TECHNICIAN", "SeedReport", "build", "seed"]
