"""What events refuse.

EventError
├── RegistrationClosed
├── RegistrationStillOpen
├── EventEnded
└── NotAllowedToCreateEvents
"""

from __future__ import annotations


class EventError(Exception):
    """Base of all; the message is fit for the person who asked."""


class RegistrationClosed(EventError):
    """Somebody came too late."""


class RegistrationStillOpen(EventError):
    """Photos came too early."""


class EventEnded(EventError):
    """The event expired or was deleted meanwhile."""


class NotAllowedToCreateEvents(EventError):
    """The operator keeps the creation of events to some."""
