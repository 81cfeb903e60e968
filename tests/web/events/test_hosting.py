"""Changes to an event by its creator: details, protections, dates."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import ExifTags, Image

import fakes
from conftest import (
    World,
    browser_of,
    names_for,
    reference_photo,
    take_part,
    upload,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import Event, Registration
from picprocure.events.services import close_registration
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.references import store_reference
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

Status = Registration.Status
PLACE = (48.0, 8.0, 15.0)


def edited(event: Event, **changed: Any) -> Event:
    """Submit the form that edits the event, with these changes."""
    form: dict[str, Any] = {
        "name": event.name,
        "description": event.description,
        "is_listed": "on",
        "requires_approval": "on",
        "availability_days": "2",
        **changed,
    }
    sent = {name: value for name, value in form.items() if value is not None}
    answer = browser_of(event.creator).post(reverse("events:edit", args=[event.pk]), sent)
    assert answer.status_code == 302, answer.content.decode()
    event.refresh_from_db()
    return event


def join_late(user: User, event: Event) -> Registration:
    address = reverse("events:join", args=[event.pk])
    browser_of(user).post(address, {"event_consent": "on"})
    return event.registrations.get(user=user)


@pytest.fixture
def past_event(event: Event) -> Event:
    """Return an event whose photos are sorted. Bob is in them but didn't register."""
    close_registration(event=event)
    upload(event, fakes.stripes(fakes.BOB), "bob.png")
    work_off()
    event.refresh_from_db()
    return event


class TestEdit:
    def test_form_shows_the_current_details(self, event: Event) -> None:
        Event.objects.update(
            place="Old mill", takes_place_on="2026-12-24", availability_hours=24 * 4
        )
        address = reverse("events:edit", args=[event.pk])
        page = browser_of(event.creator).get(address).content.decode()
        for shown in (
            'value="Old mill"',
            'value="2026-12-24"',
            '<option value="4" selected>4 days',
            "Under the old oak.",
        ):
            assert shown in page

    def test_name_place_and_date_can_be_changed(self, event: Event) -> None:
        edited(event, name="Ball", place="Town hall", takes_place_on="2026-12-31")
        page = browser_of(event.creator).get(reverse("events:detail", args=[event.pk]))
        for shown in ("Ball", "Town hall", "31 December 2026"):
            assert shown in page.content.decode()

    def test_cover_is_kept_or_replaced(self, event: Event) -> None:
        before = event.cover_key
        assert edited(event).cover_key == before
        cover = SimpleUploadedFile("new.png", fakes.stripes(fakes.BOB), "image/png")
        assert edited(event, cover=cover).cover_key != before
        assert stored_objects("events") == {event.cover_key}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("availability_days", "1"),
            ("availability_days", "9999"),
            ("name", ""),
            ("takes_place_on", "yesterday"),
            ("place", "here\nand there"),
        ],
    )
    def test_invalid_input_is_named_and_changes_nothing(
        self, event: Event, field: str, value: str
    ) -> None:
        form = {"name": "Ball", "availability_days": "14", field: value}
        address = reverse("events:edit", args=[event.pk])
        page = browser_of(event.creator).post(address, form).content.decode()
        assert "Please fix the following" in page
        event.refresh_from_db()
        assert event.name != "Ball"

    def test_turning_approval_off_admits_waiting_people(
        self, event: Event, make_user: Callable[..., User]
    ) -> None:
        browser_of(make_user("bob", fakes.BOB)).post(
            reverse("events:join", args=[event.pk]), {"event_consent": "on"}
        )
        assert event.registrations.get().status == Status.PENDING
        edited(event, requires_approval=None)
        assert event.registrations.get().status == Status.ADMITTED

    def test_availability_can_be_extended_but_not_shortened(self, past_event: Event) -> None:
        released = Photo.objects.get().released_at
        assert released
        promised = past_event.expires_at
        edited(past_event, availability_days="30")
        assert past_event.expires_at == released + timedelta(days=30)
        assert past_event.expires_at > promised
        shorter = {"name": "Ball", "availability_days": "14"}
        address = reverse("events:edit", args=[past_event.pk])
        page = browser_of(past_event.creator).post(address, shorter).content.decode()
        assert "Guests were promised 30 days. Choose one of the offered times." in page
        promised = past_event.expires_at
        upload(past_event, fakes.stripes(fakes.ALICE), "later.png")
        work_off()
        past_event.refresh_from_db()
        assert past_event.expires_at > promised

    def test_availability_can_be_shortened_before_photos_are_released(self, event: Event) -> None:
        edited(event, availability_days="30")
        edited(event, availability_days="14")
        assert event.availability == timedelta(days=14)


