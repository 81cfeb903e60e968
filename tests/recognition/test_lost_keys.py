"""Missing or wrong keys stop the start. A single value that doesn't open stops nothing else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    confirm_identity,
    new_key,
    reference_photo,
    take_part,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.accounts.second_factor import seal_secret, unseal_secret
from picprocure.cli import main
from picprocure.events.services import move_registration_end
from picprocure.faces.enrollment import quality
from picprocure.galleries.access import photos_visible_to
from picprocure.notifications.delivery import deliver_due
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, tasks
from picprocure.pipeline.app import refuse_wrong_machine
from picprocure.pipeline.heartbeats import problems
from picprocure.recognition.embeddings import is_open, openable
from picprocure.recognition.models import Anchor, Face, Reference
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.storage import sealing
from picprocure.storage.errors import MissingKeys, UnusableKeys, WrongKeys
from picprocure.storage.sealing import ensure_usable_keys, seal

Damage = Callable[[bytes], bytes]


def write_keys(key_file: Path, *keys: str) -> None:
    key_file.write_text("\n".join(keys) + "\n")
    sealing._read.clear()


def of_another_key(sealed: bytes) -> bytes:
    return sealed[:1] + os.urandom(len(sealed) - 1)


def with_changed_byte(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def cut_off(sealed: bytes) -> bytes:
    return sealed[:20]


def of_another_row(_sealed: bytes) -> bytes:
    return seal(b"\0" * 512, context="face:of another row")


def wiped(_sealed: bytes) -> bytes:
    return b""


damages = pytest.mark.parametrize(
    "damage", [of_another_key, with_changed_byte, cut_off, of_another_row, wiped]
)


def sort_event(world: World) -> None:
    request_sorting(world.event.pk)
    work_off()
    work_off()


def bobs_photos(world: World) -> set[str]:
    return {photo.name for photo in photos_visible_to(world.bob, world.event)}


@damages
def test_face_that_does_not_open_is_analyzed_again(world: World, damage: Damage) -> None:
    before = bobs_photos(world)
    face = world.bobs_photo.faces.get()
    Face.objects.filter(pk=face.pk).update(embedding=damage(bytes(face.embedding or b"")))
    sort_event(world)
    assert bobs_photos(world) == before == {"bob.png", "shared.png"}
    assert not Photo.objects.exclude(status=Photo.Status.ANALYZED).exists()
    assert world.event.sorting.failure == ""


def test_face_of_a_deleted_file_does_not_stop_the_sorting(world: World) -> None:
    storages["photos"].delete(world.bobs_photo.original_key)
    Face.objects.filter(photo=world.bobs_photo).update(embedding=b"broken")
    sort_event(world)
    assert bobs_photos(world) == {"shared.png"}
    world.event.sorting.refresh_from_db()
    assert world.event.sorting.done == world.event.sorting.requested


@damages
def test_reference_that_does_not_open_is_embedded_again(
    world: World, damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "check_reference", lambda image, faces: faces[0])
    reference = world.bob.references.get()
    embedding = damage(bytes(reference.embedding))
    Reference.objects.filter(pk=reference.pk).update(embedding=embedding)
    sort_event(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}
    assert len(openable(world.bob.references.all())) == 1


def test_anchor_that_does_not_open_is_embedded_again(world: World) -> None:
    anchor = world.bob.anchors.get()
    Anchor.objects.filter(pk=anchor.pk).update(embedding=of_another_key(bytes(anchor.embedding)))
    sort_event(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}
    assert is_open(world.bob.anchors.get())


class TestLostReference:
    """No key opens the embedding or the picture of Bob's reference."""

    @pytest.fixture
    def damaged(self, world: World) -> World:
        reference = world.bob.references.get()
        Reference.objects.filter(pk=reference.pk).update(
            embedding=of_another_key(bytes(reference.embedding))
        )
        store = storages["photos"]
        store.delete(reference.image_key)
        store.save(reference.image_key, ContentFile(os.urandom(5_000)))
        return world

    def test_other_people_get_their_photos(
        self, damaged: World, make_user: Callable[[str, tuple[int, int, int]], User]
    ) -> None:
        move_registration_end(event=damaged.event, closes_at=timezone.now() + timedelta(hours=1))
        dora = make_user("dora", fakes.DORA)
        take_part(dora, damaged.event)
        sort_event(damaged)
        damaged.event.sorting.refresh_from_db()
        assert damaged.event.sorting.failure == ""
        assert bobs_photos(damaged) == set()

    def test_person_is_asked_for_another_photo(self, damaged: World) -> None:
        client = damaged.client("bob")
        for page in (reverse("enrollment:references"), event_page(damaged)):
            assert "open some photos of your face" in client.get(page).text
        charlie = damaged.client("charlie").get(event_page(damaged)).text
        assert "open some photos of your face" not in charlie

    def test_pages_with_the_reference_still_work(self, damaged: World) -> None:
        reference = damaged.bob.references.get()
        picture = reverse("media:reference", args=[reference.pk])
        assert damaged.client("bob").get(picture).status_code == 404
        people = reverse("events:people", args=[damaged.event.pk])
        assert damaged.client("alice").get(people).status_code == 200
        data = confirm_identity(damaged.client("bob")).post(reverse("media:my_data"))
        assert data.status_code == 200
        assert b"data.json" in data.getvalue()

    def test_reference_can_be_replaced_and_withdrawn(self, damaged: World) -> None:
        changes.add_reference(
            user=damaged.bob,
            reference=store_reference(reference_photo(fakes.BOB)),
            consent_version=CURRENT_CONSENT.version,
            replacing=damaged.bob.references.get(),
        )
        assert len(openable(damaged.bob.references.all())) == 1
        damaged.client("bob").post(reverse("accounts:withdraw"))
        assert not damaged.bob.references.exists()


