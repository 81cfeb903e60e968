"""Events and registrations."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.storage.prepared_queries import Slot


class EventQuerySet(models.QuerySet["Event"]):
    def live(self, now: datetime | Slot | None = None) -> Self:
        """Keep events that have not expired."""
        return self.filter(expires_at__gt=now or timezone.now())

    def matching(self, query: str) -> Self:
        """Keep events that have each word of the query in their name, place or description."""
        events = self
        for word in query.split():
            in_name = models.Q(name__icontains=word) | models.Q(place__icontains=word)
            events = events.filter(in_name | models.Q(description__icontains=word))
        return events

    def some(self, count: int) -> Self:
        """Keep this many events, chosen at random, or all if there are no more.

        They are neighbors in the order of their random keys, so the other events are not read.
        """
        start = uuid.uuid4()
        rows = self.order_by("pk").values_list("pk", flat=True)
        after = list(rows.filter(pk__gte=start)[:count])
        if len(after) == count:
            return self.filter(pk__range=(start, after[-1]))
        before = list(rows.filter(pk__lt=start)[: count - len(after)])
        is_chosen = models.Q(pk__gte=start)
        if before:
            is_chosen |= models.Q(pk__lte=before[-1])
        return self.filter(is_chosen)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def newer_than(self, event: Event) -> Self:
        """Keep events that come before this one in the order of `newest_first`."""
        not_older = self.filter(created_at__gte=event.created_at)
        return not_older.exclude(created_at=event.created_at, pk__lte=event.pk)

    def older_than(self, event: Event) -> Self:
        """Keep events that come after this one in the order of `newest_first`."""
        not_newer = self.filter(created_at__lte=event.created_at)
        return not_newer.exclude(created_at=event.created_at, pk__gte=event.pk)

    def with_totals(self) -> Self:
        """Add `photo_count` and `registration_count`, each by its own subquery.

        With joins, an event of 1,000 people and 20,000 photos would give 20 million rows.
        """
        return self.annotate(
            photo_count=_total("photos"), registration_count=_total("registrations")
        )


def _total(relation: str) -> Coalesce:
    related = cast(type[models.Model], Event._meta.get_field(relation).related_model)
    rows = related._default_manager.filter(event=models.OuterRef("pk")).order_by()
    totals = rows.values("event").annotate(total=models.Count("event")).values("total")
    return Coalesce(models.Subquery(totals), 0)


def min_availability_hours() -> int:
    """Return the site's minimum time that photos stay available."""
    return int(settings.AVAILABILITY / timedelta(hours=1))


