"""Chatwoot's door: signed events come in, are stored and answered by workers, and replies go out through the outbox.

Guarantees: every event is acknowledged at once; a person is never talked over; nothing is posted twice.
"""
