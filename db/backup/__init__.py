"""Backups of the database: made, listed and restored by ``python -m db.backup``. Imports ``core`` and ``db`` only."""
