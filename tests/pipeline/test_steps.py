from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import OperationalError
from django.utils import timezone

import fakes
from conftest import World, names_for, reference_photo, take_part, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.errors import EventEnded, RegistrationStillOpen
from picprocure.events.models import Event
from picprocure.events.services import close_registration, end_registration
from picprocure.faces.enrollment import quality
from picprocure.faces.errors import ModelMissing
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, maintenance, steps
from picprocure.recognition.analysis import find_faces
from picprocure.recognition.engines import use_current_engine
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import Anchor, Face, Match, Sorting
from picprocure.recognition.progress import event_progress
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import (
    ComputedSorting,
    compute_sorting,
    request_sorting,
)
from picprocure.recognition.withdrawal import withdraw
from picprocure.retention.erasure import erase_event
from picprocure.storage.models import PendingDeletion


def assert_no_owned_object_is_pending_deletion() -> None:
    for photo in Photo.objects.all():
        assert not PendingDeletion.objects.filter(key__in=photo.storage_keys).exists()
        assert all(storages["photos"].exists(key) for key in photo.storage_keys)


def test_each_person_gets_the_photos_they_are_in(world: World) -> None:
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert names_for(world.charlie, world.event) == []
    assert names_for(world.alice, world.event) == []


def test_photos_are_refused_while_registration_is_open(event: Event) -> None:
    with pytest.raises(RegistrationStillOpen, match="close it now"):
        upload(event, fakes.stripes(fakes.BOB))
    assert not Photo.objects.exists()


def test_refused_photo_leaves_nothing_behind(event: Event) -> None:
    close_registration(event=event)
    before = set(storages["photos"].listdir("")[0])
    with pytest.raises(RefusedPhoto, match=r"notes\.jpg"):
        upload(event, b"these are words, not a picture", "notes.jpg")
    assert not Photo.objects.exists()
    assert not PendingDeletion.objects.exists()
    assert set(storages["photos"].listdir("")[0]) == before


def test_same_bytes_twice_are_one_photo(world: World) -> None:
    content = fakes.stripes(fakes.CHARLIE, serial=9)
    first = steps.receive_photo(
        event=world.event,
        uploaded_by=world.alice,
        upload=io.BytesIO(content),
        name="first.png",
        size=len(content),
    )
    again = steps.receive_photo(
        event=world.event,
        uploaded_by=world.alice,
        upload=io.BytesIO(content),
        name="second.png",
        size=len(content),
    )
    assert first.is_new
    assert not again.is_new
    assert again.photo == first.photo


def test_two_files_with_one_name_are_two_photos(world: World) -> None:
    upload(world.event, fakes.stripes(fakes.BOB, serial=1), "IMG_1.png")
    upload(world.event, fakes.stripes(fakes.BOB, serial=2), "IMG_1.png")
    work_off()
    assert names_for(world.bob, world.event).count("IMG_1.png") == 2


def test_every_job_may_run_twice(world: World) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=3), "new.png")
    steps.analyze_photo(photo.pk)
    steps.analyze_photo(photo.pk)
    assert photo.faces.count() == 1
    steps.sort_event(world.event.pk)
    matches = set(Match.objects.values_list("face", "registration"))
    steps.sort_event(world.event.pk)
    assert set(Match.objects.values_list("face", "registration")) == matches
    maintenance.sweep()
    assert names_for(world.bob, world.event) == ["bob.png", "new.png", "shared.png"]


def test_job_whose_row_was_deleted_ends_quietly(world: World) -> None:
    photo_id, event_id = world.bobs_photo.pk, world.event.pk
    world.event.delete()
    steps.analyze_photo(photo_id)
    steps.sort_event(event_id)
    assert not Face.objects.exists()


def test_two_workers_do_not_work_on_one_photo(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=4))
    calls: list[int] = []

    def try_in_another_worker(*args: object) -> list[object]:
        calls.append(1)
        if len(calls) == 1:
            steps.analyze_photo(photo.pk)
        return []

    monkeypatch.setattr(steps, "find_faces", try_in_another_worker)
    steps.analyze_photo(photo.pk)
    assert len(calls) == 1


