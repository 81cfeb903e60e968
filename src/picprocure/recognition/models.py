"""References, anchors, faces, matches, collisions, checks, and the state of each sorting."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Invitation, Registration
from picprocure.photos.models import Photo
from picprocure.storage.claims import Claimable


class Reference(models.Model):
    """An enrolled face of a user."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="references")
    image_key = models.CharField(max_length=255)
    embedding = models.BinaryField()
    engine_version = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]

    def __str__(self) -> str:
        return f"reference {self.id}"


class Anchor(models.Model):
    """The face that a person was first admitted to an event with.

    It never changes, and outlives the registration and the reference. All references of the person
    are compared with it (`recognition/anchors.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="anchors")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="anchors")
    # The reference that it was made from, which may be deleted. Both rows own the same stored
    # image, which is sealed for this id.
    reference_id = models.UUIDField()
    image_key = models.CharField(max_length=255, db_index=True)
    embedding = models.BinaryField()
    engine_version = models.CharField(max_length=60)
    joined_at = models.DateTimeField()  # when the person joined the event with this face
    fixed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="one_anchor_per_person")
        ]

    def __str__(self) -> str:
        return f"anchor {self.id}"


class FaceToCompare(models.Model):
    """A reference that must be compared with the other faces of an event before it is used there.

    It is written together with the change that brings the reference to the event, and deleted once
    a job has recorded the collisions (`recognition/collisions.py`).
    """

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="faces_to_compare"
    )
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name_plural = "faces to compare"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["registration", "reference"], name="one_comparison_per_reference"
            )
        ]

    def __str__(self) -> str:
        return f"face to compare {self.pk}"


class ReferenceAdmissionQuerySet(models.QuerySet["ReferenceAdmission"]):
    def compared(self) -> Self:
        """Keep references that were compared with the other faces of the event."""
        waiting = FaceToCompare.objects.filter(
            registration=OuterRef("registration"), reference=OuterRef("reference")
        )
        return self.filter(~Exists(waiting))


class ReferenceAdmission(models.Model):
    """A reference that is used in an event: a host saw it, or the event requires no approval."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="reference_admissions"
    )
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="admissions")
    admitted_at = models.DateTimeField(default=timezone.now)

    objects = ReferenceAdmissionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["registration", "reference"], name="one_admission_per_reference"
            )
        ]

    def __str__(self) -> str:
        return f"admission {self.pk}"


class FaceQuerySet(models.QuerySet["Face"]):
    def current(self) -> Self:
        """Return the faces that the latest analysis of each photo found."""
        return self.filter(is_superseded=False)

    def lock(self) -> None:
        """Lock the faces until the transaction ends, in the order that all writers use."""
        list(self.order_by("pk").select_for_update().values_list("pk"))

    def forget(self) -> int:
        """Delete the embeddings, and return how many faces there are.

        Call this inside a transaction.
        """
        self.lock()
        return self.update(embedding=None, cluster=None)


class Face(models.Model):
    """A face in a photo: a detected box, in pixels of the upright original."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="faces")
    left = models.IntegerField()
    top = models.IntegerField()
    right = models.IntegerField()
    bottom = models.IntegerField()
    # None once the person it was matched with withdrew. Such a face stays unknown. Empty if no key
    # opens it, or if the face is superseded.
    embedding = models.BinaryField(null=True)
    engine_version = models.CharField(max_length=60)
    cluster = models.PositiveIntegerField(null=True)  # a number within the event
    # Whether the photo was analyzed again. Then only the matches of this face still count, until
    # the next sorting replaces them.
    is_superseded = models.BooleanField(default=False)

    objects = FaceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"face {self.pk}"


class MatchQuerySet(models.QuerySet["Match"]):
    def decided_before(self, engine_version: str) -> Self:
        """Return matches that a sorting with this engine can't decide again.

        Another engine decided them, or their photo could not be analyzed again.
        """
        return self.filter(
            ~Q(engine_version=engine_version) | Q(face__photo__status=Photo.Status.FAILED)
        )


class Match(models.Model):
    """A registered person linked with a face in a photo, as the sorting decided."""

    class Status(models.TextChoices):
        MATCHED = "match"
        REVIEW = "review"  # doubtful: it gives access to nothing

    # Without an index of its own, since two others begin with it.
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="matches", db_index=False
    )
    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="matches")
    status = models.CharField(max_length=10, choices=Status)
    distance = models.FloatField()
    threshold = models.FloatField()
    reason = models.CharField(max_length=300)
    engine_version = models.CharField(max_length=60)
    decided_at = models.DateTimeField(default=timezone.now)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["registration", "face"], name="one_match_per_face")
        ]
        # Few of a large event's matches are doubtful.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["registration", "status", "face"], name="matches_by_status")
        ]

    def __str__(self) -> str:
        return f"match {self.pk}"


class MatchedFace(models.Model):
    """A face that was matched with a person at any time.

    A match ends when the person deletes a photo or leaves. This row stays until the person
    withdraws or deletes the account, which deletes the embedding of the face, or until the event
    ends. It gives access to nothing.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="matched_faces")
    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="matched_with")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "face"], name="one_matched_face_per_person")
        ]

    def __str__(self) -> str:
        return f"matched face {self.pk}"


