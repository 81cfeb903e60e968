from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from picprocure.faces import distances
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.types import Decision, FaceMatch, Person
from picprocure.faces.thresholds import DLIB, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.faces.vectors import normalize

from ..synthetic import Event, alike, at_distance, center, party, photographed, registered

NOBODY: Embeddings = np.empty((0, EMBEDDING_SIZE), np.float32)
EDGE = 0.385
"""The largest distance at which the only face of an event matches the only reference."""


def matches_of(*arguments: Any, **choices: Any) -> list[FaceMatch]:
    return match_people(*arguments, **{"thresholds": DLIB, **choices}).matches


def delivered(matches: list[FaceMatch], photos: Sequence[int]) -> set[tuple[object, int]]:
    """Return pairs of a person and a photo."""
    return {
        (match.person, photos[match.face]) for match in matches if match.decision is Decision.MATCH
    }


def decided(matches: list[FaceMatch]) -> list[tuple[int, object, str]]:
    return [(match.face, match.person, match.decision.value) for match in matches]


def reference_near(face: Embedding, distance: float, *, key: str = "ada", seed: int = 0) -> Person:
    """Return a person whose only reference is at this distance from the face."""
    return Person(key=key, references=at_distance(face, distance, seed)[None, :])


def one_face(distance: float) -> list[FaceMatch]:
    """Return the decision about a single face at this distance from the only reference."""
    face = center(1)
    return matches_of(face[None, :], [0], [0], [reference_near(face, distance)])


def by_truth(
    event: Event, people: Sequence[Person], thresholds: Thresholds = DLIB
) -> list[FaceMatch]:
    """Match people with perfect clusters."""
    return matches_of(event.embeddings, event.photos, event.people, people, thresholds=thresholds)


def album(person: int, photos: int) -> Embeddings:
    """Return this many photos of strangers."""
    return np.stack([photographed(person, time) for time in range(photos)])


def test_people_get_nearly_all_photos_they_are_in_and_no_others() -> None:
    event = party(people=20, photos=80, seed=4)
    people = [registered(person, references=3) for person in range(8)]
    got, owed = delivered(by_truth(event, people), event.photos), event.owed(range(8))
    assert got <= owed
    assert len(got) > 0.95 * len(owed)


def test_someone_who_is_in_no_photo_gets_nothing() -> None:
    event = party(people=20, photos=40, seed=4)
    assert by_truth(event, [registered(77)]) == []


def test_no_faces_or_no_people_make_no_matches() -> None:
    event = party(people=3, photos=5, seed=1)
    assert matches_of(NOBODY, [], [], [registered(1)]) == []
    assert by_truth(event, []) == []


def test_one_face_near_the_reference_matches() -> None:
    (match,) = one_face(0.3)
    assert match.decision is Decision.MATCH
    assert match.person == "ada"
    assert match.distance == pytest.approx(0.3, abs=1e-3)
    assert match.threshold == pytest.approx(EDGE, abs=1e-3)
    assert match.reason == "0.30 to the reference, limit 0.38; no one else is registered"


def test_the_result_has_the_score_that_a_match_took() -> None:
    face = center(1)
    person = reference_near(face, 0.3)
    result = match_people(face[None, :], [0], [0], [person], thresholds=DLIB)
    chance = NormalDist().cdf(-result.score_threshold)  # of one comparison
    assert chance == pytest.approx(DLIB.max_wrong_share)


@pytest.mark.parametrize(
    ("distance", "decision"), [(EDGE - 0.002, Decision.MATCH), (EDGE + 0.002, Decision.REVIEW)]
)
def test_the_limit_is_where_it_says(distance: float, decision: Decision) -> None:
    (match,) = one_face(distance)
    assert match.decision is decision
    assert (match.distance < match.threshold) == (decision is Decision.MATCH)


def test_one_face_a_little_beyond_the_limit_is_for_review() -> None:
    (match,) = one_face(0.41)
    assert match.decision is Decision.REVIEW
    assert match.reason.endswith("near, but not near enough to be sure")


def test_a_single_face_far_from_the_reference_is_not_matched() -> None:
    assert one_face(0.44) == []


