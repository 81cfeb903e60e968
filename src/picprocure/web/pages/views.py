"""General pages: home, privacy and feedback."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.pipeline import changes
from picprocure.web import limits
from picprocure.web.http import SignedInRequest
from picprocure.web.pages.forms import FeedbackForm


@login_not_required
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    context = {
        "availability_hours": _availability_hours(),
        "anyone_may_create_events": settings.EVENT_CREATORS == "everyone",
    }
    return render(request, "pages/front.html", context)


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {"consent": CURRENT_CONSENT, "availability_hours": _availability_hours()}
    return render(request, "pages/privacy.html", context)


@login_not_required
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Let search engines list only the home page, not events."""
    return HttpResponse("User-agent: *\nAllow: /$\nDisallow: /\n", content_type="text/plain")


@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: SignedInRequest) -> HttpResponse:
    form = FeedbackForm(request.POST or None)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and limits.count_form(request, "feedback", form):
        changes.send_feedback(user=request.user, text=form.cleaned_data["text"])
        messages.success(request, "Thank you! Your message is on its way.")
        return redirect("pages:feedback")
    return render(request, "pages/feedback.html", {"form": form}, status=429 if is_sent else 200)


def _availability_hours() -> int:
    return int(settings.AVAILABILITY.total_seconds() // 3600)
