from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from picprocure.faces import crowding, distances, matching
from picprocure.faces.clustering import cluster_faces
from picprocure.faces.matching import Decision, FaceMatch, Person, match_people
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings

from .plain_matching import plain_claims
from .synthetic import Event, at_distance, center, party, photographed, registered, step

NOBODY: Embeddings = np.empty((0, EMBEDDING_SIZE), np.float32)


def sorted_out(event: Event, *people: Person) -> list[FaceMatch]:
    clusters = cluster_faces(event.embeddings, event.photos, threshold=DEFAULT.cluster_threshold)
    return match_people(event.embeddings, event.photos, clusters, people)


def delivered(matches: list[FaceMatch], event: Event) -> set[tuple[object, int]]:
    """Pairs of a person and a photo."""
    return {
        (match.person, event.photos[match.face])
        for match in matches
        if match.decision is Decision.MATCH
    }


def decided(matches: list[FaceMatch]) -> list[tuple[int, object, str]]:
    return [(match.face, match.person, match.decision.value) for match in matches]


def reference_near(face: Embedding, distance: float, *, key: object = "ada") -> Person:
    """A person whose one reference lies at this distance from the face."""
    return Person(key=str(key), references=at_distance(face, distance)[None, :])


def one_face(distance: float) -> list[FaceMatch]:
    """What becomes of a single face at this distance from the only person's reference."""
    face = center(1)
    return match_people(face[None, :], [0], [0], [reference_near(face, distance)])


def test_everybody_gets_exactly_the_photos_they_are_in() -> None:
    event = party(people=20, photos=80, seed=4)
    people = [registered(person) for person in range(8)]
    owed = {
        (person, photo)
        for person, photo in zip(event.people, event.photos, strict=True)
        if person < 8
    }
    assert delivered(sorted_out(event, *people), event) == owed


def test_someone_who_is_in_no_photo_gets_nothing() -> None:
    event = party(people=20, photos=40, seed=4)
    assert sorted_out(event, registered(77)) == []


def test_no_faces_or_no_people_make_no_matches() -> None:
    event = party(people=3, photos=5, seed=1)
    assert match_people(NOBODY, [], [], [registered(1)]) == []
    assert match_people(event.embeddings, event.photos, [0] * len(event.faces), []) == []


def test_one_face_near_the_reference_matches() -> None:
    (match,) = one_face(0.3)
    assert match.decision is Decision.MATCH
    assert match.person == "ada"
    assert match.distance == pytest.approx(0.3, abs=1e-3)
    assert match.distance < match.threshold
    assert match.reason.startswith("0.30 to the reference, limit 0.57; ")


def test_one_face_a_little_beyond_the_limit_is_for_review() -> None:
    (match,) = one_face(DEFAULT.max_distance + DEFAULT.doubt / 2)
    assert match.decision is Decision.REVIEW
    assert "not near enough to be sure" in match.reason


def test_one_face_far_from_the_reference_is_nobodys() -> None:
    assert one_face(DEFAULT.max_distance + DEFAULT.doubt + 0.01) == []


def test_a_match_names_the_next_nearest_person() -> None:
    face = center(1)
    people = [reference_near(face, 0.3), Person("ben", at_distance(face, 0.65, seed=5)[None, :])]
    (match,) = match_people(face[None, :], [0], [0], people)
    assert match.reason.endswith("next nearest person 0.65")


def test_a_face_between_two_people_is_for_review_by_both_and_matches_neither() -> None:
    face = center(1)
    ada = Person("ada", at_distance(face, 0.40, seed=1)[None, :])
    ben = Person("ben", at_distance(face, 0.44, seed=2)[None, :])
    matches = match_people(face[None, :], [0], [0], [ada, ben])
    assert decided(matches) == [(0, "ada", "review"), (0, "ben", "review")]
    assert all("another registered person" in match.reason for match in matches)


def test_a_clearly_nearer_person_matches_and_the_other_hears_nothing() -> None:
    face = center(1)
    ada = Person("ada", at_distance(face, 0.30, seed=1)[None, :])
    ben = Person("ben", at_distance(face, 0.45, seed=2)[None, :])
    assert decided(match_people(face[None, :], [0], [0], [ada, ben])) == [(0, "ada", "match")]


