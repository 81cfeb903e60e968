"""The Host header of requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event

SITE = {
    "ALLOWED_HOSTS": ["photos.example"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:9:9", "a b", "x_y", "photos.example@evil"]
)
@pytest.mark.parametrize("address", ["/", "/account/login/", "/nowhere/", "/static/x.css"])
def test_unknown_host_is_a_bad_request(host: str, address: str) -> None:
    response = Client(raise_request_exception=False).get(address, headers={"host": host})

    assert response.status_code == 400
    assert b"understand that request" in response.content


@pytest.mark.django_db
@override_settings(**SITE, CSRF_TRUSTED_ORIGINS=["https://photos.example:8443"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://photos.example:8443", 200),
        ("https://photos.example", 200),
        ("https://evil.example:8443", 403),
        ("https://photos.example:9443", 403),
    ],
)
def test_forms_work_behind_a_proxy_that_leaves_the_port_out(origin: str, status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    headers = {"host": "photos.example", "x-forwarded-proto": "https", "origin": origin}
    address = reverse("account_login")
    client.get(address, headers=headers)
    form = {
        "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
        "login": "x@example.org",
        "password": "y",
    }

    assert client.post(address, form, headers=headers).status_code == status


@pytest.mark.django_db
def test_unknown_host_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    Client().get("/", headers={"host": "evil.example"})

    (line,) = [record.getMessage() for record in caplog.records]
    assert "PICPROCURE_ALLOWED_HOSTS" in line
    assert "evil" not in line


@pytest.mark.django_db
@override_settings(**SITE, SITE_URL="https://photos.example:8443")
def test_links_have_the_port_that_the_proxy_left_out(event: Event) -> None:
    client = Client()
    client.force_login(event.creator)
    headers = {"host": "photos.example", "x-forwarded-proto": "https"}

    create_invitation(event=event, valid_for=timedelta(days=7))
    page = client.get(reverse("events:invite", args=[event.pk]), headers=headers)

    assert 'value="https://photos.example:8443/events/invitation/' in page.content.decode()


@pytest.mark.django_db
def test_search_engines_are_asked_not_to_index_events() -> None:
    response = Client().get("/robots.txt")

    assert response["Content-Type"].startswith("text/plain")
    assert "Disallow: /\n" in response.content.decode()
