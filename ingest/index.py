"""The vectors, in FAISS under chunk ids. The only importer of faiss. A cache: the database has the truth.

Kept in segments that never change, so that a search under way is never disturbed: what is added is a small segment of
its own, and many small ones are made one. A segment is searched exactly while it is small and, past
:data:`EXACT_UP_TO`, through an inverted file of half-precision vectors.
"""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from ingest.embeddings import Vectors

Ids = NDArray[np.int64]

EXACT_UP_TO = 20_000
PROBES = 4
"""How many of an inverted file's lists are looked into, times the root of their number; more when much is filtered."""
MAX_SEGMENTS = 6
_MAX_LISTS = 1_024
_TRAINED_ON = 48
"""Vectors a list that the lists are learnt from."""
_MERGED_PART = 0.25
"""Small segments that together reach this part of the whole are worth a rebuild."""


class VectorIndex:
    """Inner-product search over unit vectors, restricted to the ids that the asker may see. Immutable."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        faiss.omp_set_num_threads(1)  # one query at a time gains nothing from threads and waits for them
        self._segments: tuple[_Segment, ...] = (_Segment(ids, vectors),) if len(ids) else ()

    def __len__(self) -> int:
        return sum(len(segment) for segment in self._segments)

    @property
    def exact(self) -> bool:
        """Whether no segment is approximate."""
        return all(segment.exact for segment in self._segments)

    @property
    def size_bytes(self) -> int:
        """What the index weighs when written out."""
        return sum(segment.size_bytes for segment in self._segments)

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of ``ids`` have a vector here."""
        held = np.zeros(len(ids), dtype=bool)
        for segment in self._segments:
            held |= segment.holds(ids)
        return held

    def extended(self, live: Ids, ids: Ids, vectors: Vectors) -> VectorIndex:
        """An index that also holds ``ids``. Of all of it only ``live`` will be asked for; the rest goes at the next
        rebuild."""
        other = VectorIndex(ids, vectors)
        other._segments = (*self._segments, *other._segments)
        small = sum(map(len, other._segments[1:]))
        grown = len(other._segments) > MAX_SEGMENTS or small > _MERGED_PART * len(other)
        if grown or len(live) < (1 - _MERGED_PART) * len(other):
            return other._rebuilt(live)
        return other

    def _rebuilt(self, ids: Ids) -> VectorIndex:
        kept = [ids[segment.holds(ids)] for segment in self._segments]
        everything = [segment.vectors(part) for segment, part in zip(self._segments, kept, strict=True)]
        return VectorIndex(np.concatenate(kept), np.concatenate(everything)) if kept else self

    def search(self, vector: Vectors, allowed: Ids, limit: int) -> tuple[Ids, Vectors]:
        """Ids and similarities of the nearest among ``allowed``, best first; at most ``limit``."""
        limit = min(limit, len(allowed), len(self))
        if limit == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        bits = _bitmap(allowed)
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        share = len(allowed) / len(self)
        found = [segment.search(vector, selector, share, limit) for segment in self._segments]
        ids = np.concatenate([ids for ids, _ in found])
        similarities = np.concatenate([similarities for _, similarities in found])
        order = np.argsort(-similarities, kind="stable")[:limit]
        return ids[order], similarities[order]

    def similarities(self, vector: Vectors, ids: Ids) -> Vectors:
        """Similarity of each of ``ids`` to ``vector``; 0 for one that the index does not hold."""
        out: Vectors = np.zeros(len(ids), dtype=np.float32)
        for segment in self._segments:
            held = np.flatnonzero(segment.holds(ids))
            if len(held):
                out[held] = segment.vectors(ids[held]) @ vector
        return out


def _bitmap(ids: Ids) -> NDArray[np.uint8]:
    wanted = np.zeros(int(ids.max()) + 1, dtype=bool)
    wanted[ids] = True
    return np.packbits(wanted, bitorder="little")


class _Segment:
    """Vectors that are never added to."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        data = np.ascontiguousarray(vectors, dtype=np.float32)
        self.exact = len(ids) <= EXACT_UP_TO
        self._ids: Ids = np.sort(ids)
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(data.shape[1])) if self.exact else _learnt(data)
        self._index.add_with_ids(data, np.ascontiguousarray(ids, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def size_bytes(self) -> int:
        """Codes and ids."""
        codes = (self._index.index if self.exact else self._index).sa_code_size()
        return len(self) * (int(codes) + self._ids.itemsize)

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of ``ids`` are here."""
        held: NDArray[np.bool_] = self._ids[np.minimum(np.searchsorted(self._ids, ids), len(self) - 1)] == ids
        return held

    def vectors(self, ids: Ids) -> Vectors:
        """The vectors of ``ids``, all of them held."""
        if not len(ids):
            return np.empty((0, self._index.d), dtype=np.float32)
        found: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return found

    def search(self, vector: Vectors, selector: Any, share: float, limit: int) -> tuple[Ids, Vectors]:
        """The nearest that ``selector`` lets through; ``share`` is the part of all vectors that it does."""
        wanted: Any = faiss.SearchParameters() if self.exact else faiss.SearchParametersIVF()
        wanted.sel = selector
        if not self.exact:
            wanted.nprobe = min(self._index.nlist, math.ceil(PROBES * math.sqrt(self._index.nlist) / max(share, 1e-6)))
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        similarities, ids = self._index.search(query, min(limit, len(self)), params=wanted)
        kept = ids[0] >= 0
        return ids[0][kept], similarities[0][kept]


def _learnt(data: Vectors) -> Any:
    """An inverted file whose lists are learnt from ``data``, with nothing in it."""
    lists = min(_MAX_LISTS, int(math.sqrt(len(data))))
    dimensions = data.shape[1]
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimensions),
        dimensions,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.cp.max_points_per_centroid = _TRAINED_ON
    sample = np.random.default_rng(len(data)).choice(len(data), min(len(data), lists * _TRAINED_ON), replace=False)
    index.train(data[np.sort(sample)])
    index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]
    return index
