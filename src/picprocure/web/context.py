"""Template variables that every page has."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy

from picprocure.accounts.models import User
from picprocure.events.services import may_create_events
from picprocure.notifications import console
from picprocure.web.accounts import passkeys
from picprocure.web.followed_links import may_sign_up
from picprocure.web.zones import device_zone

# Address, icon and label.
PROFILE_PAGES = (
    (reverse_lazy("accounts:profile"), "bi-person", "Name and account"),
    (reverse_lazy("enrollment:references"), "bi-person-bounding-box", "My face"),
    (reverse_lazy("accounts:preferences"), "bi-bell", "E-mails and time zone"),
    (reverse_lazy("mfa_index"), "bi-shield-lock", "Security"),
    (reverse_lazy("accounts:data"), "bi-box-arrow-down", "My data"),
)


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)  # missing if a middleware refused the request early
    return {
        "site_name": settings.SITE_NAME,
        "sign_up_is_open": hasattr(request, "session") and may_sign_up(request),
        "sign_up_needs_invitation": settings.SIGN_UP == "invited",
        "may_create_events": isinstance(user, User) and may_create_events(user),
        "mail_is_on_console": console.is_in_use() and settings.DEBUG,
        "profile_pages": PROFILE_PAGES,
        "has_passkeys": passkeys.are_offered(),
        "device_zone": device_zone(request) or "",
    }
