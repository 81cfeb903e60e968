"""Enrollment, with stripes instead of faces."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

import fakes
from conftest import World
from picprocure.accounts.consent import (
    CONSENT_TEXTS,
    CURRENT_CONSENT,
    EVENT_CONSENT,
    consent_in_force,
    give_consent,
)
from picprocure.accounts.models import Consent, User
from picprocure.events.models import Event, Registration
from picprocure.recognition.models import Reference
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

START = "/profile/face/new/"


def portrait(color: tuple[int, int, int] = fakes.BOB, serial: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile("me.png", fakes.portrait(color, serial), "image/png")


def two_people() -> SimpleUploadedFile:
    """Return a picture with two portraits: Bob on the left, Alice on the right."""
    both = Image.new("RGB", (2 * fakes.STRIPE, fakes.STRIPE))
    for place, color in enumerate((fakes.BOB, fakes.ALICE)):
        one = Image.open(io.BytesIO(fakes.portrait(color)))
        both.paste(one, (place * fakes.STRIPE, 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    return SimpleUploadedFile("us.png", out.getvalue(), "image/png")


def test_photo_enrolls_and_consent_is_stored_with_its_text(bob: User, browser: Client) -> None:
    response = browser.post(START, {"photo": portrait(), "consent": "on"})
    assert response["Location"] == reverse("enrollment:references")
    reference = bob.references.get()
    assert storages["photos"].exists(reference.image_key)
    consent = bob.consents.get()
    assert consent.version == CURRENT_CONSENT.version
    assert consent.text == CURRENT_CONSENT.full_text
    shown = browser.get(reverse("media:reference", args=[reference.pk]))
    assert Image.open(io.BytesIO(shown.content)).size == (fakes.STRIPE, fakes.STRIPE)


def test_first_photo_can_be_skipped(browser: Client) -> None:
    skip = f'href="{reverse("events:list")}">Skip for now</a>'
    assert skip in browser.get(START).content.decode()
    browser.post(START, {"photo": portrait(), "consent": "on"})
    assert skip not in browser.get(START).content.decode()


def test_consents_are_unticked_and_say_what_they_cover(browser: Client) -> None:
    page = browser.get(START).content.decode()
    assert "checked" not in page
    assert CURRENT_CONSENT.agreement in page
    for heading, _ in CURRENT_CONSENT.details:
        assert heading in page


@pytest.mark.parametrize(
    ("photo", "consent", "message"),
    [
        (portrait, "", "We need your consent"),
        (lambda: SimpleUploadedFile("notes.jpg", b"only words"), "on", "notes.jpg"),
        (lambda: SimpleUploadedFile("empty.jpg", b""), "on", "empty.jpg is empty"),
        (lambda: "", "on", "required"),
        (lambda: SimpleUploadedFile("dark.png", fakes.stripes((9, 9, 9))), "on", "too dark"),
        (lambda: SimpleUploadedFile("soft.png", soft()), "on", "too blurry"),
        (lambda: SimpleUploadedFile("dot.png", dot()), "on", "find a face in this photo"),
    ],
)
def test_invalid_input_is_named_and_stores_nothing(
    bob: User, browser: Client, photo: Callable[[], object], consent: str, message: str
) -> None:
    response = browser.post(START, {"photo": photo(), "consent": consent})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Reference.objects.exists()
    assert not Consent.objects.exists()
    assert stored_objects() == set()


def soft() -> bytes:
    """Return a blurred portrait of Bob."""
    sharp = Image.open(io.BytesIO(fakes.portrait(fakes.BOB)))
    out = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(sharp.size).convert("RGB")
    Image.blend(Image.new("RGB", sharp.size, fakes.BOB), gradient, 0.5).save(out, "PNG")
    return out.getvalue()


def dot() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    return out.getvalue()


def test_refused_face_is_displayed(browser: Client) -> None:
    blurred = SimpleUploadedFile("soft.png", soft())
    page = browser.post(START, {"photo": blurred, "consent": "on"}).content.decode()
    assert 'src="data:image/jpeg;base64,' in page


class TestSeveralFaces:
    def test_only_the_chosen_face_is_stored(self, bob: User, browser: Client) -> None:
        response = browser.post(START, {"photo": two_people(), "consent": "on"})
        assert response["Location"] == reverse("enrollment:choose")
        page = browser.get(reverse("enrollment:choose")).content.decode()
        assert page.count("data:image/jpeg;base64,") == 2
        assert "Face 2 of 2, from the left" in page
        (waiting,) = stored_objects()
        assert waiting.startswith("choices/")
        browser.post(reverse("enrollment:choose"), {"face": "1"})
        reference = bob.references.get()
        assert stored_objects() == {reference.image_key}
        kept = browser.get(reverse("media:reference", args=[reference.pk])).content
        middle = Image.open(io.BytesIO(kept)).convert("RGB")
        right = middle.getpixel((middle.width - fakes.STRIPE // 2, fakes.STRIPE // 2))
        assert right[2] > right[0]  # type: ignore[index]  # Alice is blue

    def test_choice_belongs_to_one_person_in_one_browser(
        self, browser: Client, make_user: Callable[..., User]
    ) -> None:
        browser.post(START, {"photo": two_people(), "consent": "on"})
        browser.force_login(make_user("mallory"))
        response = browser.post(reverse("enrollment:choose"), {"face": "0"})
        assert response["Location"] == reverse("enrollment:start")
        assert not Reference.objects.exists()

    def test_expired_choice_is_deleted(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser.post(START, {"photo": two_people(), "consent": "on"})
        session = browser.session
        session["face_choice"] = {**session["face_choice"], "until": 0}
        session.save()
        page = browser.post(reverse("enrollment:choose"), {"face": "0"}, follow=True)
        assert "took too long" in page.content.decode()
        assert not Reference.objects.exists()

    @pytest.mark.parametrize("face", ["", "2", "-1", "x"])
    def test_only_displayed_faces_can_be_chosen(self, browser: Client, face: str) -> None:
        browser.post(START, {"photo": two_people(), "consent": "on"})
        page = browser.post(reverse("enrollment:choose"), {"face": face})
        assert page.status_code == 200
        assert not Reference.objects.exists()


class TestSeveralReferences:
    def test_up_to_five_matching_references_are_accepted(self, bob: User, browser: Client) -> None:
        for serial in range(5):
            browser.post(START, {"photo": portrait(serial=serial), "consent": "on"})
        assert bob.references.count() == 5
        assert bob.consents.count() == 1
        page = browser.post(START, {"photo": portrait(serial=6), "consent": "on"})
        assert "You already have 5 photos" in page.content.decode()
        assert bob.references.count() == 5

    def test_reference_of_another_face_is_refused(self, bob: User, browser: Client) -> None:
        browser.post(START, {"photo": portrait(), "consent": "on"})
        before = stored_objects()
        page = browser.post(START, {"photo": portrait(fakes.ALICE)}).content.decode()
        assert "doesn&#x27;t look like the person in your other photos" in page
        assert bob.references.count() == 1
        assert before <= stored_objects()  # the stored photo is deleted automatically

    def test_reference_is_replaced(self, bob: User, browser: Client) -> None:
        browser.post(START, {"photo": portrait(), "consent": "on"})
        first = bob.references.get()
        browser.post(reverse("enrollment:replace", args=[first.pk]), {"photo": portrait(serial=3)})
        second = bob.references.get()
        assert second.pk != first.pk
        assert stored_objects() == {second.image_key}

    def test_reference_is_deleted(self, bob: User, browser: Client) -> None:
        for serial in range(2):
            browser.post(START, {"photo": portrait(serial=serial), "consent": "on"})
        first, second = bob.references.all()
        browser.post(reverse("enrollment:delete", args=[first.pk]))
        assert bob.references.get() == second
        assert stored_objects() == {second.image_key}

    def test_deleting_the_last_reference_says_what_it_means(
        self, bob: User, browser: Client
    ) -> None:
        browser.post(START, {"photo": portrait(), "consent": "on"})
        address = reverse("enrollment:delete", args=[bob.references.get().pk])
        assert "This is your only photo." in browser.get(address).content.decode()


def test_consent_to_an_older_text_is_requested_again_and_stays_readable(
    bob: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = replace(CURRENT_CONSENT, version="2026-01", agreement="I agree to the older text.")
    monkeypatch.setitem(CONSENT_TEXTS, older.version, older)
    given = give_consent(user=bob, version=older.version)
    assert CURRENT_CONSENT.agreement in browser.get(START).content.decode()
    browser.post(START, {"photo": portrait(), "consent": "on"})
    current = consent_in_force(bob)
    assert current is not None
    assert current.version == CURRENT_CONSENT.version
    given.refresh_from_db()
    assert given.withdrawn_at is not None
    assert given.text == older.full_text
    assert CURRENT_CONSENT.agreement not in browser.get(START).content.decode()


def test_invitation_enrolls_and_registers_on_one_page(
    event: Event, bob: User, browser: Client
) -> None:
    address = reverse("events:join", args=[event.pk])
    page = browser.get(address).content.decode()
    assert EVENT_CONSENT.agreement in page
    assert CURRENT_CONSENT.agreement in page
    refused = browser.post(address, {"photo": portrait(), "consent": "on"})
    assert "We need your consent" in refused.content.decode()
    assert not Registration.objects.exists()
    response = browser.post(
        address, {"photo": portrait(), "consent": "on", "event_consent": "on"}, follow=True
    )
    assert "You&#x27;re registered." in response.content.decode()
    registration = bob.registrations.get()
    assert registration.event == event
    assert registration.consent.text == EVENT_CONSENT.full_text


def test_enrolling_is_limited(browser: Client) -> None:
    """Otherwise the page could be used to search for faces, or to try out what is accepted."""
    picture = soft()
    statuses = [
        browser.post(
            START, {"photo": SimpleUploadedFile("soft.png", picture), "consent": "on"}
        ).status_code
        for _ in range(31)
    ]
    assert statuses == [200] * 30 + [429]


class TestHints:
    @pytest.mark.parametrize(
        ("frame", "hint"),
        [
            (lambda: fakes.portrait(fakes.BOB), "good"),
            (lambda: fakes.stripes((9, 9, 9)), "more-light"),
            (soft, "hold-still"),
            (lambda: two_people().read(), "several-faces"),
            (dot, "no-face"),
            (lambda: b"no picture", "no-face"),
        ],
    )
    def test_frame_gets_a_hint_and_is_not_stored(
        self, browser: Client, frame: Callable[[], bytes], hint: str
    ) -> None:
        upload = SimpleUploadedFile("frame.jpg", frame())
        result = browser.post(reverse("enrollment:hint"), {"frame": upload}).json()
        assert result["hint"] == hint
        assert result["text"]
        assert stored_objects() == set()

    def test_without_a_frame_there_is_no_face(self, browser: Client) -> None:
        assert browser.post(reverse("enrollment:hint")).json()["hint"] == "no-face"


def test_references_open_collisions_cannot_be_changed(world: World) -> None:
    reference = world.bob.references.get()
    mallory = world.client("mallory")
    for route in ("enrollment:delete", "enrollment:replace"):
        assert mallory.post(reverse(route, args=[reference.pk])).status_code == 404
    assert world.bob.references.get() == reference