class Event(models.Model):
    class LivenessCheck(models.TextChoices):
        OFF = "off", "No"
        ASKED = "asked", "Asked for, but not required"
        REQUIRED = "required", "Required"

    class Accent(models.TextChoices):
        """The color of an event's pages and poster; its shades are in `tokens.css`."""

        TEAL = "teal", "Teal"
        BLUE = "blue", "Blue"
        VIOLET = "violet", "Violet"
        BERRY = "berry", "Berry"
        RUST = "rust", "Rust"
        GREEN = "green", "Green"

    class Release(models.TextChoices):
        """When photos that are uploaded before the opening appear in galleries."""

        AT_CLOSE = "close", "When registration closes"
        BY_HAND = "hand", "When I press “Release”"
        AFTER_REVIEW = "review", "After I have reviewed them"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    creator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="created_events")
    name = models.CharField(max_length=80)
    description = models.TextField(max_length=2000, blank=True)
    place = models.CharField(max_length=120, blank=True)
    takes_place_on = models.DateField(null=True)
    cover_key = models.CharField(max_length=255, blank=True)
    accent = models.CharField(max_length=10, choices=Accent, default=Accent.TEAL)
    # All signed-in users can find a listed event. Other events need an invitation.
    is_listed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    registration_closes_at = models.DateTimeField()
    # Whether people can register after the close. They always wait for approval.
    allows_late_registration = models.BooleanField(default=False)
    # Whether hosts can upload photos while registration is open. They stay unreleased.
    allows_early_upload = models.BooleanField(default=False)
    # When unreleased photos are released, and when a host last asked for it.
    release = models.CharField(max_length=10, choices=Release, default=Release.AT_CLOSE)
    release_requested_at = models.DateTimeField(null=True)
    # Whether there may be unreleased photos. Maintenance finds such events by it.
    has_unreleased_photos = models.BooleanField(default=False)
    # How long photos stay after the last one was released.
    availability_hours = models.PositiveIntegerField(default=min_availability_hours)
    # How much more strictly than usual faces are matched: a step of `faces/strictness.py`.
    strictness = models.SmallIntegerField(default=0)
    # Whether people get photos only after a host has admitted them.
    requires_approval = models.BooleanField(default=True)
    liveness_check = models.CharField(
        max_length=10, choices=LivenessCheck, default=LivenessCheck.OFF
    )
    # Whether downloads keep the photos' metadata: time, place, camera and owner.
    keeps_metadata = models.BooleanField(default=False)
    # Whether the capture time stays in downloads when other metadata is removed.
    keeps_time = models.BooleanField(default=True)
    # The zone for cameras that don't store theirs. Empty: the site's zone.
    time_zone = models.CharField(max_length=64, blank=True)
    # Whether each person's photos are also published in a container that they have a link to. Only
    # some stores can do this.
    is_published = models.BooleanField(default=False)
    # When the event ends. Before photos are released, this is the end of the upload window.
    expires_at = models.DateTimeField(db_index=True)
    # When the event would have ended if its availability hadn't been extended. Faces of people who
    # didn't register are deleted then. None until photos are released.
    faces_expire_at = models.DateTimeField(null=True)

    # When the creator got a mail that people are waiting for approval.
    people_announced_at = models.DateTimeField(null=True)
    # When hosts got a mail that unreleased photos will be deleted.
    unreleased_announced_at = models.DateTimeField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"]),
            models.Index(
                fields=["created_at", "id"],
                condition=models.Q(is_listed=True),
                name="listed_events",
            ),
            models.Index(fields=["faces_expire_at"]),
            models.Index(
                fields=["id"], condition=models.Q(is_published=True), name="published_events"
            ),
            models.Index(
                fields=["registration_closes_at"],
                condition=models.Q(has_unreleased_photos=True),
                name="unreleased_events",
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.id}"

    @property
    def registration_is_open(self) -> bool:
        return timezone.now() < self.registration_closes_at

    @property
    def takes_registrations(self) -> bool:
        return self.registration_is_open or self.allows_late_registration

    @property
    def takes_photos(self) -> bool:
        """Whether hosts can upload photos now."""
        return self.allows_early_upload or not self.registration_is_open

    @property
    def releases_at_close(self) -> bool:
        return self.release == Event.Release.AT_CLOSE

    @property
    def new_photos_wait(self) -> bool:
        """Whether photos that are uploaded now stay unreleased."""
        return self.registration_is_open or not self.releases_at_close

    @property
    def new_photos_end_soon(self) -> bool:
        """Whether photos that are uploaded now end within a day, unless a host releases them."""
        is_soon = self.expires_at - timezone.now() < timedelta(days=1)
        return is_soon and self.has_released_photos and self.new_photos_wait

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    @property
    def downloads_include_time(self) -> bool:
        """Whether downloads include when a photo was taken."""
        return self.keeps_time or self.keeps_metadata

    @property
    def has_released_photos(self) -> bool:
        """Whether photos were ever released, so that people know how long they stay."""
        return self.faces_expire_at is not None

    @property
    def availability(self) -> timedelta:
        return timedelta(hours=self.availability_hours)

    @property
    def availability_days(self) -> int:
        return self.availability_hours // 24


class CoHost(models.Model):
    """A person who runs an event together with its creator."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="co_hosts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="co_hosted")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="co_host_once")
        ]

    def __str__(self) -> str:
        return f"co-host {self.pk}"


class CoHostInvitation(models.Model):
    """An invitation to run an event together with its creator.

    Before the invited person accepts, they see only the names of the event and its creator. The
    creator sees only what they typed: not whether there is such an account, whether it declined, or
    whether two invitations reach the same person. The row is kept, so that no further mail is sent.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="co_host_invitations")
    invitee = models.CharField(max_length=254)  # an address, in lower case; long ago, a username
    # The account with this username when it was typed. Another person may take the name later.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="co_host_invitations"
    )
    invited_at = models.DateTimeField(default=timezone.now)
    # When the person answered this invitation, or another one to the same event.
    answered_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    # When it left the creator's list, because it was accepted or canceled.
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["invited_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["event", "invitee"], name="one_co_host_invitation_per_invitee"
            )
        ]

    def __str__(self) -> str:
        return f"co-host invitation {self.pk}"


