"""What events refuse.

EventError
├── RegistrationClosed
├── EmailNotConfirmed
├── RegistrationStillOpen
├── EventEnded
├── NoCoHost
├── NotAllowedToCreateEvents
└── NotAllowedToWrite
"""

from __future__ import annotations


class EventError(Exception):
    """Base of all; the message is fit for the person who asked."""


class RegistrationClosed(EventError):
    """Somebody came too late."""


class EmailNotConfirmed(EventError):
    """A registration counts only for an address that is the person's."""


class RegistrationStillOpen(EventError):
    """Photos came too early."""


class EventEnded(EventError):
    """The event expired or was deleted meanwhile."""


class NoCoHost(EventError):
    """This person can't be invited, or the limit of open invitations is reached."""


class NotAllowedToCreateEvents(EventError):
    """The operator keeps the creation of events to some."""


class NotAllowedToWrite(EventError):
    """The operator keeps mails to everybody in an event to some."""
