"""An address belongs to the person who confirms it. Data that others typed for it is erased."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse, reverse_lazy
from django.utils import timezone

import fakes
from conftest import PASSWORD, reference_photo, without_tokens, work_off
from mailing import newest_code
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.models import Event, GuestListAddress, Registration
from picprocure.events.services import EventDetails, create_event
from picprocure.pipeline.account_changes import delete_account, prove_address
from picprocure.recognition.models import Reference
from picprocure.recognition.references import enroll, store_reference
from picprocure.retention.sweep import sweep
from picprocure.web import limits
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "bob@example.org"
CODE_PAGE = reverse_lazy("account_email_verification_sent")
OWN_PASSWORD = "the-owners-own-Pass-9"


def sign_up(client: Client, **changes: str) -> None:
    client.post(
        reverse("account_signup"),
        {
            "first_name": "Mallory",
            "last_name": "Squatter",
            "email": ADDRESS,
            "password1": PASSWORD,
            **changes,
        },
    )


@pytest.fixture
def squatter(event: Event) -> Client:
    """Mallory signed up with Bob's address, and has all data that an account can have."""
    client = Client()
    sign_up(client)
    User.objects.update(last_login=timezone.now())
    user = User.objects.get(last_name="Squatter")
    photo = store_reference(reference_photo(fakes.STRANGER))
    enroll(user=user, reference=photo, consent_version=CURRENT_CONSENT.version)
    Registration.objects.create(event=event, user=user, status=Registration.Status.ADMITTED)
    details = EventDetails(name="Squatter's party")
    create_event(creator=user, details=details, closes_at=timezone.now() + timedelta(hours=1))
    return client


def by_reset(owner: Client) -> None:
    owner.post(reverse("account_reset_password"), {"email": ADDRESS})
    owner.post(reverse("account_confirm_password_reset_code"), {"code": newest_code()})
    passwords = {"password1": OWN_PASSWORD}
    owner.post(reverse("account_complete_password_reset"), passwords)
    owner.post(reverse("account_login"), {"login": ADDRESS, "password": OWN_PASSWORD})


def by_sign_in_code(owner: Client) -> None:
    owner.post(reverse("account_request_login_code"), {"email": ADDRESS.title()})
    owner.post(reverse("account_confirm_login_code"), {"code": newest_code()})


def by_own_sign_up(owner: Client) -> None:
    cache.clear()  # ten seconds later
    sign_up(owner, first_name="Bob", last_name="Owner", password1=OWN_PASSWORD)
    owner.post(reverse("account_email_verification_sent"), {"code": newest_code()})


@pytest.mark.parametrize("proving", [by_reset, by_sign_in_code, by_own_sign_up])
def test_owner_of_an_address_starts_with_an_empty_account(
    squatter: Client, event: Event, proving: Callable[[Client], None]
) -> None:
    GuestListAddress.objects.create(event=event, email=ADDRESS)
    old = User.objects.get(last_name="Squatter").pk
    owner = Client()
    proving(owner)
    bob = User.objects.get(email=ADDRESS)
    assert has_confirmed_email(bob)
    assert owner.session["_auth_user_id"] == str(bob.pk)
    assert bob.pk != old
    assert "Squatter" not in bob.name
    assert not bob.check_password(PASSWORD)
    assert not Registration.objects.exists()
    assert not Reference.objects.filter(user__email=ADDRESS).exists()
    assert not Event.objects.filter(name="Squatter's party").exists()
    work_off()
    sweep()
    assert all("references" not in key or f"/{old}/" not in key for key in stored_objects())
    assert GuestListAddress.objects.filter(event=event, email=ADDRESS).exists()
    assert f'"{old}"' not in str([row.get_decoded() for row in Session.objects.all()])


