"""The texts that people consent to, and the record of their consent.

Texts are kept by version forever, because people must be able to read what they agreed to. A
changed text is a new version and never replaces an old one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import Consent, User


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of a consent text.

    Attributes:
        version: The name of this version in the database.
        agreement: The sentence beside the checkbox.
        details: Titles and paragraphs about what the consent covers.
    """

    version: str
    agreement: str
    details: tuple[tuple[str, str], ...]

    @property
    def full_text(self) -> str:
        """The agreement and all details, as they are recorded."""
        return "\n\n".join([self.agreement, *(f"{title}: {text}" for title, text in self.details)])


CONSENT_TEXTS = {
    text.version: text
    for text in (
        ConsentText(
            version="2026-12",
            agreement=(
                "I agree that PicProcure uses face recognition to find me in the photos of the "
                "events I register for."
            ),
            details=(
                (
                    "What we store",
                    "Up to five photos of your face, cropped around it, and face data: 128 numbers "
                    "that we compute from each photo. When you register for an event, we compute "
                    "the same kind of face data for every face in its photos and compare it with "
                    "yours. Each event also keeps the first photo you were approved with and its "
                    "face data. We compare your later photos with it, so that no one can use your "
                    "account to collect another person's photos. All of this is encrypted. We "
                    "don't send it to anyone else, and we don't use it to train anything.",
                ),
                (
                    "What for",
                    "To find the photos you're in and show them to you, and to keep others from "
                    "getting them. Face data is biometric data, so we need your explicit consent. "
                    "You can also register for events without face recognition. Hosts can then "
                    "share photos with you manually.",
                ),
                (
                    "Who sees it",
                    "The hosts of an event you register for see your name and these photos. Hosts "
                    "are the event's creator and the co-hosts they choose. No one sees your face "
                    "data.",
                ),
                (
                    "For how long",
                    "Your photos and their face data: until you replace or delete them, withdraw "
                    "your consent, or delete your account. The first photo you were approved with "
                    "in an event, and its face data: until the event is deleted (its page shows "
                    "the date), you withdraw your consent, or you delete your account, even if you "
                    "replace or delete the photo or leave the event. The face data of the faces in "
                    "an event's photos: until the event is deleted. To delete it when you "
                    "withdraw, we remember which faces were matched with you, even after you "
                    "leave. We also keep the hosts' decisions about guests who look alike until "
                    "the event is deleted.",
                ),
                (
                    "How to withdraw",
                    "On your profile under My data, at any time. We then delete right away: your "
                    "photos, their face data, the copies that events keep, the face data of the "
                    "faces in event photos that were matched with you, and all links between you "
                    "and event photos. Your account stays. What we did before you withdrew "
                    "remains lawful.",
                ),
            ),
        ),
        ConsentText(
            version="event-2026-12",
            agreement=(
                "I agree that face recognition is used to find me in the photos of this event."
            ),
            details=(
                (
                    "What we do",
                    "We compare your face data with the face data of every face in the event's "
                    "photos, and with the face data of the other guests. The event keeps the first "
                    "photo you're approved with, and its face data. We use photos you add later "
                    "only if they show the same face.",
                ),
                (
                    "Who sees it",
                    "The hosts of the event see your name and all photos of your face, and can "
                    "approve or decline you. Hosts are the event's creator and the co-hosts they "
                    "choose. If one of your photos looks very much like another guest's photo, or "
                    "is a copy of a photo of the event, the hosts see both side by side and decide "
                    "whose face it is.",
                ),
                (
                    "For how long",
                    "Until you leave the event, withdraw your consent, or the event is deleted "
                    "(its page shows the date). The first photo you were approved with, and its "
                    "face data: until the event is deleted, you withdraw your consent, or you "
                    "delete your account. To delete your face data when you withdraw, we remember "
                    "which faces were matched with you, even after you leave. We also keep the "
                    "hosts' decisions about guests who look alike until the event is deleted.",
                ),
            ),
        ),
    )
}
CURRENT_CONSENT = CONSENT_TEXTS["2026-12"]
EVENT_CONSENT = CONSENT_TEXTS["event-2026-12"]


def consent_in_force(user: User) -> Consent | None:
    """Return the consent that the user has given and not withdrawn."""
    return user.consents.filter(withdrawn_at__isnull=True).first()


@transaction.atomic
def give_consent(*, user: User, version: str) -> Consent:
    """Record consent to one version of the text, and end the consent to an earlier version."""
    now = timezone.now()
    current = consent_in_force(user)
    if current and current.version == version:
        return current
    if current:
        current.withdraw(now)
    text = CONSENT_TEXTS[version]
    return Consent.objects.create(
        user=user, version=text.version, text=text.full_text, given_at=now
    )


def withdraw_consent(*, user: User) -> None:
    current = consent_in_force(user)
    if current:
        current.withdraw(timezone.now())
