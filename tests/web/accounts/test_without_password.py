"""People join, come back, and leave without ever having a password."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

import fakes
from conftest import PASSWORD, browser_of
from mailing import newest_code
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {"first_name": "Dora", "last_name": "Example"}
ADDRESS = "dora@example.org"
SIGN_UP_CODE = "/account/signup/code/"
SIGN_IN_CODE = "/account/login/code/"
AGAIN_CODE = "/account/again/code/confirm/"


def sign_up(client: Client, email: str = ADDRESS, **changes: str) -> str:
    answer = client.post(reverse("account_signup"), {**NAMES, "email": email, **changes})
    assert answer["Location"] == SIGN_UP_CODE
    return newest_code(email)


def ask_for_code(client: Client, email: str = ADDRESS) -> str:
    cache.clear()  # a minute later
    answer = client.post(reverse("account_request_login_code"), {"email": email})
    assert answer["Location"] == SIGN_IN_CODE
    return newest_code(email)


def signed_in_as(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id", 0)).first()


@pytest.fixture
def dora() -> Client:
    client = Client()
    client.post(SIGN_UP_CODE, {"code": sign_up(client)})
    return client


def test_three_fields_and_a_code_make_an_account(dora: Client) -> None:
    user = User.objects.get()
    assert signed_in_as(dora) == user
    assert (user.name, user.email, user.has_usable_password()) == ("Dora Example", ADDRESS, False)


def test_account_signs_in_with_address_and_code(dora: Client) -> None:
    laptop = Client()
    laptop.post(SIGN_IN_CODE, {"code": ask_for_code(laptop)})
    assert signed_in_as(laptop) == User.objects.get()


def test_code_has_six_digits_and_its_field_suits_phones(client: Client) -> None:
    assert re.fullmatch(r"\d{6}", sign_up(client))
    for page in (SIGN_UP_CODE, SIGN_IN_CODE):
        field = re.search(r'<input[^>]*name="code"[^>]*>', client.get(page).content.decode())
        assert field
        for attribute in ('inputmode="numeric"', 'autocomplete="one-time-code"', "autofocus"):
            assert attribute in field[0]
        client = Client()
        ask_for_code(client)


def test_data_are_exported_and_the_account_deleted_with_a_code(dora: Client) -> None:
    cache.clear()
    export, delete = reverse("media:my_data"), reverse("accounts:delete")
    asked = dora.get(export, follow=True)
    assert f"code to <strong>{ADDRESS}</strong>" in asked.content.decode()
    form = {"recipient": ADDRESS, "next": export}
    code_page = dora.post(asked.redirect_chain[-1][0], form)["Location"]
    wrong = dora.post(code_page, {"code": "12345"})
    assert "not the right code" in wrong.content.decode()
    assert dora.post(code_page, {"code": newest_code(ADDRESS)})["Location"] == export
    archive = b"".join(dora.post(export).streaming_content)  # type: ignore[attr-defined]
    assert ADDRESS.encode() in zipfile.ZipFile(io.BytesIO(archive)).read("data.json")
    dora.post(delete)  # the code counts for some minutes
    assert not User.objects.exists()


def test_code_to_confirm_the_identity_goes_only_to_the_persons_own_address(dora: Client) -> None:
    mail.outbox.clear()
    page = reverse("account_request_reauthentication_code")
    assert dora.post(page, {"recipient": "thief@example.org"}).status_code == 200
    assert mail.outbox == []


def test_mailed_code_does_not_turn_off_two_step_sign_in(dora: Client) -> None:
    user, secret = User.objects.get(), totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    cache.clear()
    dora.post(reverse("account_request_reauthentication_code"), {"recipient": ADDRESS})
    dora.post(AGAIN_CODE, {"code": newest_code(ADDRESS)})
    turn_off = reverse("mfa_deactivate_totp")
    asked = dora.post(turn_off)["Location"]
    assert asked.startswith(reverse("mfa_reauthenticate"))
    assert is_mfa_enabled(user)
    now = totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    dora.post(asked, {"code": totp.format_hotp_value(now)})
    dora.post(turn_off)
    assert not is_mfa_enabled(user)


@pytest.mark.parametrize("way", ["profile", "reset"])
def test_first_password_is_set_by_code(dora: Client, way: str) -> None:
    password = {"password1": "seven-kites-Over-hill"}
    cache.clear()
    if way == "profile":
        page = reverse("account_set_password")
        assert "/account/again/code/" in dora.get(page)["Location"]
        dora.post(reverse("account_request_reauthentication_code"), {"recipient": ADDRESS})
        dora.post(AGAIN_CODE, {"code": newest_code(ADDRESS)})
        dora.post(page, password)
    else:
        dora = Client()
        dora.post(reverse("account_reset_password"), {"email": ADDRESS})
        dora.post(reverse("account_confirm_password_reset_code"), {"code": newest_code(ADDRESS)})
        dora.post(reverse("account_complete_password_reset"), password)
    cache.clear()
    laptop = Client()
    form = {"login": ADDRESS, "password": password["password1"]}
    laptop.post(reverse("account_login"), form)
    assert signed_in_as(laptop) == User.objects.get()


class TestPendingCode:
    """While a code is pending, people can still begin again."""

    @pytest.mark.parametrize("begun_at", ["account_request_login_code", "account_signup"])
    @pytest.mark.parametrize(
        "page", ["account_request_login_code", "account_login", "account_signup"]
    )
    def test_page_opens_with_the_address(self, client: Client, begun_at: str, page: str) -> None:
        client.post(reverse(begun_at), {**NAMES, "email": "doar@example.org"})
        assert 'value="doar@example.org"' in client.get(reverse(page)).content.decode()

    def test_corrected_address_gets_a_code(self, dora: Client, client: Client) -> None:
        client.post(reverse("account_request_login_code"), {"email": "doar@example.org"})
        client.post(SIGN_IN_CODE, {"code": ask_for_code(client)})
        assert signed_in_as(client) == User.objects.get()

    def test_next_person_ends_the_sign_up(
        self, client: Client, make_user: Callable[..., User]
    ) -> None:
        code, bob = sign_up(client), make_user("bob")
        client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD})
        client.post(SIGN_UP_CODE, {"code": code})
        assert signed_in_as(client) == bob
        assert not has_confirmed_email(User.objects.get(email=ADDRESS))

    def test_second_click_leads_to_the_code(self, client: Client) -> None:
        assert sign_up(client) == sign_up(client)
        assert len(mail.outbox) == User.objects.count() == 1


class TestLastYearsGuest:
    """A sign-up with an address that has an account signs in to it."""

    @pytest.fixture
    def bob(self, make_user: Callable[..., User]) -> User:
        return make_user("bob", fakes.BOB)

    def test_code_signs_in_to_the_account(self, bob: User, client: Client) -> None:
        client.get(reverse("account_signup"))
        code = sign_up(client, bob.email)
        assert "code to sign in" in str(mail.outbox[-1].body)
        answer = client.post(SIGN_UP_CODE, {"code": code})
        assert answer["Location"] == reverse("events:home")
        assert signed_in_as(client) == bob == User.objects.get()
        bob.refresh_from_db()
        assert bob.first_name == "Bob"  # not what was typed
        assert bob.references.exists()

    def test_page_leads_on_to_the_event(self, event: Event, bob: User, client: Client) -> None:
        join = reverse("events:join", args=[event.pk])
        client.post(
            f"{reverse('account_signup')}?next={join}",
            {**NAMES, "email": bob.email, "next": join},
        )
        assert client.post(SIGN_UP_CODE, {"code": newest_code()})["Location"] == join

    def test_second_factor_is_still_needed(self, bob: User, client: Client) -> None:
        totp.TOTP.activate(bob, totp.generate_totp_secret())
        answer = client.post(SIGN_UP_CODE, {"code": sign_up(client, bob.email)})
        assert answer["Location"].startswith(reverse("mfa_authenticate"))
        assert signed_in_as(client) is None

    def test_account_that_is_turned_off_stays_so(self, bob: User, client: Client) -> None:
        User.objects.update(is_active=False)
        client.post(SIGN_UP_CODE, {"code": sign_up(client, bob.email)})
        assert signed_in_as(client) is None

    def test_wrong_code_changes_nothing(self, bob: User, client: Client) -> None:
        sign_up(client, bob.email)
        for _ in range(4):
            client.post(SIGN_UP_CODE, {"code": "WRONG1"})
        client.post(SIGN_UP_CODE, {"code": newest_code()})
        assert signed_in_as(client) is None


class TestFollowedInvitation:
    @pytest.fixture
    def phone(self, event: Event) -> Client:
        Event.objects.update(is_listed=False)
        client = Client()
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        client.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
        return client

    @pytest.fixture
    def join(self, event: Event) -> str:
        return reverse("events:join", args=[event.pk])

    def shows_event(self, client: Client, event: Event) -> bool:
        return client.get(reverse("events:detail", args=[event.pk])).status_code == 200

    def test_is_kept_with_the_account_for_other_devices(
        self, phone: Client, event: Event, join: str
    ) -> None:
        answer = phone.post(SIGN_UP_CODE, {"code": sign_up(phone, next=join)})
        assert answer["Location"] == join
        laptop = Client()
        laptop.post(SIGN_IN_CODE, {"code": ask_for_code(laptop)})
        assert self.shows_event(laptop, event)

    def test_does_not_pass_to_the_owner_of_an_address_that_another_person_typed(
        self, phone: Client, event: Event, join: str
    ) -> None:
        sign_up(phone, next=join)
        owner = Client()
        answer = owner.post(SIGN_IN_CODE, {"code": ask_for_code(owner)})
        finish = owner.get(answer["Location"], follow=True).content.decode()
        answer = owner.post(reverse("accounts:finish"), NAMES)
        assert not self.shows_event(owner, event)
        welcome = owner.get(answer["Location"]).content.decode()
        for page in (finish, welcome):
            assert "open the link or scan the poster again on this device" in page

    def test_does_not_pass_to_the_next_person_in_the_same_browser(
        self, phone: Client, event: Event, join: str, make_user: Callable[..., User]
    ) -> None:
        sign_up(phone, next=join)
        form = {"login": make_user("bob").email, "password": PASSWORD}
        phone.post(reverse("account_login"), form)
        assert not self.shows_event(phone, event)
        assert phone.get(join).status_code == 404

    def test_is_kept_after_the_code_expired(self, phone: Client, event: Event, join: str) -> None:
        sign_up(phone, next=join)
        with override_settings(ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT=-1):
            answer = phone.get(SIGN_UP_CODE)
        begin = {"email": ADDRESS, "next": parse_qs(urlsplit(answer["Location"]).query)["next"][0]}
        cache.clear()
        code_page = phone.post(reverse("account_request_login_code"), begin)["Location"]
        phone.post(code_page, {"code": newest_code(ADDRESS)})
        phone.post(reverse("accounts:finish"), NAMES)
        assert self.shows_event(phone, event)

    def test_is_kept_for_a_person_who_has_an_account(
        self, phone: Client, event: Event, join: str, make_user: Callable[..., User]
    ) -> None:
        bob = make_user("bob")
        phone.post(SIGN_UP_CODE, {"code": sign_up(phone, bob.email, next=join)})
        assert self.shows_event(browser_of(bob), event)


def test_strangers_do_not_use_up_the_codes_of_an_account(dora: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "code": "1/h/key"}
    sign_in, again = (
        reverse(f"account_request_{name}_code") for name in ("login", "reauthentication")
    )
    stranger = Client()
    answers = [stranger.post(sign_in, {"email": ADDRESS}).status_code for _ in range(2)]
    assert answers == [302, 429]
    assert dora.post(again, {"recipient": ADDRESS})["Location"] == AGAIN_CODE
    dora.post(reverse("account_logout"))
    assert dora.post(sign_in, {"email": ADDRESS})["Location"] == SIGN_IN_CODE
    assert dora.post(sign_in, {"email": ADDRESS}).status_code == 429


class TestWrongCodes:
    """A code has a million values, so the number of wrong ones is limited beyond each code."""

    def guess(self, client: Client, times: int, code_page: str = SIGN_IN_CODE) -> str:
        for _ in range(times):
            page = client.post(code_page, {"code": "WRONG1"}).content.decode()
        return page

    @pytest.fixture
    def limit(self, settings: object) -> Callable[..., None]:
        def set_limits(**limits: str) -> None:
            settings.ACCOUNT_RATE_LIMITS = {  # type: ignore[attr-defined]
                **settings.ACCOUNT_RATE_LIMITS,  # type: ignore[attr-defined]
                "code": "100/h/key",
                **limits,
            }

        return set_limits

    def test_address_allows_few_however_many_codes_are_sent(
        self, dora: Client, limit: Callable[..., None]
    ) -> None:
        limit(code_failed_address="4/h/key")
        dora.post(reverse("account_logout"))
        pages = []
        for place in range(3):
            thief = Client(REMOTE_ADDR=f"10.0.0.{place}")
            thief.post(reverse("account_request_login_code"), {"email": ADDRESS})
            pages.append(self.guess(thief, 3))
        assert ["too many wrong codes for this address" in page for page in pages] == [
            False,
            True,
            True,
        ]
        thief.post(SIGN_IN_CODE, {"code": newest_code(ADDRESS)})
        assert signed_in_as(thief) is None
        dora.post(reverse("account_request_login_code"), {"email": ADDRESS})  # a known device
        dora.post(SIGN_IN_CODE, {"code": newest_code(ADDRESS)})
        assert signed_in_as(dora) == User.objects.get()

    @pytest.mark.parametrize(
        ("rates", "wait"),
        [("1/h/key,9/d/key", "60 minutes"), ("1/h/key,1/d/key", "24 hours")],
    )
    def test_page_says_how_long_to_wait(
        self, client: Client, limit: Callable[..., None], rates: str, wait: str
    ) -> None:
        limit(code_failed_address=rates)
        client.post(reverse("account_request_login_code"), {"email": ADDRESS})
        assert f"Request a new one in {wait}." in self.guess(client, 2)

    def test_signed_in_stranger_is_counted_for_the_address(
        self, dora: Client, limit: Callable[..., None], make_user: Callable[..., User]
    ) -> None:
        limit(code_failed_address="2/h/key")
        for name in ("mallory", "charlie"):
            thief = browser_of(make_user(name))
            thief.post(reverse("account_reset_password"), {"email": ADDRESS})
            page = self.guess(thief, 2, reverse("account_confirm_password_reset_code"))
        assert "too many wrong codes" in page

    def test_correct_codes_do_not_count(self, dora: Client, limit: Callable[..., None]) -> None:
        limit(code_failed_address="1/h/key", code_failed="1/h/ip", code_turn="1/h/key")
        for _ in range(3):
            laptop = Client()
            laptop.post(reverse("account_request_login_code"), {"email": ADDRESS})
            laptop.post(SIGN_IN_CODE, {"code": newest_code(ADDRESS)})
            assert signed_in_as(laptop) == User.objects.get()

    @pytest.fixture
    def crowded(self, limit: Callable[..., None]) -> None:
        limit(code_failed="1/h/ip", code_turn="1/h/key")
        guest = Client()
        guest.post(reverse("account_request_login_code"), {"email": "guest@example.org"})
        self.guess(guest, 1)

    def test_network_with_many_tries_each_address_at_intervals(
        self, dora: Client, crowded: None
    ) -> None:
        guests = [Client() for _ in range(3)]
        for guest, name in zip(guests, ["max", "max", "eva"], strict=True):
            guest.post(reverse("account_request_login_code"), {"email": f"{name}@example.org"})
        pages = [self.guess(guest, 1) for guest in guests]
        assert ["Try again in 60 minutes" in page for page in pages] == [False, True, False]

    def test_owner_does_not_count_for_the_network(self, dora: Client, crowded: None) -> None:
        dora.post(reverse("account_request_reauthentication_code"), {"recipient": ADDRESS})
        assert "not the right code" in self.guess(dora, 2, AGAIN_CODE)
        dora.post(reverse("account_logout"))  # a known device
        dora.post(reverse("account_request_login_code"), {"email": ADDRESS})
        assert "not the right code" in self.guess(dora, 2)


def test_superuser_is_made_from_the_account_with_the_address(dora: Client) -> None:
    names = {"first_name": "D", "last_name": "E"}
    assert User.objects.create_superuser("DORA@example.org", "a-long-Pass-9", **names).is_staff
    user = User.objects.get()
    assert (user.name, user.is_superuser) == ("Dora Example", True)
    assert user.check_password("a-long-Pass-9")
    other = User.objects.create_superuser("chief@example.org", "a-long-Pass-9", **names)
    assert other.name == "D E"
