"""Processes with different face engines work on one event: only one engine is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, names_for, upload, work_off
from fakes import StripeEngine, embedding_of
from picprocure.events.models import Event, Registration
from picprocure.faces.enrollment import quality
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.imaging.errors import UnusableImage
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.notifications.announcements import events_to_announce
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, maintenance, steps, tasks
from picprocure.pipeline.steps import OutdatedEngine
from picprocure.recognition.analysis import lock_matched_people, replace_faces
from picprocure.recognition.engines import ensure_engine_in_use, use_current_engine
from picprocure.recognition.models import Collision, EngineInUse, Face, Match, Sorting
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.erasure import withdraw

OLD, NEW = "stripes-1", "stripes-2"
REFERENCE_SERIAL = 99  # of the references of the world
find_as_before = StripeEngine.find_faces


@contextmanager
def process_with(engine_version: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "version", engine_version)
        patch.setattr(quality, "check_reference", lambda image, faces: faces[0])
        yield


def versions() -> set[str]:
    return set(Photo.objects.values_list("engine_version", flat=True))


@pytest.fixture
def restarted(world: World) -> World:
    """Return a site that was restarted with a new engine while an earlier process still runs."""
    with process_with(NEW):
        use_current_engine()
    request_sorting(world.event.pk)
    return world


@pytest.mark.django_db
def test_engine_of_the_first_worker_is_used_if_no_site_has_started() -> None:
    ensure_engine_in_use()
    assert EngineInUse.objects.get().version == OLD


def test_earlier_process_leaves_photos_and_events_alone(restarted: World) -> None:
    photo = upload(restarted.event, fakes.stripes(fakes.BOB, serial=1))
    with pytest.raises(OutdatedEngine, match=r"stripes-1.*Restart"):
        steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert (photo.status, photo.attempts, photo.queued_at) == (Photo.Status.WAITING, 0, None)
    photo.delete()
    with pytest.raises(OutdatedEngine):
        steps.sort_event(restarted.event.pk)
    assert Sorting.objects.get().attempts == 0
    assert maintenance.requeue() == 1  # for other workers


def test_two_engines_do_not_take_turns_on_an_event(restarted: World) -> None:
    rounds = 0
    while Sorting.objects.pending().exists():
        rounds += 1
        assert rounds < 10
        for version in (OLD, NEW):  # two workers, side by side
            with process_with(version):
                try:
                    work_off()
                except OutdatedEngine:
                    assert version == OLD
    assert versions() == {NEW}
    assert set(Face.objects.values_list("engine_version", flat=True)) == {NEW}
    assert rounds <= 2


def test_photo_analyzed_by_an_earlier_process_is_analyzed_again_once(restarted: World) -> None:
    with process_with(NEW):
        work_off()
        work_off()
    Photo.objects.filter(pk=restarted.bobs_photo.pk).update(engine_version=OLD)  # it finished late
    request_sorting(restarted.event.pk)
    with process_with(NEW):
        work_off()
        work_off()
    assert versions() == {NEW}
    assert not Sorting.objects.pending().exists()


def test_earlier_process_takes_jobs_slowly_and_logs_what_to_do(
    restarted: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "IDLE_SECONDS", 0.0)
    tasks.sort_event(str(restarted.event.pk))
    assert "Restart it" in caplog.text


def test_starting_with_the_old_engine_uses_it_again(restarted: World) -> None:
    with process_with(NEW):
        work_off()
        work_off()
    use_current_engine()
    request_sorting(restarted.event.pk)
    work_off()
    work_off()
    assert versions() == {OLD}


# Guests keep their photos while and after the engine changes.


def guest_sees(world: World) -> list[str]:
    return names_for(world.bob, world.event)


def analyze_again_step_by_step(world: World, check: Callable[[], None]) -> None:
    """Do the jobs one by one until nothing is left, and check after each of them."""
    for _ in range(20):
        for photo_id in list(Photo.objects.waiting().values_list("pk", flat=True)):
            steps.analyze_photo(photo_id)
            check()
        for event_id in list(Sorting.objects.pending().values_list("pk", flat=True)):
            steps.sort_event(event_id)
            check()
        if not (Sorting.objects.pending().exists() or Photo.objects.waiting().exists()):
            return
    raise AssertionError("the event is never sorted")


def test_guests_keep_their_photos_at_every_step(restarted: World) -> None:
    before = guest_sees(restarted)
    bob = restarted.client("bob")
    progress_texts = []

    def check() -> None:
        assert guest_sees(restarted) == before
        for size in ("thumbnail", "web", "original"):
            url = reverse("media:photo", args=[restarted.bobs_photo.pk, size])
            assert bob.get(url).status_code == HTTPStatus.OK
        page = restarted.client("alice").get(reverse("events:progress", args=[restarted.event.pk]))
        progress_texts.append(page.content.decode())

    assert before
    with process_with(NEW):
        analyze_again_step_by_step(restarted, check)
    assert versions() == {NEW}
    assert any("Your guests keep the photos they have." in text for text in progress_texts)
    assert "Your guests keep" not in progress_texts[-1]


def test_change_leaves_no_old_face_behind(restarted: World) -> None:
    boxes = Counter(Face.objects.values_list("photo", "left"))
    with process_with(NEW):
        work_off()
        work_off()
    assert Counter(Face.objects.values_list("photo", "left")) == boxes
    assert set(Match.objects.values_list("engine_version", flat=True)) == {NEW}


def test_change_sends_no_second_mail(world: World) -> None:
    steps.announce(world.event.pk)
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]
    with process_with(NEW):
        use_current_engine()
        request_sorting(world.event.pk)
        work_off()
        work_off()
    assert versions() == {NEW}
    steps.announce(world.event.pk)
    assert len(mail.outbox) == 1


def test_people_are_warned_of_the_end_while_photos_are_analyzed_again(restarted: World) -> None:
    Event.objects.update(expires_at=timezone.now() + timedelta(hours=2))
    Photo.objects.update(released_at=timezone.now() - timedelta(days=2))
    with process_with(NEW):
        steps.sort_event(restarted.event.pk)  # queues the photos
    assert Photo.objects.waiting().exists()
    mail.outbox.clear()
    steps.announce(restarted.event.pk)
    assert any("deleted" in message.subject for message in mail.outbox)


def test_photo_stays_if_the_new_engine_does_not_find_the_person(restarted: World) -> None:
    """Whether it finds no face at all, or one that looks like no guest."""
    before = guest_sees(restarted)
    for found in ([], [embedding_of(fakes.DORA)]):
        with process_with(NEW), pytest.MonkeyPatch.context() as patch:
            patch.setattr(fakes.StripeEngine, "find_faces", finding(found))
            Photo.objects.update(engine_version=OLD)
            request_sorting(restarted.event.pk)
            work_off()
            work_off()
        assert guest_sees(restarted) == before
        request_sorting(restarted.event.pk)
        with process_with(NEW):
            work_off()
        assert guest_sees(restarted) == before


def test_photo_leaves_if_the_new_engine_finds_another_guest_in_that_face(restarted: World) -> None:
    with process_with(NEW), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "find_faces", finding([embedding_of(fakes.CHARLIE)]))
        work_off()
        work_off()
    assert guest_sees(restarted) == ["shared.png"]  # in which it finds no face
    assert "bob.png" in names_for(restarted.charlie, restarted.event)


def test_photo_that_can_not_be_analyzed_again_stays(restarted: World) -> None:
    before = guest_sees(restarted)

    def fail(engine: StripeEngine, image: LoadedImage) -> list[FoundFace]:
        if is_reference(image):
            return find_as_before(engine, image)
        raise UnusableImage("It can't be read.")

    with process_with(NEW), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "find_faces", fail)
        work_off()
        work_off()
    assert Photo.objects.failed().exists()
    assert not Sorting.objects.pending().exists()
    assert guest_sees(restarted) == before


def test_withdrawal_while_photos_are_analyzed_again(restarted: World) -> None:
    with process_with(NEW):
        steps.sort_event(restarted.event.pk)
        steps.analyze_photo(restarted.bobs_photo.pk)  # the others still wait
        withdraw(restarted.bob)
        assert guest_sees(restarted) == []
        work_off()
        work_off()
    faces = Face.objects.filter(photo=restarted.bobs_photo)
    assert list(faces.values_list("embedding", "is_superseded")) == [(None, False)]
    assert guest_sees(restarted) == []


def test_photos_do_not_come_back_to_people_who_leave_in_between(restarted: World) -> None:
    with process_with(NEW):
        steps.sort_event(restarted.event.pk)
        steps.analyze_photo(restarted.bobs_photo.pk)
        changes.leave_event(event=restarted.event, user=restarted.bob)
        work_off()
        work_off()
    assert not Match.objects.filter(status=Match.Status.MATCHED).exists()


def test_matches_of_both_engines_count_until_the_other_engine_decides(restarted: World) -> None:
    """A match of the former engine ends when that engine decides differently later."""
    with process_with(NEW), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "find_faces", finding([]))
        work_off()
        work_off()
    assert guest_sees(restarted)
    use_current_engine()
    request_sorting(restarted.event.pk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "find_faces", finding([embedding_of(fakes.DORA)]))
        work_off()
        work_off()
    assert guest_sees(restarted) == []


def look_alikes(world: World) -> Registration:
    """Let Charlie's reference look like Bob's to the new engine, which joined earlier."""
    with process_with(NEW), pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fakes.StripeEngine,
            "embed_reference",
            lambda *_: embedding_of(fakes.BOB, noise=3),
        )
        work_off()
        work_off()
    return Registration.objects.get(event=world.event, user=world.charlie)


def test_people_with_photos_do_not_wait_for_a_likeness_that_only_the_new_engine_sees(
    world: World,
) -> None:
    upload(world.event, fakes.stripes(fakes.CHARLIE), "charlie.png")
    work_off()
    assert names_for(world.charlie, world.event) == ["charlie.png"]
    with process_with(NEW):
        use_current_engine()
    request_sorting(world.event.pk)
    look_alikes(world)
    assert Collision.objects.open().get().newcomer == world.charlie
    assert world.event in events_to_announce()
    assert names_for(world.charlie, world.event) == ["charlie.png"]
    upload(world.event, fakes.stripes(fakes.BOB, serial=50), "new-of-bob.png")
    with process_with(NEW):
        work_off()
    assert "new-of-bob.png" in names_for(world.bob, world.event)
    assert names_for(world.charlie, world.event) == ["charlie.png"]
    page = world.client("alice").get(reverse("events:people", args=[world.event.pk]))
    assert "keeps their photos" in page.content.decode()


def test_host_decides_about_people_who_keep_their_photos(world: World) -> None:
    upload(world.event, fakes.stripes(fakes.CHARLIE), "charlie.png")
    work_off()
    with process_with(NEW):
        use_current_engine()
    request_sorting(world.event.pk)
    registration = look_alikes(world)
    changes.refuse(registration)
    assert names_for(world.charlie, world.event) == []


def test_people_without_photos_wait_for_a_likeness_that_only_the_new_engine_sees(
    restarted: World,
) -> None:
    look_alikes(restarted)
    assert Collision.objects.open().filter(newcomer=restarted.charlie).exists()


def test_newcomers_wait_for_a_likeness_after_the_change(world: World) -> None:
    """Even if they have photos: their reference was never compared by the former engine."""
    upload(world.event, fakes.stripes(fakes.CHARLIE), "charlie.png")
    work_off()
    EngineInUse.objects.update(since=timezone.now() - timedelta(days=1))
    with process_with(NEW):
        EngineInUse.objects.update(version=NEW)
    request_sorting(world.event.pk)
    look_alikes(world)
    assert Collision.objects.open().filter(newcomer=world.charlie).exists()


def test_start_with_the_same_engine_changes_nothing(world: World) -> None:
    EngineInUse.objects.update(since=timezone.now() - timedelta(days=1))
    before = EngineInUse.objects.get().since
    use_current_engine()
    assert EngineInUse.objects.get().since == before


def moved(face: Face, by: int, size: int) -> FoundFace:
    box = Box(face.left + by, face.top + by, face.left + by + size, face.top + by + size)
    return FoundFace(box=box, embedding=embedding_of(fakes.DORA))


def test_matches_of_people_who_stand_close_together_stay_with_each(restarted: World) -> None:
    """Their boxes overlap, and the new engine's boxes are a pixel off."""
    photo = upload(restarted.event, fakes.stripes(fakes.BOB, fakes.CHARLIE), "close.png")
    use_current_engine()
    work_off()
    bobs, charlies = photo.faces.order_by("left")
    Face.objects.filter(pk=bobs.pk).update(left=0, top=0, right=100, bottom=100)
    Face.objects.filter(pk=charlies.pk).update(left=50, top=50, right=110, bottom=110)
    bobs.refresh_from_db()
    charlies.refresh_from_db()
    found = [moved(charlies, 1, 60), moved(bobs, 1, 100)]
    photo.refresh_from_db()
    replace_faces(photo, found, engine_version=NEW)
    Photo.objects.update(engine_version=NEW)
    Face.objects.current().filter(photo__in=Photo.objects.exclude(pk=photo.pk)).delete()
    with process_with(NEW):
        use_current_engine()
        request_sorting(restarted.event.pk)
        steps.sort_event(restarted.event.pk)
    kept = Match.objects.filter(face__photo=photo).values_list(
        "registration__user__email", "face__left"
    )
    assert dict(kept) == {"bob@example.org": 1, "charlie@example.org": 51}


