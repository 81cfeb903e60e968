"""The secrets of the second factor, sealed where django-allauth keeps them."""

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
    return base64.b64encode(seal(text.encode(), context=_CONTEXT)).decode()


def unseal_secret(sealed: str) -> str:
    """Open the secret. If no key opens it, return a random one, so that no code is accepted."""
    opened = try_unseal(base64.b64decode(sealed), context=_CONTEXT)
    return base64.b32encode(os.urandom(20)).decode() if opened is None else opened.decode()


def reseal_secrets() -> int:
    """Seal all with the first key. Returns how many were sealed with another one."""
    return sum(map(_reseal_secrets_of, list(Authenticator.objects.values_list("pk", flat=True))))


@transaction.atomic
def _reseal_secrets_of(pk: int) -> int:
    """Under a lock: the same column says which recovery codes were used."""
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
    """Delete second factors that no key opens. Returns how many."""
    lost = [
        authenticator.pk
        for authenticator in Authenticator.objects.all()
        for _, sealed in _secrets_of(authenticator)
        if try_unseal(sealed, context=_CONTEXT) is None
    ]
    Authenticator.objects.filter(pk__in=lost).delete()
    return len(set(lost))


def count_heads() -> Counter[bytes]:
    """Count the secrets sealed with each key. Safe while migrations run."""
    table = Authenticator._meta.db_table  # noqa: SLF001 -- Django's way to name it
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
