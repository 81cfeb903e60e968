"""Hosts download all photos of their event: as one ZIP, or with a folder for each person."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import fakes
from conftest import World, browser_of, take_part, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.co_hosts import remove_co_host
from picprocure.events.models import CoHost, Event, Registration
from picprocure.galleries import access, host_archives
from picprocure.galleries.archives import AccessEnded
from picprocure.galleries.host_archives import event_archive, people_archive
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.models import Match

pytestmark = pytest.mark.django_db

OTHERS = "Other photos"


@pytest.fixture
def dora(world: World, make_user: Any) -> User:
    """Return a co-host."""
    user: User = make_user("dora", fakes.DORA)
    CoHost.objects.create(event=world.event, user=user)
    return user


def downloaded(client: Any, world: World, kind: str) -> zipfile.ZipFile:
    response = client.get(reverse(f"media:{kind}_archive", args=[world.event.pk]))
    body = response.getvalue()
    assert len(body) == int(response["Content-Length"])
    assert response["Cache-Control"] == "private, no-store"
    return zipfile.ZipFile(io.BytesIO(body))


def folders_of(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    folders = defaultdict(list)
    for name in archive.namelist():
        folder, _, file = name.rpartition("/")
        folders[folder].append(file)
    return {folder: sorted(files) for folder, files in folders.items()}


def names_of(archive: zipfile.ZipFile) -> list[str]:
    return [name.rpartition("/")[2] for name in archive.namelist()]


class TestAllPhotos:
    def test_archive_has_the_originals_of_all_photos(self, world: World) -> None:
        with downloaded(world.client("alice"), world, "event") as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == Photo.objects.count() == 4
            original = storages["photos"].open(world.strangers_photo.original_key).read()
            assert archive.read(world.strangers_photo.name) == original

    def test_photos_are_in_the_order_of_their_capture(self, world: World) -> None:
        Photo.objects.filter(pk=world.strangers_photo.pk).update(
            taken_at=world.event.created_at, is_undated=False
        )
        Photo.objects.filter(pk=world.bobs_photo.pk).update(
            taken_at=world.event.created_at - timedelta(hours=1), is_undated=False
        )
        with downloaded(world.client("alice"), world, "event") as archive:
            assert archive.namelist()[:2] == [world.bobs_photo.name, world.strangers_photo.name]

    def test_two_photos_with_one_name_have_two_names(self, world: World) -> None:
        upload(world.event, fakes.stripes(fakes.BOB, serial=1), "bob.png")
        with downloaded(world.client("alice"), world, "event") as archive:
            assert {"bob.png", "bob (2).png"} < set(archive.namelist())

    def test_photos_without_faces_yet_and_failed_ones_are_in_it(self, world: World) -> None:
        Photo.objects.filter(pk=world.bobs_photo.pk).update(status=Photo.Status.FAILED)
        upload(world.event, fakes.stripes(fakes.BOB, serial=1), "new.png")
        with downloaded(world.client("alice"), world, "event") as archive:
            assert {"bob.png", "new.png"} < set(archive.namelist())

    def test_name_of_the_file_is_that_of_the_event(self, world: World) -> None:
        Event.objects.update(name="24/12")
        response = world.client("alice").get(reverse("media:event_archive", args=[world.event.pk]))
        assert response["Content-Disposition"] == 'attachment; filename="24-12 - all photos.zip"'

    @pytest.mark.parametrize("kind", ["event", "people"])
    def test_head_returns_the_size_without_content(self, world: World, kind: str) -> None:
        address = reverse(f"media:{kind}_archive", args=[world.event.pk])
        head = world.client("alice").head(address)
        assert int(head["Content-Length"]) == len(world.client("alice").get(address).getvalue())

    @pytest.mark.parametrize("kind", ["event", "people"])
    def test_event_without_photos_has_no_archive(self, world: World, kind: str) -> None:
        Photo.objects.all().delete()
        address = reverse(f"media:{kind}_archive", args=[world.event.pk])
        assert world.client("alice").get(address).status_code == 404


class TestFolders:
    def test_each_person_has_a_folder_of_what_they_see(self, world: World) -> None:
        with downloaded(world.client("alice"), world, "people") as archive:
            assert archive.testzip() is None
            assert folders_of(archive) == {
                "Bob Example": ["bob.png", "shared.png"],
                OTHERS: sorted([world.strangers_photo.name, world.doubtful_photo.name]),
            }

    def test_photo_of_two_people_is_in_both_folders_under_one_name(self, world: World) -> None:
        upload(world.event, fakes.stripes(fakes.BOB, serial=1), "bob.png")
        work_off()
        second = Photo.objects.exclude(pk=world.bobs_photo.pk).get(name="bob.png")
        changes.share_manually(
            registration=world.event.registrations.get(user=world.charlie), photos=[second]
        )
        with downloaded(world.client("alice"), world, "people") as archive:
            folders = folders_of(archive)
        assert folders["Charlie Example"] == ["bob (2).png"]
        assert folders["Bob Example"] == ["bob (2).png", "bob.png", "shared.png"]

    def test_people_with_one_name_have_two_folders(self, world: World) -> None:
        User.objects.filter(pk=world.charlie.pk).update(first_name="BOB")
        registration = world.event.registrations.get(user=world.charlie)
        changes.share_manually(registration=registration, photos=[world.strangers_photo])
        with downloaded(world.client("alice"), world, "people") as archive:
            assert set(folders_of(archive)) == {"Bob Example", "BOB Example (2)", OTHERS}

    @pytest.mark.parametrize(
        ("name", "folder"),
        [("../../etc", "-..-etc Example"), ("a\\b:c", "a-b_c Example"), ("CON", "CON Example")],
    )
    def test_folder_can_be_unpacked_everywhere(self, world: World, name: str, folder: str) -> None:
        User.objects.filter(pk=world.bob.pk).update(first_name=name)
        with downloaded(world.client("alice"), world, "people") as archive:
            assert folder in folders_of(archive)

    def test_folder_of_a_name_of_dots_is_no_photo(self, world: World) -> None:
        User.objects.filter(pk=world.bob.pk).update(first_name="...", last_name="..")
        with downloaded(world.client("alice"), world, "people") as archive:
            assert set(folders_of(archive)) == {"Unnamed", OTHERS}

    def test_person_named_like_the_folder_of_others_has_their_own(self, world: World) -> None:
        User.objects.filter(pk=world.bob.pk).update(first_name="Other", last_name="photos")
        with downloaded(world.client("alice"), world, "people") as archive:
            assert folders_of(archive)["Other photos (2)"] == ["bob.png", "shared.png"]

    def test_unreleased_photo_is_in_no_persons_folder(self, world: World) -> None:
        Photo.objects.filter(pk=world.bobs_photo.pk).update(
            waits_for_release=True, released_at=None
        )
        with downloaded(world.client("alice"), world, "people") as archive:
            folders = folders_of(archive)
        assert folders["Bob Example"] == ["shared.png"]
        assert "bob.png" in folders[OTHERS]

    def test_folders_are_the_galleries_and_all_photos_are_there(self, full_world: World) -> None:
        with downloaded(full_world.client("alice"), full_world, "people") as archive:
            folders, names = folders_of(archive), set(names_of(archive))
        assert names == set(Photo.objects.values_list("name", flat=True))
        assert {folder: set(found) for folder, found in folders.items() if folder != OTHERS} == {
            row.user.name: {photo.name for photo in seen}
            for row in full_world.event.registrations.all()
            if (seen := access.photos_visible_to(row.user, full_world.event))
        }


class TestCoHosts:
    def test_co_host_gets_no_folder_of_a_person_they_may_not_see(
        self, world: World, dora: User
    ) -> None:
        """Their own registration: its folder would say that it waits for no decision."""
        Event.objects.update(allows_late_registration=True)
        world.event.refresh_from_db()
        take_part(dora, world.event)
        upload(world.event, fakes.stripes(fakes.DORA), "dora.png")
        work_off()
        assert access.photos_visible_to(dora, world.event).get().name == "dora.png"
        with downloaded(world.client("alice"), world, "people") as archive:
            assert folders_of(archive)["Dora Example"] == ["dora.png"]
        with downloaded(browser_of(dora), world, "people") as archive:
            folders = folders_of(archive)
        assert set(folders) == {"Bob Example", OTHERS}
        assert "dora.png" in folders[OTHERS]

    def test_former_co_host_gets_404(self, world: World, dora: User) -> None:
        remove_co_host(event=world.event, user_id=dora.pk)
        for kind in ("event", "people"):
            address = reverse(f"media:{kind}_archive", args=[world.event.pk])
            assert browser_of(dora).get(address).status_code == 404


class TestWhileItIsSent:
    @pytest.fixture(autouse=True)
    def _one_photo_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(host_archives, "_CHECKED_AT_ONCE", 1)

    def test_download_ends_when_the_host_is_none_any_more(self, world: World, dora: User) -> None:
        archive = event_archive(host=dora, event=world.event)
        next(archive.chunks)
        remove_co_host(event=world.event, user_id=dora.pk)
        with pytest.raises(AccessEnded):
            list(archive.chunks)

    def test_download_ends_when_the_account_of_the_host_is_deactivated(self, world: World) -> None:
        archive = event_archive(host=world.alice, event=world.event)
        next(archive.chunks)
        User.objects.filter(pk=world.alice.pk).update(is_active=False)
        with pytest.raises(AccessEnded):
            list(archive.chunks)

    def test_download_ends_when_a_photo_was_deleted(self, world: World) -> None:
        archive = event_archive(host=world.alice, event=world.event)
        next(archive.chunks)
        Photo.objects.order_by("-uploaded_at")[0].delete()
        with pytest.raises(AccessEnded):
            list(archive.chunks)

    def test_download_ends_when_a_person_no_longer_gets_a_photo(self, world: World) -> None:
        archive = people_archive(host=world.alice, event=world.event)
        next(archive.chunks)
        Match.objects.filter(face__photo=world.shared_photo).delete()
        with pytest.raises(AccessEnded):
            list(archive.chunks)

    def test_download_ends_when_a_person_left(self, world: World) -> None:
        archive = people_archive(host=world.alice, event=world.event)
        next(archive.chunks)
        Registration.objects.filter(user=world.bob).delete()
        with pytest.raises(AccessEnded):
            list(archive.chunks)

    def test_answers_of_the_rule_are_asked_for_again(
        self, world: World, dora: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A slow download of few photos lasts long, too."""
        monkeypatch.setattr(host_archives, "_CHECKED_AT_ONCE", 200)
        monkeypatch.setattr(host_archives, "_CHECKED_FOR_SECONDS", 0)
        archive = event_archive(host=dora, event=world.event)
        next(archive.chunks)
        remove_co_host(event=world.event, user_id=dora.pk)
        with pytest.raises(AccessEnded):
            list(archive.chunks)


@pytest.mark.parametrize("make", [event_archive, people_archive])
def test_number_of_queries_does_not_depend_on_the_number_of_photos(world: World, make: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            b"".join(make(host=world.alice, event=world.event).chunks)
        return len(captured)

    before = queries()
    for serial in range(5):
        upload(world.event, fakes.stripes(fakes.BOB, serial=serial + 1))
    work_off()
    assert queries() == before <= 10
