"""The messaging doors: what a channel delivers becomes a turn, and the reply goes back the same way.

Guarantees: a delivered message is never lost and never answered twice (``inbox``, ``outbox``).
Must never import ``api``.
"""
