"""The status of every route of the site for every persona.

One table lists every route × method × persona with its status. A route that isn't in the table
fails the last test.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from conftest import World, without_tokens
from picprocure.events.invitation_mails import refusal_token
from picprocure.events.invitations import code_of, create_invitation, hash_of
from picprocure.events.models import Event, Invitation
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face

DAY = timedelta(days=1)

# Where a row says no more, whom something keeps from their photos gets what Charlie gets, and who
# has no part in the event what Mallory gets: a stranger. A co-host gets what Alice gets; who has
# not accepted yet is a stranger.
LIKE_CHARLIE = ("pending", "held", "withdrawn", "blocked")
LIKE_MALLORY = ("operator", "invited")
LIKE_ALICE = ("co_host",)
PERSONAS = (
    *("alice", "bob", "charlie", "mallory", "anonymous"),
    *(*LIKE_CHARLIE, *LIKE_MALLORY, *LIKE_ALICE),
)

ASKED_FOR_HEAD = ("alice", "bob", "charlie", "mallory", "anonymous", "co_host")
"""Each kind of access. The others differ from them in rows of the database only."""

# Statuses in the order of PERSONAS. HEAD answers as GET does.
NO_METHOD = "405 405 405 405 405"
NO_METHOD_SIGNED_IN = "405 405 405 405 302"  # sign-in is checked before the method
EVERYBODY = "200 200 200 200 200"
SIGNED_IN = "200 200 200 200 302"
CREATOR = "200 404 404 404 302"
CREATOR_DOES = "302 404 404 404 302"
CREATOR_ALONE = "200 404 404 404 302 404 404 404 404 404 404 404"
CREATOR_ALONE_DOES = "302 404 404 404 302 404 404 404 404 404 404 404"
CO_HOST_DOES = "404 404 404 404 302 404 404 404 404 404 404 302"
INVITED_DOES = "404 404 404 404 302 404 404 404 404 404 302 404"
WELCOMED = "200 200 200 200 302 200 200 200 200 200 302 200"  # the invited go to the invitation
CO_HOST_IS_ASKED = "404 404 404 404 302 404 404 404 404 404 404 200"
LED_AWAY = "302 302 302 302 302"
NOT_ON = "404 404 404 404 302"  # no persona has a second factor
NOBODY = "404 404 404 404 404"
NOBODY_SIGNED_IN = "404 404 404 404 302"

# (route, arguments, statuses of GET, statuses of POST without data)
ROUTES: list[tuple[str, str, str, str]] = [
    ("pages:front", "", EVERYBODY, NO_METHOD),
    ("pages:privacy", "", EVERYBODY, NO_METHOD),
    ("pages:robots", "", EVERYBODY, NO_METHOD),
    ("account_login", "", "302 302 302 302 200", "302 302 302 302 200"),
    ("account_logout", "", "200 200 200 200 302", LED_AWAY),
    ("account_signup", "", "302 302 302 302 200", "302 302 302 302 200"),
    ("account_email_verification_sent", "", LED_AWAY, LED_AWAY),
    ("account_request_login_code", "", "302 302 302 302 200", "302 302 302 302 200"),
    ("account_confirm_login_code", "", LED_AWAY, LED_AWAY),
    ("account_email", "", SIGNED_IN, LED_AWAY),  # to the password, as the next ones
    ("account_reauthenticate", "", SIGNED_IN, SIGNED_IN),
    ("account_request_reauthentication_code", "", SIGNED_IN, SIGNED_IN),
    ("account_confirm_reauthentication_code", "", LED_AWAY, LED_AWAY),
    ("mfa_authenticate", "", LED_AWAY, LED_AWAY),
    ("mfa_reauthenticate", "", LED_AWAY, LED_AWAY),
    ("mfa_login_webauthn", "", LED_AWAY, LED_AWAY),
    ("mfa_reauthenticate_webauthn", "", LED_AWAY, LED_AWAY),
    ("mfa_add_webauthn", "", LED_AWAY, LED_AWAY),
    ("mfa_remove_webauthn", "no_passkey", LED_AWAY, LED_AWAY),
    ("mfa_index", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("mfa_activate_totp", "", LED_AWAY, LED_AWAY),
    ("mfa_deactivate_totp", "", NOT_ON, NOT_ON),
    ("mfa_view_recovery_codes", "", NOT_ON, NO_METHOD_SIGNED_IN),
    ("mfa_generate_recovery_codes", "", LED_AWAY, LED_AWAY),
    ("mfa_download_recovery_codes", "", NOT_ON, NOT_ON),
    ("usersessions_list", "", SIGNED_IN, LED_AWAY),
    ("account_inactive", "", EVERYBODY, NO_METHOD),
    ("account_code_mail", "", EVERYBODY, NO_METHOD),
    ("account_change_password", "", SIGNED_IN, SIGNED_IN),
    ("account_set_password", "", LED_AWAY, LED_AWAY),
    ("account_reset_password", "", EVERYBODY, EVERYBODY),
    ("account_confirm_password_reset_code", "", LED_AWAY, LED_AWAY),
    ("account_complete_password_reset", "", LED_AWAY, LED_AWAY),
    ("account_password_reset_completed", "", EVERYBODY, NO_METHOD),
    ("accounts:profile", "", SIGNED_IN, SIGNED_IN),
    ("accounts:welcome", "", WELCOMED, NO_METHOD_SIGNED_IN),
    ("accounts:finish", "", LED_AWAY, LED_AWAY),  # they have a name
    ("accounts:preferences", "", SIGNED_IN, LED_AWAY),
    ("accounts:data", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("enrollment:references", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("enrollment:start", "", SIGNED_IN, SIGNED_IN),
    ("enrollment:choose", "", LED_AWAY, LED_AWAY),
    ("enrollment:live", "event", "404 404 404 404 302", "404 404 404 404 302"),  # not required
    ("enrollment:hint", "", NO_METHOD_SIGNED_IN, SIGNED_IN),
    ("enrollment:replace", "bobs_reference", "404 200 404 404 302", "404 200 404 404 302"),
    ("enrollment:delete", "bobs_reference", "404 200 404 404 302", "404 302 404 404 302"),
    ("pages:feedback", "", SIGNED_IN, SIGNED_IN),
    ("accounts:withdraw", "", SIGNED_IN, LED_AWAY),
    ("accounts:delete", "", LED_AWAY, LED_AWAY),  # to confirm their identity
    ("media:my_data", "", LED_AWAY, LED_AWAY),
    ("events:list", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:home", "", LED_AWAY, NO_METHOD_SIGNED_IN),
    ("events:mine", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:registrations", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:create", "", SIGNED_IN, SIGNED_IN),
    ("events:detail", "event", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:join", "event", LED_AWAY, LED_AWAY),  # it has closed
    ("events:register_without_face", "event", NO_METHOD_SIGNED_IN, LED_AWAY),
    ("events:leave", "event", "404 200 200 404 302", "404 302 302 404 302"),
    ("events:progress", "event", "200 200 200 404 302", NO_METHOD_SIGNED_IN),
    ("events:invitation", "token", EVERYBODY, NO_METHOD),
    ("events:invitation", "no_token", NOBODY, NO_METHOD),
    ("short_invitation", "code", LED_AWAY, NO_METHOD),
    ("short_invitation", "no_code", NOBODY, NO_METHOD),
    ("events:invite", "event", CREATOR, CREATOR),
    ("events:revoke", "event", CREATOR, CREATOR_DOES),
    ("events:qr_code", "event invitation png", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:qr_code", "event invitation svg", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:qr_code", "event invitation other_kind", NOBODY_SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:qr_code", "event others_invitation png", NOBODY_SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:poster", "event invitation", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:poster", "event others_invitation", NOBODY_SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:edit", "event", CREATOR, CREATOR),
    ("events:closing", "event", CREATOR, CREATOR),
    ("events:close", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:delete", "event", CREATOR_ALONE, CREATOR_ALONE_DOES),
    ("events:co_hosts", "event", CREATOR_ALONE, CREATOR_ALONE),
    ("events:remove_co_host", "event", CREATOR_ALONE_DOES, CREATOR_ALONE_DOES),  # names none
    ("events:invited_to_host", "no_token", LED_AWAY, NO_METHOD),
    ("events:refuse_invitations", "refusal", EVERYBODY, EVERYBODY),
    ("events:refuse_invitations", "no_token", NOBODY, NOBODY),
    ("events:hosting_invitations", "", SIGNED_IN, NO_METHOD_SIGNED_IN),
    ("events:accept_hosting", "event", NO_METHOD_SIGNED_IN, INVITED_DOES),
    ("events:decline_hosting", "event", NO_METHOD_SIGNED_IN, INVITED_DOES),
    ("events:stop_hosting", "event", CO_HOST_IS_ASKED, CO_HOST_DOES),
    ("events:people", "event", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:write", "event", "403 404 404 404 302", "403 404 404 404 302"),  # staff alone may
    ("events:admit", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:guest_list", "event", CREATOR, CREATOR),
    ("events:person", "event registration", CREATOR, CREATOR_DOES),
    ("events:guest_gallery", "event registration", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:person_faces", "event registration", CREATOR, CREATOR),
    ("events:people_csv", "event", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:dismiss", "event registration", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:answer_requests", "event registration", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:refuse", "event registration", CREATOR, CREATOR_DOES),
    ("events:same_person", "event registration", "302 404 404 404 302", NO_METHOD_SIGNED_IN),
    ("events:reconsider", "event registration", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:refuse_all", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:photos", "event", CREATOR, CREATOR),
    ("events:known", "event", NO_METHOD_SIGNED_IN, "200 404 404 404 302"),
    ("events:release", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:retry_all", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:retry", "event photo", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:delete_photo", "event photo", CREATOR, CREATOR_DOES),
    ("events:photo", "event photo", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:decide", "event photo", NO_METHOD_SIGNED_IN, NOBODY_SIGNED_IN),  # without a face
    ("events:undo_decision", "event photo", NO_METHOD_SIGNED_IN, NOBODY_SIGNED_IN),
    ("events:unknown_people", "event", CREATOR, CREATOR_DOES),
    ("events:unknown_person", "event cluster", CREATOR, NOBODY_SIGNED_IN),  # without a person
    ("events:decisions", "event", CREATOR, NOBODY_SIGNED_IN),  # without a decision
    ("events:check", "event", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:begin_check", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:judge", "event", NO_METHOD_SIGNED_IN, NOBODY_SIGNED_IN),  # names no pair
    ("events:undo_judge", "event", NO_METHOD_SIGNED_IN, NOBODY_SIGNED_IN),
    ("events:strictness", "event", CREATOR, NOBODY_SIGNED_IN),  # names no step
    ("events:compare_strictness", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("events:review", "event", CREATOR, NO_METHOD_SIGNED_IN),
    ("events:answer", "event", NO_METHOD_SIGNED_IN, NOBODY_SIGNED_IN),  # without a person
    ("events:undo_review", "event", NO_METHOD_SIGNED_IN, CREATOR_DOES),
    ("galleries:gallery", "event", "404 200 200 404 302", NO_METHOD_SIGNED_IN),
    ("galleries:ask", "event", "404 302 302 404 302", "404 200 200 404 302"),  # without a question
    ("galleries:photo", "event photo", "404 200 404 404 302", NO_METHOD_SIGNED_IN),
    ("galleries:photo", "event strangers_photo", "404 404 404 404 302", NO_METHOD_SIGNED_IN),
    ("galleries:photo", "event doubtful_photo", "404 404 404 404 302", NO_METHOD_SIGNED_IN),
    ("galleries:photo", "event unreleased_photo", "404 404 404 404 302", NO_METHOD_SIGNED_IN),
    ("media:photo", "photo thumbnail", "200 200 404 404 404", NO_METHOD),
    ("media:photo", "photo web", "200 200 404 404 404", NO_METHOD),
    ("media:photo", "photo original", "200 200 404 404 404", NO_METHOD),
    ("media:photo", "photo other_size", NOBODY, NO_METHOD),
    ("media:face", "photo x y side", "200 404 404 404 404", NO_METHOD),
    ("media:face", "strangers_photo x y side", "200 404 404 404 404", NO_METHOD),
    ("media:face", "nothing x y side", NOBODY, NO_METHOD),
    ("media:photo", "strangers_photo thumbnail", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "strangers_photo web", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "strangers_photo original", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "doubtful_photo thumbnail", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "doubtful_photo web", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "doubtful_photo original", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "unreleased_photo thumbnail", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "unreleased_photo web", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "unreleased_photo original", "200 404 404 404 404", NO_METHOD),
    ("media:photo", "nothing original", NOBODY, NO_METHOD),
    ("media:cover", "event", "200 200 200 200 404", NO_METHOD),
    ("media:cover_of_invitation", "token", EVERYBODY, NO_METHOD),
    ("media:cover_of_invitation", "no_token", NOBODY, NO_METHOD),
    ("media:archive", "event", "404 200 404 404 404", NO_METHOD),
    ("media:event_archive", "event", "200 404 404 404 404", NO_METHOD),
    ("media:people_archive", "event", "200 404 404 404 404", NO_METHOD),
    ("media:reference", "bobs_reference", "200 200 404 404 404", NO_METHOD),
    (
        *("media:reference", "mallorys_reference"),
        *("404 404 404 200 404 404 404 404 404 404 404", NO_METHOD),
    ),
]


ARGUMENTS: dict[str, Callable[[World], tuple[str, Any]]] = {
    "no_passkey": lambda _: ("pk", 1),
    "event": lambda world: ("event_id", world.event.pk),
    "registration": lambda world: ("registration_id", world.bob.registrations.get().pk),
    "photo": lambda world: ("photo_id", world.bobs_photo.pk),
    "strangers_photo": lambda world: ("photo_id", world.strangers_photo.pk),
    "doubtful_photo": lambda world: ("photo_id", world.doubtful_photo.pk),
    "unreleased_photo": lambda world: ("photo_id", key_of(world.unreleased_photo)),
    "token": lambda world: ("token", invitation_to(world.event)),
    "code": lambda world: ("code", code_of(invitation_to(world.event))),
    "no_code": lambda _: ("code", "x" * 12),
    "invitation": lambda world: ("invitation_id", row_of(invitation_to(world.event))),
    "others_invitation": lambda world: ("invitation_id", invitation_to_another_event(world)),
    "png": lambda _: ("kind", "png"),
    "svg": lambda _: ("kind", "svg"),
    "other_kind": lambda _: ("kind", "gif"),
    "cluster": lambda world: ("cluster", _unknown_cluster(world)),
    "no_token": lambda _: ("token", "x" * 32),
    "refusal": lambda _: ("token", refusal_token("eve@example.org")),
    "nothing": lambda _: ("photo_id", uuid.uuid4()),
    "x": lambda _: ("x", 32),
    "y": lambda _: ("y", 10**40),
    "side": lambda _: ("side", 0),
    "thumbnail": lambda _: ("size", "thumbnail"),
    "web": lambda _: ("size", "web"),
    "original": lambda _: ("size", "original"),
    "other_size": lambda _: ("size", "other"),
    "bobs_reference": lambda world: ("reference_id", world.bob.references.get().pk),
    "mallorys_reference": lambda world: ("reference_id", world.mallory.references.get().pk),
}


def arguments(world: World, names: str) -> dict[str, Any]:
    return dict(ARGUMENTS[name](world) for name in names.split())


def _unknown_cluster(world: World) -> int:
    """Return the cluster of a face that is matched with no one."""
    unknown = Face.objects.filter(photo=world.strangers_photo, cluster__isnull=False)
    return unknown.exclude(matches__status="match")[0].cluster or 0


def key_of(photo: Photo | None) -> uuid.UUID:
    """Return the key of a photo, or one that no photo has."""
    return photo.pk if photo else uuid.uuid4()


def invitation_to(event: Event) -> str:
    return create_invitation(event=event, valid_for=DAY)


def row_of(token: str) -> int:
    return Invitation.objects.get(token_hash=hash_of(token)).pk


def invitation_to_another_event(world: World) -> int:
    """Return the key of an invitation to an event that Mallory created."""
    now = timezone.now()
    event = Event.objects.create(
        creator=world.mallory, name="Other", registration_closes_at=now, expires_at=now + DAY
    )
    return row_of(invitation_to(event))


def statuses_of(row: str) -> dict[str, int]:
    """Return the status for each persona, including those that a row leaves out."""
    given = dict(zip(PERSONAS, map(int, row.split()), strict=False))
    like_charlie = dict.fromkeys(LIKE_CHARLIE, given["charlie"])
    like_mallory = dict.fromkeys(LIKE_MALLORY, given["mallory"])
    like_alice = dict.fromkeys(LIKE_ALICE, given["alice"])
    return {**like_charlie, **like_mallory, **like_alice, **given}


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_route_has_the_expected_status_and_headers(full_world: World, persona: str) -> None:
    """GET and HEAD requests, and POST requests that change nothing.

    Pages of signed-in people are not cached, and no page allows foreign or inline scripts.
    """
    client = full_world.client(persona)
    wrong = []
    for route, names, get, post in ROUTES:
        address = reverse(route, kwargs=arguments(full_world, names))
        asked: list[tuple[Callable[..., Any], str]] = [(client.get, get)]
        if persona in ASKED_FOR_HEAD:
            asked.append((client.head, get))
        if changes_nothing(persona, statuses_of(post)[persona]):
            asked.append((client.post, post))
        for ask, statuses in asked:
            answer, expected = ask(address), statuses_of(statuses)[persona]
            case = f"{route} {names}: {ask.__name__}"
            if answer.status_code != expected:
                wrong.append(f"{case} {answer.status_code}, not {expected}")
            if persona != "anonymous" and answer["Cache-Control"] != "private, no-store":
                wrong.append(f"{case} {answer['Cache-Control']}")
            policy = answer["Content-Security-Policy"]
            if "default-src 'self'" not in policy or "unsafe" in policy:
                wrong.append(f"{case} {policy}")
    assert not wrong


def changes_nothing(persona: str, status: int) -> bool:
    """Return whether a POST without data changes nothing.

    It is refused, gets the form again, or is redirected to the sign-in page.
    """
    return status in {200, 404, 405} or persona == "anonymous"


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_change_has_the_expected_status(full_world: World, persona: str) -> None:
    """Each change starts from the same state: it is rolled back before the next."""
    signed_in = full_world.client(persona).cookies
    wrong = []
    for route, names, _, post in ROUTES:
        expected = statuses_of(post)[persona]
        if changes_nothing(persona, expected):
            continue
        address = reverse(route, kwargs=arguments(full_world, names))
        client = Client()
        client.cookies = deepcopy(signed_in)
        with transaction.atomic():
            status = client.post(address).status_code
            transaction.set_rollback(True)
        if status != expected:
            wrong.append(f"{route} {names}: post {status}, not {expected}")
    assert not wrong


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_route_accepts_other_methods(world: World, method: str) -> None:
    alice = world.client("alice")
    for route, names, _, _ in (row for row in ROUTES if ":" in row[0]):
        address = reverse(route, kwargs=arguments(world, names))
        response = getattr(alice, method)(address)
        assert response.status_code == 405, (route, method)


def test_every_change_requires_a_csrf_token(full_world: World) -> None:
    """From the first persona who may do it, as the token is checked before the view is called."""
    clients = {persona: full_world.client(persona) for persona in PERSONAS}
    for client in clients.values():
        client.handler.enforce_csrf_checks = True
    for route, names, _, post in ROUTES:
        doing = [name for name, status in statuses_of(post).items() if status not in {404, 405}]
        able = [name for name in PERSONAS if name in doing and name != "anonymous"]
        for persona in {*able[:1], *({"anonymous"} & set(doing))}:
            address = reverse(route, kwargs=arguments(full_world, names))
            response = clients[persona].post(address)
            sign_in = response.status_code == 302 and "login" in response["Location"]
            assert response.status_code == 403 or (persona == "anonymous" and sign_in), (
                route,
                persona,
            )


@pytest.mark.parametrize("headers", [{"Range": "bytes=0-9"}, {"If-None-Match": "*"}])
@pytest.mark.parametrize("persona", ["charlie", "mallory", "anonymous"])
def test_range_and_etag_reveal_nothing_to_strangers(
    world: World, persona: str, headers: dict[str, str]
) -> None:
    for size in ("thumbnail", "web", "original"):
        address = reverse("media:photo", args=[world.bobs_photo.pk, size])
        assert world.client(persona).get(address, headers=headers).status_code == 404


def test_media_is_private_and_not_sniffed(world: World) -> None:
    bob = world.client("bob")
    for route, names, _, _ in (row for row in ROUTES if row[0].startswith("media:")):
        response = bob.get(reverse(route, kwargs=arguments(world, names)))
        assert response["X-Content-Type-Options"] == "nosniff", (route, names)
        assert response["Cache-Control"] == "private, no-store", (route, names)


def test_stranger_gets_the_same_404_as_for_a_missing_object(world: World) -> None:
    mallory = world.client("mallory")
    hidden = mallory.get(reverse("galleries:gallery", args=[world.event.pk]))
    missing = mallory.get(reverse("galleries:gallery", args=[uuid.uuid4()]))
    assert hidden.status_code == missing.status_code == 404
    assert without_tokens(hidden.content) == without_tokens(missing.content)


def test_every_route_is_in_the_table() -> None:
    """The operators' pages have their own tests."""
    routes = set(all_routes(get_resolver().url_patterns))
    ours = {route for route in routes if not route.startswith("operator:")}
    assert {route for route, *_ in ROUTES} == ours


def all_routes(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from all_routes(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"
