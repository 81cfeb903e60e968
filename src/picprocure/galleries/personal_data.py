"""*Download my data*: everything about a person, as one ZIP of JSON and files."""

from __future__ import annotations

import json
from typing import Final

from picprocure.accounts import personal_data
from picprocure.accounts.models import User
from picprocure.accounts.personal_data import Facts, Part, consent_facts, iso
from picprocure.events.models import EventConsent
from picprocure.galleries.access import (
    invitations_to_host,
    photos_granted_to,
    photos_visible_to,
)
from picprocure.galleries.archives import Archive, add_photos
from picprocure.galleries.dated_zip import DatedZip
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import PhotoQuerySet
from picprocure.recognition.models import Match

README: Final = """\
Everything PicProcure stores about you.

data.json          your account, consents, registrations, events, and where you were found
references/        the photos of your face
first/             the first photo you were approved with in each event, even if deleted
photos/            the event photos you're in

data.json has the face data of these photos: 128 numbers computed from each (its embedding).
Times are in UTC. Information that other people entered about themselves is not included.
"""


def personal_data_archive(user: User) -> Archive:
    """Return an archive of everything about a person, made while it is read.

    At most one chunk of a photo, or one reference, is in memory.

    Raises:
        AccessEnded: A photo may no longer be seen; while the archive is read.
    """
    archive = DatedZip()
    archive.add(README, "README.txt")
    archive.add(json.dumps(personal_data.facts_about(user), indent=2), "data.json")
    for name, content in personal_data.files_of(user):
        archive.add(content, name)
    add_photos(archive, user, list(_photos(user)), folder="photos/")
    return Archive(chunks=iter(archive), size_bytes=len(archive))


def _photos(user: User) -> PhotoQuerySet:
    return photos_granted_to(user).select_related("event").order_by("event_id", "name")


def _facts(user: User) -> Facts:
    return {
        "events_asked_to_host": sorted(
            {invitation.event.name for invitation in invitations_to_host(user)}
        ),
        "registrations": _registrations(user),
        "photos": [
            {"name": photo.name, "event": str(photo.event_id), "uploaded": iso(photo.uploaded_at)}
            for photo in _photos(user)
        ],
    }


def _registrations(user: User) -> list[Facts]:
    """Return what the person sees of registrations on pages, but not whether they were admitted."""
    rows = []
    for registration in user.registrations.select_related("event"):
        consent = EventConsent.objects.filter(registration=registration).first()
        container = PublishedGallery.objects.filter(registration=registration).first()
        photos = photos_visible_to(user, registration.event)
        matches = registration.matches.filter(status=Match.Status.MATCHED, face__photo__in=photos)
        rows.append(
            {
                "event": registration.event.name,
                "event_id": str(registration.event_id),
                "registered": iso(registration.registered_at),
                "gallery_first_opened": iso(registration.first_opened_at),
                "gallery_last_opened": iso(registration.last_opened_at),
                "last_download": iso(registration.last_downloaded_at),
                "consent": consent and consent_facts(consent),
                "found_in_photos": matches.values("face__photo").distinct().count(),
                "shared_manually": registration.manual_grants.filter(photo__in=photos).count(),
                "container": str(container.pk) if container and photos.exists() else None,
            }
        )
    return rows


PART: Final = Part(
    facts=_facts,
    included=frozenset(
        {
            "events.CoHostInvitation",
            "events.EventConsent",
            "events.Registration",
            "galleries.PublishedGallery",
            "photos.Photo",
            "recognition.ManualGrant",
            "recognition.Match",
        }
    ),
    left_out={"photos.EventUsage": "how much is stored, which the photos tell"},
)
