"""Documents in, passages out: loaders, splitting, embeddings, the FAISS index and hybrid search.

Guarantees idempotent ingest by content hash. Imports db, policy and core; never tools or anything above.
"""