def test_a_match_names_the_next_nearest_person() -> None:
    face = center(1)
    people = [reference_near(face, 0.25), reference_near(face, 0.65, key="ben", seed=5)]
    (match,) = matches_of(face[None, :], [0], [0], people)
    assert match.reason.endswith("next nearest person 0.65")


def test_a_face_between_two_people_is_for_review_by_both_and_matches_neither() -> None:
    face = center(1)
    people = [
        reference_near(face, 0.30, key="ada", seed=1),
        reference_near(face, 0.33, key="ben", seed=2),
    ]
    matches = matches_of(face[None, :], [0], [0], people)
    assert decided(matches) == [(0, "ada", "review"), (0, "ben", "review")]
    assert all("another registered person is about as near" in match.reason for match in matches)


def test_a_clearly_nearer_person_matches_and_the_other_hears_nothing() -> None:
    face = center(1)
    people = [
        reference_near(face, 0.25, key="ada", seed=1),
        reference_near(face, 0.33, key="ben", seed=2),
    ]
    assert decided(matches_of(face[None, :], [0], [0], people)) == [(0, "ada", "match")]


def test_a_borrowed_face_takes_no_photo_from_anybody() -> None:
    """If two accounts have the same face, the host decides. Neither gets a photo automatically."""
    event = party(people=12, photos=40, seed=6)
    owner = registered(3)
    borrower = reference_near(owner.references[0], 0.02, key="borrower")
    matches = by_truth(event, [owner, borrower])
    assert delivered(matches, event.photos) == set()
    assert len(matches) == DLIB.min_review_items
    thorough = replace(DLIB, min_review_items=100)
    matches = by_truth(event, [owner, borrower], thresholds=thorough)
    owed = {photo for _, photo in event.owed([3])}
    assert {(match.person, event.photos[match.face]) for match in matches} == {
        (person, photo) for person in (3, "borrower") for photo in owed
    }


def test_the_very_same_reference_twice_is_for_review() -> None:
    event = party(people=12, photos=40, seed=6)
    matches = by_truth(event, [registered(3), replace(registered(3), key="twin")])
    assert matches
    assert delivered(matches, event.photos) == set()


def test_a_cluster_carries_no_far_face_along() -> None:
    """A stranger was grouped with her by mistake. His photo isn't delivered."""
    faces = np.stack([*album(1, 5), photographed(2, 0)])
    matches = matches_of(faces, range(6), [0] * 6, [registered(1)])
    assert decided(matches) == [(face, 1, "match") for face in range(5)] + [(5, 1, "review")]
    assert "grouped with faces that match, but is itself too far off" in matches[5].reason


def test_a_cluster_carries_no_look_alike_along_that_is_far_from_the_reference() -> None:
    """He looks like her faces in the photos, but not like her reference."""
    own = album(1, 5)
    middle, reference = normalize(own.sum(axis=0)[None, :])[0], photographed(1, 900)
    away = normalize((middle - reference)[None, :])[0]
    look_alike = normalize((middle + 0.33 * away)[None, :])
    faces = np.concatenate([own, look_alike])
    matches = matches_of(faces, range(6), [0] * 6, [Person(1, reference[None, :])])
    assert decided(matches)[:5] == [(face, 1, "match") for face in range(5)]
    assert decided(matches)[5:] == [(5, 1, "review")]
    assert "grouped with faces that match, but is itself too far off" in matches[5].reason


