"""The texts that people consent to, and the record of their consent.

All versions of a text are kept, so that people can still read the one they agreed to. To change a
text, add a new version.
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
        ConsentText(
            version="2026-12",
            agreement=(
                "I agree that my face is recognized, so that PicProcure can find me in the "
                "photos of the events I register for."
            ),
            details=(
                (
                    "What is stored",
                    "Up to five photos of your face, cut close around it, and 128 numbers computed "
                    "from each. When you register for an event, the same kind of numbers is "
                    "computed for each face in its photos and compared with yours. All of this is "
                    "encrypted. Nothing is sent to anybody else, and nothing is used to train "
                    "anything.",
                ),
                (
                    "Who sees it",
                    "The creator of an event you register for sees your name and these photos. "
                    "Nobody ever sees the numbers.",
                ),
                (
                    "For how long",
                    "Your photos and their numbers: until you replace or delete them, withdraw, or "
                    "delete your account. The numbers of an event's faces: until the event ends.",
                ),
                (
                    "How to withdraw",
                    "On your profile, at any time, with one button. Your photos, their numbers, "
                    "the numbers of the event faces that were matched with you, and every link "
                    "between you and a photo are then deleted at once. Your account stays.",
                ),
            ),
        ),
        ConsentText(
            version="2027-01",
            agreement=(
                "I agree that my face is recognized, so that PicProcure can find me in the "
                "photos of the events I register for."
            ),
            details=(
                (
                    "What is stored",
                    "Up to five photos of your face, cut close around it, and 128 numbers computed "
                    "from each. When you register for an event, the same kind of numbers is "
                    "computed for each face in its photos and compared with yours. All of this is "
                    "encrypted. Nothing is sent to anybody else, and nothing is used to train "
                    "anything.",
                ),
                (
                    "Who sees it",
                    "The hosts of an event you register for, that is its creator and the co-hosts "
                    "they chose, see your name and these photos. Nobody ever sees the numbers.",
                ),
                (
                    "For how long",
                    "Your photos and their numbers: until you replace or delete them, withdraw, or "
                    "delete your account. The numbers of an event's faces: until the event ends.",
                ),
                (
                    "How to withdraw",
                    "On your profile, at any time, with one button. Your photos, their numbers, "
                    "the numbers of the event faces that were matched with you, and every link "
                    "between you and a photo are then deleted at once. Your account stays.",
                ),
            ),
        ),
        ConsentText(
            version="2027-02",
            agreement=(
                "I agree that my face is recognized, so that PicProcure can find me in the "
                "photos of the events I register for."
            ),
            details=(
                (
                    "What is stored",
                    "Up to five photos of your face, cut close around it, and 128 numbers computed "
                    "from each. When you register for an event, the same kind of numbers is "
                    "computed for each face in its photos and compared with yours. Each event also "
                    "keeps the first photo you were admitted with, and its numbers, and compares "
                    "your later photos with it, so that your account can't be used to collect "
                    "another person's photos. All of this is encrypted. Nothing is sent to anybody "
                    "else, and nothing is used to train anything.",
                ),
                (
                    "Who sees it",
                    "The hosts of an event you register for, that is its creator and the co-hosts "
                    "they chose, see your name and these photos. Nobody ever sees the numbers.",
                ),
                (
                    "For how long",
                    "Your photos and their numbers: until you replace or delete them, withdraw, or "
                    "delete your account. The first photo you were admitted to an event with, and "
                    "its numbers: until you withdraw, delete your account, or the event ends, even "
                    "if you replace or delete it before, or leave the event. The numbers of an "
                    "event's faces: until the event ends.",
                ),
                (
                    "How to withdraw",
                    "On your profile, at any time, with one button. Your photos, their numbers, "
                    "those that events keep, the numbers of the event faces that were matched with "
                    "you, and every link between you and a photo are then deleted at once. Your "
                    "account stays.",
                ),
            ),
        ),
        ConsentText(
            version="event-2026-12",
            agreement="I agree that I am looked for in the photos of this event.",
            details=(
                (
                    "What is done",
                    "The numbers of your face are compared with those of every face in the "
                    "event's photos, and with those of the other people who take part.",
                ),
                (
                    "Who sees it",
                    "The creator of the event sees your name and all photos of your face, and "
                    "decides whether you are admitted. If one of them is very much like a photo "
                    "that somebody else takes part with, or is a copy of a photo of the event, "
                    "the creator sees both side by side and decides whose face it is.",
                ),
                (
                    "For how long",
                    "Until you leave the event, withdraw, or the event ends.",
                ),
            ),
        ),
        ConsentText(
            version="event-2027-01",
            agreement="I agree that I am looked for in the photos of this event.",
            details=(
                (
                    "What is done",
                    "The numbers of your face are compared with those of every face in the "
                    "event's photos, and with those of the other people who take part.",
                ),
                (
                    "Who sees it",
                    "The hosts of the event, that is its creator and the co-hosts they choose, see "
                    "your name and all photos of your face, and decide whether you are admitted. "
                    "If one of them is very much like a photo that somebody else takes part with, "
                    "or is a copy of a photo of the event, the hosts see both side by side and "
                    "decide whose face it is.",
                ),
                (
                    "For how long",
                    "Until you leave the event, withdraw, or the event ends.",
                ),
            ),
        ),
        ConsentText(
            version="event-2027-02",
            agreement="I agree that I am looked for in the photos of this event.",
            details=(
                (
                    "What is done",
                    "The numbers of your face are compared with those of every face in the "
                    "event's photos, and with those of the other people who take part. The event "
                    "keeps the first photo you are admitted with, and its numbers: photos you add "
                    "later are used here only if they show the same face.",
                ),
                (
                    "Who sees it",
                    "The hosts of the event, that is its creator and the co-hosts they choose, see "
                    "your name and all photos of your face, and decide whether you are admitted. "
                    "If one of them is very much like a photo that somebody else takes part with, "
                    "or is a copy of a photo of the event, the hosts see both side by side and "
                    "decide whose face it is.",
                ),
                (
                    "For how long",
                    "Until you leave the event, withdraw, or the event ends. The first photo you "
                    "were admitted with, and its numbers: until you withdraw, delete your account, "
                    "or the event ends.",
                ),
            ),
        ),
    )
}
CURRENT_CONSENT = CONSENT_TEXTS["2027-02"]
EVENT_CONSENT = CONSENT_TEXTS["event-2027-02"]
# With consent to one of these versions, co-hosts of an event also see the person's face.
CO_HOST_CONSENT_VERSIONS = ("event-2027-01", "event-2027-02")


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
