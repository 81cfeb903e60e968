"""The registry of embedders: the only place that names them all.

The command line, the settings, `picprocure models` and the benchmarks take their choices from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.faces.models.alternatives import Alternative, Alternatives
from picprocure.faces.models.registry import LANDMARKS, RESNET, SFACE

if TYPE_CHECKING:
    from picprocure.faces.embedding.embedder import Embedder

_HERE: Final = __package__ or ""

EMBEDDERS: Final[Alternatives[Embedder]] = Alternatives(
    "embedder",
    Alternative("sface", f"{_HERE}.sface", "SfaceEmbedder", SFACE),
    Alternative(
        "dlib",
        f"{_HERE}.dlib_resnet",
        "ResnetEmbedder",
        origin="CC0-1.0, the model resnet",
        packages=("dlib",),
        packaged=(LANDMARKS, RESNET),
    ),
)
"""The best first, by `benchmarks/embedding.py` and `benchmarks/delivery.py`."""
