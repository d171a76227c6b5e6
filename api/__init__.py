"""The HTTP doors: turns, REST over the records, accounts, health, and the one mapping of errors.

Guarantees that no error leaves as anything but problem details with a stable code. Imports graph and below.
"""
