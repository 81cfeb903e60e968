"""The operators' pages show no private content, and are a 404 for all other people."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from browser.patience import free_port
from conftest import World
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.notifications import delivery, mails
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.recognition.models import Collision, Face, Match, Reference, Sorting
from picprocure.web.operator.site import operator

OTHERS = ("alice", "bob", "mallory", "held", "anonymous")


def addresses() -> Iterator[str]:
    """Return every URL of these pages, with the first row of each model."""
    for model, model_admin in operator._registry.items():
        row = model._default_manager.first()
        assert row is not None, model
        name = f"operator:{model._meta.app_label}_{model._meta.model_name}"
        for view, arguments in (
            ("changelist", []),
            ("add", []),
            ("change", [row.pk]),
            ("history", [row.pk]),
            ("delete", [row.pk]),
        ):
            yield reverse(f"{name}_{view}", args=arguments)
        if model_admin.search_fields:
            yield reverse(f"{name}_changelist") + "?q=a"
    for pattern in operator.get_urls():
        if isinstance(pattern, URLPattern) and pattern.name:
            try:
                yield reverse(f"operator:{pattern.name}")
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("persona", OTHERS)
def test_other_people_get_404(full_world: World, persona: str) -> None:
    client = full_world.client(persona)
    for address in addresses():
        assert client.get(address).status_code == 404, address
        assert client.post(address).status_code == 404, address


def test_operators_sign_in_on_the_usual_page(full_world: World) -> None:
    client = full_world.client("operator")
    for name in ("login", "password_change"):
        assert client.get(reverse(f"operator:{name}")).status_code == 404


def test_no_page_shows_a_face_or_its_storage_key(full_world: World) -> None:
    client = full_world.client("operator")
    User.objects.filter(email="operator@example.org").update(is_superuser=True)
    secret = forbidden()
    seen = 0
    for address in addresses():
        response = client.get(address)
        assert response.status_code in {200, 302, 403, 404, 405}, address
        page = response.content.decode()
        seen += response.status_code == 200
        assert not [value for value in secret if value in page], address
        assert all(src.startswith("/static/") for src in re.findall(r'<img src="([^"]*)', page))
        assert "/media/" not in page, address
    assert seen > 20


def forbidden() -> set[str]:
    """Return storage keys and IDs of references, in every form that a page might contain."""
    values = {reference.image_key for reference in Reference.objects.all()}
    for reference in Reference.objects.all():
        sealed = bytes(reference.embedding)
        values |= {str(reference.pk), sealed[20:40].hex(), base64.b64encode(sealed[21:39]).decode()}
    for photo in Photo.objects.all():
        values |= {key for key in photo.storage_keys if key} | {photo.name}
    return values


def test_faces_and_matches_have_no_page() -> None:
    kinds = set(operator._registry)
    assert not kinds & {Reference, Face, Match, Collision}


def test_account_is_disabled_without_naming_its_owner_in_the_log(full_world: World) -> None:
    client, mallory = full_world.client("operator"), full_world.mallory
    address = reverse("operator:accounts_user_change", args=[mallory.pk])
    client.post(address, {})
    mallory.refresh_from_db()
    assert not mallory.is_active
    assert "mallory" not in LogEntry.objects.get().object_repr


def test_staff_cannot_change_who_is_staff_or_staff_accounts(full_world: World) -> None:
    client = full_world.client("operator")
    User.objects.filter(email="alice@example.org").update(is_staff=True)
    for name in ("mallory", "alice"):
        user = User.objects.get(email=f"{name}@example.org")
        client.post(
            reverse("operator:accounts_user_change", args=[user.pk]),
            {"is_staff": "on", "is_superuser": "on"},
        )
        user.refresh_from_db()
        assert not user.is_superuser
        assert user.is_staff == (name == "alice")
    assert User.objects.get(email="alice@example.org").is_active


def test_event_is_deleted_with_everything_in_it(full_world: World) -> None:
    client = full_world.client("operator")
    address = reverse("operator:events_event_delete", args=[full_world.event.pk])
    page = client.get(address).content.decode()
    assert "everything in it" in page
    client.post(address, {"post": "yes"})
    assert not Event.objects.exists()
    assert not Face.objects.exists()


def test_superuser_deletes_an_account_completely(full_world: World) -> None:
    User.objects.filter(email="operator@example.org").update(is_superuser=True)
    client: Client = full_world.client("operator")
    client.post(reverse("operator:accounts_user_delete", args=[full_world.bob.pk]), {"post": "yes"})
    assert not User.objects.filter(email="bob@example.org").exists()
    assert not Reference.objects.filter(user__email="bob@example.org").exists()


def test_event_can_be_sorted_again(full_world: World) -> None:
    before = Sorting.objects.get().requested
    data: dict[str, Any] = {"action": "sort_again", "_selected_action": [full_world.event.pk]}
    full_world.client("operator").post(reverse("operator:recognition_sorting_changelist"), data)
    assert Sorting.objects.get().requested == before + 1


def test_mails_are_counted_without_names(full_world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = free_port()
    mails.feedback(user=full_world.bob, text="Hello")
    mails.feedback(user=full_world.charlie, text="Hello")
    delivery.deliver_due()
    Mail.objects.filter(user=full_world.bob).update(status=Mail.Status.REFUSED, user=None)
    page = full_world.client("operator").get(reverse("operator:index")).content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert re.search(r"Mails waiting to be sent 1, the oldest since \d", text)
    assert re.search(r"could not be sent in the last 7 days 1, the first on \d", text)
    assert "@" not in text


def test_missing_disk_reserve_is_displayed(full_world: World, settings: Any) -> None:
    client, reserve = full_world.client("operator"), settings.DATA_DIR / "reserve"
    reserve.unlink(missing_ok=True)  # another test's sweep may have made one
    assert "No reserve is kept" in client.get(reverse("operator:index")).content.decode()
    reserve.touch()
    assert "No reserve is kept" not in client.get(reverse("operator:index")).content.decode()
    reserve.unlink()
