"""The personal data archive: everything about a person, and nothing about other people."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from django.apps import apps
from django.db.models import CASCADE, SET_NULL, Model
from django.urls import reverse

import fakes
from conftest import World, confirm_identity
from picprocure.accounts import personal_data
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, HostMail, InvitationMail
from picprocure.recognition.models import Anchor
from picprocure.retention.erasure import erase_event


def download(world: World, persona: str) -> zipfile.ZipFile:
    response = confirm_identity(world.client(persona)).post(reverse("media:my_data"))
    assert response["Content-Type"] == "application/zip"
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert int(response["Content-Length"]) == len(content)
    return zipfile.ZipFile(io.BytesIO(content))


def test_archive_has_account_consents_references_registrations_and_photos(world: World) -> None:
    archive = download(world, "bob")
    reference = world.bob.references.get()
    assert set(archive.namelist()) == {
        "README.txt",
        "data.json",
        f"references/{reference.pk}.jpg",
        f"first/{world.event.pk}.jpg",
        "photos/bob.png",
        "photos/shared.png",
    }
    facts = json.loads(archive.read("data.json"))
    assert facts["account"]["email"] == "bob@example.org"
    assert "uses face recognition" in facts["consents"][0]["text"]
    assert facts["registrations"][0]["event"] == world.event.name
    assert "find me in the photos of this event" in facts["registrations"][0]["consent"]["text"]
    assert facts["registrations"][0]["found_in_photos"] == 2
    embedding = np.float32(facts["references"][0]["embedding"])
    assert np.allclose(embedding, fakes.embedding_of(fakes.BOB, noise=7))
    (first,) = facts["compared_with"]
    assert (first["event"], first["file"]) == (world.event.name, f"first/{world.event.pk}.jpg")
    assert first["embedding"] == facts["references"][0]["embedding"]
    picture = archive.read(f"references/{reference.pk}.jpg")
    assert archive.read(first["file"]) == picture


def test_archive_has_nothing_about_other_people(full_world: World) -> None:
    text = download(full_world, "bob").read("data.json").decode()
    for name in ("alice", "charlie", "held", "pending"):
        assert name not in text.replace(full_world.event.name, "").lower()
    mine = download(full_world, "alice").read("data.json").decode()
    assert full_world.event.name in mine
    assert "bob" not in mine.lower()


def test_archive_has_the_host_mails_that_the_person_wrote(world: World) -> None:
    CoHost.objects.create(event=world.event, user=world.charlie)
    for writer in (world.alice, world.charlie):
        HostMail.objects.create(
            event=world.event, author=writer, subject="News", text=f"By {writer.name}."
        )
    for persona in ("alice", "charlie"):
        facts = json.loads(download(world, persona).read("data.json"))
        texts = [mail["text"] for mail in facts["mails_to_guests"]]
        assert texts == [f"By {persona.title()} Example."]


def test_newcomer_of_a_collision_learns_nothing_of_it(full_world: World) -> None:
    """Their archive looks like that of a person who is in no photo."""
    newcomer, charlie = (
        json.loads(download(full_world, persona).read("data.json"))["registrations"][0]
        for persona in ("held", "charlie")
    )
    for rows in (newcomer, charlie):
        rows["registered"] = rows["consent"]["given"] = ""
    assert newcomer == charlie


@pytest.mark.parametrize(
    ("persona", "is_kept"), [("bob", True), ("held", True), ("pending", False)]
)
def test_archive_has_what_the_event_keeps_after_leaving(
    full_world: World, persona: str, is_kept: bool
) -> None:
    """The event keeps the anchor of a person who was admitted, and nothing of one who waited."""
    event, client = full_world.event, full_world.client(persona)
    first = f"first/{event.pk}.jpg"
    assert first in download(full_world, persona).namelist()

    client.post(reverse("events:leave", args=[event.pk]))
    assert Anchor.objects.filter(user__email=f"{persona}@example.org").exists() == is_kept
    assert (first in download(full_world, persona).namelist()) == is_kept

    erase_event(event)
    assert not Anchor.objects.exists()
    assert first not in download(full_world, persona).namelist()


def test_archive_requires_the_person_to_confirm_their_identity(world: World) -> None:
    bob, page = world.client("bob"), reverse("media:my_data")
    for refused in (bob.get(page), bob.post(page)):
        assert refused["Location"].startswith(reverse("account_reauthenticate"))
    assert b"Download" in confirm_identity(bob).get(page).content


def models_with_people() -> set[type[Model]]:
    """Return the models from which relations lead to an account, over any number of steps."""
    related_models: set[type[Model]] = {User}
    while True:
        more = {
            model
            for model in apps.get_models()
            for relation in model._meta.get_fields()
            if relation.many_to_one or (relation.one_to_one and relation.concrete)
            if relation.related_model in related_models
        } - related_models
        if not more:
            return related_models
        related_models |= more


def test_each_model_with_people_is_included_or_left_out_for_a_reason() -> None:
    parts = personal_data.registered()
    included = [label for part in parts for label in part.included]
    left_out = {label: reason for part in parts for label, reason in part.left_out.items()}
    assert sorted([*included, *left_out]) == sorted(
        model._meta.label for model in models_with_people()
    )
    assert all(left_out.values())


def test_each_model_with_people_is_deleted_with_them_or_forgets_them() -> None:
    for model in models_with_people() - {User}:
        relations = [
            (relation.related_model, relation.remote_field.on_delete, relation.null)
            for relation in model._meta.concrete_fields
            if relation.remote_field and relation.related_model in models_with_people()
        ]
        is_for_limits = model is InvitationMail  # it forgets its sender and its event
        assert is_for_limits or any(on_delete is CASCADE for _, on_delete, _ in relations), model
        assert all(
            on_delete is CASCADE or (on_delete is SET_NULL and null)
            for _, on_delete, null in relations
        ), model
