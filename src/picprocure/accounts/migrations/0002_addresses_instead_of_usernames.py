"""Accounts are known by their address. No account is lost.

An account that has no address of its own to sign in with gets a placeholder made from its username,
such as `anna@picprocure.invalid`. Only accounts made in the terminal can be in this situation.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Q


def keep_accounts(apps: Any, _schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    invitations = apps.get_model("events", "CoHostInvitation").objects

    unnamed_staff = users.filter(
        Q(is_staff=True) | Q(is_superuser=True), first_name="", last_name=""
    )
    for user in unnamed_staff:  # others saw their username
        user.first_name = user.username[:80]
        user.save(update_fields=["first_name"])

    confirmed = addresses.filter(user=OuterRef("pk"), verified=True)
    for user in users.filter(~Exists(confirmed)).order_by("pk"):
        is_staff = user.is_staff or user.is_superuser
        taken = addresses.filter(email=user.email.lower(), verified=True).exists() or (
            users.filter(Q(is_staff=True) | Q(is_superuser=True), email__iexact=user.email)
            .filter(pk__lt=user.pk)
            .exists()
        )
        if not user.email or (is_staff and taken):
            user.email = f"{user.username.lower()}@picprocure.invalid"
            user.save(update_fields=["email"])

    # Invitations by a username that no account had: no one can accept them any more.
    invitations.filter(user=None).exclude(invitee__contains="@").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0001_initial"),
        ("events", "0001_initial"),
    ]

    operations = [migrations.RunPython(keep_accounts, migrations.RunPython.noop)]