class TestReopen:
    def test_people_can_register_again_and_photos_wait(
        self, past_event: Event, make_user: Callable[..., User]
    ) -> None:
        alice, bob = browser_of(past_event.creator), make_user("bob", fakes.BOB)
        join_page = reverse("events:join", args=[past_event.pk])
        assert browser_of(bob).get(join_page).status_code == 302
        alice.post(reverse("events:closing", args=[past_event.pk]), {"closes": "soon"})
        past_event.refresh_from_db()
        assert past_event.registration_is_open
        Event.objects.update(requires_approval=False)
        browser_of(bob).post(join_page, {"event_consent": "on"})
        alice.post(reverse("events:close", args=[past_event.pk]))
        work_off()
        assert names_for(bob, past_event) == ["bob.png"]

    @pytest.mark.parametrize("days", ["2", "30"])
    def test_reopening_keeps_the_promised_availability(self, past_event: Event, days: str) -> None:
        edited(past_event, availability_days=days)
        promised = past_event.expires_at
        alice = browser_of(past_event.creator)
        alice.post(reverse("events:closing", args=[past_event.pk]), {"closes": "soon"})
        alice.post(reverse("events:close", args=[past_event.pk]))
        past_event.refresh_from_db()
        assert past_event.expires_at >= promised
        promised = past_event.expires_at
        upload(past_event, fakes.stripes(fakes.ALICE), "later.png")
        work_off()
        past_event.refresh_from_db()
        assert past_event.expires_at >= promised


class TestLateRegistration:
    @pytest.fixture
    def bob(self, make_user: Callable[..., User]) -> User:
        return make_user("bob", fakes.BOB)

    def test_late_registration_is_off_by_default(self, past_event: Event, bob: User) -> None:
        browser_of(bob).post(reverse("events:join", args=[past_event.pk]), {"event_consent": "on"})
        assert not past_event.registrations.exists()

    @pytest.mark.parametrize("requires_approval", ["on", None])
    def test_late_guest_waits_for_approval_and_gets_earlier_photos(
        self, past_event: Event, bob: User, requires_approval: str | None
    ) -> None:
        edited(past_event, allows_late_registration="on", requires_approval=requires_approval)
        registration = join_late(bob, past_event)
        add_to_guest_list(event=past_event, guests=dict.fromkeys([bob.email], ""))
        work_off()
        registration.refresh_from_db()
        assert registration.status == Status.PENDING
        assert names_for(bob, past_event) == []
        shown = [reference.pk for reference in bob.references.all()]
        changes.admit(registration=registration, reference_ids=shown)
        work_off()
        assert names_for(bob, past_event) == ["bob.png"]

    def test_reference_added_after_admission_waits_for_approval(
        self, past_event: Event, make_user: Callable[..., User]
    ) -> None:
        """Mallory was admitted with their own face, and then adds Bob's."""
        mallory = make_user("mallory", fakes.ALICE)
        edited(past_event, allows_late_registration="on", requires_approval=None)
        registration = join_late(mallory, past_event)
        own = mallory.references.get()
        changes.admit(registration=registration, reference_ids=[own.pk])
        changes.delete_reference(user=mallory, reference=own)
        changes.add_reference(
            user=mallory,
            reference=store_reference(reference_photo(fakes.BOB)),
            consent_version=CURRENT_CONSENT.version,
        )
        work_off()
        assert names_for(mallory, past_event) == []


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("garden", True),
            ("PARTY oak", True),
            ("mill", True),
            ("garden wedding", False),
            ("%", False),
            ("", True),
            ("x" * 5_000, False),
        ],
    )
    def test_search_covers_name_place_and_description(
        self, event: Event, make_user: Callable[..., User], query: str, *, found: bool
    ) -> None:
        Event.objects.update(place="Old mill")
        page = browser_of(make_user("bob")).get(reverse("events:list"), {"q": query})
        assert ("garden party" in page.content.decode()) is found

    def test_search_finds_only_visible_events(self, full_world: World) -> None:
        Event.objects.update(is_listed=False)
        for persona, found in (("mallory", False), ("charlie", True), ("alice", True)):
            page = full_world.client(persona).get(reverse("events:list"), {"q": "garden"})
            assert ("garden party" in page.content.decode()) is found