def test_photo_of_a_dead_worker_is_queued_again_and_analyzed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=5), "survivor.png")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, "find_faces", die)
        with pytest.raises(KeyboardInterrupt):
            steps.analyze_photo(photo.pk)
    Photo.objects.filter(pk=photo.pk).update(queued_at=timezone.now())
    assert maintenance.requeue() == 0  # its lease still runs
    steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.status == Photo.Status.WAITING

    long_ago = timezone.now() - timedelta(hours=1)
    Photo.objects.filter(pk=photo.pk).update(claimed_until=long_ago, queued_at=long_ago)
    assert maintenance.requeue() == 1
    work_off()
    assert "survivor.png" in names_for(world.bob, world.event)


def test_worker_that_finishes_after_its_lease_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=6))

    def finish_in_another_worker(*args: object) -> list[object]:
        monkeypatch.setattr(steps, "find_faces", find_faces)
        Photo.objects.filter(pk=photo.pk).update(claimed_until=timezone.now())
        steps.analyze_photo(photo.pk)  # another worker takes over and finishes
        return []

    monkeypatch.setattr(steps, "find_faces", finish_in_another_worker)
    steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.status == Photo.Status.ANALYZED
    assert photo.faces.count() == 1
    assert storages["photos"].exists(photo.web_key)
    assert_no_owned_object_is_pending_deletion()


def test_photo_that_kills_its_worker_fails_and_the_others_are_analyzed(
    world: World, settings: object
) -> None:
    killer = upload(world.event, fakes.stripes(fakes.BOB, serial=7), "killer.png")
    fine = upload(world.event, fakes.stripes(fakes.BOB, serial=8), "fine.png")
    Photo.objects.filter(pk=killer.pk).update(attempts=settings.MAX_CRASHES)  # type: ignore[attr-defined]
    work_off()
    killer.refresh_from_db()
    fine.refresh_from_db()
    assert killer.status == Photo.Status.FAILED
    assert "killer.png stopped the face analysis 2 times" in killer.failure
    assert fine.status == Photo.Status.ANALYZED
    assert "fine.png" in names_for(world.bob, world.event)


def test_photo_without_its_file_fails_with_a_reason_and_can_be_retried(world: World) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=10), "lost.png")
    content = storages["photos"].open(photo.original_key).read()
    storages["photos"].delete(photo.original_key)
    work_off()
    photo.refresh_from_db()
    assert photo.status == Photo.Status.FAILED
    assert photo.failure == "The stored file is missing. Upload the photo again."

    storages["photos"].save(photo.original_key, io.BytesIO(content))
    assert changes.retry_photos(world.event) == 1
    work_off()
    assert "lost.png" in names_for(world.bob, world.event)


def test_sorting_waits_for_the_last_photo(world: World) -> None:
    first = upload(world.event, fakes.stripes(fakes.BOB, serial=11), "first.png")
    upload(world.event, fakes.stripes(fakes.BOB, serial=12), "second.png")
    steps.analyze_photo(first.pk)
    steps.sort_event(world.event.pk)
    assert "first.png" not in names_for(world.bob, world.event)
    work_off()
    assert {"first.png", "second.png"} <= set(names_for(world.bob, world.event))


def test_sorting_requested_while_one_runs_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_sorting(world.event.pk)

    def write_and_request_again(computed: ComputedSorting, **options: Any) -> bool:
        was_written = write_sorting(computed, **options)
        request_sorting(world.event.pk)
        return was_written

    monkeypatch.setattr(steps, "write_sorting", write_and_request_again)
    steps.sort_event(world.event.pk)
    assert Sorting.objects.pending().filter(pk=world.event.pk).exists()


def test_leaving_closes_the_gallery_at_once(world: World) -> None:
    end_registration(event=world.event, user=world.bob)
    assert names_for(world.bob, world.event) == []
    assert not Match.objects.filter(registration__user=world.bob).exists()


def replace_reference(user: User, color: tuple[int, int, int]) -> None:
    """Replace a person's reference, and have the hosts of all events admit it at once."""
    reference = changes.add_reference(
        user=user,
        reference=store_reference(reference_photo(color)),
        consent_version=CURRENT_CONSENT.version,
        replacing=user.references.last(),
    )
    for registration in user.registrations.all():
        changes.admit(registration=registration, reference_ids=[reference.pk])
    work_off()


