"""Errors of actions on events.

EventError
├── RegistrationClosed
├── EmailNotConfirmed
├── RegistrationStillOpen
├── EventEnded
├── CannotAsk
├── CannotInvite
├── TooManyInvitations
├── GuestListFull
├── NotAllowedToCreateEvents
└── NotAllowedToWrite
"""

from __future__ import annotations


class EventError(Exception):
    """Base class. The message can be displayed to the user."""


class RegistrationClosed(EventError):
    """Registration for the event has closed."""


class EmailNotConfirmed(EventError):
    """The person has not confirmed their address, which they need to register."""


class RegistrationStillOpen(EventError):
    """Photos can't be uploaded before registration closes."""


class EventEnded(EventError):
    """The event has expired or was deleted during the action."""


class CannotAsk(EventError):
    """A guest asked for this already, or can't ask for it now."""


class CannotInvite(EventError):
    """This person can't be invited, or the limit of open invitations is reached."""


class TooManyInvitations(EventError):
    """The host or the site has sent too many invitations by mail within a day."""


class GuestListFull(EventError):
    """The guest list of an event would have too many addresses."""


class NotAllowedToCreateEvents(EventError):
    """The operator doesn't let this user create events."""


class NotAllowedToWrite(EventError):
    """The operator doesn't let this user write to all people in an event."""
