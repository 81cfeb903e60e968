"""The secrets of the second factor, sealed where django-allauth keeps them."""

from __future__ import annotations

import base64

from allauth.mfa.models import Authenticator

from picprocure.storage.sealing import is_sealed_with_first_key, seal, unseal

_CONTEXT = "second factor"
_SECRETS = ("secret", "seed")


def seal_secret(text: str) -> str:
    return base64.b64encode(seal(text.encode(), context=_CONTEXT)).decode()


def unseal_secret(sealed: str) -> str:
    """Raises SealingError."""
    return unseal(base64.b64decode(sealed), context=_CONTEXT).decode()


def reseal_secrets() -> int:
    """Seal all with the first key. Returns how many were sealed with another one."""
    count = 0
    for authenticator in Authenticator.objects.all():
        for name in _SECRETS:
            sealed = authenticator.data.get(name)
            if sealed and not is_sealed_with_first_key(base64.b64decode(sealed)):
                authenticator.data[name] = seal_secret(unseal_secret(sealed))
                authenticator.save(update_fields=["data"])
                count += 1
    return count
