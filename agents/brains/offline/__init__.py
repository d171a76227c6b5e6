"""The brain that needs no model: deterministic, no network, no downloaded weights; its knowledge is the YAML beside it.

Guarantees that nothing raises on strange text and that every method costs milliseconds. Never imports graph or a door.
"""
