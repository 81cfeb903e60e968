"""What a release by hand would deliver: counted when it changes, since it takes long.

Each sorting counts it, and so does each change of who gets which photo without a sorting.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from picprocure.events.models import Event, Registration
from picprocure.recognition.admission import has_open_collision
from picprocure.recognition.models import ManualGrant, Match, Sorting


@dataclass(frozen=True, slots=True)
class ReleasePreview:
    """What a release by hand would deliver.

    Attributes:
        photos: Unreleased photos that at least one person would get.
        people: People who would get an unreleased photo.
        doubtful: Unreleased photos that may show a person who wouldn't get them.
    """

    photos: int = 0
    people: int = 0
    doubtful: int = 0

    @property
    def fields(self) -> dict[str, int]:
        """Return the fields of `Sorting` that store it."""
        return {
            "release_photos": self.photos,
            "release_people": self.people,
            "release_doubtful": self.doubtful,
        }


def stored_preview(sorting: Sorting | None) -> ReleasePreview:
    if sorting is None:
        return ReleasePreview()
    return ReleasePreview(sorting.release_photos, sorting.release_people, sorting.release_doubtful)


def count_preview(event: Event) -> ReleasePreview:
    admitted = event.registrations.filter(
        ~has_open_collision(), status=Registration.Status.ADMITTED
    )
    # As joins: with subqueries, SQLite would look at each person for each photo.
    photo = {"event": event, "waits_for_release": True, "analyzed_at__isnull": False}
    matches = Match.objects.filter(
        registration__in=admitted, **{f"face__photo__{name}": photo[name] for name in photo}
    )
    matched = matches.filter(status=Match.Status.MATCHED)
    shared = ManualGrant.objects.filter(
        registration__in=admitted, **{f"photo__{name}": photo[name] for name in photo}
    )
    delivered = matched.values("face__photo").union(shared.values("photo"))
    people = matched.values("registration").union(shared.values("registration"))
    doubtful = matches.filter(status=Match.Status.REVIEW, face__is_superseded=False)
    return ReleasePreview(
        photos=delivered.count(),
        people=people.count(),
        doubtful=doubtful.values("face__photo").distinct().count(),
    )


def refresh_preview(event_id: UUID) -> None:
    """Count again, if photos of the event are unreleased. Call this last in a transaction."""
    event = Event.objects.filter(pk=event_id).first()
    if event is not None and event.photos.filter(waits_for_release=True).exists():
        Sorting.objects.filter(pk=event_id).update(**count_preview(event).fields)