def test_a_reference_matches_nothing_by_falling_among_strangers() -> None:
    """The guests look alike, and so do 30 registered people who didn't come."""
    guests = alike(np.stack([photographed(person, 0) for person in range(300)]), 0.3)
    absent = [
        Person(person, alike(registered(person).references, 0.3)) for person in range(300, 330)
    ]
    matches = matches_of(guests, np.arange(300) // 4, range(300), absent)
    assert delivered(matches, range(300)) == set()
    # As if the event told nothing about its strangers.
    fixed = replace(DLIB, cohort_prior=1e9, unknown_spread=0)
    matches = matches_of(guests, range(300), range(300), absent, thresholds=fixed)
    assert len(delivered(matches, range(300))) > 5


def test_many_strangers_around_the_reference_make_its_limit_stricter() -> None:
    reference, face = center(1), at_distance(center(1), 0.3, seed=99)
    person = Person("ada", reference[None, :])

    def limit_among(distance: float) -> float:
        around = [at_distance(reference, distance, seed=n) for n in range(100)]
        matches = matches_of(np.stack([face, *around]), range(101), range(101), [person])
        return next(match.threshold for match in matches if match.face == 0)

    assert limit_among(0.45) < limit_among(0.5) < limit_among(0.55)


def test_a_person_has_one_face_in_a_photo() -> None:
    """If a cluster has two faces of a photo, the nearer one counts."""
    near, far = at_distance(center(1), 0.2), at_distance(center(1), 0.3, seed=1)
    matches = matches_of(np.stack([far, near]), [7, 7], [0, 0], [Person("ada", center(1)[None, :])])
    assert decided(matches) == [(1, "ada", "match")]


def test_of_two_clusters_that_meet_in_a_photo_only_the_nearer_matches() -> None:
    """Her sister has a cluster of her own, and both are in one photo. The sister's are doubtful."""
    herself = [at_distance(center(1), 0.2, seed=n) for n in range(3)]
    her_sister = at_distance(center(1), 0.28, seed=49)
    sister = [at_distance(her_sister, 0.1, seed=50 + n) for n in range(3)]
    matches = matches_of(
        np.stack(herself + sister),
        [0, 1, 2, 2, 3, 4],
        [0, 0, 0, 1, 1, 1],
        [Person("ada", center(1)[None, :])],
    )
    assert decided(matches) == [(face, "ada", "match") for face in (0, 1, 2)] + [
        (face, "ada", "review") for face in (4, 5)
    ]
    assert "stands in one photo with a face that fits this person better" in matches[-1].reason


def test_a_person_whose_photos_fell_into_two_clusters_gets_both() -> None:
    matches = matches_of(album(1, 6), range(6), [0, 0, 0, 1, 1, 1], [registered(1)])
    assert delivered(matches, range(6)) == {(1, photo) for photo in range(6)}


def chain(seldom: float) -> tuple[Person, list[Embedding]]:
    """Return Ada and four photos of her.

    Three are a little unlike her reference. The fourth is less like it, and more like the three.
    """
    reference = center(1)
    near = [at_distance(at_distance(reference, 0.28), 0.05, seed=n) for n in range(1, 4)]
    return Person("ada", reference[None, :]), [*near, at_distance(reference, seldom)]


def test_what_is_known_of_a_person_finds_more_of_them() -> None:
    """The second ranking: beyond her reference's limit, but near the faces that are surely hers.

    Alone, the same face would not be hers.
    """
    ada, faces = chain(0.41)
    alone = matches_of(np.stack(faces[3:]), [3], [0], [ada])
    assert delivered(alone, range(4)) == set()
    together = matches_of(np.stack(faces), range(4), [0, 0, 0, 1], [ada])
    assert delivered(together, range(4)) == {("ada", photo) for photo in range(4)}
    last = together[-1]
    assert last.distance > last.threshold
    assert last.reason.endswith("3 other faces of this person agree")


def test_faces_agree_only_where_there_are_enough_of_them() -> None:
    ada, faces = chain(0.41)
    choosy = replace(DLIB, min_agreeing=4)
    matches = matches_of(np.stack(faces), range(4), [0, 0, 0, 1], [ada], thresholds=choosy)
    assert decided(matches)[3:] == [(3, "ada", "review")]
    assert matches[3].reason.endswith("near, but too few faces agree on it")


@pytest.mark.parametrize(("min_agreeing", "decision"), [(3, "match"), (4, "review")])
def test_a_face_that_was_grouped_by_mistake_agrees_on_nothing(
    min_agreeing: int, decision: str
) -> None:
    ada, faces = chain(0.41)
    choosy = replace(DLIB, min_agreeing=min_agreeing)
    matches = matches_of(
        np.stack([*faces, photographed(2, 0)]), range(5), [0, 0, 0, 1, 0], [ada], thresholds=choosy
    )
    assert decided(matches)[3:] == [(3, "ada", decision), (4, "ada", "review")]


def test_the_second_ranking_takes_no_cluster_from_another_person() -> None:
    """The first ranking's assignment to Ben stays, although Ada's faces together are nearer."""
    ada, faces = chain(0.41)
    ben = reference_near(faces[3], 0.33, key="ben", seed=9)
    matches = matches_of(np.stack(faces), range(4), [0, 0, 0, 1], [ada, ben])
    assert delivered(matches, range(4)) == {("ada", 0), ("ada", 1), ("ada", 2), ("ben", 3)}


def test_what_is_found_of_a_person_takes_nothing_that_is_nearer_to_anothers_reference() -> None:
    """Neither Ada nor Ben gets the three photos.

    By her reference, they are Ada's rather than Ben's, without a sure margin. The fourth is Ben's,
    and is like them.
    """
    ada, faces = chain(0.41)
    ben = reference_near(faces[3], 0.30, key="ben", seed=9)
    matches = matches_of(np.stack(faces), range(4), [0, 0, 0, 1], [ada, ben])
    assert delivered(matches, range(4)) == {("ben", 3)}
    assert {(match.face, match.person) for match in matches if match.face < 3} == {
        (face, person) for face in range(3) for person in ("ada", "ben")
    }
    assert any("another registered person is nearer" in match.reason for match in matches)


def test_nothing_is_found_that_is_too_far_from_the_reference() -> None:
    """This holds even if it is very near to her other faces."""
    ada, faces = chain(0.47)
    matches = matches_of(np.stack(faces), range(4), [0, 0, 0, 1], [ada])
    assert decided(matches)[3:] == [(3, "ada", "review")]
    assert "near other faces of this person, but far from the reference" in matches[3].reason


def test_several_references_are_steadier_than_one() -> None:
    """One odd reference among three neither matches strangers nor loses the person."""
    event = party(people=20, photos=60, seed=11)
    odd = at_distance(center(4), 0.45, seed=1)
    references = np.stack([photographed(4, 901), photographed(4, 902), odd])
    matches = by_truth(event, [Person(4, references)])
    assert delivered(matches, event.photos) == event.owed([4])


def test_twenty_references_find_what_one_misses() -> None:
    event = party(people=60, photos=200, seed=3)
    alone = range(len(event.faces))
    found = []
    for many in (1, 20):
        people = [registered(person, references=many) for person in range(20)]
        matches = matches_of(event.embeddings, event.photos, alone, people)
        found.append(delivered(matches, event.photos))
    assert len(found[0]) < 0.95 * len(found[1])
    assert found[1] <= event.owed(range(20))


def test_every_match_is_nearer_than_its_threshold_or_says_that_others_agree() -> None:
    event = party(people=100, photos=250, seed=12)
    matches = by_truth(event, [registered(person) for person in range(50)])
    sure = [match for match in matches if match.decision is Decision.MATCH]
    beyond = [match for match in sure if match.distance >= match.threshold]
    assert 0 < len(beyond) < len(sure) / 2
    for match in beyond:
        assert match.reason.endswith(" other faces of this person agree")
        agreeing = int(match.reason.split("but ")[1].split()[0])
        assert agreeing >= DLIB.min_agreeing


def test_review_shows_the_best_and_no_more_than_a_host_can_look_at() -> None:
    event = party(people=150, photos=300, seed=5)
    people = [registered(person) for person in range(50)]

    def shown(thresholds: Thresholds) -> list[tuple[object, int]]:
        matches = by_truth(event, people, thresholds)
        return [
            (match.person, event.photos[match.face])
            for match in matches
            if match.decision is Decision.REVIEW
        ]

    deliveries = len(delivered(by_truth(event, people), event.photos))
    deep = replace(DLIB, review_depth=3)
    everything = set(shown(replace(deep, review_share=100)))
    few = set(shown(replace(deep, review_share=0, min_review_items=5)))
    usual = set(shown(deep))
    assert len(few) == 5
    assert len(usual) == int(DLIB.review_share * deliveries)
    assert few < usual < everything
    owed = event.owed(range(50))
    assert len(few & owed) / len(few) > len(everything & owed) / len(everything)


@pytest.mark.parametrize("shuffle", range(3))
def test_of_a_cluster_that_is_too_large_to_review_the_nearest_faces_are_shown(shuffle: int) -> None:
    reference = center(1)
    faces = np.stack([at_distance(reference, 0.41 + n / 10_000, seed=1) for n in range(30)])
    order = np.random.default_rng(shuffle).permutation(30)
    deep, ada = replace(DLIB, review_depth=2), Person("ada", reference[None, :])
    matches = matches_of(faces[order], range(30), [0] * 30, [ada], thresholds=deep)
    assert {int(order[match.face]) for match in matches} == set(range(DLIB.min_review_items))
    assert {match.decision for match in matches} == {Decision.REVIEW}


def test_delivered_photos_are_not_in_the_review() -> None:
    event = party(people=60, photos=200, seed=3)
    matches = by_truth(event, [registered(person) for person in range(30)])
    got = delivered(matches, event.photos)
    for_review = {
        (match.person, event.photos[match.face])
        for match in matches
        if match.decision is Decision.REVIEW
    }
    assert got
    assert for_review
    assert not got & for_review


def test_the_fewer_photos_may_be_wrong_the_fewer_are_delivered() -> None:
    event = party(people=100, photos=250, seed=12)
    people = [registered(person) for person in range(50)]
    shares = [1 / 3, 1 / 30, 1 / 300, 1 / 3_000, 1 / 30_000]
    given = [
        delivered(by_truth(event, people, replace(DLIB, max_wrong_share=share)), event.photos)
        for share in shares
    ]
    counts = [len(pairs) for pairs in given]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0


def test_the_order_of_the_people_does_not_matter() -> None:
    event = party(people=12, photos=40, seed=6)
    people = [registered(person) for person in range(6)]
    forwards, backwards = by_truth(event, people), by_truth(event, people[::-1])
    assert sorted(forwards, key=str) == sorted(backwards, key=str)


def test_the_order_of_the_faces_does_not_matter() -> None:
    event = party(people=80, photos=160, seed=6)
    order = np.random.default_rng(3).permutation(len(event.faces))
    clusters, photos = np.array(event.people), np.array(event.photos)
    people = [registered(person) for person in range(40)]
    plain = matches_of(event.embeddings, photos, clusters, people)
    shuffled = matches_of(event.embeddings[order], photos[order], clusters[order], people)
    back = [(int(order[match.face]), match.person, match.decision.value) for match in shuffled]
    assert sorted(back) == sorted(decided(plain))
    assert {match.decision for match in plain} == {Decision.MATCH, Decision.REVIEW}


def test_matches_come_in_the_order_of_the_faces() -> None:
    event = party(people=12, photos=40, seed=6)
    faces = [match.face for match in by_truth(event, [registered(1), registered(2)])]
    assert faces == sorted(faces)
    assert faces


def test_cluster_numbers_may_have_gaps() -> None:
    event = party(people=5, photos=20, seed=2)
    gappy = np.array(event.people) * 10 - 3
    matches = matches_of(event.embeddings, event.photos, gappy, [registered(1)])
    assert matches == by_truth(event, [registered(1)])
    assert matches


class TestOddEvents:
    def test_all_people_in_one_photo(self) -> None:
        faces = np.stack([photographed(person, 0) for person in range(400)])
        people = [registered(person, references=3) for person in range(100)]
        matches = matches_of(faces, [0] * 400, range(400), people)
        right = {(match.face, match.person) for match in matches if match.decision == "match"}
        assert right <= {(person, person) for person in range(100)}
        assert len(right) > 80

    @pytest.mark.parametrize("clusters", [[0] * 30, list(range(30))])
    def test_the_very_same_face_thirty_times(self, clusters: list[int]) -> None:
        faces = np.repeat(center(1)[None, :], 30, axis=0)
        matches = matches_of(faces, range(30), clusters, [reference_near(center(1), 0.25)])
        if clusters[1] == 0:
            assert delivered(matches, range(30)) == {("ada", photo) for photo in range(30)}
        assert all(match.person == "ada" for match in matches)

    def test_embeddings_of_zeros_are_not_matched(self) -> None:
        faces = np.zeros((4, EMBEDDING_SIZE), np.float32)
        assert matches_of(faces, [0, 0, 1, 2], [0, 1, 0, 0], [registered(1)]) == []

    def test_a_reference_of_zeros_gets_nothing(self) -> None:
        event = party(people=12, photos=40, seed=6)
        blank = Person("blank", np.zeros((1, EMBEDDING_SIZE), np.float32))
        matches = by_truth(event, [blank, registered(3)])
        assert {match.person for match in matches} == {3}

    def test_two_faces_in_two_clusters(self) -> None:
        faces = np.stack([center(1), center(2)])
        people = [reference_near(center(n), 0.25, key=str(n)) for n in (1, 2)]
        matches = matches_of(faces, [0, 0], [0, 1], people)
        assert decided(matches) == [(0, "1", "match"), (1, "2", "match")]

    def test_lengths_of_references_say_nothing(self) -> None:
        event = party(people=12, photos=40, seed=6)
        plain = by_truth(event, [registered(3)])
        longer = by_truth(event, [Person(3, registered(3).references * 1.4)])
        assert decided(longer) == decided(plain)
        assert plain

    def test_faces_that_are_not_normalized_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"embedding 1 has the length 1\.400"):
            matches_of([center(1), center(2) * 1.4], [0, 1], [0, 1], [registered(3)])