class ManualGrant(models.Model):
    """A photo that a host shared with a person by hand."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="manual_grants"
    )
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="manual_grants")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["registration", "photo"], name="one_grant_per_photo")
        ]

    def __str__(self) -> str:
        return f"manual grant {self.pk}"


class FaceDecisionQuerySet(models.QuerySet["FaceDecision"]):
    def standing(self) -> Self:
        """Keep decisions that no host took back."""
        return self.filter(undone_at=None)


class FaceDecision(models.Model):
    """What a host said about a face in a photo.

    It belongs to a place in the photo, since each analysis replaces the faces. Sortings honor it
    (`recognition/face_decisions.py`). The row stays when it is taken back, so that hosts see who
    decided what.
    """

    class Answer(models.TextChoices):
        IS = "is"  # the face is this person's
        IS_NOT = "is not"
        WITHHELD = "withheld"  # it may be this person's, but they don't get the photo for it
        NO_FACE = "no face"

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="face_decisions")
    # That of the photo, so that the few decisions of an event are found without its photos. No
    # constraint: a transaction that decides would wait for one that has locked the event.
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="face_decisions", db_constraint=False
    )
    left = models.IntegerField()
    top = models.IntegerField()
    right = models.IntegerField()
    bottom = models.IntegerField()
    answer = models.CharField(max_length=10, choices=Answer)
    # None if it is no face.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="face_decisions"
    )
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = FaceDecisionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["decided_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(answer="no face", user=None)
                | (~Q(answer="no face") & Q(user__isnull=False)),
                name="decision_about_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"decision {self.pk} about a face"


class GroupDecisionQuerySet(models.QuerySet["GroupDecision"]):
    def standing(self) -> Self:
        """Keep decisions that no host took back."""
        return self.filter(undone_at=None)


class GroupDecision(models.Model):
    """What a host said about several faces of an event: who is one person, and who is not.

    Its places are of one person, or of others. Sortings honor it
    (`recognition/group_decisions.py`).
    """

    # No constraint, as for decisions about one face.
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="group_decisions", db_constraint=False
    )
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = GroupDecisionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["decided_at", "pk"]

    def __str__(self) -> str:
        return f"decision {self.pk} about several faces"


class GroupedPlace(models.Model):
    """The place of one of the faces that a host said something about together."""

    decision = models.ForeignKey(GroupDecision, on_delete=models.CASCADE, related_name="places")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="grouped_places")
    left = models.IntegerField()
    top = models.IntegerField()
    right = models.IntegerField()
    bottom = models.IntegerField()
    # Whether the face shows someone else than those of which this is not said.
    is_other = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"place {self.pk} of {self.decision_id}"


class UnknownPersonInvitation(models.Model):
    """An invitation that a host made for an unknown person in the photos.

    It gives nothing that other invitations don't give: those who follow it are compared as everyone
    else is. It only tells hosts whether the faces of those who came by it are the ones that it was
    made for (`recognition/unknown_person_invitations.py`).
    """

    invitation = models.OneToOneField(
        Invitation, on_delete=models.CASCADE, primary_key=True, related_name="for_unknown_person"
    )

    def __str__(self) -> str:
        return f"invitation {self.invitation_id} of an unknown person"


class InvitedPlace(models.Model):
    """The place of a face that an invitation was made for. Numbers of clusters change."""

    invitation = models.ForeignKey(
        UnknownPersonInvitation, on_delete=models.CASCADE, related_name="places"
    )
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="invited_places")
    left = models.IntegerField()
    top = models.IntegerField()
    right = models.IntegerField()
    bottom = models.IntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"place {self.pk} of {self.invitation}"


class InvitationFollower(models.Model):
    """A person who followed an invitation that was made for an unknown person."""

    invitation = models.ForeignKey(
        UnknownPersonInvitation, on_delete=models.CASCADE, related_name="guests"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="unknown_person_invitations"
    )
    followed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["followed_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["invitation", "user"], name="one_follower_per_invitation"
            )
        ]

    def __str__(self) -> str:
        return f"follower {self.pk}"


class CollisionQuerySet(models.QuerySet["Collision"]):
    def open(self) -> Self:
        """Return collisions that a host has to decide."""
        return self.filter(dismissed_at__isnull=True, other_is_refused=False)

    def hiding_photos(self) -> Self:
        """Return collisions whose newcomer sees no photos until a host decides."""
        return self.open().filter(keeps_photos=False)

    def of(self, registration: Registration) -> Self:
        """Return collisions in which this person is the newcomer."""
        return self.filter(event=registration.event_id, newcomer=registration.user_id)


class Collision(models.Model):
    """A face that looks borrowed. The newcomer waits until a host decides.

    It belongs to two people in an event, `newcomer` and `other`, who joined earlier. It outlives
    their references, consents and registrations, and ends with the newcomer's account or the event.
    For a copy, `face` is the face in a photo of the event, and `other` is None.
    """

    class Kind(models.TextChoices):
        PERSON = "person"  # very similar to a person who joined earlier
        PHOTO = "photo"  # cut out of a photo of the event

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="collisions")
    newcomer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="collisions")
    kind = models.CharField(max_length=10, choices=Kind)
    other = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    reference = models.ForeignKey(
        Reference, on_delete=models.SET_NULL, null=True, related_name="collisions"
    )
    other_reference = models.ForeignKey(
        Reference, on_delete=models.SET_NULL, null=True, related_name="collisions_of_others"
    )
    face = models.ForeignKey(Face, on_delete=models.SET_NULL, null=True, related_name="collisions")
    found_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)  # when a host decided that it isn't borrowed
    # Whether only a new engine found it, when the newcomer had photos already. They keep these, and
    # get no others until a host decides.
    keeps_photos = models.BooleanField(default=False)
    # Whether hosts refused the earlier person. As long as they do, the newcomer doesn't wait. The
    # row stays, since a new comparison might find that the other one came first, or find nothing.
    other_is_refused = models.BooleanField(default=False)

    objects = CollisionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["found_at"]

    def __str__(self) -> str:
        return f"collision {self.pk}"


class LivenessChallenge(models.Model):
    """Head turns requested from a person for an event. It can be answered once until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="liveness_challenges"
    )
    turns = models.CharField(max_length=40)  # separated by commas
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"challenge {self.id}"


