"""Whether an e-mail address is known to be its owner's."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, Q, QuerySet

from picprocure.accounts.models import User


def has_confirmed_email(user: User) -> bool:
    """Whether the person proved that mail to their address reaches them."""
    return bool(_rows(user).filter(verified=True).exists())


def confirm_email(user: User) -> None:
    """Take the person's address for confirmed, as an operator or the demo may."""
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )


def addresses_of(user: User) -> set[str]:
    """Every address that the site knows of a person, confirmed or not, in lower case."""
    rows = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return {address.lower() for address in (user.email, *rows) if address}


def confirmed_addresses_of(user: User) -> set[str]:
    """The addresses that a person proved to be theirs, in lower case; staff need no proof."""
    rows = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    staff = {user.email} if user.is_staff or user.is_superuser else set()
    return {address.lower() for address in {*rows, *staff} if address}


def unconfirmed_since(moment: datetime) -> QuerySet[User]:
    """People who signed up before then and never proved any address of theirs.

    Accounts that an operator made have no address to prove, and stay.
    """
    proved = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    named = EmailAddress.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(
        ~Exists(proved), Exists(named), date_joined__lt=moment, is_staff=False, is_superuser=False
    )


def confirmed_accounts(email: str) -> QuerySet[User]:
    """Accounts whose address this is: confirmed, or made by the operator in the terminal."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True, email=email.lower())
    return User.objects.filter(Exists(confirmed) | Q(_is_staff(), email__iexact=email))


def unconfirmed_sign_ups(email: str) -> QuerySet[User]:
    """Sign-ups that claim this address, and confirmed neither it nor another one."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(~Exists(confirmed), ~_is_staff(), email__iexact=email)


def _is_staff() -> Q:
    return Q(is_staff=True) | Q(is_superuser=True)


def _rows(user: User):  # type: ignore[no-untyped-def]
    return EmailAddress.objects.filter(user=user, email__iexact=user.email)