def test_a_borrowed_face_takes_no_photo_from_anybody() -> None:
    """Two accounts with one person's face: the host decides, neither gets a photo by itself."""
    event = party(people=12, photos=40, seed=6)
    owner = registered(3)
    borrower = Person("borrower", at_distance(owner.references[0], 0.02)[None, :])
    matches = sorted_out(event, owner, borrower)
    assert delivered(matches, event) == set()
    for_review = {match.person for match in matches}
    assert for_review == {3, "borrower"}


def test_the_very_same_reference_twice_is_for_review() -> None:
    event = party(people=12, photos=40, seed=6)
    twin = replace(registered(3), key="twin")
    assert delivered(sorted_out(event, registered(3), twin), event) == set()


def test_a_cluster_carries_no_far_face_along() -> None:
    """A stranger was grouped with Ada by mistake: his photo isn't delivered."""
    own = [photographed(1, time) for time in range(5)]
    stranger = photographed(2, 0)
    faces = np.stack([*own, stranger])
    matches = match_people(faces, range(6), [0] * 6, [registered(1)])
    assert decided(matches) == [(face, 1, "match") for face in range(5)] + [(5, 1, "review")]
    assert "grouped with faces that match" in matches[5].reason


def test_a_reference_matches_nothing_by_falling_among_strangers() -> None:
    """A crowd of look-alikes lies around the reference, the person is not among them."""
    reference = center(1)
    crowd = np.stack([at_distance(reference, 0.5, seed=n) for n in range(30)])
    person = Person("ada", reference[None, :])
    matches = match_people(crowd, range(30), range(30), [person])
    assert all(match.decision is not Decision.MATCH for match in matches)


def test_a_crowd_around_the_reference_makes_its_limit_stricter() -> None:
    reference, face = center(1), at_distance(center(1), 0.44, seed=99)
    person = Person("ada", reference[None, :])

    def limit_among(distance: float) -> float:
        others = [at_distance(reference, distance, seed=n) for n in range(30)]
        faces = np.stack([face, *others])
        matches = match_people(faces, range(31), range(31), [person])
        return next(match.threshold for match in matches if match.face == 0)

    assert limit_among(0.58) < limit_among(0.64) < limit_among(0.9)


def test_no_event_loosens_the_limit_beyond_the_largest_distance() -> None:
    face = at_distance(center(1), 0.3)
    others = [center(1) + step(5, seed=n) for n in range(30)]
    matches = match_people(
        np.stack([face, *others]), range(31), range(31), [Person("ada", center(1)[None, :])]
    )
    assert [match.threshold for match in matches] == [
        pytest.approx(DEFAULT.max_distance + DEFAULT.face_slack)
    ]


def test_a_person_has_one_face_in_a_photo() -> None:
    """Should a cluster hold two faces of a photo all the same, the nearer one counts."""
    near, far = at_distance(center(1), 0.2), at_distance(center(1), 0.35, seed=1)
    matches = match_people(
        np.stack([far, near]), [7, 7], [0, 0], [Person("ada", center(1)[None, :])]
    )
    assert decided(matches) == [(0, "ada", "review"), (1, "ada", "match")]
    assert "another face of this photo is nearer" in matches[0].reason


def test_of_two_clusters_that_meet_in_a_photo_only_the_nearer_matches() -> None:
    """Her sister, grouped apart, stands beside her once: all the sister's photos are doubtful."""
    herself = [at_distance(center(1), 0.25, seed=n) for n in range(3)]
    sister = [at_distance(center(1), 0.40, seed=50 + n) for n in range(3)]
    faces = np.stack(herself + sister)
    matches = match_people(
        faces, [0, 1, 2, 2, 3, 4], [0, 0, 0, 1, 1, 1], [Person("ada", center(1)[None, :])]
    )
    assert decided(matches) == [(face, "ada", "match") for face in range(3)] + [
        (face, "ada", "review") for face in range(3, 6)
    ]
    assert "stands in one photo with a face that fits this person better" in matches[3].reason


def test_a_person_whose_photos_fell_into_two_clusters_gets_both() -> None:
    event = Event()
    for _ in range(6):
        event.photo(1)
    matches = match_people(event.embeddings, event.photos, [0, 0, 0, 1, 1, 1], [registered(1)])
    assert len(delivered(matches, event)) == 6


