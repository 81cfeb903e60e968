"""Clusters keep their numbers, so that a sorting writes few rows."""

from __future__ import annotations

import pytest

from picprocure.recognition.cluster_numbers import stable_numbers


@pytest.mark.parametrize(
    ("clusters", "stored", "numbers"),
    [
        ([], [], []),
        ([0, 1, 0], [None, None, None], [0, 1, 0]),
        ([1, 2, 3, 0], [0, 1, 2, None], [0, 1, 2, 3]),  # all clusters moved by one
        ([0, 0, 0, 1], [4, 4, 7, 7], [4, 4, 4, 7]),  # one face changed its cluster
        ([0, 0, 1, 1, 1], [5, 5, 5, 5, 5], [0, 0, 5, 5, 5]),  # a cluster was split
        ([0, 0, 0], [3, 3, 8], [3, 3, 3]),  # two became one
        ([0, 1, 2], [None, 0, None], [1, 0, 2]),
    ],
)
def test_a_cluster_keeps_the_number_of_most_of_its_faces(
    clusters: list[int], stored: list[int | None], numbers: list[int]
) -> None:
    assert stable_numbers(clusters, stored) == numbers