def test_person_who_withdraws_during_an_analysis_is_not_stored_again(
    restarted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[str] = []

    def lock(photo: Photo) -> None:
        locked.append(photo.name)
        lock_matched_people(photo)
        withdraw(restarted.bob)  # as if it had committed just before

    monkeypatch.setattr(steps, "lock_matched_people", lock)
    with process_with(NEW):
        steps.sort_event(restarted.event.pk)
        steps.analyze_photo(restarted.bobs_photo.pk)
    assert locked == ["bob.png"]
    faces = Face.objects.filter(photo=restarted.bobs_photo)
    assert set(faces.values_list("embedding", flat=True)) == {None}


def finding(
    embeddings: list[Embedding],
) -> Callable[[StripeEngine, LoadedImage], list[FoundFace]]:
    """Return a `find_faces` that finds these faces in photos of one stripe, and none in others."""

    def find_faces(engine: StripeEngine, image: LoadedImage) -> list[FoundFace]:
        if is_reference(image):
            return find_as_before(engine, image)
        is_single = image.pixels.shape[1] == fakes.STRIPE
        box = Box(0, 0, fakes.STRIPE, fakes.STRIPE)
        return [FoundFace(box=box, embedding=one) for one in embeddings if is_single]

    return find_faces


def is_reference(image: LoadedImage) -> bool:
    return bool(image.pixels[0, 0, 0] == REFERENCE_SERIAL)
