"""The numbers that decide who gets a photo are all in one module."""

from __future__ import annotations

import ast
from pathlib import Path

import picprocure

PACKAGE = Path(picprocure.__file__).parent
DECIDING = ("faces/clustering", "faces/enrollment", "faces/matching", "recognition")

OTHER_FRACTIONS = {
    "faces/clustering/kept_clusters.py": {1.02},  # how far beyond a threshold pairs are kept
    "faces/clustering/neighbor_graph.py": {2e-5},  # the rounding error of float32
    "faces/enrollment/hints.py": {0.35, 0.22},  # advice; the photo itself is checked again
    "faces/enrollment/quality.py": {0.6, 0.5},  # the margin of a crop; a center
    "faces/matching/score_normalization.py": {0.375, 0.25},  # Blom's formula
    "faces/matching/score_threshold.py": {0.5},  # keeps a threshold at 0 or above
}


def fractions_in(file: Path) -> set[float]:
    nodes = ast.walk(ast.parse(file.read_text()))
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, float) and not value.is_integer()}


def test_no_other_module_decides_by_a_number_of_its_own() -> None:
    files = [file for folder in DECIDING for file in (PACKAGE / folder).glob("*.py")]
    files.append(PACKAGE / "faces/sorting.py")
    found = {str(file.relative_to(PACKAGE)): fractions_in(file) for file in files}

    assert {name: fractions for name, fractions in found.items() if fractions} == OTHER_FRACTIONS