def test_remaining_time_is_displayed(event: Event, make_user: Callable[..., User]) -> None:
    page = browser_of(make_user("bob")).get(reverse("events:detail", args=[event.pk]))
    assert event.registration_closes_at > timezone.now()
    assert "data-countdown=" in page.content.decode()


@pytest.mark.parametrize("page", ["events:create", "events:edit"])
def test_publishing_is_offered_only_if_the_store_supports_it(event: Event, page: str) -> None:
    address = reverse(page, args=[] if page == "events:create" else [event.pk])
    assert b"container" not in browser_of(event.creator).get(address).content


class TestMetadata:
    @pytest.fixture
    def telling(self) -> bytes:
        """Return a photo of Bob with a place."""
        picture = Image.open(io.BytesIO(fakes.stripes(fakes.BOB)))
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = PLACE
        written = io.BytesIO()
        picture.save(written, "PNG", exif=exif.tobytes())
        return written.getvalue()

    def place_in(self, user: User, photo: Photo, size: str) -> Any:
        answer = browser_of(user).get(reverse("media:photo", args=[photo.pk, size]))
        picture = Image.open(io.BytesIO(answer.getvalue()))
        exif = picture.getexif()
        return exif.get_ifd(ExifTags.IFD.GPSInfo).get(ExifTags.GPS.GPSLatitude)

    @pytest.mark.parametrize("keeps", ["on", None])
    def test_metadata_is_in_downloads_if_the_creator_keeps_it(
        self, event: Event, make_user: Callable[..., User], telling: bytes, keeps: str | None
    ) -> None:
        bob = make_user("bob", fakes.BOB)
        take_part(bob, event)
        close_registration(event=event)
        photo = upload(edited(event, keeps_metadata=keeps), telling, "bob.png")
        work_off()
        assert self.place_in(bob, photo, "original") == (PLACE if keeps else None)
        assert self.place_in(bob, photo, "web") is None
        assert self.place_in(bob, photo, "thumbnail") is None
        page = browser_of(bob).get(reverse("events:detail", args=[event.pk])).content.decode()
        assert ("Downloads keep" in page) is bool(keeps)

    def test_each_photo_keeps_its_own_setting(
        self, event: Event, make_user: Callable[..., User], telling: bytes
    ) -> None:
        """The creator may change the setting between two uploads."""
        bob = make_user("bob", fakes.BOB)
        take_part(bob, event)
        close_registration(event=event)
        telling_one = upload(edited(event, keeps_metadata="on"), telling, "telling.png")
        silent = upload(edited(event), fakes.stripes(fakes.BOB, serial=1), "silent.png")
        work_off()
        for photo, words in (
            (telling_one, "the download includes"),
            (silent, "personal data removed"),
        ):
            address = reverse("galleries:photo", args=[event.pk, photo.pk])
            assert words in browser_of(bob).get(address).content.decode()
