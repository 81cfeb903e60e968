"""Limits on codes for an address, and on wrong codes for an address and from a network.

Each code allows three attempts (`accounts/code_attempts.py`). Without these limits, many codes with
three attempts each would allow many guesses.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from picprocure.accounts.emails import account_for_sign_in
from picprocure.web import limits
from picprocure.web.accounts import devices


def count_code(request: HttpRequest, address: str) -> None:
    """Count a request for a code.

    Raises:
        RateLimitReached: There were too many.
    """
    limits.count(request, "code", key=_key(request, address))


def count_attempt(request: HttpRequest, address: str) -> limits.Counted:
    """Count an attempt at a code before it is made. Roll it back if the code is correct.

    Raises:
        forms.ValidationError: There were too many wrong codes.
    """
    try:
        counted = limits.count(request, "code_failed_address", key=_key(request, address))
    except limits.RateLimitReached as refused:
        raise get_adapter().validation_error("too_many_codes", refused.wait) from refused
    try:
        from_network = limits.count_from_network(request, "code_failed")
    except limits.RateLimitReached:
        counted.entries.extend(_wait_for_turn(request, counted).entries)
    else:
        counted.entries.extend(from_network.entries)
    return counted


def _wait_for_turn(request: HttpRequest, counted: limits.Counted) -> limits.Counted:
    """Let people from one network try a code one at a time after too many wrong ones."""
    try:
        return limits.count_from_network(request, "code_turn")
    except limits.RateLimitReached as refused:
        counted.rollback()
        raise get_adapter().validation_error("too_many_codes_at_once") from refused


def _key(request: HttpRequest, address: str) -> str:
    """Return what codes are counted for.

    The owner of the address is counted separately while signed in, and on a device that they signed
    in with before. So strangers can't use up their attempts.
    """
    account = account_for_sign_in(address)
    if account and account == request.user:
        return f"person:{account.pk}"
    if account and devices.is_known(request, account):
        return f"device:{devices.mark(account)}"
    return f"address:{address.lower()}"
