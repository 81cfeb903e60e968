"""Limits on codes for an address, and on wrong codes for an address and from a network.

Each code allows three attempts (`accounts/code_attempts.py`). Without these limits, many codes with
three attempts each would allow many guesses.
"""

from __future__ import annotations

from typing import Final

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest

from picprocure.accounts.emails import account_for_sign_in, stored_spelling
from picprocure.web import limits
from picprocure.web.accounts import devices

_OWNER: Final = "owner:"  # attempts by the owner of an address, which don't count for the network


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
    key = _key(request, address)
    try:
        counted = limits.count(request, "code_failed_address", key=key)
    except limits.RateLimitReached as refused:
        raise get_adapter().validation_error("too_many_codes", refused.wait) from refused
    if key.startswith(_OWNER):
        return counted
    try:
        from_network = limits.count_from_network(request, "code_failed")
    except limits.RateLimitReached:
        from_network = _wait_for_turn(request, key, counted)
    counted.entries.extend(from_network.entries)
    return counted


def _wait_for_turn(request: HttpRequest, key: str, counted: limits.Counted) -> limits.Counted:
    """Slow down attempts for an address from a network that sent many wrong codes.

    Other addresses don't have to wait, so one guest can't keep the others out.
    """
    try:
        return limits.count(request, "code_turn", key=f"{ratelimit.get_ip(request)} {key}")
    except limits.RateLimitReached as refused:
        counted.rollback()
        raise get_adapter().validation_error("too_many_codes_at_once", refused.wait) from refused


def _key(request: HttpRequest, address: str) -> str:
    """Return what codes are counted for.

    The owner of the address is counted separately while signed in, and on a device that they signed
    in with before. So strangers can't use up their attempts.
    """
    account = account_for_sign_in(address)
    if account and account == request.user:
        return f"{_OWNER}person:{account.pk}"
    if account and devices.is_known(request, account):
        return f"{_OWNER}device:{devices.mark(account)}"
    return f"address:{stored_spelling(address)}"