@pytest.mark.parametrize("proving", [by_reset, by_sign_in_code, by_own_sign_up])
def test_squatter_is_signed_out(squatter: Client, proving: Callable[[Client], None]) -> None:
    code = newest_code()
    proving(Client())
    squatter.post(reverse("account_email_verification_sent"), {"code": code})
    squatter.post(
        reverse("account_email_verification_sent"),
        {"action": "change", "email": "mallory@example.org"},
    )
    assert squatter.get(reverse("accounts:profile")).status_code == 302
    squatter.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert squatter.get(reverse("accounts:profile")).status_code == 302
    assert User.objects.get(email=ADDRESS)


@pytest.mark.parametrize("proving", [by_reset, by_sign_in_code, by_own_sign_up])
def test_stranger_who_waits_for_a_code_does_not_see_that_the_owner_joined(
    proving: Callable[[Client], None],
) -> None:
    sign_up(spy := Client())
    actions = [{"code": "000000"}, {"action": "resend"}]

    def look() -> list[bytes]:
        cache.clear()
        answers = [spy.get(CODE_PAGE), *(spy.post(CODE_PAGE, action) for action in actions)]
        return [without_tokens(answer.content) for answer in answers]

    look()  # the first page says that the code was sent
    before = look()
    proving(owner := Client())
    assert look() == before
    assert b"Correct it" in before[0]
    spy.post(CODE_PAGE, {"code": newest_code()})
    assert spy.session["_auth_user_id"] == owner.session["_auth_user_id"]  # the owner's mailbox
    assert User.objects.count() == 1


