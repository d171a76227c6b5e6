"""The machines that a client owns, read as that client: row-level security says which they are."""

from __future__ import annotations

from dataclasses import dataclass

from agents.brains.protocol import Machine
from db.readers import Readers
from policy.roles import Principal, Role

_READ = """
SELECT e.equipment_id, p.sku, p.name, p.category::text, e.location, e.installed_on::text, e.city
FROM installed_equipment e JOIN products p ON p.product_id = e.product_id
WHERE e.status <> 'decommissioned'
ORDER BY e.installed_on, e.equipment_id
LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class OwnedMachines:
    """Reads machines through the readers."""

    readers: Readers

    async def machines(self, principal: Principal) -> tuple[Machine, ...]:
        """Machines in service that a client owns; none for any other role."""
        if principal.role is not Role.CLIENT:
            return ()
        async with self.readers.transaction(principal) as connection:
            cursor = await connection.execute(_READ, prepare=True)
            return tuple(Machine(*row) for row in await cursor.fetchall())
