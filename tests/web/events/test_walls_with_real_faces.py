"""Mallory tries to get Bob's photos with another picture of Bob: real photos, the real engine."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageOps

import head_turns
from conftest import browser_of, compare_newcomers, names_for, text_of, upload, work_off
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.demo import samples
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision, Reference
from real_engines import use_best_engine

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def real_engine(settings: object) -> None:
    use_best_engine(settings)


@pytest.fixture
def join(make_user: Callable[..., User], event: Event) -> Callable[[str, bytes], User]:
    """Register for Alice's event on the page that an invitation leads to."""

    def joined(name: str, picture: bytes) -> User:
        user = make_user(name)
        photo = SimpleUploadedFile("me.jpg", picture)
        form = {"photo": photo, "consent": "on", "event_consent": "on"}
        response = browser_of(user).post(reverse("events:join", args=[event.pk]), form)
        assert response.status_code == 302
        compare_newcomers()
        return user

    return joined


def portrait(name: str) -> bytes:
    return samples.portrait(name).read_bytes()


def sort_photos(event: Event, *contents: bytes) -> None:
    close_registration(event=event)
    for number, content in enumerate(contents):
        upload(event, content, f"{number}.jpg")
    work_off()


def test_no_person_gets_photos_before_the_creator_admits_them(
    event: Event, join: Callable[[str, bytes], User]
) -> None:
    mallory = join("mallory", portrait("obama2"))
    sort_photos(event, portrait("obama3"))
    assert names_for(mallory, event) == []


def test_another_picture_of_bob_waits_and_bob_gets_his_photos(
    event: Event, join: Callable[[str, bytes], User]
) -> None:
    Event.objects.update(requires_approval=False)
    bob, mallory = join("bob", portrait("obama")), join("mallory", portrait("obama2"))
    biden = join("dora", portrait("biden"))
    sort_photos(event, portrait("obama3"))
    assert names_for(bob, event) == ["0.jpg"]
    assert names_for(mallory, event) == names_for(biden, event) == []
    assert Collision.objects.get().newcomer == mallory


def test_two_accounts_of_one_face_get_nothing_until_the_host_removes_one(
    event: Event, join: Callable[[str, bytes], User]
) -> None:
    """The host approved both, and reads what that means."""
    Event.objects.update(requires_approval=False)
    bob, second = join("bob", portrait("obama")), join("second", portrait("obama2"))
    host, people = browser_of(event.creator), reverse("events:people", args=[event.pk])
    registration = event.registrations.get(user=second)
    seen = {
        "reference": second.references.get().pk,
        "collision": Collision.objects.of(registration).get().pk,
    }
    host.post(reverse("events:dismiss", args=[event.pk, registration.pk]), seen)
    sort_photos(event, portrait("obama3"))
    assert names_for(bob, event) == names_for(second, event) == []
    sentence = "Second Example and Bob Example looked like one person when they joined."
    assert sentence in text_of(host.get(people).content)
    host.post(reverse("events:refuse", args=[event.pk, registration.pk]))
    work_off()
    assert names_for(bob, event) == ["0.jpg"]
    assert names_for(second, event) == []
    assert sentence not in text_of(host.get(people).content)


def test_without_bob_only_the_creator_can_notice(
    event: Event, join: Callable[[str, bytes], User]
) -> None:
    """Only approval protects against this."""
    Event.objects.update(requires_approval=False)
    mallory = join("mallory", portrait("obama2"))
    sort_photos(event, portrait("obama3"))
    assert names_for(mallory, event) == ["0.jpg"]


def test_second_photo_that_shows_bob_waits_too(
    event: Event, join: Callable[[str, bytes], User]
) -> None:
    """Mallory registers with their own face, and changes it after Bob registered."""
    Event.objects.update(requires_approval=False)
    mallory, bob = join("mallory", portrait("biden")), join("bob", portrait("obama"))
    own = mallory.references.get()
    photo = SimpleUploadedFile("me.jpg", portrait("obama2"))
    browser = browser_of(mallory)
    answer = browser.post(reverse("enrollment:start"), {"photo": photo}).content.decode()
    assert "doesn&#x27;t look like the person in your other photos" in answer
    browser.post(reverse("enrollment:delete", args=[own.pk]))
    photo.seek(0)
    browser.post(reverse("enrollment:start"), {"photo": photo, "consent": "on"})
    assert mallory.references.count() == 1
    sort_photos(event, portrait("obama3"))
    assert names_for(bob, event) == ["0.jpg"]
    assert names_for(mallory, event) == []


def crops_of(labeled_photos: Path, name: str) -> list[Image.Image]:
    folder = labeled_photos / "lfw" / name
    return [Image.open(path).convert("RGB").resize((300, 300)) for path in sorted(folder.iterdir())]


def as_jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()