class PassedLivenessCheck(models.Model):
    """A reference that passed the liveness check of an event."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="passed_liveness_checks"
    )
    reference = models.ForeignKey(
        Reference, on_delete=models.CASCADE, related_name="passed_liveness_checks"
    )
    passed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["registration", "reference"], name="one_live_check_per_reference"
            )
        ]

    def __str__(self) -> str:
        return f"passed liveness check {self.pk}"


class EngineInUse(models.Model):
    """The face engine whose results the site uses: one row, checked whenever the site starts."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.CharField(max_length=60)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "engines in use"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_engine_in_use")
        ]

    def __str__(self) -> str:
        return self.version


class SortingQuerySet(models.QuerySet["Sorting"]):
    def pending(self) -> Self:
        """Return sortings that were requested and are not done."""
        return self.filter(done__lt=F("requested"))

    def due(self) -> Self:
        """Return pending sortings that don't wait for more photos."""
        is_urgent = Q(done__lt=F("urgent"))
        has_gathered = Q(not_before__lte=timezone.now())
        return self.pending().filter(is_urgent | Q(not_before=None) | has_gathered)


class Sorting(Claimable):
    """The state of an event's sorting.

    `requested` counts the requests. `done` is the number of requests that the last finished sorting
    covers, so the sorting is up to date when both are equal.
    """

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="sorting"
    )
    requested = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # The last request that must not wait for more photos, and until when others wait for them.
    urgent = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    sorted_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    # How many photos were not delivered because the event was matched more strictly than usual, and
    # the ids of the photos that made it so, strongest first. They may have been deleted since then.
    held_back = models.PositiveIntegerField(default=0)
    similar_photos = models.JSONField(default=list)
    # What a release by hand would deliver (`recognition/release_preview.py`).
    release_photos = models.PositiveIntegerField(default=0)
    release_people = models.PositiveIntegerField(default=0)
    release_doubtful = models.PositiveIntegerField(default=0)

    objects = SortingQuerySet.as_manager()

    class Meta:
        # Few of the site's events wait for their sorting.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["queued_at"], condition=Q(done__lt=F("requested")), name="pending_sorting"
            )
        ]

    def __str__(self) -> str:
        return f"sorting of event {self.event_id}"


