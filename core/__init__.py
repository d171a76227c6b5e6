"""Ground floor: settings, errors, clock, text folding and logging.

Guarantees that nothing here does I/O when imported. Must never import another package of ours.
"""
