"""Photos that hosts upload before the galleries open: unreleased photos, and their release."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    browser_of,
    confirm_identity,
    names_for,
    new_user,
    take_part,
    text_of,
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.models import User
from picprocure.events.errors import RegistrationStillOpen
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, move_registration_end
from picprocure.notifications.announcements import announce, events_with_new_photos
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, maintenance, steps
from picprocure.pipeline.account_changes import delete_account
from picprocure.recognition.models import Collision, Match, Sorting
from picprocure.recognition.progress import event_progress, is_working_on
from picprocure.recognition.release_preview import count_preview, refresh_preview, stored_preview
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.sweep import sweep
from picprocure.storage import files
from picprocure.web.events import forms

pytestmark = pytest.mark.django_db(transaction=True)

AT_CLOSE, BY_HAND = Event.Release.AT_CLOSE, Event.Release.BY_HAND


def seen_by_all(guests: dict[str, Client], event: Event) -> set[tuple[str, bytes]]:
    """Return each line of what guests get to see, with the guest's name."""
    return {
        (guest, line)
        for guest, client in guests.items()
        for content in seen_by(client, event)
        for line in content.splitlines()
    }


def seen_by(client: Client, event: Event) -> Iterator[bytes]:
    for route in ("events:detail", "events:progress", "galleries:gallery", "media:archive"):
        answer = client.get(reverse(route, args=[event.pk]))
        content = answer.getvalue() if answer.streaming else answer.content
        yield without_tokens(content)
    for route in ("events:registrations", "events:list", "accounts:data"):
        yield without_tokens(client.get(reverse(route)).content)
    archive = confirm_identity(client).post(reverse("media:my_data")).getvalue()
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        yield "\n".join(opened.namelist()).encode()
        yield opened.read("data.json")


def test_no_guest_learns_of_unreleased_photos(full_world: World) -> None:
    """Neither of one that arrives, nor of one that waits, nor of one in which they are found."""
    event = full_world.event
    guests = {guest: full_world.client(guest) for guest in ("bob", "charlie", "pending")}
    before = seen_by_all(guests, event)
    request_sorting(event.pk)  # as a new face photo does
    assert full_world.unreleased_photo is not None
    full_world.unreleased_photo.delete()
    assert seen_by_all(guests, event) == before
    late = upload(event, fakes.stripes(fakes.BOB, fakes.CHARLIE, serial=2), "late.png")
    assert seen_by_all(guests, event) == before
    work_off()
    assert late.faces.filter(matches__status=Match.Status.MATCHED).count() == 2
    assert seen_by_all(guests, event) == before
    changes.release_photos(event)
    work_off()
    assert seen_by_all(guests, event) != before


@pytest.mark.parametrize("is_new", [True, False])
def test_what_guests_see_of_a_sorting_depends_on_no_unreleased_photo(
    full_world: World, is_new: bool
) -> None:
    request_sorting(full_world.event.pk)
    if is_new:
        Photo.objects.filter(pk=full_world.bobs_photo.pk).update(released_at=None)
    unreleased = Photo.objects.unreleased()
    assert is_working_on(full_world.event) == is_new
    unreleased.update(status=Photo.Status.FAILED)
    assert is_working_on(full_world.event) == is_new
    unreleased.delete()
    assert is_working_on(full_world.event) == is_new


def test_no_mail_counts_unreleased_photos(full_world: World) -> None:
    charlie = full_world.charlie
    assert Match.objects.filter(registration__user=charlie).exists()
    Event.objects.update(people_announced_at=timezone.now())
    assert [event.pk for event in events_with_new_photos()] == [full_world.event.pk]  # for Bob
    announce(full_world.event.pk)
    steps.announce(full_world.event.pk)
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]
    delete_account(charlie)
    assert "match" not in str(mail.outbox[-1].body)
    assert "face data" not in str(mail.outbox[-1].body)


@pytest.fixture
def early(event: Event) -> Event:
    """Alice's event, which takes photos while registration is open."""
    event.allows_early_upload = True
    event.save()
    return event


def guest_of(event: Event, name: str, face: tuple[int, int, int]) -> User:
    user = new_user(name, face)
    take_part(user, event)
    return user


