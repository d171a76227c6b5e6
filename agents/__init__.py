"""The specialists, their prompts, and the brains that understand language.

Guarantees that a specialist not granted to a role is never built. Imports tools and below; never graph or a door.
"""