def admit_all_shown(event: Event) -> None:
    references = [str(reference.pk) for reference in Reference.objects.all()]
    registrations = [row.pk for row in event.registrations.all()]
    form = {"registration": registrations, "reference": references}
    browser_of(event.creator).post(reverse("events:admit", args=[event.pk]), form)


@pytest.mark.parametrize(("mine", "theirs"), [("Jiang_Zemin", "Tony_Blair")])
def test_blended_photos_do_not_lead_from_one_face_to_another(
    event: Event, join: Callable[[str, bytes], User], labeled_photos: Path, mine: str, theirs: str
) -> None:
    """Mallory adds blends of a half and seven eighths, then the photo of an unregistered person."""
    (own, *others), (first, *rest) = (crops_of(labeled_photos, name) for name in (mine, theirs))
    mallory = join("mallory", as_jpeg(own))
    admit_all_shown(event)
    sort_photos(event, *map(as_jpeg, [*rest[:7], others[0]]))
    assert names_for(mallory, event) == ["7.jpg"]
    browser = browser_of(mallory)
    for share in (0.5, 0.875, 1):
        photo = SimpleUploadedFile("me.jpg", as_jpeg(Image.blend(own, first, share)))
        before = mallory.references.get()
        browser.post(
            reverse("enrollment:replace", args=[before.pk]), {"photo": photo, "consent": "on"}
        )
        assert mallory.references.get() != before
        admit_all_shown(event)
        work_off()
        assert set(names_for(mallory, event)) <= {"7.jpg"}, share


def add_photo(user: User, picture: bytes) -> None:
    before = user.references.count()
    form = {"photo": SimpleUploadedFile("me.jpg", picture), "consent": "on"}
    browser_of(user).post(reverse("enrollment:start"), form)
    assert user.references.count() == before + 1


BLENDS = {
    "Andre_Agassi": (0.6, 0.55),
    "Carlos_Menem": (0.55,),
    "Trent_Lott": (0.5, 0.45),
    "David_Beckham": (0.5, 0.45),
}
MOMENTS = ["before joining", "before admission", "after the close", "latecomer"]
BLENDS_AT_MOMENTS = [
    *product(["Andre_Agassi"], MOMENTS),
    *product(list(BLENDS)[1:], ["before admission"]),
    *(
        pytest.param(*rare, marks=pytest.mark.soak)
        for rare in product(list(BLENDS)[1:], MOMENTS)
        if "before admission" not in rare
    ),
]


@pytest.mark.parametrize(("theirs", "moment"), BLENDS_AT_MOMENTS)
def test_blends_admitted_with_the_own_face_get_no_photos(
    event: Event,
    make_user: Callable[..., User],
    join: Callable[[str, bytes], User],
    labeled_photos: Path,
    theirs: str,
    moment: str,
) -> None:
    """A host admits all photos together, whenever the blends were added."""
    mine = head_turns.stills(labeled_photos / "lfw")["front"]
    first, *rest = sorted((labeled_photos / "lfw" / theirs).iterdir())
    blends = [head_turns.blend(mine, head_turns.frame(first), share) for share in BLENDS[theirs]]
    if moment == "latecomer":
        Event.objects.update(allows_late_registration=True)
        close_registration(event=event)
    if moment == "before joining":
        mallory = make_user("mallory")
        for picture in (mine, *blends):
            add_photo(mallory, picture)
        changes.join_event(user=mallory, event=event, consent=EVENT_CONSENT)
    else:
        mallory = join("mallory", mine)
    if moment == "after the close":
        close_registration(event=event)
    if moment != "before joining":
        for picture in blends:
            add_photo(mallory, picture)
    event.refresh_from_db()
    if event.registration_is_open:
        close_registration(event=event)
    for number, path in enumerate(rest[:7]):
        upload(event, path.read_bytes(), f"{number}.jpg")
    admit_all_shown(event)
    work_off()
    assert names_for(mallory, event) == []


@pytest.mark.parametrize(
    "alter",
    [
        lambda face: face,
        ImageOps.mirror,
        lambda face: face.resize((face.width * 3 // 4, face.height * 3 // 4)),
        lambda face: face.rotate(4, Image.Resampling.BICUBIC),
    ],
    ids=["as it is", "mirrored", "smaller", "turned"],
)
def test_face_cropped_from_an_event_photo_waits_for_a_decision(
    event: Event,
    join: Callable[[str, bytes], User],
    alter: Callable[[Image.Image], Image.Image],
) -> None:
    Event.objects.update(requires_approval=False)
    out = io.BytesIO()
    alter(Image.open(io.BytesIO(samples.portrait_of_woman()))).save(out, "JPEG", quality=80)
    mallory = join("mallory", out.getvalue())
    sort_photos(event, *(samples.group_photo(number).read_bytes() for number in (1, 3)))
    assert names_for(mallory, event) == []
    assert Collision.objects.get().newcomer == mallory
