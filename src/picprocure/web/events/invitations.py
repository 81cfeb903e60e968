"""Invitation links: hosts create them, and guests follow them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.events import invitation_mails
from picprocure.events.invitations import (
    accept_invitation,
    code_of,
    create_invitation,
    hash_of,
    revoke_invitation,
    token_of,
    token_of_code,
)
from picprocure.events.models import Event, Invitation
from picprocure.galleries import access
from picprocure.recognition.unknown_person_invitations import record_follower
from picprocure.web.events.confirmation import confirmation_page
from picprocure.web.events.forms import InvitationForm
from picprocure.web.events.qr_codes import CONTENT_TYPES, draw
from picprocure.web.followed_links import ASKED_TO_HOST, FOLLOWED_INVITATION
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

if TYPE_CHECKING:
    from picprocure.accounts.models import User

POSTER_SIZES: Final = {"a4": "A4", "a5": "A5", "cards": "Table cards"}
CARDS_ON_A_SHEET: Final = 4


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation with its addresses, which are empty if it can't be shown again."""

    invitation: Invitation
    address: str = ""
    short_address: str = ""

    @property
    def is_for_unknown_person(self) -> bool:
        """Whether it was made for an unknown person in the photos."""
        return hasattr(self.invitation, "for_unknown_person")


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show the links of an event, or create one."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        create_invitation(event=event, valid_for=timedelta(days=form.cleaned_data["days"]))
        messages.success(request, "Your new link works. Share it now, or come back for it later.")
        return redirect("events:invite", event_id)
    invitations = event.invitations.valid().select_related("for_unknown_person")
    links = [shown_link(invitation) for invitation in invitations]
    for_unknown_people = [link for link in links if link.address and link.is_for_unknown_person]
    context = {
        "event": event,
        "form": form,
        "links": [link for link in links if link.address and not link.is_for_unknown_person],
        "links_for_unknown_people": for_unknown_people,
        "other_links": [link.invitation for link in links if not link.address],
    }
    return render(request, "events/invite.html", context)


@require_safe
def qr_code(
    request: SignedInRequest, event_id: UUID, invitation_id: int, kind: str
) -> HttpResponse:
    """Send the QR code of a link as a picture."""
    link = _shown_link(request, event_id, invitation_id)
    if kind not in CONTENT_TYPES:
        raise Http404
    return HttpResponse(draw(link.address, kind), content_type=CONTENT_TYPES[kind])


@require_safe
def poster(request: SignedInRequest, event_id: UUID, invitation_id: int) -> HttpResponse:
    """Show a poster, or table cards, to be printed by the browser."""
    link = _shown_link(request, event_id, invitation_id)
    size = request.GET.get("size", "")
    if size not in POSTER_SIZES:
        size = next(iter(POSTER_SIZES))
    event, works_until = link.invitation.event, link.invitation.expires_at
    if not event.allows_late_registration:
        works_until = min(works_until, event.registration_closes_at)
    context = {
        "event": event,
        "link": link,
        "works_until": works_until,
        "size": size,
        "sizes": POSTER_SIZES.items(),
        "copies": range(CARDS_ON_A_SHEET if size == "cards" else 1),
    }
    return render(request, "events/poster.html", context)


def _shown_link(request: SignedInRequest, event_id: UUID, invitation_id: int) -> Link:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    link = shown_link(get_object_or_404(event.invitations.valid(), pk=invitation_id))
    if not link.address:
        raise Http404
    return link


def shown_link(invitation: Invitation) -> Link:
    """Return an invitation with its addresses."""
    token = token_of(invitation)
    if token is None:
        return Link(invitation)
    path, short_path = (
        reverse("events:invitation", args=[token]),
        reverse("short_invitation", args=[code_of(token)]).rstrip("/"),
    )
    site = settings.SITE_URL
    return Link(invitation, f"{site}{path}", f"{site.removeprefix('https://')}{short_path}")


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if request.method != "POST":
        return confirmation_page(
            request,
            event,
            title="Revoke this link?",
            lead="It will stop working, including on printed posters. People who have already "
            "followed it can still find the event.",
            button="Revoke the link",
            back=reverse("events:invite", args=[event_id]),
            invitation=request.GET.get("invitation", ""),
        )
    for invitation_id in integer_keys(request.POST.getlist("invitation")):
        revoke_invitation(event=event, invitation_id=invitation_id)
    messages.success(request, "The link no longer works.")
    return redirect("events:invite", event_id)


@login_not_required
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an event and its host's name to a visitor who has the link, without photos and guests.

    The visitor continues by a link, not a form. The page sends no referrer, so that the token
    doesn't get into other sites' logs. From such a page, browsers send forms without an origin,
    which the CSRF check refuses.
    """
    event = access.event_of_invitation(hash_of(token))
    if event is None:
        raise Http404
    if "to" in request.GET:
        join = _join_url(event)
        if request.user.is_authenticated:
            _accept(request, event, hash_of(token))
            return redirect(join)
        request.session[FOLLOWED_INVITATION] = hash_of(token)
        begin = "account_request_login_code" if request.GET["to"] == "sign-in" else "account_signup"
        return redirect(f"{reverse(begin)}?{urlencode({'next': join})}")
    response = render(request, "events/invitation.html", {"event": event, "token": token})
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_safe
def short_invitation(_request: HttpRequest, code: str) -> HttpResponse:
    """Lead from the short address on a poster to the link."""
    token = token_of_code(code)
    if token is None:
        raise Http404
    response = redirect("events:invitation", token)
    response["Cache-Control"] = "private, no-store"
    return response


@login_not_required
@require_safe
def invited_to_host(request: HttpRequest, token: str) -> HttpResponse:
    """Lead from the mail to a future co-host to their invitations, through sign-up if needed."""
    hosting = reverse("events:hosting_invitations")
    if request.user.is_authenticated or not invitation_mails.lets_sign_up(token):
        return redirect(hosting)
    request.session[ASKED_TO_HOST] = token
    return redirect(f"{reverse('account_signup')}?{urlencode({'next': hosting})}")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def refuse_invitations(request: HttpRequest, token: str) -> HttpResponse:
    """Let the owner of an address, who may have no account, refuse invitations or allow them."""
    if not invitation_mails.is_refusal_token(token):
        raise Http404
    if request.method == "POST":
        change = invitation_mails.allow if "allow" in request.POST else invitation_mails.refuse
        change(token)
    context = {
        "is_refused": invitation_mails.is_refused_with(token),
        "is_allowed_again": "allow" in request.POST,
    }
    return render(request, "events/refuse_invitations.html", context)


def accept_followed_invitation(request: SignedInRequest, *, leads_to: str) -> None:
    """Let a person who just signed in see the event whose invitation they followed before.

    Only a sign-in that was begun on the invitation's page leads to that event. Others may be those
    of the next person in the same browser.
    """
    token_hash = request.session.pop(FOLLOWED_INVITATION, None)
    event = access.event_of_invitation(token_hash) if token_hash else None
    if event is not None and leads_to == _join_url(event):
        _accept(request, event, token_hash)


def _accept(request: SignedInRequest | HttpRequest, event: Event, token_hash: str) -> None:
    """Let a person find the event whose invitation they followed.

    What hosts remember about an invitation for an unknown person isn't about themselves.
    """
    user = cast("User", request.user)
    accept_invitation(event=event, user=user)
    if not access.events_managed_by(user).filter(pk=event.pk).exists():
        record_follower(token_hash=token_hash, user=user)


def _join_url(event: Event) -> str:
    return reverse("events:join", args=[event.pk])
