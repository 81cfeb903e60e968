from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.storage import storages
from django.urls import reverse

import fakes
from conftest import World, upload, work_off
from picprocure.events.models import Event
from picprocure.events.services import end_registration
from picprocure.galleries.archives import AccessEnded, gallery_archive


def test_archive_holds_exactly_the_gallery(world: World) -> None:
    response = world.client("bob").get(reverse("media:archive", args=[world.event.pk]))
    body = response.getvalue()
    assert len(body) == int(response["Content-Length"])
    assert response["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["bob.png", "shared.png"]
        original = storages["photos"].open(world.bobs_photo.original_key).read()
        assert archive.read("bob.png") == original


def test_archive_is_named_after_the_event(world: World) -> None:
    Event.objects.update(name="24/12 at <Bob's>")
    response = world.client("bob").get(reverse("media:archive", args=[world.event.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="24-12 at <Bob\'s>.zip"'


def test_two_photos_with_one_name_are_both_in_the_archive(world: World) -> None:
    upload(world.event, fakes.stripes(fakes.BOB, serial=1), "bob.png")
    work_off()
    archive = gallery_archive(visitor=world.bob, event=world.event)
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.chunks))) as opened:
        assert sorted(opened.namelist()) == ["bob (2).png", "bob.png", "shared.png"]


def test_access_is_checked_again_while_the_archive_streams(world: World) -> None:
    archive = gallery_archive(visitor=world.bob, event=world.event)
    next(archive.chunks)
    end_registration(event=world.event, user=world.bob)
    with pytest.raises(AccessEnded):
        list(archive.chunks)


def test_head_returns_the_size_without_content(world: World) -> None:
    address = reverse("media:archive", args=[world.event.pk])
    head = world.client("bob").head(address)
    whole = world.client("bob").get(address).getvalue()
    assert head.status_code == 200
    assert int(head["Content-Length"]) == len(whole)