def test_what_does_not_go_together_is_refused_with_the_numbers() -> None:
    event = party(people=2, photos=3, seed=1)
    with pytest.raises(ValueError, match="2 photo ids and 1 clusters"):
        matches_of(event.embeddings, [1, 2], [0], [registered(1)])


@pytest.mark.parametrize("references", [NOBODY, center(1), np.zeros((2, 64), np.float32)])
def test_a_person_without_a_usable_reference_is_refused(references: Embeddings) -> None:
    with pytest.raises(ValueError, match="at least one embedding"):
        matches_of(center(1)[None, :], [0], [0], [Person("ada", references)])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_reference_that_is_no_numbers_is_refused(broken: float) -> None:
    references = np.stack([center(1), center(1) * np.float32(broken)])
    with pytest.raises(ValueError, match="embedding 1 holds values that are no finite numbers"):
        matches_of(center(1)[None, :], [0], [0], [Person("ada", references)])


def test_a_person_who_is_registered_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="3 is registered 2 times"):
        matches_of(center(1)[None, :], [0], [0], [registered(3), registered(3)])


def test_a_face_that_another_person_is_nearer_to_is_for_review() -> None:
    """It is in her cluster by mistake. His reference shows whose face it is."""
    own, hers = album(1, 6), registered(1)
    his = at_distance(hers.references[0], 0.3)
    face = at_distance(his, 0.1, seed=1)
    people = [hers, Person("he", his[None, :])]
    matches = matches_of(np.stack([*own, face]), range(7), [0] * 7, people)
    assert delivered(matches, range(7)) == {(1, photo) for photo in range(6)}