def test_several_references_are_steadier_than_one() -> None:
    """One odd reference among three neither matches strangers nor loses the person."""
    event = party(people=20, photos=60, seed=11)
    odd = at_distance(center(4), 0.55, seed=1)
    references = np.stack([photographed(4, 901), photographed(4, 902), odd])
    owed = {
        (4, photo) for person, photo in zip(event.people, event.photos, strict=True) if person == 4
    }
    assert delivered(sorted_out(event, Person(4, references)), event) == owed


def test_the_order_of_the_people_does_not_matter() -> None:
    event = party(people=12, photos=40, seed=6)
    people = [registered(person) for person in range(6)]
    forwards, backwards = sorted_out(event, *people), sorted_out(event, *people[::-1])
    assert sorted(decided(forwards)) == sorted(decided(backwards))


def test_the_order_of_the_faces_does_not_matter() -> None:
    event = party(people=12, photos=40, seed=6)
    order = np.random.default_rng(3).permutation(len(event.faces))
    clusters = cluster_faces(event.embeddings, event.photos, threshold=DEFAULT.cluster_threshold)
    people = [registered(person) for person in range(6)]
    plain = match_people(event.embeddings, event.photos, clusters, people)
    shuffled = match_people(
        event.embeddings[order], np.array(event.photos)[order], clusters[order], people
    )
    back = [(int(order[match.face]), match.person, match.decision.value) for match in shuffled]
    assert sorted(back) == sorted(decided(plain))


def test_matches_come_in_the_order_of_the_faces() -> None:
    event = party(people=12, photos=40, seed=6)
    faces = [match.face for match in sorted_out(event, registered(1), registered(2))]
    assert faces == sorted(faces)
    assert faces


def test_cluster_numbers_may_have_gaps() -> None:
    event = party(people=5, photos=20, seed=2)
    clusters = cluster_faces(event.embeddings, event.photos, threshold=DEFAULT.cluster_threshold)
    plain = match_people(event.embeddings, event.photos, clusters, [registered(1)])
    gappy = match_people(event.embeddings, event.photos, clusters * 10 - 3, [registered(1)])
    assert plain == gappy


def test_every_match_is_nearer_than_its_threshold() -> None:
    event = party(people=40, photos=150, seed=12)
    matches = sorted_out(event, *[registered(person) for person in range(20)])
    assert all(
        match.distance < match.threshold for match in matches if match.decision is Decision.MATCH
    )


def test_what_does_not_go_together_is_refused_with_the_numbers() -> None:
    event = party(people=2, photos=3, seed=1)
    with pytest.raises(ValueError, match="2 photo ids and 1 clusters"):
        match_people(event.embeddings, [1, 2], [0], [registered(1)])


@pytest.mark.parametrize("references", [NOBODY, center(1), np.zeros((2, 64), np.float32)])
def test_a_person_without_a_usable_reference_is_refused(references: Embeddings) -> None:
    with pytest.raises(ValueError, match="at least one embedding"):
        match_people(center(1)[None, :], [0], [0], [Person("ada", references)])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("block", [3, 10_000])
def test_blocks_of_any_size_measure_what_whole_matrices_measure(
    seed: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distances, "_MIN_ROWS", block)
    monkeypatch.setattr(distances, "_BLOCK_DISTANCES", block)
    monkeypatch.setattr(crowding, "_SUMS", block * 50)
    monkeypatch.setattr(matching, "_SUMS", block * 50)
    random = np.random.default_rng(seed)
    event = party(people=int(random.integers(3, 30)), photos=int(random.integers(1, 50)), seed=seed)
    people = [registered(person, references=1 + person % 3) for person in range(8)]
    apart = random.random(len(event.faces)) < 0.2  # some faces are grouped wrong
    clusters = np.where(apart, random.integers(0, 40, len(event.faces)), event.people)
    _, clusters = np.unique(clusters, return_inverse=True)
    crowded = replace(DEFAULT, max_distance=0.9)  # so that every limit comes from the crowding
    found = match_people(event.embeddings, event.photos, clusters, people, thresholds=crowded)
    expected = plain_claims(event.embeddings, clusters, people, crowded)
    assert len(expected) > 0
    assert len(found) == len(expected)
    for match in found:
        measured = (match.distance, match.threshold)
        assert measured == pytest.approx(expected[match.face, match.person], abs=1e-3)
