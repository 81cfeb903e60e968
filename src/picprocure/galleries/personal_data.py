"""Everything that is held on one person, as one ZIP of JSON and files."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from allauth.account.models import EmailAddress

from picprocure.accounts.models import Consent, User
from picprocure.events.co_hosts import sent_for
from picprocure.events.models import Event, EventConsent
from picprocure.faces.types import Embedding
from picprocure.galleries.access import (
    invitations_to_host,
    photos_granted_to,
    photos_visible_to,
)
from picprocure.galleries.archives import Archive, add_photos
from picprocure.galleries.dated_zip import DatedZip
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.recognition.anchor_photos import AnchorPhoto, anchor_photos
from picprocure.recognition.embeddings import embedding_if_open
from picprocure.recognition.models import Match, Reference
from picprocure.recognition.stored_images import stored_image
from picprocure.storage.sealing import SealedForGood

README: Final = """\
What PicProcure holds on you.

data.json          your account, consents, registrations, events and what was found of you
references/        the photos you gave of your face
first/             the photo you are compared with in each event, including deleted ones
photos/            the event photos you are in

In data.json, each of these photos has the 128 numbers that were computed from it (its embedding).
Times are in UTC. What other people entered about themselves is not included.
"""


def personal_data_archive(user: User) -> Archive:
    """Stream it; never more than one chunk, or one reference, is in memory.

    Raises AccessEnded while it is read when a photo may no longer be seen.
    """
    references = list(user.references.all())
    firsts = anchor_photos(user)
    photos = list(photos_granted_to(user).select_related("event").order_by("event_id", "name"))
    archive = DatedZip()
    archive.add(README, "README.txt")
    archive.add(json.dumps(_facts(user, references, firsts, photos), indent=2), "data.json")
    for reference in references:
        if image := _image(reference.image_key, reference.pk):
            archive.add(image, f"references/{reference.pk}.jpg")
    for first in firsts:
        if image := _image(first.image_key, first.reference_id):
            archive.add(image, f"first/{first.event.pk}.jpg")
    add_photos(archive, user, photos, folder="photos/")
    return Archive(chunks=iter(archive), size_bytes=len(archive))


def _facts(
    user: User, references: list[Reference], firsts: list[AnchorPhoto], photos: list[Photo]
) -> dict[str, Any]:
    return {
        "account": _account(user),
        "email_addresses": [
            {"email": row.email, "confirmed": row.verified, "primary": row.primary}
            for row in EmailAddress.objects.filter(user=user)
        ],
        "consents": [_consent(consent) for consent in user.consents.all()],
        "references": [_reference(reference) for reference in references],
        "compared_with": [_first_photo(first) for first in firsts],
        "registrations": _registrations(user),
        "invitations_followed": [
            {"event_id": str(invited.event_id), "at": _time(invited.followed_at)}
            for invited in user.followed_invitations.all()
        ],
        "events_created": [_event(event) for event in user.created_events.all()],
        "events_asked_to_host": sorted(
            {invitation.event.name for invitation in invitations_to_host(user)}
        ),
        "events_co_hosted": [
            {"event": row.event.name, "since": _time(row.added_at)}
            for row in user.co_hosted.select_related("event")
        ],
        "mails_to_everybody": [
            {
                "event": mail.event.name,
                "subject": mail.subject,
                "text": mail.text,
                "at": _time(mail.written_at),
            }
            for mail in user.host_mails.select_related("event")
        ],
        "photos": [
            {"name": photo.name, "event": str(photo.event_id), "uploaded": _time(photo.uploaded_at)}
            for photo in photos
        ],
    }


def _account(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "joined": _time(user.date_joined),
        "last_sign_in": _time(user.last_login),
        "time_zone": user.time_zone,
        "mails_when_photos_are_ready": user.notify_photos,
        "mails_from_hosts": user.notify_hosts,
        "mails_when_people_wait": user.notify_people,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "description": event.description,
        "place": event.place,
        "takes_place_on": event.takes_place_on and event.takes_place_on.isoformat(),
        "created": _time(event.created_at),
        "expires": _time(event.expires_at),
        "photos": event.photos.count(),
        "people_asked_to_host_it": [invitation.invitee for invitation in sent_for(event)],
    }


def _consent(consent: Consent | EventConsent) -> dict[str, Any]:
    return {
        "version": consent.version,
        "text": consent.text,
        "given": _time(consent.given_at),
        "withdrawn": _time(consent.withdrawn_at),
    }


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "file": f"references/{reference.pk}.jpg",
        "given": _time(reference.created_at),
        "engine": reference.engine_version,
        "embedding": _numbers(embedding_if_open(reference)),
    }


def _first_photo(first: AnchorPhoto) -> dict[str, Any]:
    return {
        "event": first.event.name,
        "event_id": str(first.event.pk),
        "file": f"first/{first.event.pk}.jpg",
        "came": _time(first.joined_at),
        "engine": first.engine_version,
        "embedding": _numbers(first.embedding),
    }


def _numbers(embedding: Embedding | None) -> list[float] | None:
    return None if embedding is None else embedding.tolist()


def _image(image_key: str, reference_id: UUID) -> bytes | None:
    try:
        return stored_image(image_key, reference_id)
    except (FileNotFoundError, SealedForGood):  # the person is asked for another one
        return None


def _registrations(user: User) -> list[dict[str, Any]]:
    """Return what the person also sees on pages, but not whether they were admitted."""
    rows = []
    for registration in user.registrations.select_related("event"):
        consent = EventConsent.objects.filter(registration=registration).first()
        container = PublishedGallery.objects.filter(registration=registration).first()
        photos = photos_visible_to(user, registration.event)
        found = registration.matches.filter(status=Match.Status.MATCHED, face__photo__in=photos)
        rows.append(
            {
                "event": registration.event.name,
                "event_id": str(registration.event_id),
                "registered": _time(registration.registered_at),
                "consent": consent and _consent(consent),
                "found_in_photos": found.values("face__photo").distinct().count(),
                "shared_manually": registration.manual_grants.filter(photo__in=photos).count(),
                "container": str(container.pk) if container and photos.exists() else None,
            }
        )
    return rows


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
