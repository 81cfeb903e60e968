"""Pages of a person's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.accounts.consent import consent_in_force
from picprocure.events.models import Event
from picprocure.events.services import may_create_events
from picprocure.galleries import access
from picprocure.pipeline import account_changes, changes
from picprocure.storage.reserve import frees_room
from picprocure.web.accounts import code_mails
from picprocure.web.accounts.forms import PreferencesForm, ProfileForm
from picprocure.web.accounts.identity import confirms_identity
from picprocure.web.http import SignedInRequest
from picprocure.web.middleware import is_finished


@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: SignedInRequest) -> HttpResponse:
    """Complete the account of a person who confirmed an address that another person had claimed."""
    next_url = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(next_url, allowed_hosts=None):
        next_url = reverse("accounts:welcome")
    if is_finished(request.user):
        return redirect(next_url)
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(next_url)
    request.user.refresh_from_db()  # the page's header shows the saved name
    return render(request, "accounts/finish.html", {"form": form})


@require_safe
def welcome(request: SignedInRequest) -> HttpResponse:
    """Ask people who just signed up what they came for. Hosts need no photo of their face."""
    if access.invitations_to_host(request.user).exists():
        return redirect("events:hosting_invitations")
    if not may_create_events(request.user):
        return redirect("enrollment:start")
    return render(request, "accounts/welcome.html")


@login_not_required
@require_safe
def code_mail(request: HttpRequest) -> HttpResponse:
    """Show the part of a code page that contains the status of the mail."""
    code_mails.send_overdue_mail(request)
    return render(request, "account/_code_mail.html", code_mails.state(request))


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name was saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedInRequest) -> HttpResponse:
    form = PreferencesForm(
        request.POST if request.method == "POST" else None, instance=request.user
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("accounts:preferences")
    return render(request, "accounts/preferences.html", {"form": form})


@require_safe
def data(request: SignedInRequest) -> HttpResponse:
    context = {"consent_in_force": consent_in_force(request.user)}
    return render(request, "accounts/data.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_consent(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        context = {"consent_in_force": consent_in_force(request.user)}
        return render(request, "accounts/withdraw.html", context)
    changes.withdraw(request.user)
    messages.success(
        request,
        "You withdrew your consent. The photos of your face and your face data were deleted.",
    )
    return redirect("accounts:data")


@require_http_methods(["GET", "HEAD", "POST"])
@confirms_identity
@frees_room
def delete(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        user = request.user
        logout(request)
        account_changes.delete_account(user)
        messages.success(request, "Your account and everything in it was deleted.")
        return redirect("pages:front")
    context = {
        "events": Event.objects.filter(creator=request.user).with_totals(),
        "registration_count": request.user.registrations.count(),
    }
    return render(request, "accounts/delete.html", context)
