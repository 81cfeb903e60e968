"""One's own account."""

from __future__ import annotations

from typing import ClassVar

from allauth.account.views import SignupView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.db import IntegrityError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from picprocure.accounts.consent import CURRENT_CONSENT, consent_in_force
from picprocure.pipeline.changes import add_reference
from picprocure.recognition.enrollment import store_reference
from picprocure.retention.erasure import erase_account, withdraw
from picprocure.web.accounts.forms import PasswordForm, PhotoForm, ProfileForm, SignUpForm
from picprocure.web.http import SignedInRequest

ANOTHER_FACE = (
    "Your new photo is in use for events to come. It doesn't look like the one before, so for "
    "events whose registration has closed nobody is looked for by it."
)


class SignUpView(SignupView):  # type: ignore[misc]
    """allauth's, with our consent, and calm when somebody else was a moment faster."""

    extra_context: ClassVar = {"consent": CURRENT_CONSENT}

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except IntegrityError:
            form.add_error(
                None,
                "This username or e-mail address was taken a moment ago. If that was you, sign in.",
            )
            response = self.form_invalid(form)
        return response


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.")
        return redirect("accounts:profile")
    context = {
        "form": form,
        "reference": request.user.references.last(),
        "consent_in_force": consent_in_force(request.user),
    }
    return render(request, "accounts/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def photo(request: SignedInRequest) -> HttpResponse:
    form = PhotoForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        before = request.user.references.last()
        enrolled = add_reference(
            user=request.user,
            reference=store_reference(form.reference_photo),
            consent_version=CURRENT_CONSENT.version,
            replacing=before,
        )
        if before and enrolled.known_since > before.known_since:
            messages.warning(request, ANOTHER_FACE)
        else:
            messages.success(request, "Your new photo is in use; your events are sorted again.")
        return redirect("accounts:profile")
    context = {
        "form": form,
        "consent": CURRENT_CONSENT,
        "reference": request.user.references.last(),
    }
    return render(request, "accounts/photo.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_consent(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/withdraw.html")
    withdraw(request.user)
    messages.success(
        request,
        "Your profile photo, its numbers and every link between you and a photo are deleted.",
    )
    return redirect("accounts:profile")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    too_often: HttpResponse | None = ratelimit.consume_or_429(
        request, action="reauthenticate", user=request.user
    )
    if too_often:
        return too_often
    form = PasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        user = request.user
        logout(request)
        erase_account(user)
        messages.success(request, "Your account and everything that belonged to it is deleted.")
        return redirect("pages:front")
    context = {
        "form": form,
        "events": request.user.created_events.annotate(
            photo_count=Count("photos", distinct=True),
            registration_count=Count("registrations", distinct=True),
        ),
        "registration_count": request.user.registrations.count(),
    }
    return render(request, "accounts/delete.html", context)
