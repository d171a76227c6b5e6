"""The vectors, in FAISS under chunk ids. The only importer of faiss. A cache: the database has the truth.

Kept in segments that never change, so that a search under way is never disturbed: what is added is a small segment of
its own, and many small ones are made one. A segment is searched exactly while it is small. Past :data:`EXACT_UP_TO`,
all of it is searched by codes of four bits for every four dimensions, compared sixteen at a time, and the best by these
once more by vectors of one byte a dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from ingest.embeddings import Vectors

Ids = NDArray[np.int64]

EXACT_UP_TO = 20_000
DEEPER = 8
AT_LEAST = 800
"""How many times as many as are wanted, and how many at least, the codes pick for the second look."""
MAX_SEGMENTS = 6
_LISTS = 16
_DIMENSIONS_A_CODE = 4
_TRAINED_ON = 20_000
_MERGED_PART = 0.25
"""Small segments that together reach this part of the whole are worth a rebuild."""


@dataclass(frozen=True, slots=True, eq=False)
class Selector:
    """The ``count`` ids that a search may find, as bits."""

    bits: NDArray[np.uint8]
    count: int

    @classmethod
    def of(cls, ids: Ids) -> Selector:
        """A selector of ``ids``, none of them negative."""
        wanted = np.zeros(int(ids.max()) + 1 if len(ids) else 0, dtype=bool)
        wanted[ids] = True
        return cls(np.packbits(wanted, bitorder="little"), len(ids))


class VectorIndex:
    """Inner-product search over unit vectors, restricted to the ids that the asker may see. Immutable."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        faiss.omp_set_num_threads(1)  # one query at a time gains nothing from threads and waits for them
        self._segments: tuple[_Exact | _Coded, ...] = (_segment(ids, vectors),) if len(ids) else ()

    def __len__(self) -> int:
        return sum(len(segment) for segment in self._segments)

    @property
    def exact(self) -> bool:
        """Whether no segment is approximate."""
        return all(isinstance(segment, _Exact) for segment in self._segments)

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

    def search(self, vector: Vectors, allowed: Selector, limit: int) -> tuple[Ids, Vectors]:
        """Ids and similarities of the nearest among ``allowed``, best first; at most ``limit``."""
        limit = min(limit, allowed.count, len(self))
        if limit == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        selector = faiss.IDSelectorBitmap(len(allowed.bits), faiss.swig_ptr(allowed.bits))
        found = [segment.search(vector, selector, limit) for segment in self._segments]
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


class _Exact:
    """Vectors that are compared one by one, and never added to."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        self._ids = ids
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        self._index.add_with_ids(vectors, ids)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def size_bytes(self) -> int:
        """Vectors and ids."""
        return len(self) * (int(self._index.index.sa_code_size()) + self._ids.itemsize)

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of ``ids`` are here."""
        held: NDArray[np.bool_] = self._ids[_places(self._ids, ids)] == ids
        return held

    def vectors(self, ids: Ids) -> Vectors:
        """The vectors of ``ids``, all of them held."""
        if not len(ids):
            return np.empty((0, self._index.d), dtype=np.float32)
        found: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return found

    def search(self, vector: Vectors, selector: Any, limit: int) -> tuple[Ids, Vectors]:
        """The nearest that ``selector`` lets through."""
        wanted: Any = faiss.SearchParameters()
        wanted.sel = selector
        return _found(self._index.search(_query(vector), min(limit, len(self)), params=wanted))


class _Coded:
    """Vectors that are compared by short codes first, and never added to. The codes are learnt from them."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        self._ids = ids
        self._steps, self._vectors = _in_bytes(vectors)
        self._index = _learnt(vectors)
        self._index.add_with_ids(vectors, ids)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def size_bytes(self) -> int:
        """Vectors, codes and ids."""
        coded = len(self) * (int(self._index.code_size) + self._ids.itemsize)
        return int(self._vectors.nbytes + self._steps.nbytes + self._ids.nbytes) + coded

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of ``ids`` are here."""
        held: NDArray[np.bool_] = self._ids[_places(self._ids, ids)] == ids
        return held

    def vectors(self, ids: Ids) -> Vectors:
        """The vectors of ``ids``, all of them held."""
        places = _places(self._ids, ids)
        found: Vectors = self._vectors[places].astype(np.float32)
        found *= self._steps[places, np.newaxis]
        return found

    def search(self, vector: Vectors, selector: Any, limit: int) -> tuple[Ids, Vectors]:
        """The nearest that ``selector`` lets through, nearly all of them."""
        wanted: Any = faiss.SearchParametersIVF()
        wanted.sel, wanted.nprobe = selector, self._index.nlist
        depth = min(max(DEEPER * limit, AT_LEAST), len(self))
        ids, _ = _found(self._index.search(_query(vector), depth, params=wanted))
        similarities = self.vectors(ids) @ vector
        order = np.argsort(-similarities, kind="stable")[:limit]
        return ids[order], similarities[order]


def _segment(ids: Ids, vectors: Vectors) -> _Exact | _Coded:
    data, ids = np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(ids, dtype=np.int64)
    if (np.diff(ids) < 0).any():
        order = np.argsort(ids)
        data, ids = data[order], ids[order]
    return _Exact(ids, data) if len(ids) <= EXACT_UP_TO else _Coded(ids, data)


def _places(ids: Ids, wanted: Ids) -> NDArray[np.intp]:
    """Where each of ``wanted`` is, or would be, in ``ids``."""
    return np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)


def _query(vector: Vectors) -> Vectors:
    return np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)


def _found(answer: tuple[Vectors, NDArray[np.int64]]) -> tuple[Ids, Vectors]:
    """The one row of an answer, without the places that were left empty."""
    (similarities,), (ids,) = answer
    kept = ids >= 0
    return ids[kept], similarities[kept]


def _in_bytes(vectors: Vectors) -> tuple[Vectors, NDArray[np.int8]]:
    """Each vector as bytes, and the length of its steps. What was read back once stays as it is."""
    steps: Vectors = np.abs(vectors).max(axis=1) / np.float32(127)
    steps[steps == 0] = 1
    whole = np.empty(vectors.shape, dtype=np.int8)
    for start in range(0, len(vectors), EXACT_UP_TO):
        part = slice(start, start + EXACT_UP_TO)
        whole[part] = np.rint(vectors[part] / steps[part, np.newaxis])
    return steps, whole


def _learnt(data: Vectors) -> Any:
    """Codes learnt from ``data``, with nothing coded yet. The lists only bring the codes nearer: all are searched."""
    dimensions = data.shape[1]
    codes = dimensions // _DIMENSIONS_A_CODE if dimensions % _DIMENSIONS_A_CODE == 0 else dimensions
    lists = min(_LISTS, len(data))
    index = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatIP(dimensions), dimensions, lists, codes, 4, faiss.METRIC_INNER_PRODUCT
    )
    sample = np.random.default_rng(len(data)).choice(len(data), min(len(data), _TRAINED_ON), replace=False)
    index.cp.min_points_per_centroid = 1
    index.train(data[np.sort(sample)])
    return index
