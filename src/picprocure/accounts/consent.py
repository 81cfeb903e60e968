"""What people consent to, in which words, and the record of it.

The texts are kept by version, for ever: what somebody agreed to must stay readable. A
changed text is a new version; it never replaces an old one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import Consent, User


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of the consent: the sentence beside the box, and what it covers."""

    version: str
    agreement: str
    details: tuple[tuple[str, str], ...]


CONSENT_TEXTS = {
    text.version: text
    for text in (
        ConsentText(
            version="2026-11",
            agreement=(
                "I agree that my face is recognized, so that PicProcure can find me in the "
                "photos of the events I register for."
            ),
            details=(
                (
                    "What is stored",
                    "Your profile photo, and 128 numbers computed from your face in it. When you "
                    "register for an event, the same kind of numbers is computed for each face in "
                    "its photos and compared with yours. Nothing is sent to anybody else, and "
                    "nothing is used to train anything.",
                ),
                (
                    "Who sees it",
                    "The people who run an event you registered for see your name and your profile "
                    "photo. Nobody ever sees the numbers.",
                ),
                (
                    "For how long",
                    "Your profile photo and its numbers: until you replace them, withdraw, or "
                    "delete your account. The numbers of an event's faces: until the event ends.",
                ),
                (
                    "How to withdraw",
                    "On your profile page, at any time, with one button. Your profile photo, its "
                    "numbers and every link between you and a photo are then deleted at once.",
                ),
            ),
        ),
    )
}
CURRENT_CONSENT = CONSENT_TEXTS["2026-11"]


def consent_in_force(user: User) -> Consent | None:
    return user.consents.filter(withdrawn_at__isnull=True).first()


@transaction.atomic
def give_consent(*, user: User, version: str) -> Consent:
    """Record consent to one version of the text; an older consent in force ends."""
    now = timezone.now()
    current = consent_in_force(user)
    if current and current.version == version:
        return current
    if current:
        current.withdraw(now)
    return Consent.objects.create(user=user, version=CONSENT_TEXTS[version].version, given_at=now)


def withdraw_consent(*, user: User) -> None:
    current = consent_in_force(user)
    if current:
        current.withdraw(timezone.now())
