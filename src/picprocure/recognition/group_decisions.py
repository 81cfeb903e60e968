"""What hosts decide about several faces together: who is one person, and who is not.

A decision belongs to places in photos, and every sorting honors it. A place ends with its photo, or
with the consent or the account of the person whom its face was matched with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.faces.clustering.cut import look_like_others
from picprocure.recognition.analysis import box_of, may_show_same
from picprocure.recognition.embeddings import face_embedding_if_open
from picprocure.recognition.face_decisions import (
    DecisionRefused,
    ensure_no_contradiction,
    lock_people_and_photos,
)
from picprocure.recognition.models import Face, GroupDecision, GroupedPlace


@transaction.atomic
def decide_group(
    *, event: Event, same: Sequence[Face], others: Sequence[Face] = (), host: User
) -> GroupDecision:
    """Record that faces are one person, and that other faces are not this person.

    The stored clusters change at once, and what else follows with the next sorting.

    Args:
        event: The event.
        same: Faces of one person.
        others: Faces of other people, of one or of several.
        host: The host.

    Raises:
        DecisionRefused: There are too few faces, a photo was analyzed again or deleted since its
            face was read, a face was forgotten, or this contradicts what hosts said before.
    """
    faces = [*same, *others]
    if not same or len(faces) == 1:
        raise DecisionRefused("Choose at least two faces.")
    photos = {face.photo_id for face in faces}
    lock_people_and_photos(photos, host=host)
    keys = {face.pk for face in faces}
    known = Face.objects.current().filter(photo__event=event, embedding__isnull=False)
    if known.filter(pk__in=keys).count() < len(keys):
        raise DecisionRefused("Some photos were checked again just now. Look at the faces again.")
    decision = GroupDecision.objects.create(event=event, decided_by=host)
    GroupedPlace.objects.bulk_create(
        [
            *(_place(decision, face, is_other=False) for face in same),
            *(_place(decision, face, is_other=True) for face in others),
        ]
    )
    ensure_no_contradiction(event, keys)
    _change_clusters(event, same, others)
    return decision


def undo_group(decision: GroupDecision, *, host: User) -> bool:
    """Take a decision back. The next sorting finds the clusters without it.

    Returns:
        Whether it was still standing.
    """
    now = timezone.now()
    standing = GroupDecision.objects.standing().filter(pk=decision.pk)
    return bool(standing.update(undone_by=host, undone_at=now))


def look_like(faces: Iterable[Face], others: Collection[int]) -> set[int]:
    """Return the ids of those faces that look more like some of them than like the rest.

    Args:
        faces: Faces that were taken for one person.
        others: The ids of those that show someone else.
    """
    embeddings = {face.pk: face_embedding_if_open(face) for face in faces}
    opened = {key: one for key, one in embeddings.items() if one is not None}
    keys = list(opened)
    rows = [keys.index(key) for key in others if key in opened]
    if not rows:
        return set(others)
    found = look_like_others(np.array(list(opened.values())), rows)
    return {key for key, is_like in zip(keys, found.tolist(), strict=True) if is_like} | set(others)


def forget_places(faces: Iterable[Face]) -> None:
    """Delete the places of faces, and decisions of which no place is left."""
    by_photo = {face.pk: face for face in faces}.values()
    places = GroupedPlace.objects.filter(photo__in={face.photo_id for face in by_photo})
    forgotten = [
        one
        for one in places
        if any(one.photo_id == face.photo_id and may_show_same(one, face) for face in by_photo)
    ]
    decisions = {one.decision_id for one in forgotten}
    GroupedPlace.objects.filter(pk__in=[one.pk for one in forgotten]).delete()
    GroupDecision.objects.filter(pk__in=decisions, places=None).delete()


def _place(decision: GroupDecision, face: Face, *, is_other: bool) -> GroupedPlace:
    place = GroupedPlace(decision=decision, photo_id=face.photo_id, is_other=is_other)
    place.left, place.top, place.right, place.bottom = astuple(box_of(face))
    return place


def _change_clusters(event: Event, same: Sequence[Face], others: Sequence[Face]) -> None:
    """Make the stored clusters agree with a decision, until the next sorting."""
    stored = Face.objects.current().filter(photo__event=event, embedding__isnull=False)
    clusters = {face.cluster for face in same if face.cluster is not None}
    if len(clusters) > 1:
        # By their keys: a join would lock their photos, too, after faces of other photos.
        joined = Face.objects.filter(pk__in=stored.filter(cluster__in=clusters).values("pk"))
        joined.lock()
        joined.update(cluster=min(clusters))
    if others:
        unused = (stored.aggregate(last=Max("cluster"))["last"] or 0) + 1
        stored.filter(pk__in=[face.pk for face in others]).update(cluster=unused)
