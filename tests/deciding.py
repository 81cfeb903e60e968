"""Decisions of hosts about faces, and what may happen after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest

import fakes
from conftest import World, reference_photo, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.faces.enrollment import quality
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, steps
from picprocure.recognition.engines import use_current_engine
from picprocure.recognition.models import Face, FaceDecision, GroupDecision, Match
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.recognition.standing_decisions import (
    contradictory_faces,
    decisions_about,
    is_about,
)


def the_face(photo: Photo, of: User | None = None) -> Face:
    """Return the only current face of a photo, or the one that is matched with a person."""
    faces = Face.objects.current().filter(photo=photo)
    return faces.get(matches__registration__user=of) if of else faces.get()


def decide(
    world: World, face: Face, answer: FaceDecision.Answer, user: User | None
) -> FaceDecision:
    registration = world.event.registrations.get(user=user) if user else None
    return changes.decide_about_face(
        face=face, answer=answer, registration=registration, host=world.alice
    )


def decide_group(world: World, same: Sequence[Face], others: Sequence[Face] = ()) -> GroupDecision:
    return changes.decide_about_group(event=world.event, same=same, others=others, host=world.alice)


def ensure_groups_hold(world: World) -> None:
    """Check the clusters and the matches after a sorting."""
    decided = contradictory_faces(world.event)
    faces = list(Face.objects.current().filter(photo__event=world.event))
    for group in GroupDecision.objects.standing():
        sides = {
            is_other: [
                face
                for face in faces
                for place in group.places.filter(is_other=is_other)
                if is_about(place, face) and face.embedding
            ]
            for is_other in (False, True)
        }
        if decided & {face.pk for side in sides.values() for face in side}:
            continue
        no_faces = {face for face in faces for one in decisions_about(face) if one.user is None}
        same, others = ([one for one in side if one not in no_faces] for side in sides.values())
        clusters = {face.cluster for face in same}
        assert len(clusters) <= 1
        assert not clusters & {face.cluster for face in others}
        people = [_people_matched_with(side) for side in (same, others)]
        assert len(people[0]) <= 1
        assert not people[0] & people[1]


def _people_matched_with(faces: Iterable[Face]) -> set[int]:
    matches = Match.objects.filter(face__in=list(faces), status=Match.Status.MATCHED)
    return set(matches.values_list("registration", flat=True))


def sort_again(world: World) -> None:
    request_sorting(world.event.pk)
    work_off()


def delete_matches(world: World) -> None:
    Match.objects.all().delete()
    Face.objects.update(cluster=None)


def add_photos(world: World) -> None:
    for serial in range(20, 23):
        upload(world.event, fakes.stripes(fakes.BOB, fakes.DORA, serial=serial), f"{serial}.png")


def add_reference(world: World) -> None:
    reference = changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    changes.admit(
        registration=world.event.registrations.get(user=world.bob), reference_ids=[reference.pk]
    )


def analyze_again(world: World) -> None:
    for photo in Photo.objects.filter(event=world.event):
        Photo.objects.filter(pk=photo.pk).update(status=Photo.Status.WAITING)
        steps.analyze_photo(photo.pk)


@contextmanager
def another_engine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "version", "stripes-2")
        patch.setattr(quality, "check_reference", lambda image, faces: faces[0])
        use_current_engine()
        yield


AFTERWARDS = [sort_again, delete_matches, add_photos, add_reference, analyze_again]
