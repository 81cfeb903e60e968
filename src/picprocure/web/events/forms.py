"""Forms for events."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator

from picprocure.events.models import Event
from picprocure.events.services import EventDetails
from picprocure.galleries import publishing
from picprocure.web.events.guests import read_guests
from picprocure.web.forms import (
    CoverField,
    LongSelect,
    NameField,
    PhotosField,
    TextField,
    time_zone_choices,
)

LONGEST_REGISTRATION_HOURS = 24 * 14
LONGEST_AVAILABILITY_DAYS = 365
LONGEST_INVITATION_DAYS = 90
MAX_ADDRESSES = 2_000
MAX_GUEST_FILE_BYTES = 512 * 1024


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
        help_text="Everyone who can find the event sees it. Choose one that shows no people.",
    )
    is_listed = forms.BooleanField(
        label="List this event publicly",
        required=False,
        initial=True,
        help_text="Anyone with an account can find it. If off, only people with your link can.",
    )
    availability_days = forms.IntegerField(
        label="Photos are available for (days)",
        max_value=LONGEST_AVAILABILITY_DAYS,
        help_text="Starts when the last photo is delivered.",
    )

    requires_approval = forms.BooleanField(
        label="Approve each guest myself",
        required=False,
        initial=True,
        help_text="You see each guest's name and face. They get photos only after you approve "
        "them. If off, guests get matching photos automatically, even if they registered with a "
        "photo of someone else.",
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

    def __init__(self, *args: Any, promised_days: int = 0, **kwargs: Any) -> None:
        """Set the choices and limits that depend on the site and the event.

        Args:
            *args: As for Django's forms.
            promised_days: For how many days photos are available according to mails that guests
                got.
            **kwargs: As for Django's forms.
        """
        super().__init__(*args, **kwargs)
        zones = time_zone_choices(saved=self.initial.get("time_zone", ""))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        if not self.is_bound and "time_zone" not in self.initial:
            self.fields["time_zone"].widget.attrs["data-device-zone"] = True
        if not publishing.is_possible():
            del self.fields["is_published"]
        min_days = max(math.ceil(settings.AVAILABILITY / timedelta(days=1)), promised_days)
        reason = "Guests were promised" if promised_days else "The minimum is"
        availability = self.fields["availability_days"]
        availability.initial = min_days
        availability.widget.attrs["min"] = min_days
        too_short = f"{reason} {min_days} days. Choose at least that many."
        availability.validators.append(MinValueValidator(min_days, too_short))

    def clean_liveness_check(self) -> Event.LivenessCheck:
        return Event.LivenessCheck(self.cleaned_data["liveness_check"] or Event.LivenessCheck.OFF)

    @property
    def details(self) -> EventDetails:
        fields = {field.name for field in dataclasses.fields(EventDetails)}
        values = {name: value for name, value in self.cleaned_data.items() if name in fields}
        return EventDetails(
            **values, availability_hours=24 * self.cleaned_data["availability_days"]
        )


class RegistrationLengthForm(forms.Form):
    """How long registration is open, starting now."""

    registration_hours = forms.IntegerField(
        label="Registration stays open for (hours)",
        min_value=1,
        max_value=LONGEST_REGISTRATION_HOURS,
        help_text="You can close it earlier. You upload photos after it closes.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = settings.REGISTRATION_LENGTH // timedelta(hours=1)
        self.fields["registration_hours"].initial = hours

    @property
    def registration_length(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["registration_hours"])


class EventForm(RegistrationLengthForm, EventDetailsForm):
    field_order = (
        "name",
        "description",
        "place",
        "takes_place_on",
        "cover",
        "registration_hours",
    )


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
        if len(guests) > MAX_ADDRESSES:
            raise forms.ValidationError(
                f"You entered {len(guests):,} addresses. Add at most {MAX_ADDRESSES:,} at a time."
            )
        return {"guests": guests}


class CoHostForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="They become a co-host when they accept.",
    )


class HostMailForm(forms.Form):
    """A mail to all participants."""

    subject = NameField(max_length=120)
    text = TextField(max_length=4000, widget=forms.Textarea(attrs={"rows": 10}))


class UploadForm(forms.Form):
    photos = PhotosField(label="Photos")
