"""What the company keeps about one person: given to them, or erased. And what is kept no longer than it is needed.

May import ``core`` and ``db``; never what stands above.
"""
