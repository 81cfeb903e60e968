"""Stored objects: keeping and discarding them on each store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from picprocure.storage import files
from picprocure.storage.errors import StoreUnavailable
from picprocure.storage.local import LocalFiles
from picprocure.storage.models import PendingDeletion
from snapshots import stored_objects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


def read(key: str) -> bytes:
    with files.open_stored(key) as stored:
        content: bytes = stored.read()
        return content


def test_stored_bytes_can_be_read() -> None:
    files.store("a/b.jpg", b"bytes")
    assert read("a/b.jpg") == b"bytes"


def test_object_without_owner_is_deleted_after_the_timeout() -> None:
    files.store("a/b.jpg", b"bytes")
    assert files.remove_due() == 0
    later = timezone.now() + files.OWNER_TIMEOUT + timedelta(seconds=1)
    assert files.remove_due(later) == 1
    assert not storages["photos"].exists("a/b.jpg")
    assert not PendingDeletion.objects.exists()


def test_kept_object_stays() -> None:
    files.store("a/b.jpg", b"bytes")
    files.keep("a/b.jpg")
    files.remove_due(timezone.now() + timedelta(days=365))
    assert read("a/b.jpg") == b"bytes"


def test_discarded_object_is_deleted_after_commit(
    django_capture_on_commit_callbacks: object,
) -> None:
    files.store("a/b.jpg", b"bytes")
    files.keep("a/b.jpg")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        files.discard(["a/b.jpg", ""])
        assert read("a/b.jpg") == b"bytes"
    assert not storages["photos"].exists("a/b.jpg")
    assert not PendingDeletion.objects.exists()


def test_failed_deletion_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    files.store("a/b.jpg", b"bytes")
    files.keep("a/b.jpg")
    files.discard(["a/b.jpg"])

    def fail(name: str) -> None:
        raise PermissionError(name)

    with monkeypatch.context() as patch:
        patch.setattr(storages["photos"], "delete", fail)
        assert files.remove_due() == 0
    assert files.remove_due() == 1
    assert not storages["photos"].exists("a/b.jpg")


def test_object_that_is_discarded_twice_is_deleted_once() -> None:
    files.store("a/b.jpg", b"bytes")
    files.discard(["a/b.jpg", "a/b.jpg"])
    files.discard(["a/b.jpg"])
    assert PendingDeletion.objects.count() == 1
    assert files.remove_due() == 1
    assert not PendingDeletion.objects.exists()


def test_object_is_overwritten() -> None:
    files.store("a/b.jpg", b"bytes")
    files.store("a/b.jpg", b"new bytes")
    assert read("a/b.jpg") == b"new bytes"


def test_deleting_a_missing_object_is_no_error() -> None:
    PendingDeletion.objects.create(key="a/nothing.jpg")
    PendingDeletion.objects.create(key="events/0/nothing.jpg")
    assert files.remove_due() == 2


def test_objects_are_listed_by_folder() -> None:
    for key in ("a/b/c.jpg", "a/d.jpg", "e/f.jpg"):
        files.store(key, b"bytes")
    assert stored_objects() == {"a/b/c.jpg", "a/d.jpg", "e/f.jpg"}
    assert storages["photos"].listdir("a") == (["b"], ["d.jpg"])


def test_opening_a_missing_object_raises_file_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        files.open_stored("a/nothing.jpg")


def test_missing_shared_folder_is_an_outage_and_no_loss(tmp_path: Path) -> None:
    shared = LocalFiles(location=tmp_path / "shared", is_shared=True)
    uses: tuple[Callable[[str], object], ...] = (
        *(shared.open, shared.exists, shared.delete, shared.listdir),
        lambda name: shared.save(name, ContentFile(b"")),
    )
    for use in uses:
        with pytest.raises(StoreUnavailable):
            use("a/b.jpg")
    assert not (tmp_path / "shared").exists()
    (tmp_path / "shared").mkdir()
    shared.save("a/b.jpg", ContentFile(b"bytes"))
    with shared.open("a/b.jpg") as stored:
        assert stored.read() == b"bytes"
    with pytest.raises(FileNotFoundError):
        shared.open("a/c.jpg")