class TrialSortingQuerySet(models.QuerySet["TrialSorting"]):
    def pending(self) -> Self:
        """Return trials that were requested and are not done."""
        return self.filter(done__lt=F("requested"))


class TrialSorting(Claimable):
    """What other steps of strictness would change in an event.

    A job computes it in memory when a host asks (`recognition/trials.py`). It changes no match.
    """

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="trial_sorting"
    )
    requested = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # Whether the other steps are asked for, or only pairs for a check.
    compares_steps = models.BooleanField(default=False)
    # The step that a host chose last on the page, which is computed next.
    asked_step = models.SmallIntegerField(null=True)
    # The outcomes by step, as far as they were computed, and the sorting and the step that they
    # were compared with (`Sorting.done`, `Event.strictness`).
    outcomes = models.JSONField(default=dict)
    of_sorting = models.PositiveIntegerField(default=0)
    of_strictness = models.SmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)

    objects = TrialSortingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"trial sorting of event {self.event_id}"


class ReleaseCheck(models.Model):
    """Some pairs that a host judges, to estimate how many photos are wrong or missed.

    A job draws the pairs (`recognition/release_checks.py`). Each host has a check of their own,
    since they may see different people. A new one replaces it.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="release_checks")
    host = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    begun_at = models.DateTimeField(default=timezone.now)
    drawn_at = models.DateTimeField(null=True)
    # Whether it is about unreleased photos only.
    is_of_unreleased = models.BooleanField(default=False)
    # How many pairs each stratum had, and how many were drawn of it.
    sizes = models.JSONField(default=dict)
    drawn = models.JSONField(default=dict)
    of_strictness = models.SmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "host"], name="one_check_per_host")
        ]

    def __str__(self) -> str:
        return f"check {self.pk} of event {self.event_id}"


class CheckedPair(models.Model):
    """A person and a place in a photo, drawn at random, and what a host says about it."""

    class Answer(models.TextChoices):
        SAME = "same"
        OTHER = "other"
        UNCLEAR = "unclear"

    check_of = models.ForeignKey(ReleaseCheck, on_delete=models.CASCADE, related_name="pairs")
    position = models.PositiveSmallIntegerField()
    stratum = models.CharField(max_length=10)  # a `PairKind`
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="checked_pairs"
    )
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="checked_pairs")
    left = models.IntegerField()
    top = models.IntegerField()
    right = models.IntegerField()
    bottom = models.IntegerField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    # The decision that the answer made, for its undo.
    decision = models.ForeignKey(
        FaceDecision, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]

    def __str__(self) -> str:
        return f"pair {self.pk} of check {self.check_of_id}"