def event_page(world: World) -> str:
    return reverse("events:detail", args=[world.event.pk])


class TestStart:
    def test_key_is_created_if_nothing_is_sealed(self, key_file: Path, db: None) -> None:
        ensure_usable_keys()
        assert key_file.exists()

    def test_right_keys_are_accepted(self, key_file: Path, world: World) -> None:
        ensure_usable_keys()

    def test_missing_key_file_is_not_replaced(self, key_file: Path, world: World) -> None:
        kept = key_file.read_text()
        key_file.unlink()
        sealing._read.clear()
        with pytest.raises(MissingKeys, match=r"face-keys is missing.*give-up"):
            ensure_usable_keys()
        with pytest.raises(MissingKeys):
            seal(b"by any other process", context="x")
        result = CliRunner().invoke(main, ["keys", "rotate"])
        assert result.exit_code == 1
        assert "is missing" in result.output
        assert not key_file.exists()
        write_keys(key_file, kept.strip())
        ensure_usable_keys()
        sort_event(world)
        assert bobs_photos(world) == {"bob.png", "shared.png"}

    def test_sealed_object_alone_requires_keys(self, key_file: Path, db: None) -> None:
        key_file.unlink(missing_ok=True)
        storages["photos"].save("references/of-a-lost-row.sealed", ContentFile(b"\1sealed"))
        with pytest.raises(MissingKeys):
            ensure_usable_keys()

    def test_second_factor_alone_requires_keys(
        self, key_file: Path, make_user: Callable[[str], User]
    ) -> None:
        Authenticator.objects.create(
            user=make_user("bob"), type="totp", data={"secret": seal_secret("ABC")}
        )
        key_file.unlink()
        sealing._read.clear()
        with pytest.raises(MissingKeys):
            ensure_usable_keys()

    def test_wrong_key_file_is_refused(self, key_file: Path, world: World) -> None:
        write_keys(key_file, new_key())
        with pytest.raises(WrongKeys, match=r"don't open.*face-keys or PICPROCURE_FACE_KEYS"):
            ensure_usable_keys()

    def test_worker_with_wrong_keys_ends(self, key_file: Path, world: World) -> None:
        write_keys(key_file, new_key())
        with pytest.raises(SystemExit):
            refuse_wrong_machine()

    def test_wrong_keys_in_the_settings_are_refused(
        self, settings: Any, key_file: Path, world: World
    ) -> None:
        settings.FACE_KEYS = (new_key(), new_key())
        with pytest.raises(WrongKeys) as refused:
            ensure_usable_keys()
        assert "\n" not in str(refused.value)
        assert not any(key in str(refused.value) for key in settings.FACE_KEYS)
        settings.FACE_KEYS = (new_key(), *key_file.read_text().split())
        ensure_usable_keys()

    def test_one_value_that_does_not_open_does_not_stop_the_start(
        self, key_file: Path, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        face = world.bobs_photo.faces.get()
        Face.objects.filter(pk=face.pk).update(
            embedding=of_another_key(bytes(face.embedding or b""))
        )
        with caplog.at_level(logging.WARNING):
            ensure_usable_keys()
        assert "1 of 12 sealed values were sealed with missing keys" in caplog.text


def test_values_sealed_with_a_removed_key_are_computed_again(key_file: Path, world: World) -> None:
    """An earlier version started with any key."""
    right = key_file.read_text().strip()
    write_keys(key_file, new_key(), right)
    sort_event(world)
    Photo.objects.filter(pk=world.bobs_photo.pk).await_analysis()
    work_off()
    write_keys(key_file, right)
    ensure_usable_keys()
    sort_event(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}


def test_rotation_skips_values_that_do_not_open(key_file: Path, world: World) -> None:
    face = world.bobs_photo.faces.get()
    broken = of_another_key(bytes(face.embedding or b""))
    Face.objects.filter(pk=face.pk).update(embedding=broken)
    for command, faces in (("rotate", 5), ("forget", 0)):
        result = CliRunner().invoke(main, ["keys", command])
        assert result.exit_code == 0, result.output
        assert f"{faces} faces" in result.output
    sort_event(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}


def test_giving_up_lost_keys_discards_what_they_sealed(key_file: Path, world: World) -> None:
    Authenticator.objects.create(user=world.bob, type="totp", data={"secret": seal_secret("ABC")})
    key_file.unlink()
    sealing._read.clear()
    declined = CliRunner().invoke(main, ["keys", "give-up"], input="n\n")
    assert declined.exit_code == 1
    assert not key_file.exists()
    result = CliRunner().invoke(main, ["keys", "give-up", "--yes"])
    assert "4 face photos and 1 two-step sign-in secrets" in result.output, result.output
    ensure_usable_keys()
    work_off()
    changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    work_off()
    assert not Photo.objects.exclude(status=Photo.Status.ANALYZED).exists()
    assert len(openable(Reference.objects.all())) == 1


def test_second_factor_that_does_not_open_is_not_empty(
    key_file: Path, make_user: Callable[[str], User], db: None
) -> None:
    sealed = seal_secret("JBSWY3DPEHPK3PXP")
    write_keys(key_file, new_key())
    assert unseal_secret(sealed) not in {"", "JBSWY3DPEHPK3PXP", unseal_secret(sealed)}


class TestWhileTheSiteRuns:
    """The process has read the right keys before they are damaged."""

    @pytest.fixture(params=["missing", "replaced", "emptied", "binary"])
    def damaged_keys(
        self, request: pytest.FixtureRequest, key_file: Path, world: World
    ) -> Iterator[None]:
        seal(b"", context="x")
        right = key_file.read_bytes()
        if request.param == "missing":
            key_file.unlink()
        else:
            contents = {"replaced": new_key().encode(), "emptied": b"", "binary": b"\xff\0"}
            key_file.write_bytes(contents[request.param])
        yield
        key_file.write_bytes(right)
        seal(b"", context="x")
        ensure_usable_keys()

    @pytest.mark.usefixtures("damaged_keys")
    def test_nothing_is_sealed_and_stored_values_still_open(self, world: World) -> None:
        with pytest.raises(UnusableKeys) as result:
            seal(b"", context="x")
        assert sealing.key_problem() == str(result.value)
        assert str(result.value) in problems()
        assert len(openable(world.bob.references.all())) == 1

    @pytest.mark.usefixtures("damaged_keys")
    def test_pages_report_it(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        client = world.client("alice")
        client.raise_request_exception = False
        people = reverse("events:people", args=[world.event.pk])
        assert client.get(people).status_code == 200
        sealing._read.clear()  # as in a process that was started since
        response = client.get(people)
        assert response.status_code == 503
        assert "The site can't open private data" in unescape(response.content.decode())
        assert "The keys can't be used" in caplog.text

    @pytest.mark.usefixtures("damaged_keys")
    def test_jobs_wait(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "IDLE_SECONDS", 0)
        Photo.objects.filter(pk=world.bobs_photo.pk).await_analysis()
        tasks.analyze_photo(str(world.bobs_photo.pk))
        world.bobs_photo.refresh_from_db()
        assert (world.bobs_photo.status, world.bobs_photo.errors) == (Photo.Status.WAITING, 0)

    @pytest.mark.usefixtures("damaged_keys")
    def test_mails_wait(self, world: World) -> None:
        later = timezone.now() + timedelta(hours=1)
        Mail.objects.create(
            kind="x", content=b"\1" + bytes(60), urgency=Mail.Urgency.CODE, valid_until=later
        )
        sealing._read.clear()
        deliver_due()
        assert Mail.objects.get().status == Mail.Status.WAITING

    def test_rotation_by_another_process_is_accepted(self, key_file: Path, world: World) -> None:
        seal(b"", context="x")
        before = key_file.read_text()
        new = new_key()
        key_file.write_text(f"{new}\n{before}")
        (key,) = sealing._parse((new,))
        assert seal(b"", context="x")[1:9] == key.id
        assert not sealing.key_problem()