def test_new_reference_of_the_same_face_sorts_again(world: World) -> None:
    replace_reference(world.bob, fakes.BOB)
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]


def test_another_face_added_after_the_close_gets_nothing(world: World) -> None:
    """Otherwise, anyone who registered could collect the photos of one person after the other."""
    replace_reference(world.charlie, fakes.STRANGER)
    assert names_for(world.charlie, world.event) == []
    replace_reference(world.bob, fakes.CHARLIE)
    assert names_for(world.bob, world.event) == []


def test_face_added_after_withdrawal_is_used_only_in_later_events(world: World) -> None:
    withdraw(user=world.bob)
    replace_reference(world.bob, fakes.BOB)
    assert names_for(world.bob, world.event) == []
    assert not Anchor.objects.filter(user=world.bob).exists()


def test_no_one_gets_photos_because_another_person_left(
    event: Event, make_user: Callable[..., User]
) -> None:
    """A person with another person's face gets nothing, even after that person has left."""
    bob, thief = make_user("bob", fakes.BOB), make_user("thief", fakes.BOB)
    for user in (bob, thief):
        take_part(user, event)
    close_registration(event=event)
    upload(event, fakes.stripes(fakes.BOB), "bob.png")
    work_off()
    assert names_for(bob, event) == ["bob.png"]
    assert names_for(thief, event) == []
    end_registration(event=event, user=bob)
    work_off()
    assert names_for(thief, event) == []


def test_photos_stay_for_the_availability_period_from_their_release(
    world: World, settings: object
) -> None:
    released = Photo.objects.get(pk=world.bobs_photo.pk).released_at
    assert released is not None
    promised = released + settings.AVAILABILITY  # type: ignore[attr-defined]
    assert abs(world.event.expires_at - promised) < timedelta(seconds=5)


def test_event_is_sorted_after_a_kill_right_after_the_analysis(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=20), "late.png")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, "queue_sorting_if_due", die)
        with pytest.raises(KeyboardInterrupt):
            steps.analyze_photo(photo.pk)
    assert maintenance.requeue() == 1
    work_off()
    assert "late.png" in names_for(world.bob, world.event)


def change_during_sorting(patch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Make a change between computing an event's sorting and writing it."""

    def compute_and_change(event: Event, *, engine_version: str) -> ComputedSorting:
        computed = compute_sorting(event, engine_version=engine_version)
        change()
        return computed

    patch.setattr(steps, "compute_sorting", compute_and_change)


def test_person_who_leaves_during_the_sorting_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_sorting(world.event.pk)
    change_during_sorting(monkeypatch, lambda: end_registration(event=world.event, user=world.bob))
    work_off()
    assert event_progress(world.event).is_sorted
    assert not Match.objects.exists()


def test_person_who_withdraws_during_the_sorting_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_sorting(world.event.pk)
    change_during_sorting(monkeypatch, lambda: withdraw(user=world.bob))
    work_off()
    assert event_progress(world.event).is_sorted
    assert not Match.objects.exists()


def test_reference_replaced_during_the_sorting_matches_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_sorting(world.event.pk)
    new = store_reference(reference_photo(fakes.CHARLIE))
    consent = CURRENT_CONSENT.version
    with monkeypatch.context() as patch:
        change_during_sorting(
            patch,
            lambda: changes.add_reference(
                user=world.bob,
                reference=new,
                consent_version=consent,
                replacing=world.bob.references.get(),
            ),
        )
        work_off()
    assert not Match.objects.exists()
    assert Sorting.objects.pending().filter(pk=world.event.pk).exists()  # with the new face


def test_sorting_that_lost_its_claim_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(Match.objects.values_list("pk", flat=True))
    request_sorting(world.event.pk)
    change_during_sorting(
        monkeypatch, lambda: Sorting.objects.update(claim=None, claimed_until=None)
    )
    work_off()
    assert set(Match.objects.values_list("pk", flat=True)) == before
    assert Sorting.objects.pending().exists()


def test_photo_deleted_during_the_sorting_does_not_delay_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(world.event, fakes.stripes(fakes.BOB, serial=21), "stays.png")
    with monkeypatch.context() as patch:
        change_during_sorting(patch, lambda: changes.delete_photo(world.bobs_photo))
        work_off()
    work_off()
    assert names_for(world.bob, world.event) == ["shared.png", "stays.png"]


def test_analysis_ends_quietly_if_the_event_is_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=22))

    def delete_event(*args: object) -> list[object]:
        erase_event(world.event)
        return []

    monkeypatch.setattr(steps, "find_faces", delete_event)
    steps.analyze_photo(photo.pk)
    assert not Photo.objects.exists()
    assert not Sorting.objects.exists()


