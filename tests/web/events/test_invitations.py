"""Invitation links: people with a link see the event, and nothing more."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from PIL import Image

import fakes
from browser.qr_code import read_qr_code
from conftest import World, browser_of, text_of
from picprocure.accounts.models import User
from picprocure.accounts.personal_data import facts_about
from picprocure.cli import main
from picprocure.events.invitations import code_of as code_of_token
from picprocure.events.invitations import create_guest_list_invitation, create_invitation
from picprocure.events.models import CoHost, Event, Invitation
from picprocure.storage import sealing
from picprocure.storage.sealing import seal

pytestmark = pytest.mark.django_db(transaction=True)

LINK = re.compile(r'value="(http://localhost:8000/events/invitation/([\w-]+)/)"')


@pytest.fixture
def unlisted(event: Event) -> Event:
    Event.objects.update(is_listed=False)
    event.refresh_from_db()
    return event


def link_to(event: Event, days: int = 7) -> str:
    token = create_invitation(event=event, valid_for=timedelta(days=days))
    return reverse("events:invitation", args=[token])


def page_of(event: Event, user: User | None = None) -> str:
    address = reverse("events:invite", args=[event.pk])
    return browser_of(user or event.creator).get(address).content.decode()


def code_of(invitation: Invitation, kind: str) -> str:
    return reverse("events:qr_code", args=[invitation.event_id, invitation.pk, kind])


def test_hosts_see_a_link_again_and_it_is_stored_sealed(
    event: Event, make_user: Callable[..., User]
) -> None:
    alice = browser_of(event.creator)
    alice.post(reverse("events:invite", args=[event.pk]), {"days": "7"})
    invitation = Invitation.objects.get()
    assert abs(invitation.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    link = LINK.search(page_of(event))
    assert link
    co_host = make_user("bob")
    CoHost.objects.create(event=event, user=co_host)
    assert link[1] in page_of(event, co_host)
    assert Client().get(link[1]).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM events_invitation")
        row = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for value in cursor.fetchone()
        )
    assert link[2].encode() not in row


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_qr_code_contains_the_link(event: Event, kind: str) -> None:
    path = link_to(event)
    answer = browser_of(event.creator).get(code_of(Invitation.objects.get(), kind))
    picture = answer.content if kind == "png" else drawn(answer.content.decode())
    assert read_qr_code(picture) == f"http://localhost:8000{path}"


def drawn(svg: str) -> bytes:
    """Draw an SVG of squares, ten pixels for each of its units."""
    squares = re.findall(r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)H\1z", svg)
    size = re.search(r'width="([\d.]+)mm"', svg)
    assert squares
    assert size
    picture = Image.new("L", (int(10 * float(size[1])),) * 2, 255)
    for square in squares:
        left, top, right, bottom = (round(10 * float(value)) for value in square)
        picture.paste(0, (left, top, right, bottom))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("how", ["older", "guest list", "other row", "lost key"])
def test_link_that_cannot_be_shown_again_works_and_can_be_revoked(
    key_file: Path, event: Event, how: str
) -> None:
    link = link_to(event)
    if how == "guest list":
        Invitation.objects.all().delete()
        token = create_guest_list_invitation(event=event, valid_for=timedelta(days=7))
        link = reverse("events:invitation", args=[token])
    invitation = Invitation.objects.get()
    if how == "older":
        Invitation.objects.update(sealed_token=None)
    elif how == "other row":
        Invitation.objects.update(sealed_token=seal(b"moved", context="invitation:0"))
    elif how == "lost key":
        event.creator.references.all().delete()  # a site starts if most of its values open
        sealing.add_key()
        sealing.drop_old_keys()
    page = page_of(event)
    assert "Links that we can't show again" in page
    assert ("Guest list:" in page) == (how == "guest list")
    assert not LINK.search(page)
    assert browser_of(event.creator).get(code_of(invitation, "png")).status_code == 404
    assert f"?invitation={invitation.pk}" in page
    assert Client().get(link).status_code == 200


def test_links_are_shown_after_the_keys_were_rotated(key_file: Path, event: Event) -> None:
    link = link_to(event)
    for command in ("rotate", "forget", "give-up"):
        options = ["--yes"] if command == "give-up" else []
        assert CliRunner().invoke(main, ["keys", command, *options]).exit_code == 0
    assert link in page_of(event)


def test_giving_up_lost_keys_deletes_tokens(key_file: Path, event: Event) -> None:
    link_to(event)
    sealing.add_key()
    sealing.drop_old_keys()
    assert CliRunner().invoke(main, ["keys", "give-up", "--yes"]).exit_code == 0
    assert Invitation.objects.get().sealed_token is None


@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_link_that_ended_is_shown_no_more(event: Event, how: str) -> None:
    link = link_to(event, days=-1 if how == "expired" else 7)
    code = code_of(Invitation.objects.get(), "svg")
    alice = browser_of(event.creator)
    if how == "revoked":
        form = {"invitation": Invitation.objects.get().pk}
        alice.post(reverse("events:revoke", args=[event.pk]), form)
    assert link not in page_of(event)
    assert alice.get(code).status_code == 404


def test_short_address_leads_to_the_link_as_people_type_it(event: Event) -> None:
    link = link_to(event)
    found = re.search(r"http://localhost:8000(/i/([\w-]+))<", page_of(event))
    assert found
    code = found[2]
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}", code)
    assert code not in str(Invitation.objects.values().get())
    misread = code.upper().replace("-", "").replace("0", "O").replace("1", "l")
    for typed in (code, misread):
        answer = Client().get(f"/i/{typed}/")
        assert answer["Location"] == link
        assert answer["Cache-Control"] == "private, no-store"
    Invitation.objects.update(expires_at=timezone.now())
    assert Client().get(f"/i/{code}/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "size", "count"),
    [("a4", "a4", 1), ("a5", "a5", 1), ("cards", "cards", 4), ("", "a4", 1), ("x", "a4", 1)],
)
def test_poster_says_what_to_do(event: Event, asked: str, size: str, count: int) -> None:
    Event.objects.update(takes_place_on="2031-05-17", accent=Event.Accent.RUST)
    token = create_invitation(event=event, valid_for=timedelta(days=7))
    invitation = Invitation.objects.get()
    address = reverse("events:poster", args=[event.pk, invitation.pk])
    assert f'href="{address}"' in page_of(event)
    page = text_of(browser_of(event.creator).get(address, {"size": asked}).content)
    assert f'class="sheet sheet-{size}"' in page
    assert "accented accent-rust" in page
    for text in (event.name, "17 May 2031", "Hosted by Alice Example", "Scan the code"):
        assert page.count(escape(text)) >= count
    assert page.count(f"http://localhost:8000/i/{code_of_token(token)}<") == count
    assert page.count(code_of(invitation, "svg")) == count
    assert len(re.findall(r"<ol>(?:\s*<li>[^<]+</li>){3}\s*</ol>", page)) == count
    assert "style=" not in page
    assert token not in page


@pytest.mark.parametrize(
    ("closes", "takes_late_guests", "last_day"),
    [
        ("2031-06-20T00:00Z", False, "9 June 2031"),
        ("2031-05-02T03:00Z", False, "1 May 2031"),
        ("2031-05-02T03:00Z", True, "9 June 2031"),
    ],
)
def test_poster_has_the_last_day_on_which_guests_can_register(
    event: Event, closes: str, takes_late_guests: bool, last_day: str
) -> None:
    """In the time zone of the event."""
    Event.objects.update(
        time_zone="America/Los_Angeles",
        registration_closes_at=closes,
        allows_late_registration=takes_late_guests,
    )
    create_invitation(event=event, valid_for=timedelta(days=7))
    Invitation.objects.update(expires_at="2031-06-10T03:00Z")
    address = reverse("events:poster", args=[event.pk, Invitation.objects.get().pk])
    page = text_of(browser_of(event.creator).get(address).content)
    assert f"Works until {last_day}" in page


def test_poster_of_a_link_that_is_not_kept_is_404(event: Event) -> None:
    link_to(event)
    Invitation.objects.update(sealed_token=None)
    address = reverse("events:poster", args=[event.pk, Invitation.objects.get().pk])
    assert browser_of(event.creator).get(address).status_code == 404


def test_no_download_of_data_contains_a_link(event: Event) -> None:
    token = create_invitation(event=event, valid_for=timedelta(days=7))
    assert token not in json.dumps(facts_about(event.creator))


@pytest.mark.parametrize("days", ["", "0", "91", "x"])
def test_invalid_length_is_named_and_creates_no_link(event: Event, days: str) -> None:
    address = reverse("events:invite", args=[event.pk])
    page = browser_of(event.creator).post(address, {"days": days}).content.decode()
    assert "Please fix the following" in page
    assert not Invitation.objects.exists()


def test_invitation_shows_the_event_and_its_host_but_no_guests(full_world: World) -> None:
    Event.objects.update(takes_place_on="2031-05-17", accent=Event.Accent.BERRY)
    link = link_to(full_world.event)
    response = Client().get(link)
    page = text_of(response.content)
    assert "garden party" in page
    assert "Under the old oak" in page
    assert "Alice Example invites you" in page
    assert "17 May 2031" in page
    assert "accented accent-berry" in page
    for person in ("Bob Example", "Charlie Example"):
        assert person not in page
    cover = reverse("media:cover_of_invitation", args=[link.rstrip("/").rsplit("/", 1)[1]])
    assert re.findall(r'"(/media/[^"]+)"', page) == [cover]
    assert Client().get(cover).getvalue() == fakes.stripes()
    Invitation.objects.all().delete()
    assert Client().get(cover).status_code == 404
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("how", ["expired", "revoked", "event over", "made up"])
def test_expired_or_revoked_link_is_404(event: Event, how: str) -> None:
    link = link_to(event, days=-1 if how == "expired" else 7)
    if how == "revoked":
        alice = browser_of(event.creator)
        form = {"invitation": Invitation.objects.get().pk}
        alice.post(reverse("events:revoke", args=[event.pk]), form)
    elif how == "event over":
        Event.objects.update(expires_at=timezone.now())
    elif how == "made up":
        link = reverse("events:invitation", args=["x" * 32])
    for query in ("", "?to=join"):
        assert Client().get(link + query).status_code == 404


def test_links_of_others_cannot_be_revoked(event: Event, make_user: Callable[..., User]) -> None:
    link_to(event)
    mallory = browser_of(make_user("mallory"))
    form = {"invitation": Invitation.objects.get().pk}
    assert mallory.post(reverse("events:revoke", args=[event.pk]), form).status_code == 404
    assert Invitation.objects.exists()


def test_unlisted_event_is_visible_after_following_the_link(
    unlisted: Event, make_user: Callable[..., User]
) -> None:
    bob, mallory = browser_of(make_user("bob", fakes.BOB)), browser_of(make_user("mallory"))
    detail = reverse("events:detail", args=[unlisted.pk])
    join = reverse("events:join", args=[unlisted.pk])
    for browser in (bob, mallory):
        for address in (detail, join, reverse("media:cover", args=[unlisted.pk])):
            assert browser.get(address).status_code == 404
        assert "garden party" not in browser.get(reverse("events:list")).content.decode()
    assert bob.get(link_to(unlisted) + "?to=join")["Location"] == join
    assert bob.get(join).status_code == 200
    assert bob.get(detail).status_code == 200
    assert "garden party" in bob.get(reverse("events:list")).content.decode()
    assert mallory.get(detail).status_code == 404


def test_opening_the_link_changes_nothing(unlisted: Event, make_user: Callable[..., User]) -> None:
    """A mail scanner that opens the link must not accept the invitation."""
    bob = browser_of(make_user("bob"))
    bob.get(link_to(unlisted))
    assert bob.get(reverse("events:join", args=[unlisted.pk])).status_code == 404


def test_link_revoked_before_sign_in_gives_no_access(
    unlisted: Event, make_user: Callable[..., User]
) -> None:
    visitor = Client()
    visitor.get(link_to(unlisted) + "?to=join")
    Invitation.objects.all().delete()
    visitor.force_login(make_user("bob"))
    assert visitor.get(reverse("events:join", args=[unlisted.pk])).status_code == 404


def test_new_visitor_is_led_to_sign_up_and_the_session_contains_no_token(unlisted: Event) -> None:
    visitor = Client()
    link = link_to(unlisted)
    answer = visitor.get(link + "?to=join")
    join = reverse("events:join", args=[unlisted.pk])
    assert answer["Location"] == f"{reverse('account_signup')}?next={join.replace('/', '%2F')}"
    known = visitor.get(link + "?to=sign-in")
    assert known["Location"].startswith(reverse("account_request_login_code"))
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in str(Session.objects.get().get_decoded())
