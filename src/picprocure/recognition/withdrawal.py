"""Ending face recognition for a person."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from picprocure.accounts.consent import withdraw_consent
from picprocure.accounts.models import User
from picprocure.events.models import EventConsent
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.collisions import record_collisions_before_loss
from picprocure.recognition.group_decisions import forget_places
from picprocure.recognition.models import CheckedPair, Face, ManualGrant, Match
from picprocure.recognition.references import forget_references, lock, wait_for_sorting
from picprocure.recognition.unknown_person_invitations import forget_invited_places
from picprocure.storage import files, keys
from picprocure.storage.batches import batched


@transaction.atomic
def withdraw(*, user: User) -> Forgotten:
    """End face recognition for a person. The account stays and can be used without it.

    Deletes references, matches, and the embeddings of faces that were matched with the person.
    Those faces stay unknown.
    """
    lock(user)
    wait_for_sorting(user)
    record_collisions_before_loss(user)
    withdraw_consent(user=user)
    EventConsent.objects.filter(registration__user=user, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    return forget_face(user)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted of a person's face, as far as the person may know."""

    references: int
    matches: int
    faces: int


@transaction.atomic
def forget_face(user: User) -> Forgotten:
    """Delete references, anchors, matches, manual grants, and embeddings of matched faces."""
    wait_for_sorting(user)
    record_collisions_before_loss(user)
    faces = _forgettable_faces(user)
    # People learn of neither doubtful matches nor unreleased photos.
    matched = Match.objects.filter(registration__user=user, status=Match.Status.MATCHED)
    known = Face.objects.filter(photo__waits_for_release=False)
    forgotten = Forgotten(
        references=user.references.count(),
        matches=matched.filter(face__photo__waits_for_release=False).count(),
        faces=sum(known.filter(pk__in=batch).count() for batch in batched(faces)),
    )
    for batch in batched(faces):
        matched_faces = list(Face.objects.filter(pk__in=batch).defer("embedding"))
        forget_places(matched_faces)
        forget_invited_places(matched_faces)
        Face.objects.filter(pk__in=batch).forget()
    user.matched_faces.all().delete()
    user.face_decisions.all().delete()
    user.unknown_person_invitations.all().delete()
    CheckedPair.objects.filter(registration__user=user).delete()
    user.collisions.update(face=None)  # they still wait, without a link to a photo
    ManualGrant.objects.filter(registration__user=user).delete()
    delete_with_images(user.anchors.all())
    files.expect_no_owner(keys.choices_folder(user.pk))
    forget_references(user, user.references.all())
    return forgotten


def _forgettable_faces(user: User) -> list[int]:
    """Return the ids of faces whose embeddings have to be deleted with a person's face.

    Those are faces that are matched with the person, and faces that were matched with them and are
    matched with no other person now.
    """
    matches = Match.objects.filter(face=OuterRef("face"), status=Match.Status.MATCHED)
    is_own = Exists(matches.filter(registration__user=user))
    faces = user.matched_faces.filter(is_own | ~Exists(matches), face__embedding__isnull=False)
    return list(faces.values_list("face", flat=True))
