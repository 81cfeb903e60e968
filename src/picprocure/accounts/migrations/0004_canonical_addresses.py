"""Addresses have one spelling: in lower case, with the domain as mail servers know it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import migrations
from django.db.models import Q

from picprocure.accounts.emails import canonical_address


def use_canonical_spellings(apps: Any, _schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    for pk, user, email in list(addresses.values_list("pk", "user", "email")):
        others = addresses.exclude(pk=pk).filter(Q(verified=True) | Q(user=user))
        rename(addresses.filter(pk=pk), email, others=others)
    for pk, email in list(users.values_list("pk", "email")):
        others = addresses.exclude(user=pk).filter(verified=True)
        rename(users.filter(pk=pk), email, others=others)


def rename(row: Any, email: str, *, others: Any) -> None:
    """Use the canonical spelling, unless one of the others has it.

    Addresses that are no longer accepted stay as they are.
    """
    try:
        canonical = canonical_address(email)
    except ValidationError:
        return
    if canonical != email and not others.filter(email=canonical).exists():
        row.update(email=canonical)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_without_username"),
        ("account", "0001_initial"),
    ]

    operations = [migrations.RunPython(use_canonical_spellings, migrations.RunPython.noop)]
