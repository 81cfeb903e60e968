"""E-mail addresses of accounts: confirmed, or only claimed."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.encoding import punycode

from picprocure.accounts.models import User

_LONGEST: Final = 254


def canonical_address(email: str) -> str:
    """Return the one spelling of an address under which we store, compare and count it.

    It is in lower case, with the domain as mail servers know it ("xn--mller-kva.example" for
    "müller.example"). Otherwise, one mailbox could get many times the mails, and many accounts.

    Raises:
        ValidationError: It isn't an address, or another spelling of it is the usual one.
    """
    email = email.strip()
    validate_email(email)
    local_part, domain = email.lower().rsplit("@", 1)
    if not local_part.isascii() or local_part.startswith('"'):
        raise ValidationError(
            "The part of the address before the @ contains quotes or letters with which we can't "
            "send mail. Use plain letters, digits and signs."
        )
    if domain.startswith("[") or unicodedata.normalize("NFKC", domain) != domain:
        raise ValidationError(
            "The part of the address after the @ contains unusual characters. Type it as the "
            "domain's owner writes it, such as example.org."
        )
    address = f"{local_part}@{_as_mail_servers_know(domain)}"
    validate_email(address)
    if len(address) > _LONGEST:
        raise ValidationError(f"The address has more than {_LONGEST} characters. Use another one.")
    return address


def _as_mail_servers_know(domain: str) -> str:
    """Return a domain in ASCII.

    Python's IDNA is that of 2003, which turns "straße.example" into "strasse.example". That is
    another domain since IDNA 2008, and its mailboxes are other people's. So domains that IDNA 2003
    changes are refused.

    Raises:
        ValidationError: The domain is invalid, or it could mean another one.
    """
    try:
        encoded: str = punycode(domain).lower()
        meant = domain if domain.isascii() else encoded.encode().decode("idna")
    except UnicodeError as error:
        raise ValidationError("The address has no valid domain after the @.") from error
    if meant != domain:
        raise ValidationError(
            f"Mail to this address could go to {encoded}, which may be another domain. Type "
            f"{encoded} after the @ if you mean it. Otherwise, type the form of your domain that "
            "begins with xn--."
        )
    return encoded


def stored_spelling(email: str) -> str:
    """Return the canonical spelling of an address, or of one that we stored before, itself."""
    try:
        return canonical_address(email)
    except ValidationError:
        return email.strip().lower()


def has_address(email: str) -> Q:
    """Return the condition that a row's `email` is this address, in upper or lower case.

    Unlike `iexact`, it compares in lower case. In upper case, PostgreSQL takes "ı" for "i" and
    "ſ" for "s", so an address would match one of another domain.
    """
    return Q(Exact(Lower("email"), email.lower()))


def has_confirmed_email(user: User) -> bool:
    """Return whether the person has confirmed their current address."""
    confirmed = EmailAddress.objects.filter(has_address(user.email), user=user, verified=True)
    return bool(confirmed.exists())


def has_confirmed_any(user: User) -> bool:
    """Return whether the person has confirmed any address."""
    return bool(EmailAddress.objects.filter(user=user, verified=True).exists())


def confirm_email(user: User) -> None:
    """Mark the person's current address as confirmed, without a mail to it."""
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )


def addresses_of(user: User) -> set[str]:
    """Return all addresses of a person in lower case, confirmed or not."""
    rows = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return {address.lower() for address in (user.email, *rows) if address}


def confirmed_addresses_of(user: User) -> set[str]:
    """Return the addresses that a person confirmed, in lower case. Staff need no confirmation."""
    rows = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    staff = {user.email} if user.is_staff or user.is_superuser else set()
    return {address.lower() for address in {*rows, *staff} if address}


def unconfirmed_since(moment: datetime) -> QuerySet[User]:
    """Return people who signed up before `moment` and never confirmed an address.

    Accounts created by an operator have no address to confirm, so they are not included.
    """
    claims = Exists(EmailAddress.objects.filter(user=OuterRef("pk")))
    return User.objects.filter(~_has_confirmed(), ~_is_staff(), claims, date_joined__lt=moment)


def confirmed_accounts(email: str) -> QuerySet[User]:
    """Return accounts that confirmed this address, or that the operator created with it."""
    confirmed = _has_confirmed(email=email.lower())
    return User.objects.filter(confirmed | (_is_staff() & has_address(email)))


def unconfirmed_sign_ups(email: str) -> QuerySet[User]:
    """Return sign-ups that claim this address and have confirmed no address, newest first."""
    unconfirmed = User.objects.filter(~_has_confirmed(), ~_is_staff(), has_address(email))
    newest = F("claim").desc(nulls_last=True)
    return unconfirmed.alias(claim=Subquery(_claims(email).values("pk"))).order_by(newest, "-pk")


def other_claimants(email: str) -> QuerySet[User]:
    """Return accounts that claim this address, but confirmed only another one."""
    claimants = User.objects.filter(Exists(_claims(email)) | has_address(email), _has_confirmed())
    return claimants.exclude(pk__in=confirmed_accounts(email).values("pk"))


def account_for_sign_in(email: str) -> User | None:
    """Return the account that signs in with this address.

    Unconfirmed sign-ups can't sign in with a password. Otherwise, anyone could sign up with an
    address, and then sign in with it to find out whether it has an account.
    """
    return confirmed_accounts(email).order_by("pk").first()


def _has_confirmed(**address: str) -> Exists:
    """Return the condition that a user confirmed an address: this one, or any address."""
    return Exists(EmailAddress.objects.filter(user=OuterRef("pk"), verified=True, **address))


def _claims(email: str) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(user=OuterRef("pk"), email=email.lower())  # type: ignore[no-any-return]


def _is_staff() -> Q:
    return Q(is_staff=True) | Q(is_superuser=True)