def time_passes(event: Event, closes_in: timedelta) -> None:
    Event.objects.filter(pk=event.pk).update(registration_closes_at=timezone.now() + closes_in)
    event.refresh_from_db()


def test_photos_are_refused_while_registration_is_open_unless_the_host_chose_that(
    event: Event,
) -> None:
    with pytest.raises(RegistrationStillOpen, match="edit the event"):
        upload(event, fakes.stripes(fakes.BOB))
    event.allows_early_upload = True
    assert upload(event, fakes.stripes(fakes.BOB)).waits_for_release


def test_latecomer_gets_photos_from_before_they_registered(early: Event) -> None:
    bob = guest_of(early, "bob", fakes.BOB)
    upload(early, fakes.stripes(fakes.BOB, fakes.DORA), "both.png")
    work_off()
    assert event_progress(early).unreleased == event_progress(early).people_found == 1
    dora = guest_of(early, "dora", fakes.DORA)
    work_off()
    maintenance.sweep()
    assert names_for(bob, early) == names_for(dora, early) == []
    page = browser_of(early.creator).get(reverse("events:photos", args=[early.pk]))
    assert "1 photo is unreleased" in page.content.decode()
    browser_of(early.creator).post(reverse("events:close", args=[early.pk]))
    assert names_for(bob, early) == []  # before it is sorted
    work_off()
    early.refresh_from_db()
    assert names_for(bob, early) == names_for(dora, early) == ["both.png"]
    assert early.expires_at == early.faces_expire_at
    assert not early.has_unreleased_photos


def test_clock_releases_photos_once_registration_has_closed(early: Event) -> None:
    bob = guest_of(early, "bob", fakes.BOB)
    upload(early, fakes.stripes(fakes.BOB), "bob.png")
    work_off()
    assert maintenance.events_to_release() == []
    time_passes(early, -timedelta(seconds=1))
    assert names_for(bob, early) == []
    assert maintenance.events_to_release() == [early.pk]
    maintenance.sweep()
    assert maintenance.events_to_release() == []  # it is requested
    Event.objects.update(expires_at=timezone.now())
    sweep()  # what is about to be released stays
    work_off()
    assert names_for(bob, Event.objects.get()) == ["bob.png"]
    assert maintenance.events_to_release() == []


@pytest.mark.parametrize("state", ["waiting", "failed", "given up"])
def test_clock_does_not_sort_again_and_again(early: Event, state: str) -> None:
    photo = upload(early, fakes.stripes(fakes.BOB), "bob.png")
    if state != "waiting":
        work_off()
    if state == "failed":
        Photo.objects.update(status=Photo.Status.FAILED)
    if state == "given up":
        Sorting.objects.update(failure="Matching stopped.")
    time_passes(early, -timedelta(seconds=1))
    assert photo.waits_for_release
    assert maintenance.events_to_release() == []


def test_sorting_that_began_before_the_close_releases_nothing(early: Event) -> None:
    """It may not know the last guest, whose photos would go to a person who looks like them."""
    bob = guest_of(early, "bob", fakes.BOB)
    upload(early, fakes.stripes(fakes.BOB), "bob.png")
    work_off()
    started_at = timezone.now()
    changes.close_registration(early)
    with transaction.atomic():
        steps._release_photos(early, sorting_started_at=started_at)
    assert names_for(bob, early) == []
    move_registration_end(event=early, closes_at=timezone.now() + timedelta(days=1))
    work_off()  # the release was requested, but registration is open again
    assert names_for(bob, early) == []


def test_host_releases_the_photos_that_are_there(early: Event) -> None:
    early.release = BY_HAND
    early.save()
    bob, alice = guest_of(early, "bob", fakes.BOB), browser_of(early.creator)
    upload(early, fakes.stripes(fakes.BOB), "first.png")
    changes.close_registration(early)
    work_off()
    assert maintenance.events_to_release() == []
    assert names_for(bob, early) == []
    alice.post(reverse("events:release", args=[early.pk]))
    waiting = upload(early, fakes.stripes(fakes.BOB, serial=2), "second.png")
    work_off()
    assert waiting.waits_for_release
    assert names_for(bob, early) == ["first.png"]
    assert event_progress(Event.objects.get()).unreleased == 1
    end = Event.objects.get().expires_at
    upload(early, fakes.stripes(fakes.BOB, serial=3), "third.png")
    assert Event.objects.get().expires_at == end  # guests see it
    photos_page, warning = reverse("events:photos", args=[early.pk]), "also those that you upload"
    assert warning not in alice.get(photos_page).content.decode()
    Event.objects.update(expires_at=timezone.now() + timedelta(hours=23))
    assert warning in alice.get(photos_page).content.decode()
    alice.post(reverse("events:release", args=[early.pk]))
    work_off()
    assert names_for(bob, early) == ["first.png", "second.png", "third.png"]


