"""The events' part of *Download my data*."""

from __future__ import annotations

from typing import Final

from picprocure.accounts.models import User
from picprocure.accounts.personal_data import Facts, Part, iso
from picprocure.events import ended
from picprocure.events.co_hosts import sent_for
from picprocure.events.models import Event, GuestRequest


def _facts(user: User) -> Facts:
    return {
        "invitations_followed": [
            {"event_id": str(row.event_id), "at": iso(row.followed_at)}
            for row in user.followed_invitations.all()
        ],
        "events_created": [_event(event) for event in user.created_events.all()],
        "events_co_hosted": [
            {"event": row.event.name, "since": iso(row.added_at)}
            for row in user.co_hosted.select_related("event")
        ],
        "events_that_ended": [
            {"event_id": str(event.pk), "ended": iso(event.ended_at)}
            for event in ended.ends_known_to(user)
        ],
        "requests_to_hosts": [
            {
                "event": request.registration.event.name,
                "kind": request.kind,
                "text": request.text,
                "asked": iso(request.asked_at),
                "answered": iso(request.answered_at),
            }
            for request in GuestRequest.objects.filter(registration__user=user).select_related(
                "registration__event"
            )
        ],
        "mails_to_guests": [
            {
                "event": mail.event.name,
                "subject": mail.subject,
                "text": mail.text,
                "at": iso(mail.written_at),
            }
            for mail in user.host_mails.select_related("event")
        ],
    }


def _event(event: Event) -> Facts:
    return {
        "name": event.name,
        "description": event.description,
        "place": event.place,
        "takes_place_on": event.takes_place_on and event.takes_place_on.isoformat(),
        "color": event.accent,
        "created": iso(event.created_at),
        "expires": iso(event.expires_at),
        "photos": event.photos.count(),
        "people_asked_to_host_it": [invitation.invitee for invitation in sent_for(event)],
    }


PART: Final = Part(
    facts=_facts,
    included=frozenset(
        {
            "events.CoHost",
            "events.Event",
            "events.GuestRequest",
            "events.HostMail",
            "events.InvitedUser",
        }
    ),
    left_out={
        "events.Refusal": "would tell a person that the host refused them",
        "events.GuestListAddress": "addresses of other people, which the host entered",
        "events.Invitation": "links for guests, which the event's page shows to its hosts",
        "events.InvitationMail": "keyed digests of addresses of other people, for limits",
        "events.HostMailRecipient": "which mails were sent; the person has them",
    },
)
