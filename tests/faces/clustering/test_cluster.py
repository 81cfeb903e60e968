from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.evaluation import bcubed
from picprocure.faces.types import EMBEDDING_SIZE, Embeddings

from ..synthetic import Event, at_distance, center, party, step
from .plain_chinese_whispers import look_alikes

THRESHOLD = 0.5

BETWEEN_PEOPLE = 0.38
"""More than most distances within a made-up person, and less than most between two."""


def clustered(event: Event, *, seed: int = 0) -> NDArray[np.int32]:
    return cluster_faces(event.embeddings, event.photos, threshold=BETWEEN_PEOPLE, seed=seed)


def partners(labels: NDArray[np.int32]) -> set[frozenset[int]]:
    """Return the clusters as sets of faces, without their numbers."""
    members: dict[int, set[int]] = defaultdict(set)
    for face, label in enumerate(labels.tolist()):
        members[label].add(face)
    return {frozenset(faces) for faces in members.values()}


def contents(labels: NDArray[np.int32], faces: Embeddings) -> list[list[bytes]]:
    """Return the clusters as sets of embeddings, so that equal faces may be exchanged."""
    members: dict[int, list[bytes]] = defaultdict(list)
    for label, face in zip(labels.tolist(), faces, strict=True):
        members[label].append(face.tobytes())
    return sorted(sorted(cluster) for cluster in members.values())


def assert_no_photo_holds_a_cluster_twice(labels: NDArray[np.int32], photos: list[int]) -> None:
    places = list(zip(photos, labels.tolist(), strict=True))
    assert len(set(places)) == len(places)


def test_no_faces_make_no_clusters() -> None:
    labels = cluster_faces(np.empty((0, EMBEDDING_SIZE), np.float32), [], threshold=THRESHOLD)
    assert labels.shape == (0,)
    assert labels.dtype == np.int32


def test_one_face_is_a_cluster() -> None:
    event = Event()
    event.photo(1)
    assert clustered(event).tolist() == [0]


def test_a_party_is_sorted_into_its_people() -> None:
    event = party(people=12, photos=60, seed=3)
    assert bcubed(clustered(event), [str(person) for person in event.people]) == (1.0, 1.0)


def test_labels_count_from_zero_without_a_gap() -> None:
    labels = clustered(party(people=9, photos=30, seed=1))
    assert set(labels.tolist()) == set(range(labels.max() + 1))


def test_strangers_stay_alone() -> None:
    event = Event()
    for person in range(6):
        event.photo(person)
    assert len(set(clustered(event).tolist())) == 6


@pytest.mark.parametrize("seed", range(20))
def test_two_faces_of_one_photo_never_share_a_cluster(seed: int) -> None:
    """This holds even if all faces are within the threshold of each other."""
    random = np.random.default_rng(seed)
    faces = np.stack([center(1) + step(0.15, seed=1_000 * seed + n) for n in range(60)])
    photos = np.sort(random.integers(0, 20, size=60)).tolist()
    labels = cluster_faces(faces, photos, threshold=THRESHOLD, seed=seed)
    assert_no_photo_holds_a_cluster_twice(labels, photos)
    assert labels.max() + 1 < 60


def test_identical_faces_in_one_photo_are_two_people() -> None:
    faces = np.stack([center(1)] * 3)
    labels = cluster_faces(faces, [0, 0, 1], threshold=THRESHOLD)
    assert labels[0] != labels[1]
    assert labels[2] in labels[:2]


def test_of_two_alike_in_one_photo_the_nearer_one_joins() -> None:
    """The face that fits the person better gets the cluster, in any order of the faces."""
    person = [center(1) + step(0.2, seed=n) for n in range(5)]
    herself, sister = center(1) + step(0.2, seed=77), at_distance(center(1), 0.42)
    for pair in ([herself, sister], [sister, herself]):
        photos = [0, 0, 1, 2, 3, 4, 5]
        for seed in range(10):
            labels = cluster_faces(np.stack(pair + person), photos, threshold=THRESHOLD, seed=seed)
            joined = next(n for n in (0, 1) if labels[n] == labels[2])
            assert pair[joined] is herself
            assert len(set(labels[2:].tolist())) == 1


@pytest.mark.parametrize("times", [2, 3, 5])
def test_people_in_bursts_have_one_cluster(times: int) -> None:
    """Without the copies, two pictures of any time are one cluster. So they are with them."""
    pictures = [center(1), at_distance(center(1), 0.48)]
    shots = [at_distance(picture, 0.01, seed=n) for picture in pictures for n in range(times)]
    photos = list(range(2 * times))
    for seed in range(5):
        once = cluster_faces(np.stack(pictures), [0, 1], threshold=THRESHOLD, seed=seed)
        assert len(set(once.tolist())) == 1
        bound = cluster_faces(np.stack(shots), photos, threshold=THRESHOLD, seed=seed)
        labels = cluster_faces(
            np.stack(shots), photos, threshold=THRESHOLD, copy_distance=0.12, seed=seed
        )
        assert len(set(bound.tolist())) == 2
        assert len(set(labels.tolist())) == 1


