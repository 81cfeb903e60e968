from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.clustered_faces import ClusteredFaces, Grouping
from picprocure.faces.matching.score_normalization import cohort_statistics, nearest_distances
from picprocure.faces.thresholds import DLIB
from picprocure.faces.vectors import GRID

from ..synthetic import Event, at_distance, center, party, photographed


def by_truth(event: Event, *, max_cohort: int = DLIB.max_cohort) -> ClusteredFaces:
    photos = np.array(event.photos)
    return ClusteredFaces.of(event.embeddings, photos, event.people, max_cohort=max_cohort)


def test_a_center_is_the_normalized_mean_of_the_faces() -> None:
    faces = np.stack([photographed(1, 0), photographed(2, 0), photographed(1, 1)])
    event = ClusteredFaces.of(faces, np.arange(3), [7, 3, 7])
    assert event.clusters.tolist() == [1, 0, 1]
    assert event.faces == pytest.approx(faces, abs=1e-6)
    assert event.sums[1] == pytest.approx(faces[0] + faces[2], abs=1e-6)
    assert event.centers[0] == pytest.approx(faces[1], abs=GRID)
    assert np.linalg.norm(event.centers, axis=1) == pytest.approx(1, abs=GRID)


def test_a_cluster_knows_its_photos() -> None:
    event = ClusteredFaces.of(np.stack([center(1)] * 4), np.array([5, 6, 7, 5]), [0, 0, 1, 1])
    assert event.photos_of(0) == {5, 6}
    assert event.photos_of(1) == {7, 5}


@pytest.mark.parametrize("count", [2, 5, 60])
def test_a_cluster_is_not_in_its_own_cohort(count: int) -> None:
    """Otherwise it would be its own nearest cluster."""
    faces = np.stack([photographed(person, 0) for person in range(count)])
    found = ClusteredFaces.of(faces, np.arange(count), range(count)).cohort_statistics(DLIB)
    apart = np.linalg.norm(faces[:, None] - faces, axis=2)
    between = apart[~np.eye(count, dtype=bool)].reshape(count, count - 1)
    sources = np.arange(count - 1)
    expected = cohort_statistics(nearest_distances(between, sources, DLIB), count - 1, DLIB)
    assert found.mean == pytest.approx(expected.mean, abs=1e-4)
    assert found.share == expected.share


def test_a_single_cluster_has_the_prior() -> None:
    found = ClusteredFaces.of(center(1)[None, :], np.arange(1), [0]).cohort_statistics(DLIB)
    assert found.mean.tolist() == [pytest.approx(DLIB.strangers_distance)]
    assert found.share == 0


def test_look_alikes_in_the_event_make_the_cohort_nearer() -> None:
    doubles = [at_distance(center(0), 0.3, seed=n) for n in range(20)]
    faces = np.stack([center(0), *doubles, *(center(n) for n in range(1, 80))])
    found = ClusteredFaces.of(faces, np.arange(100), range(100)).cohort_statistics(DLIB)
    assert found.mean[0] < found.mean[21:].min() - 0.02


def test_single_faces_of_one_photo_have_one_source() -> None:
    faces = np.stack([photographed(person, 0) for person in range(7)])
    photos, clusters = np.array([4, 4, 4, 9, 9, 9, 5]), [0, 1, 2, 3, 2, 4, 5]
    first, second, twice, third, fourth, alone = ClusteredFaces.of(faces, photos, clusters).sources
    assert first == second
    assert third == fourth
    assert len({first, third, twice, alone}) == 4


def test_a_photo_of_many_look_alikes_makes_the_cohort_hardly_nearer() -> None:
    doubles = [at_distance(center(0), 0.3, seed=n) for n in range(20)]
    faces = np.stack([center(0), *doubles, *(center(n) for n in range(1, 80))])
    photos = np.array([0, *[1] * 20, *range(2, 81)])
    of_one = ClusteredFaces.of(faces, photos, range(100)).cohort_statistics(DLIB)
    of_many = ClusteredFaces.of(faces, np.arange(100), range(100)).cohort_statistics(DLIB)
    without = ClusteredFaces.of(np.delete(faces, range(1, 21), 0), np.arange(80), range(80))
    expected = float(without.cohort_statistics(DLIB).mean[0])
    assert expected - of_one.mean[0] < (expected - of_many.mean[0]) / 3


def test_clusters_of_faces_that_may_be_repeated_are_not_in_the_cohort() -> None:
    faces = np.stack([photographed(person, 0) for person in range(40)])
    repeated = np.arange(40) >= 30
    event = ClusteredFaces.of(faces, np.arange(40), range(40), repeated=repeated)
    assert event.cohort.tolist() == list(range(30))
    alone = ClusteredFaces.of(faces[:30], np.arange(30), range(30)).cohort_statistics(DLIB)
    assert event.cohort_statistics(DLIB).mean[:30] == pytest.approx(alone.mean, abs=1e-5)
    small = ClusteredFaces.of(faces, np.arange(40), range(40), repeated=repeated, max_cohort=7)
    assert len(small.cohort) == 7
    assert small.cohort.max() < 30


def test_an_event_of_repeated_faces_only_has_the_prior() -> None:
    faces = np.stack([photographed(person, 0) for person in range(3)])
    event = ClusteredFaces.of(faces, np.zeros(3, int), range(3), repeated=np.ones(3, dtype=bool))
    assert event.cohort_statistics(DLIB).mean == pytest.approx(DLIB.strangers_distance)


def test_all_clusters_are_the_cohort_of_an_event_of_usual_size() -> None:
    event = by_truth(party(people=50, photos=80, seed=2))
    assert event.cohort.tolist() == list(range(len(event.grouping)))


def test_the_cohort_of_a_large_event_does_not_depend_on_the_order() -> None:
    event = party(people=80, photos=120, seed=2)
    faces, photos = event.embeddings, np.array(event.photos)
    people, order = np.array(event.people), np.random.default_rng(0).permutation(len(photos))
    plain = ClusteredFaces.of(faces, photos, people, max_cohort=20)
    numbers = np.random.default_rng(1).permutation(80)  # clusters have other numbers, too
    shuffled = ClusteredFaces.of(faces[order], photos[order], numbers[people[order]], max_cohort=20)
    assert len(plain.cohort) == 20 < len(plain.grouping)
    assert plain.cohort.tolist() == sorted(plain.cohort.tolist())

    def centers(found: ClusteredFaces) -> set[tuple[float, ...]]:
        return {tuple(center) for center in found.centers[found.cohort].round(4).tolist()}

    assert centers(shuffled) == centers(plain)
    first, second = plain.cohort_statistics(DLIB), shuffled.cohort_statistics(DLIB)
    assert np.sort(second.mean) == pytest.approx(np.sort(first.mean), abs=1e-5)


def test_a_sample_says_of_strangers_what_all_would() -> None:
    event = party(people=1_000, photos=400, seed=2)
    all_clusters = by_truth(event).cohort_statistics(DLIB).mean
    sample = by_truth(event, max_cohort=300).cohort_statistics(DLIB).mean
    assert sample.mean() == pytest.approx(all_clusters.mean(), abs=0.01)


def test_the_faces_of_a_large_cluster_ascend() -> None:
    clusters = np.random.default_rng(0).integers(0, 3, size=5_000)
    grouping = Grouping.of(clusters)
    for cluster in range(3):
        assert grouping.members(cluster).tolist() == np.flatnonzero(clusters == cluster).tolist()
