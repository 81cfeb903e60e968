"""Pages for everybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from picprocure.accounts.consent import CURRENT_CONSENT


@login_not_required
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/front.html", {"availability_hours": _availability_hours()})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {"consent": CURRENT_CONSENT, "availability_hours": _availability_hours()}
    return render(request, "pages/privacy.html", context)


def _availability_hours() -> int:
    return int(settings.AVAILABILITY.total_seconds() // 3600)