@pytest.mark.parametrize("person", range(6))
def test_a_picture_beside_a_person_keeps_no_copies_of_it_apart_from_the_person(person: int) -> None:
    """One photo shows a person twice. All other photos of the person stay together."""
    seen, picture = center(person), at_distance(center(person), 0.3)
    own = [at_distance(seen, 0.2, seed=n) for n in range(5)]
    copies = [at_distance(picture, 0.03, seed=n) for n in range(2)]
    faces = np.stack([seen, picture, *own, *copies])
    photos = [0, 0, *range(1, len(faces) - 1)]
    labels = cluster_faces(faces, photos, threshold=THRESHOLD, copy_distance=0.12)
    assert len(set(labels[2:].tolist())) == 1


def test_copies_of_one_face_never_bring_two_faces_of_a_photo_together() -> None:
    """The first face is a copy of two faces that another photo shows side by side."""
    one, two = (at_distance(center(1), 0.1, seed=n) for n in (1, 2))
    for photos in ([0, 1, 1], [1, 0, 0]):
        faces = np.stack([center(1), one, two])
        labels = cluster_faces(faces, photos, threshold=THRESHOLD, copy_distance=0.12)
        assert labels[1] != labels[2]
        assert sorted(set(labels.tolist())) == [0, 1]


def test_the_order_of_bursts_changes_nothing() -> None:
    event = party(people=12, photos=40, seed=3)
    again = np.stack([at_distance(face, 0.05, seed=n) for n, face in enumerate(event.embeddings)])
    faces = np.concatenate([event.embeddings, again])
    photos = np.array([*event.photos, *(photo + 1_000 for photo in event.photos)])
    order = np.random.default_rng(0).permutation(len(photos))
    plain = cluster_faces(faces, photos, threshold=0.31, copy_distance=0.12)
    shuffled = cluster_faces(faces[order], photos[order], threshold=0.31, copy_distance=0.12)
    assert bcubed(shuffled, [str(label) for label in plain[order]]) == (1.0, 1.0)


def test_copies_of_a_stranger_are_one_cluster() -> None:
    shots = np.stack([at_distance(center(1), 0.03, seed=n) for n in range(4)])
    labels = cluster_faces(shots, range(4), threshold=THRESHOLD, copy_distance=0.12)
    assert set(labels.tolist()) == {0}


def test_faces_of_one_photo_alone_are_all_apart() -> None:
    faces = np.stack([center(1) + step(0.1, seed=n) for n in range(5)])
    labels = cluster_faces(faces, [7] * 5, threshold=THRESHOLD)
    assert len(set(labels.tolist())) == 5


def test_faces_at_the_threshold_are_no_neighbors() -> None:
    faces = np.stack([center(1), center(1)])
    faces[1, 0] += 0.5
    assert len(set(cluster_faces(faces, [0, 1], threshold=0.499).tolist())) == 2
    assert len(set(cluster_faces(faces, [0, 1], threshold=0.501).tolist())) == 1


def test_a_seed_decides_all() -> None:
    event = party(people=10, photos=40, seed=8)
    assert np.array_equal(clustered(event, seed=4), clustered(event, seed=4))


@pytest.mark.parametrize("shuffle", range(5))
def test_the_order_of_the_faces_does_not_matter(shuffle: int) -> None:
    event = party(people=15, photos=50, seed=2)
    blurred = event.embeddings + np.stack([step(0.25, seed=n) for n in range(len(event.faces))])
    photos = np.array(event.photos)
    order = np.random.default_rng(shuffle).permutation(len(photos))
    labels = cluster_faces(blurred, photos, threshold=THRESHOLD)
    shuffled = cluster_faces(blurred[order], photos[order], threshold=THRESHOLD)
    assert np.array_equal(labels[order], shuffled)


def test_equal_faces_in_two_photos_do_not_depend_on_the_order_either() -> None:
    """The same photo was uploaded twice, so each face is there twice, exactly equal."""
    event = party(people=6, photos=15, seed=5)
    faces = np.concatenate([event.embeddings, event.embeddings])
    photos = np.array(event.photos + [photo + 100 for photo in event.photos])
    labels = cluster_faces(faces, photos, threshold=THRESHOLD)
    order = np.random.default_rng(1).permutation(len(photos))
    shuffled = cluster_faces(faces[order], photos[order], threshold=THRESHOLD)
    assert np.array_equal(labels[order], shuffled)
    assert_no_photo_holds_a_cluster_twice(labels, photos.tolist())