@pytest.mark.parametrize("address", [ADDRESS, "ross@example.org"])
def test_stranger_whose_code_expired_sees_the_same_when_the_owner_joins_and_leaves(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    sign_up(spy := Client())
    now = time.time() + 11 * 60
    monkeypatch.setattr(time, "time", lambda: now)
    User.objects.update(date_joined=timezone.now() - timedelta(minutes=11))
    cache.clear()
    sign_up(owner := Client(), email=address)
    owner.post(CODE_PAGE, {"code": newest_code()})
    delete_account(User.objects.get(pk=owner.session["_auth_user_id"]))
    assert Session.objects.filter(pk=spy.cookies["sessionid"].value).exists()
    assert f'value="{ADDRESS}"' in spy.get(reverse("account_request_login_code")).content.decode()
    assert User.objects.count() == 1


def test_empty_account_must_enter_a_name_first(squatter: Client) -> None:
    owner = Client()
    by_sign_in_code(owner)
    finish = f"{reverse('accounts:finish')}?next="
    for page in ("events:list", "accounts:profile", "enrollment:start", "account_change_password"):
        assert unquote(owner.get(reverse(page))["Location"]) == finish + reverse(page)
    form = {"first_name": "Bob", "last_name": "Owner"}
    incomplete = owner.post(finish + "/events/", {**form, "last_name": ""})
    assert "required" in incomplete.content.decode()
    assert owner.post(finish + "//evil.example/", form)["Location"] == reverse("accounts:welcome")
    assert owner.get(reverse("events:list")).status_code == 200


def test_confirming_in_the_session_of_the_sign_up_keeps_its_data() -> None:
    client = Client()
    sign_up(client, first_name="Bob")
    client.post(reverse("account_email_verification_sent"), {"code": newest_code()})
    assert User.objects.get().name == "Bob Squatter"
    assert client.get(reverse("enrollment:start")).status_code == 200


def test_confirmed_account_is_not_changed_by_a_second_sign_up(
    make_user: Callable[..., User],
) -> None:
    bob = make_user("bob", fakes.BOB)
    signed_in = Client()
    signed_in.force_login(bob)
    thief = Client()
    sign_up(thief)
    assert "code to sign in" in str(mail.outbox[-1].body)
    by_sign_in_code(owner := Client())
    assert owner.session["_auth_user_id"] == str(bob.pk)
    assert bob.references.exists()
    assert signed_in.get(reverse("accounts:profile")).status_code == 200
    assert thief.get(reverse("accounts:profile")).status_code == 302


def test_account_created_in_the_terminal_keeps_its_data(squatter: Client) -> None:
    """The operator's address was never confirmed, and a squatter claims it, too."""
    operator = User.objects.create_superuser(ADDRESS, PASSWORD)
    by_sign_in_code(owner := Client())
    assert owner.session["_auth_user_id"] == str(operator.pk)
    assert EmailAddress.objects.get(email=ADDRESS).user_id == operator.pk
    assert not User.objects.filter(last_name="Squatter").exists()


def test_operator_is_not_created_twice(db: None) -> None:
    operators = [User.objects.create_superuser(email) for email in (ADDRESS, ADDRESS.upper())]
    assert operators[0] == operators[1] == User.objects.get()


def test_operator_can_confirm_the_address_from_either_account(squatter: Client) -> None:
    operator = User.objects.create_superuser(ADDRESS, PASSWORD)
    assert prove_address(user=operator, email=ADDRESS) == operator
    assert EmailAddress.objects.get(email=ADDRESS).user_id == operator.pk
    assert not User.objects.filter(last_name="Squatter").exists()


def confirmed_elsewhere(**changes: str) -> tuple[User, Client]:
    """Mallory confirmed her own address, and claims Bob's, too."""
    client = Client()
    sign_up(client, email="mallory@example.org")
    client.post(CODE_PAGE, {"code": newest_code()})
    mallory = User.objects.get(email="mallory@example.org")
    User.objects.filter(pk=mallory.pk).update(**changes)
    EmailAddress.objects.create(user=mallory, email=ADDRESS)
    cache.clear()
    return mallory, client


@pytest.mark.parametrize("changes", [{"email": ADDRESS}, {"email": ADDRESS.upper()}, {}])
@pytest.mark.parametrize("proving", [by_reset, by_sign_in_code, by_own_sign_up])
def test_owner_does_not_get_an_account_that_confirmed_another_address(
    proving: Callable[[Client], None], changes: dict[str, str]
) -> None:
    mallory, client = confirmed_elsewhere(**changes)
    proving(owner := Client())
    bob = User.objects.get(email=ADDRESS)
    assert bob.pk != mallory.pk
    assert owner.session["_auth_user_id"] == str(bob.pk)
    assert EmailAddress.objects.get(email=ADDRESS).user_id == bob.pk
    mallory.refresh_from_db()
    assert mallory.email == "mallory@example.org"
    assert has_confirmed_email(mallory)
    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize("proving", [by_reset, by_sign_in_code])
def test_owner_keeps_a_confirmed_account_that_others_also_claim(
    make_user: Callable[..., User], proving: Callable[[Client], None]
) -> None:
    confirmed_elsewhere(email=ADDRESS)
    bob = make_user("bob", fakes.BOB)
    proving(owner := Client())
    assert owner.session["_auth_user_id"] == str(bob.pk)
    assert bob.references.exists()
    assert EmailAddress.objects.get(email=ADDRESS, verified=True).user_id == bob.pk


def test_confirmed_account_does_not_accept_another_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One session confirms the account while another corrects its address."""
    first, second = Client(), Client()
    sign_up(first, email="mallory@example.org")
    code = newest_code()
    cache.clear()
    second.cookies.load(dict(first.cookies))
    cache.clear()
    count, confirmed = limits.count_from_network, list[bool]()

    def confirm_between(request: HttpRequest, action: str) -> object:
        if not confirmed:
            confirmed.append(True)
            with context.request_context(None):
                first.post(CODE_PAGE, {"code": code})
        return count(request, action)

    monkeypatch.setattr(limits, "count_from_network", confirm_between)
    second.post(CODE_PAGE, {"action": "change", "email": ADDRESS})
    mallory = User.objects.get(email="mallory@example.org")
    assert mallory.email == "mallory@example.org"
    assert has_confirmed_email(mallory)
    assert not EmailAddress.objects.filter(email=ADDRESS).exists()
