"""Steps before which the person confirms that it's them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from allauth.account.decorators import reauthentication_required

P = ParamSpec("P")
R = TypeVar("R")


def confirms_identity(view: Callable[P, R]) -> Callable[P, R]:
    """Ask for a password, a code by mail, a passkey or a second factor before a view.

    It counts for five minutes (django-allauth's ACCOUNT_REAUTHENTICATION_TIMEOUT).
    """
    return cast("Callable[P, R]", reauthentication_required(view))
