"""Forms for events."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone

from picprocure.events.guest_list import MAX_GUESTS
from picprocure.events.models import Event
from picprocure.events.services import EventDetails
from picprocure.galleries import publishing
from picprocure.web.events.guest_list_reader import read_guests
from picprocure.web.forms import (
    AddressField,
    CoverField,
    LongSelect,
    NameField,
    PhotosField,
    TextField,
    time_zone_choices,
)

LONGEST_REGISTRATION = timedelta(days=90)
AVAILABILITY_DAYS = {2: "2 days", 14: "2 weeks", 30: "30 days", 90: "90 days"}
USUAL_AVAILABILITY_DAYS = 14
LONGEST_INVITATION_DAYS = 90
MAX_GUEST_FILE_BYTES = 512 * 1024
BASICS = ("name", "description", "place", "takes_place_on", "cover", "closes", "closes_on")


class EventDetailsForm(forms.Form):
    """The details of an event. A valid form has them as `details`."""

    name = NameField(max_length=80)
    description = TextField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    place = NameField(max_length=120, required=False)
    takes_place_on = forms.DateField(
        label="Date", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    cover = CoverField(
        label="Cover image",
        required=False,
        help_text="Everyone who can find the event or has its link sees it. Choose one that shows "
        "no people.",
    )
    is_listed = forms.BooleanField(
        label="List this event publicly",
        required=False,
        help_text="Anyone with an account can find it. If off, only people with your link can.",
    )
    availability_days = forms.TypedChoiceField(
        label="Photos are available for",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Starts when the last photo is released.",
    )

    requires_approval = forms.BooleanField(
        label="Approve each guest myself",
        required=False,
        initial=True,
        help_text="You see each guest's name and face. They get photos only after you approve "
        "them. If off, guests get matching photos automatically, even if they registered with a "
        "photo of someone else.",
    )

    allows_early_upload = forms.BooleanField(
        label="Upload photos while registration is open",
        required=False,
        help_text="We look for faces right away, and guests who register later are found, too. "
        "Guests see nothing until you release the photos. If off, you upload after registration "
        "closes.",
    )

    release = forms.ChoiceField(
        label="Guests see their photos",
        choices=[
            (Event.Release.AT_CLOSE.value, "When registration closes"),
            (Event.Release.BY_HAND.value, "When I press “Release”"),
            (Event.Release.AFTER_REVIEW.value, "After my review, when I press “Release”"),
        ],
        required=False,
        initial=Event.Release.AT_CLOSE,
        help_text="Photos that you upload after that appear once we've compared the faces, or when "
        "you press “Release” again.",
    )

    allows_late_registration = forms.BooleanField(
        label="Accept late registrations",
        required=False,
        help_text="Guests can still register after registration closes. You approve each of them.",
    )

    keeps_metadata = forms.BooleanField(
        label="Keep location and camera data in downloads",
        required=False,
        help_text="If off (recommended), we remove it on upload. Applies to photos uploaded from "
        "now on. Preview images inside photo files are always removed.",
    )

    keeps_time = forms.BooleanField(
        label="Keep the time a photo was taken in downloads",
        required=False,
        initial=True,
        help_text="Lets photo apps sort downloads by date. Applies to photos uploaded from now on.",
    )

    time_zone = forms.ChoiceField(
        required=False,
        widget=LongSelect,
        help_text="Where the event takes place. Most cameras don't store a time zone, so we assume "
        "that their clocks show this one.",
    )

    is_published = forms.BooleanField(
        label="Copy each guest's photos to cloud storage",
        required=False,
        help_text="Each guest gets a link to copies of their photos, for tools that download many "
        "files. Anyone with the link can download them. The link stops working when their photos "
        "change and when the event is deleted.",
    )

    liveness_check = forms.ChoiceField(
        label="Quick face check",
        choices=[
            (Event.LivenessCheck.OFF.value, "Off"),
            (Event.LivenessCheck.ASKED.value, "Optional"),
            (Event.LivenessCheck.REQUIRED.value, "Required"),
        ],
        required=False,
        initial=Event.LivenessCheck.OFF,
        help_text="Guests turn their head in front of their camera. Helps against printed photos, "
        "not against video. Guests need a camera.",
    )

    accent = forms.ChoiceField(
        label="Color",
        choices=Event.Accent.choices,
        widget=forms.RadioSelect,
        required=False,
        initial=Event.Accent.TEAL,
        help_text="For the event's pages and the poster.",
    )

    def __init__(
        self, *args: Any, promised_days: int = 0, would_release: int = 0, **kwargs: Any
    ) -> None:
        """Set the choices and limits that depend on the site and the event.

        Args:
            *args: As for Django's forms.
            promised_days: For how many days photos are available according to mails that guests
                got.
            would_release: How many photos guests would see right away if the event didn't release
                them by hand any more.
            **kwargs: As for Django's forms.
        """
        super().__init__(*args, **kwargs)
        self._would_release = would_release
        zones = time_zone_choices(saved=self.initial.get("time_zone", ""))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        if not publishing.is_possible():
            del self.fields["is_published"]
        self._offer_availability(promised_days)

    def take_zone_of_device(self) -> None:
        """Let a script choose the zone of the device, which may have moved since its last page."""
        if not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-device-zone"] = True

    def _offer_availability(self, promised_days: int) -> None:
        min_days = max(math.ceil(settings.AVAILABILITY / timedelta(days=1)), promised_days)
        current = max(self.initial.get("availability_days", USUAL_AVAILABILITY_DAYS), min_days)
        offered = {min_days, current, *(days for days in AVAILABILITY_DAYS if days >= min_days)}
        field = self.fields["availability_days"]
        field.initial = current
        field.choices = [  # type: ignore[attr-defined]
            (days, AVAILABILITY_DAYS.get(days, f"{days} days")) for days in sorted(offered)
        ]
        reason = "Guests were promised" if promised_days else "The minimum is"
        field.error_messages["invalid_choice"] = (
            f"{reason} {min_days} days. Choose one of the offered times."
        )

    @property
    def basics(self) -> list[forms.BoundField]:
        """The fields that are always shown."""
        return [self[name] for name in self.fields if name in BASICS]

    @property
    def more(self) -> list[forms.BoundField]:
        """The other fields."""
        return [self[name] for name in self.fields if name not in BASICS]

    @property
    def has_more_errors(self) -> bool:
        return any(field.errors for field in self.more)

    def clean_availability_days(self) -> int:
        days: int = self.cleaned_data["availability_days"] or self["availability_days"].initial
        return days

    def clean_accent(self) -> Event.Accent:
        return Event.Accent(self._entered_or_kept("accent"))

    def clean_liveness_check(self) -> Event.LivenessCheck:
        return Event.LivenessCheck(self._entered_or_kept("liveness_check"))

    def clean_release(self) -> Event.Release:
        """Return the choice, unless it would release photos, which only one button does."""
        release = Event.Release(self._entered_or_kept("release"))
        if release == Event.Release.AT_CLOSE and self._would_release:
            count = self._would_release
            photos = "1 unreleased photo" if count == 1 else f"{count} unreleased photos"
            raise forms.ValidationError(
                f"Registration has closed, so guests would see {photos} right away. Press "
                "“Release” on the photos page first. Then save this."
            )
        return release

    def _entered_or_kept(self, name: str) -> str:
        """Return a choice, or the event's own if the form was sent without it."""
        entered: str = self.cleaned_data[name]
        return entered or self.get_initial_for_field(self.fields[name], name)

    @property
    def details(self) -> EventDetails:
        fields = {field.name for field in dataclasses.fields(EventDetails)}
        values = {name: value for name, value in self.cleaned_data.items() if name in fields}
        return EventDetails(
            **values, availability_hours=24 * self.cleaned_data["availability_days"]
        )


