"""Forms about events."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator, validate_email

from picprocure.events.models import Event
from picprocure.events.services import EventDetails
from picprocure.galleries import publishing
from picprocure.web.forms import (
    CoverField,
    NameField,
    PhotosField,
    TextField,
    time_zone_choices,
)

LONGEST_REGISTRATION_HOURS = 24 * 14
LONGEST_AVAILABILITY_DAYS = 365
LONGEST_INVITATION_DAYS = 90
MAX_ADDRESSES = 2_000


class EventDetailsForm(forms.Form):
    """What the creator says of an event; ``details`` once it is valid."""

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
        help_text="Everybody who is signed in sees it, so choose one that shows nobody.",
    )
    is_listed = forms.BooleanField(
        label="Everybody who is signed in finds it",
        required=False,
        initial=True,
        help_text="Without this it exists for those alone who follow an invitation of yours.",
    )
    availability_days = forms.IntegerField(
        label="Photos stay for (days)",
        max_value=LONGEST_AVAILABILITY_DAYS,
        help_text="Counted from the moment the last of them is released.",
    )

    requires_approval = forms.BooleanField(
        label="I admit people myself",
        required=False,
        initial=True,
        help_text="You see the name and the face of everybody who registers, and nothing is "
        "delivered to them before you have admitted them. Without this, whoever registers gets "
        "the photos that match the face they show: somebody could show another person's.",
    )

    allows_late_registration = forms.BooleanField(
        label="Who comes after the close may still register",
        required=False,
        help_text="You admit each of them yourself. They get their photos without a new upload.",
    )

    keeps_metadata = forms.BooleanField(
        label="Photos keep where and when they were taken, and by whom",
        required=False,
        help_text="Without this nothing of it is stored but the time. It counts for photos that "
        "are uploaded from now on. Thumbnails within photos are removed in any case.",
    )

    keeps_time = forms.BooleanField(
        label="Keep the time a photo was taken in downloads",
        required=False,
        initial=True,
        help_text="Photo apps can then sort downloads by date. Only the time is kept; place, "
        "camera and names are removed. Applies to photos uploaded from now on.",
    )

    time_zone = forms.ChoiceField(
        required=False,
        help_text="The time zone where the event takes place. Phones store their time zone in each "
        "photo, but most cameras don't. We assume that their clocks show this time zone.",
    )

    is_published = forms.BooleanField(
        label="Everybody's photos also lie in a container",
        required=False,
        help_text="Everybody gets a link to a folder with copies of their photos, for tools that "
        "fetch many. Whoever has the link reads them; it ends when their photos change, and with "
        "the event.",
    )

    liveness_check = forms.ChoiceField(
        label="People turn their head before the camera",
        choices=Event.LivenessCheck.choices,
        required=False,
        initial=Event.LivenessCheck.OFF,
        help_text="It makes it harder to take part with a photo of somebody else. It proves "
        "nothing: a film of them would do. Who has no camera can't do it.",
    )

    def __init__(self, *args: Any, promised_days: int = 0, **kwargs: Any) -> None:
        """``promised_days`` is for how long the photos stay of which people were told."""
        super().__init__(*args, **kwargs)
        zones = time_zone_choices(saved=self.initial.get("time_zone", ""))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        if not self.is_bound and "time_zone" not in self.initial:
            self.fields["time_zone"].widget.attrs["data-device-zone"] = True
        if not publishing.is_possible():
            del self.fields["is_published"]
        least = max(math.ceil(settings.AVAILABILITY / timedelta(days=1)), promised_days)
        because = "People were told" if promised_days else "The least is"
        availability = self.fields["availability_days"]
        availability.initial = least
        availability.widget.attrs["min"] = least
        too_short = f"{because} {least} days. Photos may stay longer, not shorter."
        availability.validators.append(MinValueValidator(least, too_short))

    def clean_live_capture(self) -> Event.LivenessCheck:
        return Event.LivenessCheck(self.cleaned_data["liveness_check"] or Event.LivenessCheck.OFF)

    @property
    def details(self) -> EventDetails:
        fields = {field.name for field in dataclasses.fields(EventDetails)}
        said = {name: value for name, value in self.cleaned_data.items() if name in fields}
        return EventDetails(**said, availability_hours=24 * self.cleaned_data["availability_days"])


class RegistrationLengthForm(forms.Form):
    """How long registration is open from now on."""

    registration_hours = forms.IntegerField(
        label="Registration stays open for (hours)",
        min_value=1,
        max_value=LONGEST_REGISTRATION_HOURS,
        help_text="You can close it earlier. Photos are uploaded once it has closed.",
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
    """How long a link is valid."""

    days = forms.IntegerField(
        label="Valid for (days)", min_value=1, max_value=LONGEST_INVITATION_DAYS, initial=7
    )


class GuestListForm(forms.Form):
    """E-mail addresses, one on each line; cleaned to a list of them."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "autocapitalize": "off", "spellcheck": "false"}),
        help_text="One on each line.",
    )

    def clean_addresses(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["addresses"].splitlines()]
        addresses = [line for line in lines if line]
        if len(addresses) > MAX_ADDRESSES:
            raise forms.ValidationError(
                f"These are {len(addresses)} addresses; at most {MAX_ADDRESSES} are taken at once."
            )
        for address in addresses:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    f"“{address[:80]}” is no e-mail address. Correct it; nothing was added."
                ) from error
        return addresses


class CoHostForm(forms.Form):
    username = NameField(
        label="Username or e-mail address",
        max_length=254,
        help_text="They can host the event with you once they accept.",
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )


class HostMailForm(forms.Form):
    """A mail to everybody."""

    subject = NameField(max_length=120)
    text = TextField(max_length=4000, widget=forms.Textarea(attrs={"rows": 10}))


class UploadForm(forms.Form):
    photos = PhotosField(label="Photos")
