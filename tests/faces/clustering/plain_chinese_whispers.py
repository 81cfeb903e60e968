"""Chinese Whispers with the same-photo rule, written in the simplest way.

It computes all distances at once, visits every face in every round and keeps nothing between them.
It is slow and easy to check. The fast way must give the same labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from picprocure.faces.clustering.chinese_whispers import visiting_order
from picprocure.faces.clustering.cluster import canonical_order
from picprocure.faces.types import EMBEDDING_SIZE, Embeddings
from picprocure.faces.vectors import face_keys

GRID = 256
"""Coordinates on a grid this fine, and small: their products and sums are exact in float32, so
that two ways of computing a distance can't differ."""


def on_grid(embeddings: Embeddings) -> Embeddings:
    return np.round(embeddings * GRID).astype(np.float32) / np.float32(GRID)


def look_alikes(
    *, faces: int, photos: int, spread: float, seed: int
) -> tuple[Embeddings, list[int]]:
    """Return a difficult event: some faces are equal, some are between two people."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(max(1, faces // 8), EMBEDDING_SIZE)) * spread
    own = centers[random.integers(0, len(centers), faces)]
    embeddings = own + random.normal(size=own.shape) * random.uniform(0.01, 0.04, (faces, 1))
    again = random.random(faces) < 0.1
    embeddings[again] = embeddings[random.integers(0, faces, int(again.sum()))]
    return on_grid(embeddings.astype(np.float32)), random.integers(0, photos, faces).tolist()


def plain_clusters(
    embeddings: Embeddings, photo_ids: list[int], *, threshold: float, seed: int = 0
) -> NDArray[np.int32]:
    photos = np.array(photo_ids, dtype=np.int64)
    order = canonical_order(embeddings, photos)
    weights = _weights(embeddings[order], photos[order], threshold)
    labels = _labels(weights, photos[order].tolist(), face_keys(embeddings[order]), seed)
    numbers: dict[int, int] = {}
    clusters = np.empty(len(photos), dtype=np.int32)
    for face, label in zip(order.tolist(), labels, strict=True):
        clusters[face] = numbers.setdefault(label, len(numbers))
    return clusters


def _weights(
    embeddings: Embeddings, photos: NDArray[np.int64], threshold: float
) -> NDArray[np.int64]:
    """Return weights from 77, near, to 1, just near enough. It is 0 where there is no edge."""
    apart = embeddings[:, None, :].astype(np.float64) - embeddings
    distances = np.sqrt((apart**2).sum(axis=2))
    shares = np.maximum(distances / threshold, 0.7)
    weights = np.maximum(255 - (shares * 255).astype(np.int64), 1)
    return np.where((distances < threshold) & (photos[:, None] != photos), weights, 0)


def _labels(
    weights: NDArray[np.int64], photos: list[int], keys: NDArray[np.uint64], seed: int
) -> list[int]:
    labels = list(range(len(photos)))
    unused = len(photos)
    for number in range(50):
        changed = False
        for face in visiting_order(keys, seed=seed, number=number).tolist():
            sums = _sums(face, labels, weights)
            own = labels[face]
            for label in sorted(sums, key=lambda name: (-sums[name], name != own, name)):
                if label == own:
                    break
                rival = next(
                    (
                        n
                        for n, name in enumerate(labels)
                        if name == label and photos[n] == photos[face]
                    ),
                    None,
                )
                if rival is not None and _sums(rival, labels, weights).get(label, 0) >= sums[label]:
                    continue
                if rival is not None:
                    labels[rival] = unused
                    unused += 1
                labels[face] = label
                changed = True
                break
        if not changed:
            break
    return labels


def _sums(face: int, labels: list[int], weights: NDArray[np.int64]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for neighbor in np.flatnonzero(weights[face]).tolist():
        sums[labels[neighbor]] = sums.get(labels[neighbor], 0) + int(weights[face, neighbor])
    return sums