class WallTimeField(forms.DateTimeField):
    """A date and time as on a clock on the wall, without a time zone."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):  # which has every time once
            entered = super().to_python(value)
        return entered and entered.replace(tzinfo=None)


class ClosingForm(forms.Form):
    """When registration closes. A valid form has the time as `closes_at`."""

    SOON, TONIGHT, AT = "soon", "tonight", "at"

    closes = forms.ChoiceField(label="Registration closes", widget=forms.RadioSelect)
    closes_on = WallTimeField(
        label="Date and time",
        required=False,
        help_text="For “On a date”: in the event's time zone, at most "
        f"{LONGEST_REGISTRATION.days} days ahead.",
    )

    def __init__(self, *args: Any, zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        """Set the choices.

        Args:
            *args: As for Django's forms.
            zone: The event's time zone. By default, it is a field of the form.
            **kwargs: As for Django's forms.
        """
        super().__init__(*args, **kwargs)
        self._zone = zone
        if zone:
            self.fields["closes_on"].help_text = (
                f"In the event's time zone, {zone.key}, at most {LONGEST_REGISTRATION.days} days "
                "ahead."
            )
        hours = settings.REGISTRATION_LENGTH // timedelta(hours=1)
        self.fields["closes"].choices = [  # type: ignore[attr-defined]
            (self.SOON, "In 1 hour" if hours == 1 else f"In {hours} hours"),
            (self.TONIGHT, "Tonight at 23:59"),
            (self.AT, "On a date"),
        ]
        self.fields["closes"].initial = self.SOON

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("closes") != self.AT or "closes_on" not in self.cleaned_data:
            return
        now = timezone.now()
        if self.cleaned_data["closes_on"] is None:
            self.add_error("closes_on", "Enter the date and time when registration closes.")
        elif self.closes_at <= now:
            self.add_error("closes_on", "This time has passed. Enter a later one.")
        elif self.closes_at > now + LONGEST_REGISTRATION:
            self.add_error(
                "closes_on",
                f"This is more than {LONGEST_REGISTRATION.days} days ahead. Enter an earlier time. "
                "You can extend registration later.",
            )

    @property
    def closes_at(self) -> datetime:
        now = timezone.now()
        zone = self._zone or ZoneInfo(self.cleaned_data.get("time_zone") or settings.TIME_ZONE)
        match self.cleaned_data.get("closes"):
            case self.TONIGHT:
                return _end_of_day(now.astimezone(zone))
            case self.AT:
                entered: datetime = self.cleaned_data["closes_on"]
                return entered.replace(tzinfo=zone)
            case _:
                return now + settings.REGISTRATION_LENGTH


def _end_of_day(now: datetime) -> datetime:
    """Return the last minute of the day. In that minute, return that of the next day."""
    soon = now + timedelta(minutes=1)
    # Where clocks go back at midnight, 23:59 comes twice: take the second.
    return soon.replace(hour=23, minute=59, second=0, microsecond=0, fold=1)


class EventForm(ClosingForm, EventDetailsForm):
    field_order = BASICS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closes"].required = False  # a name is enough


class InvitationForm(forms.Form):
    """How long an invitation link is valid."""

    days = forms.IntegerField(
        label="Valid for (days)", min_value=1, max_value=LONGEST_INVITATION_DAYS, initial=7
    )


class GuestListForm(forms.Form):
    """Names and e-mail addresses, typed or from a file, cleaned to names by address."""

    guests = forms.CharField(
        label="Names and e-mail addresses",
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "autocapitalize": "off", "spellcheck": "false"}),
        help_text="One guest per line: Ross Geller, ross@example.org. The name may be left out.",
    )
    file = forms.FileField(
        label="Or a CSV file",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MAX_GUEST_FILE_BYTES:
            raise forms.ValidationError(
                f"{file.name} is {file.size // 1024:,} kB; the limit is "
                f"{MAX_GUEST_FILE_BYTES // 1024} kB. Split the list."
            )
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                f"{file.name} isn't a text file in UTF-8. Save it as “CSV UTF-8”."
            ) from error

    def clean(self) -> dict[str, Any]:
        typed, in_file = (self.cleaned_data.get(part, "") for part in ("guests", "file"))
        try:
            guests = {**read_guests(in_file), **read_guests(typed)}
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if not guests and not self.errors:
            raise forms.ValidationError("Enter at least one e-mail address, or choose a file.")
        if len(guests) > MAX_GUESTS:
            raise forms.ValidationError(
                f"You entered {len(guests):,} addresses. Add at most {MAX_GUESTS:,} at a time."
            )
        return {"guests": guests}


class CoHostForm(forms.Form):
    email = AddressField(
        label="E-mail address",
        widget=forms.EmailInput(),
        max_length=254,
        help_text="They become a co-host when they accept.",
    )


class HostMailForm(forms.Form):
    """A mail to all participants."""

    subject = NameField(max_length=120)
    text = TextField(max_length=4000, widget=forms.Textarea(attrs={"rows": 10}))


class UploadForm(forms.Form):
    photos = PhotosField(label="Photos")