class GuestListAddress(models.Model):
    """An address on a guest list.

    A person who has confirmed it and registers after it was listed is admitted automatically.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="guest_list")
    email = models.EmailField("e-mail address")  # in lower case
    name = models.CharField(max_length=160, blank=True)  # as the host wrote it
    # The registration that this row admitted. Rows are never matched with earlier registrations:
    # hosts could find out the addresses of people who already registered.
    registration = models.OneToOneField(
        "Registration", on_delete=models.SET_NULL, null=True, related_name="guest_list_address"
    )

    class Meta:
        verbose_name_plural = "guest list addresses"
        ordering: ClassVar[list[str]] = ["email"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["event", "email"], name="one_row_per_guest_list_address"
            )
        ]

    def __str__(self) -> str:
        return f"guest list address {self.pk}"


class InvitationMail(models.Model):
    """An invitation by mail, or one that was held back, which looks the same to hosts.

    The row outlives its event, for the daily limits.
    """

    class Role(models.TextChoices):
        GUEST = "guest"
        CO_HOST = "co-host"

    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, related_name="+")
    sender = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    address = models.CharField(max_length=64)  # keyed digest
    written_at = models.DateTimeField(default=timezone.now, db_index=True)
    # None while it is held back: the address wants none, or got too many that day.
    sent_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["event", "role", "address"], name="one_invitation_mail_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"invitation mail {self.pk}"


class InvitationRefusal(models.Model):
    """An address whose owner wants no more invitations."""

    address = models.CharField(max_length=64, unique=True)  # keyed digest
    refused_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"invitation refusal {self.pk}"


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def consenting(self) -> Self:
        """Keep registrations of people who consent to face recognition in the event."""
        return self.filter(consent__isnull=False, consent__withdrawn_at=None)


class Registration(models.Model):
    """A person's request to take part in an event and to get the photos they are in."""

    class Status(models.TextChoices):
        PENDING = "pending"  # waiting for approval
        ADMITTED = "admitted"
        BLOCKED = "blocked"  # refused or removed: gets no photos and can't register again

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="registrations")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="registrations")
    registered_at = models.DateTimeField(default=timezone.now)
    # Whether their address was listed when they registered. This is not checked again: if adding an
    # address admitted people who are already waiting, hosts could find out their addresses.
    was_on_guest_list = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # Whether a photo was ever matched or shared with them. It gives access to nothing: the sweep
    # only finds people by it who may have to be notified.
    had_photos = models.BooleanField(default=False)
    photos_announced_at = models.DateTimeField(null=True)  # by mail, once for each release by hand
    end_announced_at = models.DateTimeField(null=True)  # by mail, shortly before the event ends
    # When they first and last opened their gallery while it had photos, and last downloaded some.
    # It is for hosts. A new time is stored after a day at the earliest.
    first_opened_at = models.DateTimeField(null=True)
    last_opened_at = models.DateTimeField(null=True)
    last_downloaded_at = models.DateTimeField(null=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["registered_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="one_registration_per_person")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["event"],
                condition=models.Q(had_photos=True, photos_announced_at=None),
                name="awaiting_photo_mail",
            )
        ]

    def __str__(self) -> str:
        return f"registration {self.pk}"

    @property
    def is_late(self) -> bool:
        """Whether they registered after the close, so a host must admit them."""
        return self.registered_at > self.event.registration_closes_at


class GuestRequestQuerySet(models.QuerySet["GuestRequest"]):
    def open(self) -> Self:
        """Keep requests that no host has answered."""
        return self.filter(answered_at=None)


class GuestRequest(models.Model):
    """What a guest asks the hosts of an event: one row of each kind for a person at most.

    Asking again replaces a request that was answered.
    """

    class Kind(models.TextChoices):
        MISSING = "missing", "Am I missing somewhere?"
        TIME = "time", "I need more time"

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="requests"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = GuestRequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["asked_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["registration", "kind"], name="one_request_of_each_kind"
            )
        ]

    def __str__(self) -> str:
        return f"guest request {self.pk}"


class Refusal(models.Model):
    """A blocked person who left the event. If they register again, they are blocked again."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="refusals")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="refused_once")
        ]

    def __str__(self) -> str:
        return f"refusal {self.pk}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def valid(self) -> Self:
        """Keep links that have not expired."""
        return self.filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that leads to one event. It is found by the hash of its token."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256 in hexadecimal
    # The token, to show the link again. None in links of earlier versions and of the guest list.
    sealed_token = models.BinaryField(null=True)
    # A keyed digest of the short code that people type. None if the token isn't kept.
    code_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    # Whether the link is in mails to addresses of the guest list.
    is_for_guest_list = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class InvitedUser(models.Model):
    """A person who followed an invitation link, so they can see the event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="invited_users")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followed_invitations")
    followed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="invited_once")
        ]

    def __str__(self) -> str:
        return f"invited user {self.pk}"


class EventConsent(models.Model):
    """A person's consent to face recognition in the photos of one event."""

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, primary_key=True, related_name="consent"
    )
    version = models.CharField(max_length=20)
    text = models.TextField()  # the full text that the person agreed to
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"consent {self.version} of registration {self.registration_id}"


class HostMail(models.Model):
    """A mail from a host to all people registered for an event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="host_mails")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="host_mails")
    subject = models.CharField(max_length=120)
    text = models.TextField(max_length=4000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["written_at"]

    def __str__(self) -> str:
        return f"host mail {self.pk}"


class HostMailRecipient(models.Model):
    """A recipient of a mail from a host."""

    mail = models.ForeignKey(HostMail, on_delete=models.CASCADE, related_name="recipients")
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recipient {self.pk} of host mail {self.mail_id}"


class EndedEvent(models.Model):
    """An event that was deleted: its id and the time (`events/ended.py`)."""

    id = models.UUIDField(primary_key=True, editable=False)
    ended_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"ended event {self.id}"


class EndedEventMember(models.Model):
    """A person who took part in an event that was deleted, as a keyed hash."""

    event = models.ForeignKey(EndedEvent, on_delete=models.CASCADE, related_name="members")
    person = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"member {self.pk} of an ended event"
