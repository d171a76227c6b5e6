"""The HTTP doors: bytes <-> TurnRequest / TurnResult, health, and the one mapping of errors.

Guarantees that no error leaves as anything but ``{code, message}``. Imports graph and below.
"""
