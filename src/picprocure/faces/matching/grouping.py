"""Faces in the order of their clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Grouping:
    """The faces of cluster ``c`` are ``order[starts[c]:starts[c] + sizes[c]]``, ascending."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]

    @classmethod
    def of(cls, clusters: NDArray[np.intp]) -> Self:
        """``clusters`` (n,) numbers every face's cluster from 0 without a gap."""
        sizes = np.bincount(clusters)
        starts = np.concatenate([[0], sizes.cumsum()[:-1]])
        return cls(np.argsort(clusters, kind="stable"), starts, sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def members(self, cluster: int) -> NDArray[np.intp]:
        start = self.starts[cluster]
        return self.order[start : start + self.sizes[cluster]]
