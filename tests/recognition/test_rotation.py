"""Key rotation: afterwards, everything opens with the new key alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from click.testing import CliRunner
from django.core.files.storage import storages
from django.db import connection

import fakes
from conftest import World, work_off
from picprocure.accounts import second_factor
from picprocure.accounts.models import User
from picprocure.cli import main
from picprocure.galleries.access import photos_visible_to
from picprocure.recognition import key_rotation
from picprocure.recognition.models import Face, Reference
from picprocure.recognition.sorting import request_sorting
from picprocure.recognition.stored_images import reference_image
from picprocure.storage import sealing
from snapshots import stored_objects


def test_recovery_code_used_during_a_rotation_stays_used(
    key_file: Path, make_user: Callable[[str], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [
        RecoveryCodes.activate(make_user(name)).instance for name in ("alice", "bob", "charlie")
    ]
    sealing.add_key()

    def use_codes_first(sealed: bytes, *, context: str) -> bytes | None:
        for row in Authenticator.objects.exclude(pk=codes[0].pk):
            row.data["used_mask"] = 1
            row.save()
        monkeypatch.undo()
        return sealing.reseal(sealed, context=context)

    monkeypatch.setattr(second_factor, "reseal", use_codes_first)
    assert second_factor.reseal_secrets() == len(codes)
    masks = [row.data["used_mask"] for row in Authenticator.objects.order_by("pk")]
    assert masks == [0, 1, 1]


def test_everything_opens_with_the_new_key_alone(key_file: Path, world: World) -> None:
    old = key_file.read_text()
    result = CliRunner().invoke(main, ["keys", "rotate"])
    assert "4 face photos, 6 faces" in result.output, result.output
    result = CliRunner().invoke(main, ["keys", "forget"])
    assert "0 face photos, 0 faces" in result.output, result.output
    assert "Old keys removed: 1" in result.output
    assert len(key_file.read_text().split()) == 1
    assert key_file.read_text() != old
    assert reference_image(world.bob.references.get()).startswith(b"\x89PNG")
    request_sorting(world.event.pk)
    work_off()
    assert photos_visible_to(world.bob, world.event).count() == 2


def test_interrupted_rotation_continues(
    key_file: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "_reseal_faces", lambda faces: 1 / 0)
        assert CliRunner().invoke(main, ["keys", "rotate"]).exit_code == 1
    assert len(key_file.read_text().split()) == 2
    result = CliRunner().invoke(main, ["keys", "forget"])
    assert "0 face photos, 6 faces" in result.output, result.output
    assert reference_image(world.bob.references.get()).startswith(b"\x89PNG")


def test_no_face_is_stored_unencrypted(world: World) -> None:
    """No table has an unsealed embedding, and no object an unsealed picture of a face."""
    open_embedding = fakes.embedding_of(fakes.BOB, noise=7).astype("<f4").tobytes()
    with connection.cursor() as cursor:
        for model in (Reference, Face):
            cursor.execute(f"SELECT embedding FROM {model._meta.db_table}")  # noqa: S608
            for (sealed,) in cursor.fetchall():
                assert open_embedding[:16] not in bytes(sealed)
                assert bytes(sealed)[:1] == sealing.VERSION
    for key in (key for key in stored_objects() if key.startswith("references/")):
        content = storages["photos"].open(key).read()
        assert content[:1] == sealing.VERSION
        assert b"PNG" not in content[:16]
