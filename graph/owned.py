"""The machines that a client owns, read as that client: the question and row-level security both say which they are."""

from __future__ import annotations

from dataclasses import dataclass

from agents.brains.protocol import Machine
from db.readers import Readers
from db.rls import confined_rows
from policy.roles import Principal, Role

_READ = f"""
SELECT e.equipment_id, p.sku, p.name, p.category::text, e.location, e.installed_on::text, e.city
FROM ({confined_rows(Role.CLIENT, "installed_equipment", "%s")}) e JOIN products p ON p.product_id = e.product_id
WHERE e.status <> 'decommissioned'
ORDER BY e.installed_on, e.equipment_id
LIMIT 200
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class OwnedMachines:
    """Reads machines through the readers."""

    readers: Readers

    async def machines(self, principal: Principal) -> tuple[Machine, ...]:
        """Machines in service that a client owns; none for any other role."""
        if principal.role is not Role.CLIENT:
            return ()
        async with self.readers.transaction(principal) as connection:
            cursor = await connection.execute(_READ, (principal.subject_id,), prepare=True)
            return tuple(Machine(*row) for row in await cursor.fetchall())
