"""Backups: the whole database and, when asked, folders of documents, in one file that says what must come out of it.

The secret key is not in them. May import ``core`` and ``db``; never what stands above.
"""