def test_photo_is_tried_again_after_an_error_a_few_times_only(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=23))

    def broken(*args: object) -> None:
        raise RuntimeError("the engine broke")

    monkeypatch.setattr(steps, "find_faces", broken)
    for _ in range(settings.MAX_ERRORS):  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError):
            steps.analyze_photo(photo.pk)
        assert maintenance.requeue(lost_before=timezone.now()) >= 1
    steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.status == Photo.Status.FAILED
    assert "couldn't be analyzed after 5 attempts" in photo.failure


def test_errors_are_not_counted_as_crashes(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=26), "unlucky.png")

    def locked(*args: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "find_faces", locked)
        for _ in range(settings.MAX_CRASHES + 1):  # type: ignore[attr-defined]
            with pytest.raises(OperationalError):
                steps.analyze_photo(photo.pk)
    work_off()
    assert "unlucky.png" in names_for(world.bob, world.event)


def test_sorting_that_gave_up_says_so_and_can_be_requested_again(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    request_sorting(world.event.pk)
    Sorting.objects.update(attempts=settings.MAX_CRASHES)  # type: ignore[attr-defined]
    work_off()
    progress = event_progress(world.event)
    assert progress.sorting_failure
    assert not progress.is_sorted
    assert not progress.is_working
    changes.retry_photos(world.event)
    work_off()
    assert event_progress(world.event).is_sorted


def test_uploading_a_failed_photo_again_repairs_it(world: World) -> None:
    content = fakes.stripes(fakes.BOB, serial=24)
    photo = upload(world.event, content, "lost.png")
    storages["photos"].delete(photo.original_key)
    work_off()
    photo.refresh_from_db()
    assert photo.status == Photo.Status.FAILED
    assert upload(world.event, content, "lost.png") == photo
    work_off()
    assert "lost.png" in names_for(world.bob, world.event)
    assert_no_owned_object_is_pending_deletion()


def test_upload_to_an_event_that_ended_is_refused(world: World) -> None:
    Event.objects.update(expires_at=timezone.now())
    with pytest.raises(EventEnded):
        upload(world.event, fakes.stripes(fakes.BOB, serial=25))
    assert Photo.objects.count() == 4


def test_new_engine_analyzes_all_photos_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes.StripeEngine, "version", "stripes-2")
    monkeypatch.setattr(quality, "check_reference", lambda image, faces: faces[0])
    use_current_engine()  # as the site does when it starts
    request_sorting(world.event.pk)
    work_off()  # finds the photos outdated
    work_off()
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert set(Face.objects.values_list("engine_version", flat=True)) == {"stripes-2"}
    assert_no_owned_object_is_pending_deletion()


def test_missing_reference_image_does_not_delay_other_people(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes.StripeEngine, "version", "stripes-2")
    monkeypatch.setattr(quality, "check_reference", lambda image, faces: faces[0])
    storages["photos"].delete(world.charlie.references.get().image_key)
    use_current_engine()
    request_sorting(world.event.pk)
    work_off()
    work_off()
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert names_for(world.charlie, world.event) == []


def test_missing_model_is_not_counted_against_the_photo(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_model(*_: object) -> None:
        raise ModelMissing("yunet", Path("yunet.onnx"))

    with monkeypatch.context() as patch:
        patch.setattr(steps, "find_faces", no_model)
        photo = upload(world.event, fakes.stripes(fakes.BOB, serial=26), "later.png")
        with pytest.raises(ModelMissing):
            work_off()
    photo.refresh_from_db()
    assert photo.status == Photo.Status.WAITING
    work_off()
    assert "later.png" in names_for(world.bob, world.event)
