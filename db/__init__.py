"""The database: models, sessions, row-level security, migrations and the demo company.

Guarantees that commits happen in ``db.session`` only. Imports policy and core; never ingest, tools or anything above.
"""
