"""The vectors, in FAISS under chunk ids. The only importer of faiss. A cache: the database has the truth."""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray

from ingest.embeddings import Vectors

Ids = NDArray[np.int64]


class VectorIndex:
    """Exact inner-product search over unit vectors, restricted to the ids that the asker may see. Immutable."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        dimensions = vectors.shape[1] if vectors.ndim == 2 and vectors.size else 1
        faiss.omp_set_num_threads(1)  # one query at a time gains nothing from threads and waits for them
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Vectors, allowed: Ids, limit: int) -> tuple[Ids, Vectors]:
        """Ids and similarities of the nearest among ``allowed``, best first; at most ``limit``."""
        limit = min(limit, len(allowed), len(self))
        if limit == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        wanted = faiss.SearchParameters()
        wanted.sel = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, dtype=np.int64))
        found, ids = self._index.search(vector.reshape(1, -1), limit, params=wanted)
        kept = ids[0] >= 0
        return ids[0][kept], found[0][kept]

    def similarities(self, vector: Vectors, ids: Ids) -> Vectors:
        """Similarity of each of ``ids`` to ``vector``."""
        if not len(ids):
            return np.empty(0, dtype=np.float32)
        stored: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return stored @ vector
