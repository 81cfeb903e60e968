"""Ending face recognition for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from picprocure.accounts.consent import withdraw_consent
from picprocure.accounts.models import User
from picprocure.events.models import EventConsent
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.models import Face, ManualGrant, Match
from picprocure.recognition.references import forget_references, lock, wait_for_sorting
from picprocure.storage import files, keys
from picprocure.storage.batches import batched


@transaction.atomic
def withdraw(*, user: User) -> Forgotten:
    """End face recognition for a person; the account stays and can be used without it.

    References, matches and galleries go, and so do the embeddings of the event faces that were
    matched to the person: those faces stay unknown.
    """
    lock(user)
    withdraw_consent(user=user)
    EventConsent.objects.filter(registration__user=user, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    return forget_face(user)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much of a person's face went."""

    references: int
    matches: int
    faces: int


@transaction.atomic
def forget_face(user: User) -> Forgotten:
    """Delete references, anchors, matches, added photos, and embeddings of matched faces."""
    wait_for_sorting(user)
    matched = Match.objects.filter(registration__user=user, status=Match.Status.MATCHED)
    forgotten = Forgotten(
        references=user.references.count(),
        matches=matched.count(),  # people aren't told of doubtful ones
        faces=sum(_forget_faces(some) for some in batched(_faces_taken_for(user))),
    )
    user.matched_faces.all().delete()
    ManualGrant.objects.filter(registration__user=user).delete()
    delete_with_images(user.anchors.all())
    files.expect_no_owner(keys.choices_folder(user.pk))
    forget_references(user, user.references.all())
    return forgotten


def _faces_taken_for(user: User) -> list[int]:
    """Return the faces that are matched with a person, or were and belong to no other one now."""
    matched = Match.objects.filter(face=OuterRef("face"), status=Match.Status.MATCHED)
    own = Exists(matched.filter(registration__user=user))
    faces = user.matched_faces.filter(own | ~Exists(matched), face__embedding__isnull=False)
    return list(faces.values_list("face", flat=True))


def _forget_faces(face_ids: Sequence[int]) -> int:
    return Face.objects.filter(pk__in=face_ids).update(embedding=None, cluster=None)