class TestAnchor:
    """A person with another reference than the face they were first admitted with."""

    def one_face(self, distance: float) -> FaceMatch:
        """Return a face at this distance from the anchor, and half of it from the reference."""
        face = center(1)
        anchor, other = at_distance(face, distance), at_distance(face, distance / 2)
        person = Person(1, np.stack([anchor, other]), anchor=anchor)
        (match,) = matches_of(face[None, :], [0], [0], [person])
        return match

    @pytest.mark.parametrize("distance", [0.3, DLIB.anchor_reach - 0.002])
    def test_a_face_near_it_is_theirs(self, distance: float) -> None:
        assert self.one_face(distance).decision is Decision.MATCH

    def test_a_face_beyond_it_is_theirs_if_the_anchor_alone_finds_it(self) -> None:
        assert DLIB.anchor_reach < EDGE
        assert self.one_face(EDGE - 0.002).decision is Decision.MATCH

    @pytest.mark.parametrize("distance", [EDGE + 0.005, 0.42])
    def test_any_other_face_is_not(self, distance: float) -> None:
        match = self.one_face(distance)
        assert match.decision is Decision.REVIEW
        assert "too different from the photo this person was first admitted with" in match.reason

    def test_another_person_gets_the_same_as_before(self) -> None:
        event = party(people=20, photos=80, seed=4)
        people = [registered(person, references=3) for person in range(8)]
        with_anchors = [replace(person, anchor=person.references[0]) for person in people[:4]]
        before = delivered(by_truth(event, people), event.photos)
        after = delivered(by_truth(event, [*with_anchors, *people[4:]]), event.photos)
        assert after <= before
        assert {pair for pair in after if pair[0] in range(4, 8)} == {
            pair for pair in before if pair[0] in range(4, 8)
        }

    @pytest.mark.parametrize(
        ("distance", "decision"),
        [
            (DLIB.anchor_reach - 0.002, Decision.MATCH),
            (DLIB.anchor_reach + 0.002, Decision.REVIEW),
        ],
    )
    def test_reach_decides_if_another_person_keeps_the_anchor_from_finding_it_alone(
        self, distance: float, decision: Decision
    ) -> None:
        face = center(1)
        anchor, other = at_distance(face, distance), at_distance(face, 0.05, seed=1)
        person = Person(1, np.stack([anchor, other]), anchor=anchor)
        rival = reference_near(face, 0.33, key="ben", seed=5)
        matches = matches_of(face[None, :], [0], [0], [person, rival])
        assert [match.decision for match in matches if match.person == 1] == [decision]
        alone = [replace(person, references=anchor[None, :], anchor=None), rival]
        assert delivered(matches_of(face[None, :], [0], [0], alone), [0]) == set()


