"""What nobody knew, from the question to the answer that is served: likeness, life, index, tables.

Knows no door and no brain: who is told, and in which words, is decided above.
"""