@pytest.mark.parametrize("shuffle", range(5))
def test_the_order_of_the_photos_does_not_matter_either(shuffle: int) -> None:
    """In another order of uploads, each photo has another number."""
    faces, photos = look_alikes(faces=150, photos=60, spread=0.02, seed=shuffle)
    random = np.random.default_rng(shuffle)
    order = random.permutation(len(photos))
    numbers = random.permutation(60) + 7
    labels = cluster_faces(faces, photos, threshold=THRESHOLD)
    again = cluster_faces(faces[order], numbers[photos][order], threshold=THRESHOLD)
    assert contents(again, faces[order]) == contents(labels, faces)


@pytest.mark.parametrize("seed", range(10))
def test_a_chain_that_comes_back_to_its_photo_breaks(seed: int) -> None:
    """Each face is near only the next one, and every fifth is in the photo of the first."""
    faces = np.zeros((60, EMBEDDING_SIZE), dtype=np.float32)
    faces[:, 0] = np.arange(60) * 0.3
    photos = [0 if n % 5 == 0 else n for n in range(60)]
    labels = cluster_faces(faces, photos, threshold=THRESHOLD, seed=seed)
    assert_no_photo_holds_a_cluster_twice(labels, photos)


@pytest.mark.parametrize("seed", range(10))
def test_many_equal_faces_get_one_cluster_for_each_in_a_photo(seed: int) -> None:
    """The same face three times in each of 20 photos gives three clusters."""
    faces = np.stack([center(1)] * 60)
    photos = [n // 3 for n in range(60)]
    labels = cluster_faces(faces, photos, threshold=THRESHOLD, seed=seed)
    assert_no_photo_holds_a_cluster_twice(labels, photos)
    assert np.bincount(labels).max() > 10


@pytest.mark.parametrize("seed", range(10))
def test_two_groups_that_meet_through_a_third_stay_apart_in_their_photo(seed: int) -> None:
    """Two people of one photo have near faces of a third person, who is between them."""
    left, right = center(1), at_distance(center(1), 0.6, seed=3)
    between = (left + right) / 2
    faces = np.stack(
        [left, right]
        + [origin + step(0.05, seed=n) for n in range(6) for origin in (left, between, right)]
    )
    photos = [0, 0, *range(1, 19)]
    labels = cluster_faces(faces, photos, threshold=THRESHOLD, seed=seed)
    assert labels[0] != labels[1]


def test_photo_ids_may_be_any_numbers() -> None:
    event = party(people=6, photos=20, seed=6)
    large_ids = [photo * 7_919 + 10_000_000_000 for photo in event.photos]
    labels = cluster_faces(event.embeddings, large_ids, threshold=BETWEEN_PEOPLE)
    assert partners(labels) == partners(clustered(event))


def test_more_faces_than_one_block_of_rows() -> None:
    event = party(people=120, photos=800, seed=9)
    assert len(event.faces) > 2_048
    labels = clustered(event)
    precision, recall = bcubed(labels, [str(person) for person in event.people])
    assert precision == 1.0
    assert recall > 0.99
    assert_no_photo_holds_a_cluster_twice(labels, event.photos)


@pytest.mark.parametrize(("photos", "people"), [([1, 1], 2), ([1, 2], 1)])
def test_two_equal_faces_are_one_person_unless_they_share_a_photo(
    photos: list[int], people: int
) -> None:
    labels = cluster_faces(np.stack([center(1)] * 2), photos, threshold=THRESHOLD)
    assert len(set(labels.tolist())) == people


def test_a_distance_that_is_the_threshold_is_not_below_it() -> None:
    faces = np.zeros((2, EMBEDDING_SIZE), dtype=np.float32)
    faces[1, 0] = 0.5
    assert cluster_faces(faces, [0, 1], threshold=0.5).tolist() in ([0, 1], [1, 0])
    assert cluster_faces(faces, [0, 1], threshold=np.nextafter(0.5, 1)).tolist() == [0, 0]


@pytest.mark.parametrize("threshold", [0.0, -0.5, float("nan")])
def test_a_threshold_that_is_no_distance_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="a distance above 0 is needed"):
        cluster_faces(np.stack([center(1)]), [0], threshold=threshold)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_an_embedding_that_is_no_numbers_is_refused_by_its_row(broken: float) -> None:
    faces = np.stack([center(n) for n in range(5)])
    faces[3, 7] = broken
    with pytest.raises(ValueError, match="embedding 3"):
        cluster_faces(faces, range(5), threshold=THRESHOLD)


def test_faces_and_photo_ids_must_go_together() -> None:
    with pytest.raises(ValueError, match="2 embeddings, but 3 photo ids"):
        cluster_faces(np.zeros((2, EMBEDDING_SIZE), np.float32), [1, 2, 3], threshold=THRESHOLD)
