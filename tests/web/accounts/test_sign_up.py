from __future__ import annotations

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import fakes
from conftest import PASSWORD
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import Consent, User
from picprocure.demo import samples
from picprocure.faces.reference import NoFaceFound, SeveralFacesFound
from picprocure.recognition.models import Reference
from picprocure.web.accounts import forms

pytestmark = pytest.mark.django_db(transaction=True)


def details(**changes: object) -> dict[str, object]:
    photo = SimpleUploadedFile("me.png", fakes.stripes(fakes.BOB), "image/png")
    return {
        "username": "bob",
        "first_name": "Bob",
        "last_name": "Example",
        "email": "bob@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "photo": photo,
        "consent": "on",
        **changes,
    }


@pytest.fixture
def any_face_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripes are no faces: the check of the photo is tested on real photos below."""
    monkeypatch.setattr("picprocure.faces.reference.check_reference", lambda image, faces: faces[0])


@pytest.mark.usefixtures("any_face_will_do")
def test_sign_up_enrolls_and_records_consent(client: Client) -> None:
    response = client.post(reverse("account_signup"), details())
    assert response.status_code == 302
    user = User.objects.get(username="bob")
    assert user.name == "Bob Example"
    assert user.emailaddress_set.get().email == "bob@example.org"  # type: ignore[attr-defined]
    reference = user.references.get()
    assert storages["photos"].exists(reference.image_key)
    consent = user.consents.get()
    assert consent.version == CURRENT_CONSENT.version
    assert consent.given_at
    assert consent.withdrawn_at is None


@pytest.mark.usefixtures("any_face_will_do")
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("consent", "", "Without your consent"),
        ("photo", SimpleUploadedFile("notes.jpg", b"only words"), "notes.jpg"),
        ("photo", SimpleUploadedFile("empty.jpg", b""), "empty.jpg is empty"),
        ("photo", "", "required"),
        ("password2", "another", "password"),
        ("email", "nowhere", "valid email address"),
        ("first_name", "", "required"),
    ],
)
def test_a_sign_up_that_is_not_right_stores_nothing(
    client: Client, field: str, value: object, message: str
) -> None:
    response = client.post(reverse("account_signup"), details(**{field: value}))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not User.objects.exists()
    assert not Reference.objects.exists()
    assert not Consent.objects.exists()
    assert storages["photos"].listdir("") == ([], [])


def test_the_consent_box_is_not_ticked(client: Client) -> None:
    page = client.get(reverse("account_signup")).content.decode()
    box = page[page.index('name="consent"') - 200 : page.index('name="consent"') + 200]
    assert "checked" not in box
    assert CURRENT_CONSENT.agreement in page
    for heading, _ in CURRENT_CONSENT.details:
        assert heading in page


def test_sign_up_can_be_closed(client: Client, settings: object) -> None:
    settings.SIGN_UP = "nobody"  # type: ignore[attr-defined]
    response = client.post(reverse("account_signup"), details())
    assert response.status_code == 200
    assert not User.objects.exists()


@pytest.mark.usefixtures("any_face_will_do")
def test_a_second_click_is_answered_calmly(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    real = forms.SignUpForm.save

    def the_first_click_is_faster(form: forms.SignUpForm, request: object) -> User:
        monkeypatch.setattr(forms.SignUpForm, "save", real)
        Client().post(reverse("account_signup"), details())
        return real(form, request)  # type: ignore[arg-type]

    monkeypatch.setattr(forms.SignUpForm, "save", the_first_click_is_faster)
    response = client.post(reverse("account_signup"), details())
    assert "taken a moment ago" in response.content.decode()
    assert User.objects.count() == Reference.objects.count() == 1


@pytest.mark.usefixtures("any_face_will_do")
def test_a_name_must_show_something(client: Client) -> None:
    response = client.post(reverse("account_signup"), details(first_name="\u200b\u2060"))
    assert "Nothing of this can be seen" in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.engine
class TestRealPhotos:
    """What the form says about real photos, by the real engine."""

    @pytest.fixture(autouse=True)
    def real_engine(self, settings: object) -> None:
        settings.FACE_ENGINE = "picprocure.faces.engine.DlibEngine"  # type: ignore[attr-defined]

    def form(self, content: bytes) -> forms.PhotoForm:
        upload = SimpleUploadedFile("me.jpg", content, "image/jpeg")
        return forms.PhotoForm({"consent": "on"}, {"photo": upload})

    def test_one_clear_face_is_taken(self) -> None:
        assert self.form(samples.portrait("obama").read_bytes()).is_valid()

    def test_a_face_cut_out_of_a_group_photo_is_taken(self) -> None:
        assert self.form(samples.woman_of_groups_1_and_3()).is_valid()

    def test_a_group_photo_is_refused_with_the_number_of_faces(self) -> None:
        form = self.form(samples.group_photo(6).read_bytes())
        assert form.errors["photo"] == [str(SeveralFacesFound(4))]

    def test_a_photo_without_a_face_is_refused(self) -> None:
        form = self.form(fakes.stripes(fakes.BOB, fakes.ALICE))
        assert form.errors["photo"] == [str(NoFaceFound())]
