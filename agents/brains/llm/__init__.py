"""The brain that asks a language model, over any OpenAI-compatible service.

Guarantees: what the model returns is checked before it is believed, and reads nothing that the three walls would not
let through; identity is never its to decide; every failure of the service comes out as one of :mod:`core.errors`.
Imported only when a model is configured. Must never import: graph, the doors.
"""
