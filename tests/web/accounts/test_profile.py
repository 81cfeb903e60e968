from __future__ import annotations

from urllib.parse import quote

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from conftest import World, confirm_identity, work_off
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.recognition.models import Match, Reference

pytestmark = pytest.mark.django_db(transaction=True)


def test_names_can_be_changed(world: World) -> None:
    names = {"first_name": "Robert", "last_name": "Sample"}
    world.client("bob").post(reverse("accounts:profile"), names)
    assert User.objects.get(pk=world.bob.pk).name == "Robert Sample"


def test_withdrawal_deletes_references_and_matches_but_not_the_account(world: World) -> None:
    key = world.bob.references.get().image_key
    world.client("bob").post(reverse("accounts:withdraw"))
    work_off()
    assert not Reference.objects.filter(user=world.bob).exists()
    assert not Match.objects.filter(registration__user=world.bob).exists()
    assert not storages["photos"].exists(key)
    assert world.bob.consents.get().withdrawn_at is not None
    assert not photos_visible_to(world.bob, world.event).exists()
    assert world.client("bob").get(reverse("accounts:profile")).status_code == 200


def test_withdrawal_page_offers_nothing_to_people_without_consent(world: World) -> None:
    address = reverse("accounts:withdraw")
    assert "Withdraw and delete" in world.client("bob").get(address).content.decode()
    world.mallory.consents.all().delete()
    page = world.client("mallory").get(address).content.decode()
    assert "there is nothing to withdraw" in page
    assert "Withdraw and delete" not in page


def test_account_is_deleted_only_after_confirming_the_identity(world: World) -> None:
    bob, delete = world.client("bob"), reverse("accounts:delete")
    for refused in (bob.get(delete), bob.post(delete)):
        asking = f"{reverse('account_reauthenticate')}?next={quote(delete, '')}"
        assert refused["Location"] == asking
    wrong = bob.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert "ncorrect password" in wrong.content.decode()
    assert bob.post(delete).status_code == 302
    assert User.objects.filter(pk=world.bob.pk).exists()

    confirm_identity(bob).post(delete)
    assert not User.objects.filter(pk=world.bob.pk).exists()
    assert bob.get(reverse("accounts:profile")).status_code == 302


def test_deletion_page_lists_the_events_that_are_deleted(world: World) -> None:
    alice = confirm_identity(world.client("alice"))
    page = alice.get(reverse("accounts:delete")).content.decode()
    assert "Alice&#x27;s garden party" in page
    alice.post(reverse("accounts:delete"))
    assert not Event.objects.exists()


def test_deletion_page_mentions_registrations_only_of_people_who_have_some(world: World) -> None:
    address = reverse("accounts:delete")
    bob, mallory = (confirm_identity(world.client(name)) for name in ("bob", "mallory"))
    assert "your 1 registration and" in bob.get(address).content.decode()
    page = mallory.get(address).content.decode()
    assert "registration" not in page.split("<main")[1].split("</main>")[0]
