"""Keys that are missing or wrong stop the start; a value that doesn't open stops nothing else."""

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
from conftest import PASSWORD, World, new_key, reference_photo, take_part, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.accounts.second_factor import seal_secret, unseal_secret
from picprocure.cli import main
from picprocure.events.services import reopen_registration
from picprocure.faces.enrollment import quality
from picprocure.galleries.access import photos_visible_to
from picprocure.notifications.delivery import deliver_due
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, tasks
from picprocure.pipeline.app import refuse_wrong_keys
from picprocure.pipeline.heartbeats import problems
from picprocure.recognition.embeddings import is_open, openable
from picprocure.recognition.models import Anchor, Face, Reference
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.storage import sealing
from picprocure.storage.sealing import (
    MissingKeys,
    UnusableKeys,
    WrongKeys,
    ensure_keys_open_what_is_stored,
    seal,
)

Damage = Callable[[bytes], bytes]


def put(key_file: Path, *keys: str) -> None:
    key_file.write_text("\n".join(keys) + "\n")
    sealing._read.clear()


def of_another_key(sealed: bytes) -> bytes:
    return sealed[:1] + os.urandom(len(sealed) - 1)


def changed(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def cut_off(sealed: bytes) -> bytes:
    return sealed[:20]


def of_another_row(_sealed: bytes) -> bytes:
    return seal(b"\0" * 512, context="face:of another row")


def wiped(_sealed: bytes) -> bytes:
    return b""


damages = pytest.mark.parametrize(
    "damage", [of_another_key, changed, cut_off, of_another_row, wiped]
)


def sort(world: World) -> None:
    request_sorting(world.event.pk)
    work_off()
    work_off()


def bobs_photos(world: World) -> set[str]:
    return {photo.name for photo in photos_visible_to(world.bob, world.event)}


@damages
def test_a_face_that_does_not_open_is_found_again(world: World, damage: Damage) -> None:
    before = bobs_photos(world)
    face = world.bobs_photo.faces.get()
    Face.objects.filter(pk=face.pk).update(embedding=damage(bytes(face.embedding or b"")))
    sort(world)
    assert bobs_photos(world) == before == {"bob.png", "shared.png"}
    assert not Photo.objects.exclude(status=Photo.Status.ANALYZED).exists()
    assert world.event.sorting.failure == ""


def test_a_face_whose_photo_is_gone_does_not_keep_the_others(world: World) -> None:
    storages["photos"].delete(world.bobs_photo.original_key)
    Face.objects.filter(photo=world.bobs_photo).update(embedding=b"broken")
    sort(world)
    assert bobs_photos(world) == {"shared.png"}
    world.event.sorting.refresh_from_db()
    assert world.event.sorting.done == world.event.sorting.requested


@damages
def test_a_reference_that_does_not_open_is_embedded_again(
    world: World, damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "check_reference", lambda image, faces: faces[0])
    reference = world.bob.references.get()
    embedding = damage(bytes(reference.embedding))
    Reference.objects.filter(pk=reference.pk).update(embedding=embedding)
    sort(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}
    assert len(openable(world.bob.references.all())) == 1


def test_an_anchor_that_does_not_open_is_embedded_again(world: World) -> None:
    anchor = world.bob.anchors.get()
    Anchor.objects.filter(pk=anchor.pk).update(embedding=of_another_key(bytes(anchor.embedding)))
    sort(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}
    assert is_open(world.bob.anchors.get())


class TestAReferenceThatIsLost:
    """Neither its numbers nor its picture open."""

    @pytest.fixture
    def lost(self, world: World) -> World:
        reference = world.bob.references.get()
        Reference.objects.filter(pk=reference.pk).update(
            embedding=of_another_key(bytes(reference.embedding))
        )
        store = storages["photos"]
        store.delete(reference.image_key)
        store.save(reference.image_key, ContentFile(os.urandom(5_000)))
        return world

    def test_nobody_else_has_to_wait(
        self, lost: World, make_user: Callable[[str, tuple[int, int, int]], User]
    ) -> None:
        reopen_registration(event=lost.event, length=timedelta(hours=1))
        dora = make_user("dora", fakes.DORA)
        take_part(dora, lost.event)
        sort(lost)
        lost.event.sorting.refresh_from_db()
        assert lost.event.sorting.failure == ""
        assert bobs_photos(lost) == set()

    def test_the_person_is_told(self, lost: World) -> None:
        client = lost.client("bob")
        for page in (reverse("enrollment:references"), event_page(lost)):
            assert "open all photos of your face" in client.get(page).text
        charlie = lost.client("charlie").get(event_page(lost)).text
        assert "open all photos of your face" not in charlie

    def test_pages_that_show_it_go_on(self, lost: World) -> None:
        reference = lost.bob.references.get()
        picture = reverse("media:reference", args=[reference.pk])
        assert lost.client("bob").get(picture).status_code == 404
        people = reverse("events:people", args=[lost.event.pk])
        assert lost.client("alice").get(people).status_code == 200
        data = lost.client("bob").post(reverse("media:my_data"), {"password": PASSWORD})
        assert data.status_code == 200
        assert b"data.json" in data.getvalue()

    def test_it_can_be_replaced_and_withdrawn(self, lost: World) -> None:
        changes.add_reference(
            user=lost.bob,
            reference=store_reference(reference_photo(fakes.BOB)),
            consent_version=CURRENT_CONSENT.version,
            replacing=lost.bob.references.get(),
        )
        assert len(openable(lost.bob.references.all())) == 1
        lost.client("bob").post(reverse("accounts:withdraw"))
        assert not lost.bob.references.exists()


def event_page(world: World) -> str:
    return reverse("events:detail", args=[world.event.pk])


class TestTheStart:
    def test_without_anything_sealed_a_key_is_made(self, key_file: Path, db: None) -> None:
        ensure_keys_open_what_is_stored()
        assert key_file.exists()

    def test_it_goes_on_with_the_right_keys(self, key_file: Path, world: World) -> None:
        ensure_keys_open_what_is_stored()

    def test_a_missing_file_is_not_replaced(self, key_file: Path, world: World) -> None:
        kept = key_file.read_text()
        key_file.unlink()
        sealing._read.clear()
        with pytest.raises(MissingKeys, match=r"face-keys is missing.*give-up"):
            ensure_keys_open_what_is_stored()
        with pytest.raises(MissingKeys):
            seal(b"by any other process", context="x")
        told = CliRunner().invoke(main, ["keys", "rotate"])
        assert told.exit_code == 1
        assert "is missing" in told.output
        assert not key_file.exists()
        put(key_file, kept.strip())
        ensure_keys_open_what_is_stored()
        sort(world)
        assert bobs_photos(world) == {"bob.png", "shared.png"}

    def test_a_sealed_object_alone_counts(self, key_file: Path, db: None) -> None:
        key_file.unlink(missing_ok=True)
        storages["photos"].save("references/of-a-lost-row.sealed", ContentFile(b"\1sealed"))
        with pytest.raises(MissingKeys):
            ensure_keys_open_what_is_stored()

    def test_a_second_factor_alone_counts(
        self, key_file: Path, make_user: Callable[[str], User]
    ) -> None:
        Authenticator.objects.create(
            user=make_user("bob"), type="totp", data={"secret": seal_secret("ABC")}
        )
        key_file.unlink()
        sealing._read.clear()
        with pytest.raises(MissingKeys):
            ensure_keys_open_what_is_stored()

    def test_a_wrong_file_is_refused(self, key_file: Path, world: World) -> None:
        put(key_file, new_key())
        with pytest.raises(WrongKeys, match=r"don't open.*face-keys or PICPROCURE_FACE_KEYS"):
            ensure_keys_open_what_is_stored()

    def test_a_worker_with_wrong_keys_ends(self, key_file: Path, world: World) -> None:
        put(key_file, new_key())
        with pytest.raises(SystemExit):
            refuse_wrong_keys()

    def test_wrong_keys_in_the_settings_are_refused(
        self, settings: Any, key_file: Path, world: World
    ) -> None:
        settings.FACE_KEYS = (new_key(), new_key())
        with pytest.raises(WrongKeys) as refused:
            ensure_keys_open_what_is_stored()
        assert "\n" not in str(refused.value)
        assert not any(key in str(refused.value) for key in settings.FACE_KEYS)
        settings.FACE_KEYS = (new_key(), *key_file.read_text().split())
        ensure_keys_open_what_is_stored()

    def test_one_value_that_does_not_open_is_no_reason(
        self, key_file: Path, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        face = world.bobs_photo.faces.get()
        Face.objects.filter(pk=face.pk).update(
            embedding=of_another_key(bytes(face.embedding or b""))
        )
        with caplog.at_level(logging.WARNING):
            ensure_keys_open_what_is_stored()
        assert "1 of 12 sealed values were sealed with missing keys" in caplog.text


def test_what_a_wrong_key_sealed_meanwhile_is_made_again(key_file: Path, world: World) -> None:
    """As a version before did, which started with any key."""
    right = key_file.read_text().strip()
    put(key_file, new_key(), right)
    sort(world)
    Photo.objects.filter(pk=world.bobs_photo.pk).await_analysis()
    work_off()
    put(key_file, right)
    ensure_keys_open_what_is_stored()
    sort(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}


def test_a_rotation_leaves_what_does_not_open_and_seals_the_rest(
    key_file: Path, world: World
) -> None:
    face = world.bobs_photo.faces.get()
    broken = of_another_key(bytes(face.embedding or b""))
    Face.objects.filter(pk=face.pk).update(embedding=broken)
    for command, faces in (("rotate", 5), ("forget", 0)):
        told = CliRunner().invoke(main, ["keys", command])
        assert told.exit_code == 0, told.output
        assert f"{faces} faces" in told.output
    sort(world)
    assert bobs_photos(world) == {"bob.png", "shared.png"}


def test_lost_keys_are_given_up(key_file: Path, world: World) -> None:
    Authenticator.objects.create(user=world.bob, type="totp", data={"secret": seal_secret("ABC")})
    key_file.unlink()
    sealing._read.clear()
    asked = CliRunner().invoke(main, ["keys", "give-up"], input="n\n")
    assert asked.exit_code == 1
    assert not key_file.exists()
    told = CliRunner().invoke(main, ["keys", "give-up", "--yes"])
    assert "4 face photos and 1 second factors" in told.output, told.output
    ensure_keys_open_what_is_stored()
    work_off()
    changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    work_off()
    assert not Photo.objects.exclude(status=Photo.Status.ANALYZED).exists()
    assert len(openable(Reference.objects.all())) == 1


def test_a_second_factor_that_does_not_open_lets_nobody_in(
    key_file: Path, make_user: Callable[[str], User], db: None
) -> None:
    sealed = seal_secret("JBSWY3DPEHPK3PXP")
    put(key_file, new_key())
    assert unseal_secret(sealed) not in {"", "JBSWY3DPEHPK3PXP", unseal_secret(sealed)}


class TestWhileTheSiteRuns:
    """A process that has read the right keys."""

    @pytest.fixture(params=["missing", "replaced", "emptied", "binary"])
    def keys_at_fault(
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
        ensure_keys_open_what_is_stored()

    @pytest.mark.usefixtures("keys_at_fault")
    def test_nothing_is_sealed_and_what_is_stored_still_opens(self, world: World) -> None:
        with pytest.raises(UnusableKeys) as told:
            seal(b"", context="x")
        assert sealing.key_problem() == str(told.value)
        assert str(told.value) in problems()
        assert len(openable(world.bob.references.all())) == 1

    @pytest.mark.usefixtures("keys_at_fault")
    def test_pages_say_so(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        client = world.client("alice")
        client.raise_request_exception = False
        people = reverse("events:people", args=[world.event.pk])
        assert client.get(people).status_code == 200
        sealing._read.clear()  # as in a process that was started meanwhile
        response = client.get(people)
        assert response.status_code == 503
        assert "The site can't open private data" in unescape(response.content.decode())
        assert "The keys can't be used" in caplog.text

    @pytest.mark.usefixtures("keys_at_fault")
    def test_jobs_wait(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "IDLE_SECONDS", 0)
        Photo.objects.filter(pk=world.bobs_photo.pk).await_analysis()
        tasks.analyze_photo(str(world.bobs_photo.pk))
        world.bobs_photo.refresh_from_db()
        assert (world.bobs_photo.status, world.bobs_photo.errors) == (Photo.Status.WAITING, 0)

    @pytest.mark.usefixtures("keys_at_fault")
    def test_mails_wait(self, world: World) -> None:
        later = timezone.now() + timedelta(hours=1)
        Mail.objects.create(
            kind="x", content=b"\1" + bytes(60), urgency=Mail.Urgency.CODE, valid_until=later
        )
        sealing._read.clear()
        deliver_due()
        assert Mail.objects.get().status == Mail.Status.WAITING

    def test_a_rotation_elsewhere_is_no_fault(self, key_file: Path, world: World) -> None:
        seal(b"", context="x")
        before = key_file.read_text()
        new = new_key()
        key_file.write_text(f"{new}\n{before}")
        (key,) = sealing._parsed((new,))
        assert seal(b"", context="x")[1:9] == key.id
        assert not sealing.key_problem()
