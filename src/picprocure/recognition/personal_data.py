"""The face data's part of *Download my data*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from picprocure.accounts.models import User
from picprocure.accounts.personal_data import Facts, Part, iso
from picprocure.faces.types import Embedding
from picprocure.recognition.anchor_photos import AnchorPhoto, anchor_photos
from picprocure.recognition.embeddings import embedding_if_open
from picprocure.recognition.models import Reference
from picprocure.recognition.stored_images import stored_image
from picprocure.storage.errors import SealedForGood


def _facts(user: User) -> Facts:
    return {
        "references": [_reference_facts(reference) for reference in user.references.all()],
        "compared_with": [_anchor_photo_facts(photo) for photo in anchor_photos(user)],
    }


def _files(user: User) -> Iterator[tuple[str, bytes]]:
    for reference in user.references.all():
        if image := _image(reference.image_key, reference.pk):
            yield f"references/{reference.pk}.jpg", image
    for photo in anchor_photos(user):
        if image := _image(photo.image_key, photo.reference_id):
            yield f"first/{photo.event.pk}.jpg", image


def _reference_facts(reference: Reference) -> Facts:
    return {
        "file": f"references/{reference.pk}.jpg",
        "given": iso(reference.created_at),
        "engine": reference.engine_version,
        "embedding": _numbers(embedding_if_open(reference)),
    }


def _anchor_photo_facts(photo: AnchorPhoto) -> Facts:
    return {
        "event": photo.event.name,
        "event_id": str(photo.event.pk),
        "file": f"first/{photo.event.pk}.jpg",
        "came": iso(photo.joined_at),
        "engine": photo.engine_version,
        "embedding": _numbers(photo.embedding),
    }


def _numbers(embedding: Embedding | None) -> list[float] | None:
    return None if embedding is None else embedding.tolist()


def _image(image_key: str, reference_id: UUID) -> bytes | None:
    try:
        return stored_image(image_key, reference_id)
    except (FileNotFoundError, SealedForGood):  # the site asks the person for another photo
        return None


PART: Final = Part(
    facts=_facts,
    files=_files,
    included=frozenset({"recognition.Reference", "recognition.Anchor"}),
    left_out={
        "recognition.FaceToCompare": "a note of a moment that a face is to be compared",
        "recognition.ReferenceAdmission": "would tell whether the host admitted the person",
        "recognition.Face": "faces in photos; the person's own photos are in the archive",
        "recognition.MatchedFace": "may include photos that the person may not see any more",
        "recognition.FaceDecision": "may be about photos that the person may not see",
        "recognition.GroupDecision": "may be about photos that the person may not see",
        "recognition.GroupedPlace": "may be about photos that the person may not see",
        "recognition.UnknownPersonInvitation": "would tell that a host looked for someone",
        "recognition.InvitedPlace": "may be about photos that the person may not see",
        "recognition.InvitationFollower": "would tell that the link was for an unknown person",
        "recognition.Collision": "would tell a person whose face theirs resembles",
        "recognition.LivenessChallenge": "random head turns, valid for minutes",
        "recognition.PassedLivenessCheck": "would tell which photos the host admitted",
        "recognition.Sorting": "progress of an event",
        "recognition.TrialSorting": "counts of an event",
        "recognition.ReleaseCheck": "counts of an event",
        "recognition.CheckedPair": "may be about photos that the person may not see",
    },
)
