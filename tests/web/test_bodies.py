"""Request bodies: what strangers may send, and what a slow upload occupies."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from conftest import World
from picprocure.galleries.archives import gallery_archive
from picprocure.web.serving.asgi import SMALL_BODY_BYTES

PUBLIC_FORMS = (
    "account_login",
    "account_request_login_code",
    "account_signup",
    "account_reset_password",
)


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC_FORMS)
def test_strangers_cannot_send_large_bodies(name: str) -> None:
    body = {"login": "x@example.org" * (SMALL_BODY_BYTES + 1)}

    response = Client().post(reverse(name), body)

    assert response.status_code == 413
    assert b"more than 64 kB" in response.content


@pytest.mark.django_db
def test_stranger_who_sends_a_photo_is_redirected_to_sign_in(world: World) -> None:
    upload = BytesIO(bytes(SMALL_BODY_BYTES + 1))
    upload.name = "photo.jpg"

    response = Client().post(reverse("events:photos", args=[world.event.pk]), {"photos": upload})

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_request_login_code"))


@pytest.mark.django_db(transaction=True)
def test_download_uses_no_database_connection_while_it_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(connection, "close", lambda: closed.append(True))
    chunks = gallery_archive(visitor=world.bob, event=world.event).chunks
    assert not closed

    next(chunk for chunk in chunks if len(chunk) > 100)  # of the first photo

    assert closed
