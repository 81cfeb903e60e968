"""Secrets of the second factor, sealed in django-allauth's table."""

from __future__ import annotations

import base64
import os
from collections import Counter

from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from picprocure.storage.sealing import head_of, reseal, seal, try_unseal

_CONTEXT = "second factor"
_SECRETS = ("secret", "seed")


def seal_secret(text: str) -> str:
    """Seal a secret. Return it in base64, as django-allauth stores text."""
    return base64.b64encode(seal(text.encode(), context=_CONTEXT)).decode()


def unseal_secret(sealed: str) -> str:
    """Return the secret, or a random one if no key opens it, so that no code is accepted."""
    plain = try_unseal(base64.b64decode(sealed), context=_CONTEXT)
    return base64.b32encode(os.urandom(20)).decode() if plain is None else plain.decode()


def reseal_secrets() -> int:
    """Seal all secrets with the first key.

    Returns:
        The number of secrets that were sealed with another key.
    """
    return sum(map(_reseal_secrets_of, list(Authenticator.objects.values_list("pk", flat=True))))


@transaction.atomic
def _reseal_secrets_of(pk: int) -> int:
    """Reseal one second factor.

    The row is locked, since the same column says which recovery codes were used.
    """
    count = 0
    for authenticator in Authenticator.objects.select_for_update().filter(pk=pk):
        for name, sealed in _secrets_of(authenticator):
            resealed = reseal(sealed, context=_CONTEXT)
            if resealed:
                authenticator.data[name] = base64.b64encode(resealed).decode()
                authenticator.save(update_fields=["data"])
                count += 1
    return count


def delete_unopened_secrets() -> int:
    """Delete second factors that no key opens.

    Returns:
        The number of deleted second factors.
    """
    unopened = [
        authenticator.pk
        for authenticator in Authenticator.objects.all()
        for _, sealed in _secrets_of(authenticator)
        if try_unseal(sealed, context=_CONTEXT) is None
    ]
    Authenticator.objects.filter(pk__in=unopened).delete()
    return len(set(unopened))


def count_heads() -> Counter[bytes]:
    """Count secrets by the heads that name their keys. The table may not exist yet."""
    table = Authenticator._meta.db_table
    if table not in connection.introspection.table_names():
        return Counter()
    return Counter(
        head_of(sealed)
        for authenticator in Authenticator.objects.all()
        for _, sealed in _secrets_of(authenticator)
    )


def _secrets_of(authenticator: Authenticator) -> list[tuple[str, bytes]]:
    secrets = ((name, authenticator.data.get(name)) for name in _SECRETS)
    return [(name, base64.b64decode(sealed)) for name, sealed in secrets if sealed]