def test_people_are_notified_of_each_release_by_hand(early: Event, settings: Any) -> None:
    """Once, if they are in its photos, and not again for a photo that failed at first."""
    settings.PHOTO_MAIL_DELAY = timedelta()
    early.release = BY_HAND
    early.save()
    for name, face in (("bob", fakes.BOB), ("dora", fakes.DORA)):
        guest_of(early, name, face)

    def notified() -> list[str]:
        work_off()
        for _ in range(2):
            steps.announce(early.pk)
        sent = [message for message in mail.outbox if message.subject == "Your photos are ready"]
        mail.outbox.clear()
        return sorted(message.to[0] for message in sent)

    upload(early, fakes.stripes(fakes.BOB, fakes.DORA))
    changes.release_photos(early)
    assert notified() == ["bob@example.org", "dora@example.org"]
    late = [upload(early, fakes.stripes(fakes.BOB, serial=number)) for number in (2, 3)]
    assert notified() == []
    Photo.objects.filter(pk=late[0].pk).update(status=Photo.Status.FAILED)
    changes.release_photos(early)
    assert notified() == ["bob@example.org"]
    changes.retry_photos(early)
    assert notified() == []
    assert not Photo.objects.unreleased().exists()


def test_photo_that_is_still_being_uploaded_is_not_released(
    early: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host who presses Release hasn't seen it."""
    early.release = BY_HAND
    early.save()
    bob = guest_of(early, "bob", fakes.BOB)
    upload(early, fakes.stripes(fakes.BOB), "seen.png")
    store = files.store

    def release_then_store(key: str, content: bytes) -> None:
        changes.release_photos(early)
        store(key, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "store", release_then_store)
        upload(early, fakes.stripes(fakes.BOB, serial=2), "unseen.png")
    work_off()
    assert names_for(bob, early) == ["seen.png"]


def test_event_does_not_end_before_registration_closes(early: Event) -> None:
    """Photos that were released before stay until others have joined, and longer."""
    move_registration_end(event=early, closes_at=timezone.now() + timedelta(days=60))
    early.release = BY_HAND
    early.save()
    upload(early, fakes.stripes(fakes.BOB))
    changes.release_photos(early)
    work_off()
    early.refresh_from_db()
    assert early.has_released_photos
    assert early.expires_at >= early.registration_closes_at + early.availability
    assert early.faces_expire_at == early.registration_closes_at + early.availability
    longer = EventDetails("Party", release=BY_HAND, availability_hours=24 * 90)
    changes.edit_event(event=early, details=longer, cover=None)
    early.refresh_from_db()
    assert early.expires_at == early.registration_closes_at + timedelta(days=90)


def test_longer_availability_applies_to_photos_that_were_never_released(early: Event) -> None:
    early.release = BY_HAND
    early.save()
    upload(early, fakes.stripes(fakes.BOB))
    longer = EventDetails("Party", release=BY_HAND, availability_hours=24 * 90)
    changes.edit_event(event=early, details=longer, cover=None)
    early.refresh_from_db()
    assert early.expires_at == early.registration_closes_at + timedelta(days=90)


def test_latecomer_is_found_after_registration_is_extended_or_reopened(early: Event) -> None:
    """The faces of photos that were released before stay for them."""
    early.release = BY_HAND
    early.save()
    upload(early, fakes.stripes(fakes.BOB, fakes.DORA), "both.png")
    changes.release_photos(early)
    work_off()
    move_registration_end(event=early, closes_at=timezone.now() + timedelta(days=60))
    assert early.faces_expire_at == early.registration_closes_at + early.availability
    ago = early.availability + timedelta(days=1)
    Event.objects.update(
        **{name: F(name) - ago for name in ("registration_closes_at", "faces_expire_at")}
    )
    assert sweep().faces == 0
    early.refresh_from_db()
    assert names_for(guest_of(early, "dora", fakes.DORA), early) == []
    work_off()
    assert names_for(User.objects.get(email="dora@example.org"), early) == ["both.png"]


def test_photos_that_no_host_releases_are_deleted_with_their_event(early: Event) -> None:
    early.release = BY_HAND
    early.save()
    upload(early, fakes.stripes(fakes.BOB))
    work_off()
    Event.objects.update(expires_at=timezone.now(), registration_closes_at=timezone.now())
    assert sweep().events == 1
    assert not Photo.objects.exists()


def test_release_by_hand_is_refused_where_the_close_opens_galleries(early: Event) -> None:
    bob = guest_of(early, "bob", fakes.BOB)
    upload(early, fakes.stripes(fakes.BOB))
    answer = browser_of(early.creator).post(reverse("events:release", args=[early.pk]), follow=True)
    assert "Close it now, or edit the event" in answer.content.decode()
    work_off()
    assert names_for(bob, early) == []


def test_change_of_the_release_applies_to_photos_that_are_not_out_yet(early: Event) -> None:
    bob = guest_of(early, "bob", fakes.BOB)
    close_registration(event=early)
    upload(early, fakes.stripes(fakes.BOB), "bob.png")
    changes.edit_event(event=early, details=EventDetails("Party", release=BY_HAND), cover=None)
    work_off()
    assert names_for(bob, early) == []
    changes.edit_event(event=early, details=EventDetails("Party", release=AT_CLOSE), cover=None)
    work_off()
    assert names_for(bob, early) == ["bob.png"]


def test_form_releases_nothing(early: Event) -> None:
    """Neither without its field, nor if it is older than a co-host's choice."""
    bob = guest_of(early, "bob", fakes.BOB)
    Event.objects.update(release=BY_HAND, liveness_check=Event.LivenessCheck.ASKED)
    early.refresh_from_db()
    changes.close_registration(early)
    upload(early, fakes.stripes(fakes.BOB))
    work_off()
    address, alice = reverse("events:edit", args=[early.pk]), browser_of(early.creator)
    form = {"name": "Party", "allows_early_upload": "on"}
    assert alice.post(address, form).status_code == 302
    refusal = alice.post(address, {**form, "release": AT_CLOSE}).content.decode()
    assert "guests would see 1 unreleased photo right away. Press “Release”" in refusal
    work_off()
    early.refresh_from_db()
    assert (early.release, early.liveness_check) == (BY_HAND, Event.LivenessCheck.ASKED)
    assert names_for(bob, early) == []
    changes.release_photos(early)
    work_off()
    assert names_for(bob, early) == ["photo.png"]
    assert alice.post(address, {**form, "release": AT_CLOSE}).status_code == 302


class TestClosing:
    """The page on which a host chooses when registration closes."""

    def save(self, event: Event, **fields: str) -> str:
        client = Client()
        client.force_login(event.creator)
        answer = client.post(reverse("events:closing", args=[event.pk]), fields)
        event.refresh_from_db()
        return "" if answer.status_code == 302 else answer.content.decode()

    def test_takes_a_time_in_the_zone_of_the_event(self, event: Event) -> None:
        event.time_zone = "Asia/Tokyo"
        event.save()
        day = (timezone.now() + timedelta(days=80)).date()
        assert self.save(event, closes="at", closes_on=f"{day}T18:30") == ""
        local = event.registration_closes_at.astimezone(event.zone)
        assert (local.date(), local.hour, local.minute) == (day, 18, 30)
        assert event.expires_at > event.registration_closes_at + timedelta(days=1)

    def test_reopens_until_tonight_and_for_the_usual_time(self, event: Event) -> None:
        close_registration(event=event)
        assert self.save(event, closes="tonight") == ""
        local = event.registration_closes_at.astimezone(event.zone)
        assert (local.hour, local.minute, event.registration_is_open) == (23, 59, True)
        assert self.save(event, closes="soon") == ""
        left = event.registration_closes_at - timezone.now()
        assert timedelta(minutes=119) < left <= timedelta(hours=2)

    def test_tonight_is_ahead_where_clocks_go_back_at_midnight(self) -> None:
        second_half_past_eleven = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
        end = forms._end_of_day(second_half_past_eleven.astimezone(ZoneInfo("Asia/Beirut")))
        assert end.astimezone(UTC) == second_half_past_eleven + timedelta(minutes=29)

    @pytest.mark.parametrize(
        ("closes_in", "message"),
        [
            (timedelta(days=91), "more than 90 days ahead"),
            (-timedelta(days=2), "This time has passed"),
            (None, "Enter the date and time"),
        ],
    )
    def test_refuses_other_times(
        self, event: Event, closes_in: timedelta | None, message: str
    ) -> None:
        before = event.registration_closes_at
        at = f"{timezone.now() + closes_in:%Y-%m-%dT%H:%M}" if closes_in else ""
        assert message in self.save(event, closes="at", closes_on=at)
        assert event.registration_closes_at == before


@pytest.mark.parametrize("release", [BY_HAND, Event.Release.AFTER_REVIEW])
def test_host_reads_what_a_release_delivers(early: Event, release: Event.Release) -> None:
    early.release = release
    early.save()
    bob = guest_of(early, "bob", fakes.BOB)
    guest_of(early, "charlie", fakes.CHARLIE)
    for number in range(2):
        upload(early, fakes.stripes(fakes.BOB, serial=number), f"{number}.png")
    photo = upload(early, fakes.stripes(fakes.OTHER_STRANGER), "doubtful.png")
    changes.close_registration(early)
    work_off()
    Match.objects.create(
        registration=early.registrations.get(user=bob),
        face=photo.faces.get(),
        status=Match.Status.REVIEW,
        distance=0.5,
        threshold=0.48,
        reason="near",
    )
    refresh_preview(early.pk)
    address = reverse("events:detail", args=[early.pk])
    page = text_of(browser_of(early.creator).get(address).content)
    assert "A release now delivers 2 photos to 1 guest." in page
    assert "1 photo is doubtful." in page
    main_button = "Review" if release == Event.Release.AFTER_REVIEW else "Release 3 photos"
    assert re.search(rf'btn-primary"[^>]*> ?{main_button}', page)
    assert names_for(bob, early) == []
    Collision.objects.create(event=early, newcomer=bob, kind="person")
    refresh_preview(early.pk)
    page = text_of(browser_of(early.creator).get(address).content)
    assert "A release now delivers 0 photos to 0 guests." in page


def test_what_a_release_delivers_is_counted_when_it_changes(early: Event) -> None:
    early.release = BY_HAND
    early.save()
    bob, charlie = guest_of(early, "bob", fakes.BOB), guest_of(early, "charlie", fakes.CHARLIE)
    photos = [upload(early, fakes.stripes(fakes.BOB, serial=row), f"{row}.png") for row in (0, 1)]
    changes.close_registration(early)
    work_off()

    def preview() -> tuple[int, int]:
        stored = stored_preview(Sorting.objects.get(event=early))
        assert stored == count_preview(early)
        return stored.photos, stored.people

    assert preview() == (2, 1)
    share = partial(changes.share_manually, registration=early.registrations.get(user=charlie))
    share(photos=photos[:1])
    assert preview() == (2, 2)
    share(photos=[], revoked=photos[:1])
    assert preview() == (2, 1)
    share(photos=photos)
    changes.withdraw(bob)
    assert preview() == (2, 1)
    changes.leave_event(event=early, user=charlie)
    assert preview() == (0, 0)
    share(photos=photos, registration=early.registrations.get(user=bob))
    assert preview() == (2, 1)
    delete_account(bob)
    assert preview() == (0, 0)


def test_event_can_be_released_after_a_review(early: Event) -> None:
    alice = browser_of(early.creator)
    address = reverse("events:edit", args=[early.pk])
    form = {"name": "Party", "availability_days": "14", "release": "review"}
    assert alice.post(address, form).status_code == 302
    early.refresh_from_db()
    assert early.release == Event.Release.AFTER_REVIEW
    assert "After my review" in alice.get(address).content.decode()
