"""An event of 1,100 people with two references each: every page and every job works."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import PASSWORD, browser_of, confirm_identity, persona_of, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import Consent, User
from picprocure.events.models import CoHost, Event, EventConsent, HostMailRecipient, Registration
from picprocure.events.services import EventDetails, close_registration
from picprocure.galleries import publishing
from picprocure.galleries.access import galleries_of, photos_visible_to
from picprocure.galleries.models import PublishedGallery
from picprocure.galleries.personal_data import personal_data_archive
from picprocure.pipeline import account_changes, changes, maintenance, steps
from picprocure.pipeline.steps import announce
from picprocure.recognition.embeddings import image_context, seal_anchor, seal_reference
from picprocure.recognition.models import (
    Anchor,
    Collision,
    PassedLivenessCheck,
    Reference,
    ReferenceAdmission,
)
from picprocure.storage import files, keys
from picprocure.storage.sealing import seal

PEOPLE, REFERENCES = 1_100, 2
SHADES = range(20, 240, 20)
COLORS = list(product(SHADES, SHADES, SHADES))[:PEOPLE]

pytestmark = pytest.mark.django_db


def make_people(event: Event) -> list[User]:
    """Create 1,100 participants with few statements."""
    names = [f"guest-{number}" for number in range(PEOPLE)]
    User.objects.bulk_create(User(email=f"{name}@example.org", first_name=name) for name in names)
    users = list(User.objects.filter(email__startswith="guest-").order_by("pk"))
    Consent.objects.bulk_create(
        Consent(user=user, version=CURRENT_CONSENT.version, text="") for user in users
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    Registration.objects.bulk_create(
        Registration(event=event, user=user, status=Registration.Status.ADMITTED) for user in users
    )
    registrations = list(Registration.objects.order_by("user"))
    EventConsent.objects.bulk_create(
        EventConsent(registration=registration, version=EVENT_CONSENT.version, text="")
        for registration in registrations
    )
    references = [
        reference_of(user, color, number)
        for user, color in zip(users, COLORS, strict=True)
        for number in range(REFERENCES)
    ]
    Reference.objects.bulk_create(references)
    by_user = {registration.user_id: registration for registration in registrations}
    registered = [(by_user[reference.user_id], reference) for reference in references]
    ReferenceAdmission.objects.bulk_create(
        ReferenceAdmission(registration=registration, reference=reference)
        for registration, reference in registered
    )
    PassedLivenessCheck.objects.bulk_create(
        PassedLivenessCheck(registration=registration, reference=reference)
        for registration, reference in registered
    )
    Anchor.objects.bulk_create(
        anchor_of(event, user, color, reference)
        for user, color, reference in zip(users, COLORS, references[::REFERENCES], strict=True)
    )
    return users


def anchor_of(
    event: Event, user: User, color: tuple[int, int, int], reference: Reference
) -> Anchor:
    anchor = Anchor(event=event, user=user, reference_id=reference.pk, joined_at=timezone.now())
    anchor.embedding = seal_anchor(fakes.embedding_of(color), anchor.pk)
    anchor.engine_version, anchor.image_key = reference.engine_version, reference.image_key
    return anchor


def reference_of(user: User, color: tuple[int, int, int], number: int) -> Reference:
    reference = Reference(user=user, engine_version=fakes.StripeEngine.version)
    reference.embedding = seal_reference(fakes.embedding_of(color, noise=number), reference.pk)
    reference.image_key = keys.reference_image(reference.pk)
    return reference


def test_every_page_and_every_job_works(
    event: Event, make_user: Callable[..., User], django_assert_max_num_queries: Any
) -> None:
    alice = event.creator
    guests = make_people(event)
    joins(event, make_user("newcomer", COLORS[7]))
    is_sorted(event, guests)
    co_host = make_user("helper")
    CoHost.objects.create(event=event, user=co_host)
    opens_for_hosts(event, alice, guests)
    with django_assert_max_num_queries(60):
        page = browser_of(co_host).get(reverse("events:people", args=[event.pk]), {"page": "19"})
    assert "guest-1099" in page.content.decode()
    opens_for_guests(event, guests[0], alice)
    writes_mails(event, alice)
    is_published_and_revoked(event)
    admits_everybody_who_waits(event)
    guests_go(guests)
    store_pictures(alice)
    account_changes.delete_account(alice)
    assert not Event.objects.exists()
    assert Reference.objects.count() == REFERENCES * (PEOPLE - 2) + 1
    maintenance.sweep()


def joins(event: Event, newcomer: User) -> None:
    """Register with the face of one of the 1,100."""
    registration = changes.join_event(user=newcomer, event=event, consent=EVENT_CONSENT)
    steps.compare_newcomers(event.pk)
    other = Collision.objects.of(registration).get().other
    assert other is not None
    assert persona_of(other) == "guest-7"


def is_sorted(event: Event, guests: list[User]) -> None:
    close_registration(event=event)
    for number in range(0, PEOPLE, 100):
        upload(event, fakes.stripes(*COLORS[number : number + 10]), f"{number}.png")
    work_off()
    event.refresh_from_db()
    assert len(galleries_of(event)) == PEOPLE // 10
    assert photos_visible_to(guests[0], event).count() == 1


def opens_for_hosts(event: Event, host: User, guests: list[User]) -> None:
    client = browser_of(host)
    registration = guests[3].registrations.get()
    names = ("detail", "progress", "people", "photos", "edit", "guest_list", "invite")
    for name in names:
        assert client.get(reverse(f"events:{name}", args=[event.pk])).status_code == 200, name
    for name in ("person", "refuse"):
        page = reverse(f"events:{name}", args=[event.pk, registration.pk])
        assert client.get(page).status_code == 200, name
    mine = client.get(reverse("events:mine")).content.decode()
    assert f"{PEOPLE + 1:,} registered" in mine
    assert f"{PEOPLE // 100} photos" in mine


def opens_for_guests(event: Event, guest: User, creator: User) -> None:
    guest.set_password(PASSWORD)
    guest.save()
    confirm_email(guest)
    client = confirm_identity(browser_of(guest))
    for name in ("events:detail", "events:progress", "galleries:gallery", "media:archive"):
        assert client.get(reverse(name, args=[event.pk])).status_code == 200, name
    for name in ("events:list", "events:registrations", "accounts:delete"):
        assert client.get(reverse(name)).status_code == 200, name
    for person in (guest, creator):
        store_pictures(person)
        assert personal_data_archive(person).size_bytes > 0


def writes_mails(event: Event, author: User) -> None:
    author.is_staff = True
    changes.mail_all_guests(event=event, author=author, subject="Hello", text="There.")
    assert HostMailRecipient.objects.count() == PEOPLE + 1
    # 1,100 mails take long to be made.
    written = [f"guest-{number}@example.org" for number in range(20)]
    User.objects.exclude(email__in=written).update(notify_hosts=False, notify_photos=False)
    mail.outbox.clear()
    for _ in range(2):
        announce(event.pk)
    sent = [message.to[0] for message in mail.outbox if "Hello" in message.subject]
    assert sorted(sent) == sorted(written)
    ready = [message.to[0] for message in mail.outbox if "ready" in message.subject]
    assert sorted(ready) == sorted(f"guest-{number}@example.org" for number in range(10))


def is_published_and_revoked(event: Event) -> None:
    Event.objects.update(is_published=True)
    event.refresh_from_db()
    assert len(publishing._unpublished(event)) == PEOPLE // 10
    PublishedGallery.objects.bulk_create(
        PublishedGallery(registration=registration, photos_digest="")
        for registration in event.registrations.all()
    )
    assert publishing.revoke_outdated(event.pk) == PEOPLE + 1


def admits_everybody_who_waits(event: Event) -> None:
    """Turn approval off and on again."""
    event.registrations.filter(user__email__startswith="guest-2").update(status="pending")
    for requires_approval in (False, True):
        details = EventDetails(name=event.name, requires_approval=requires_approval)
        changes.edit_event(event=event, details=details, cover=None)
    waiting = event.registrations.filter(status=Registration.Status.PENDING)
    assert not waiting.filter(user__email__startswith="guest-").exists()
    changes.retry_photos(event)
    maintenance.sweep()


def guests_go(guests: list[User]) -> None:
    for guest in guests[:2]:
        store_pictures(guest)
    changes.withdraw(guests[0])
    account_changes.delete_account(guests[1])


def store_pictures(user: User) -> None:
    for reference in user.references.all():
        if not files.is_stored(reference.image_key):
            files.store(reference.image_key, seal(b"a", context=image_context(reference.pk)))