def test_events_of_several_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distances in large events are computed block by block."""
    event = party(people=60, photos=150, seed=12)
    people = [registered(person) for person in range(30)]
    in_one = by_truth(event, people)
    monkeypatch.setattr(distances, "_BLOCK_DISTANCES", 1)
    monkeypatch.setattr(distances, "_MIN_ROWS", 7)
    in_several = by_truth(event, people)
    assert decided(in_several) == decided(in_one)
    for one, several in zip(in_one, in_several, strict=True):
        assert several.distance == pytest.approx(one.distance, abs=1e-4)
        assert several.threshold == pytest.approx(one.threshold, abs=1e-4)


class TestAlike:
    """People who collided: a face that may belong to either is delivered to neither."""

    def of_ada(self, alike: set[str], **others: float) -> FaceMatch:
        """Return what Ada gets, if her reference is near the face and others are so far from it."""
        face = center(1)
        ada = replace(reference_near(face, 0.2, seed=1), alike=frozenset(alike))
        people = [
            reference_near(face, distance, key=key, seed=seed)
            for seed, (key, distance) in enumerate(others.items(), start=2)
        ]
        matches = matches_of(face[None, :], [0], [0], [*people, ada])
        (match,) = (match for match in matches if match.person == "ada")
        return match

    def test_a_face_within_reach_of_both_is_for_review(self) -> None:
        match = self.of_ada({"ben"}, ben=DLIB.alike_reach - 0.002)
        assert match.decision is Decision.REVIEW
        assert "it may show another registered person who looks similar" in match.reason

    def test_a_face_beyond_the_reach_of_the_other_matches(self) -> None:
        match = self.of_ada({"ben"}, ben=DLIB.alike_reach + 0.002)
        assert match.decision is Decision.MATCH

    def test_people_who_did_not_collide_with_her_take_nothing_from_her(self) -> None:
        assert self.of_ada({"cleo"}, ben=0.4).decision is Decision.MATCH
        assert self.of_ada({"cleo"}, ben=0.4, cleo=0.5).decision is Decision.MATCH

    @pytest.mark.parametrize("others", [{"ben": 0.4, "cleo": 0.5}, {"cleo": 0.5, "ben": 0.4}])
    def test_one_of_several_within_reach_is_enough(self, others: dict[str, float]) -> None:
        assert self.of_ada({"ben", "cleo"}, **others).decision is Decision.REVIEW
