"""The supervisor graph and the one turn service.

Guarantees one way in (``graph.turn``) for every door. Imports agents and below; never a door.
"""
