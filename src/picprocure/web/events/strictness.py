"""How strictly an event is matched: what each step would change, and the choice of one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from picprocure.galleries import access
from picprocure.photos.usage import usage_of
from picprocure.pipeline import changes
from picprocure.recognition.trials import is_sorted, outlook
from picprocure.web.http import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def strictness(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show what each step would change, or choose one."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    known = outlook(event)
    if request.method == "POST":
        chosen = {str(step.strictness): step for step in known.steps}
        step = chosen.get(request.POST.get("strictness", ""))
        if step is None:
            raise Http404
        if not step.is_current:
            changes.change_strictness(event=event, strictness=step.strictness)
            messages.success(request, "Your guests are matched again. No photo is checked again.")
        return redirect("events:strictness", event_id)
    if known.is_computing:
        changes.wait_for_trial(event)  # its job may be lost
    context = {"event": event, "outlook": known, "is_sorted": is_sorted(event)}
    usage = usage_of(event)
    context["has_released"] = usage.analyzed > usage.unreleased
    return render(request, "events/strictness.html", context)


@require_POST
def compare(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Have a job compute what each step would change, the one in the form next."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    steps = {str(step.strictness): step.strictness for step in outlook(event).steps}
    changes.compare_strictness(event, asked=steps.get(request.POST.get("strictness", "")))
    return redirect("events:strictness", event_id)
