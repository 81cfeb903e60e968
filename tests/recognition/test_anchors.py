"""No series of photos takes a person from their own face to the photos of another person."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    admit_everybody,
    browser_of,
    compare_newcomers,
    new_user,
    persona_of,
    text_of,
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.services import close_registration, end_registration, move_registration_end
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.galleries.access import photos_visible_to
from picprocure.pipeline import changes, steps
from picprocure.recognition import key_rotation, reembedding, stored_images
from picprocure.recognition.admission import usable_references
from picprocure.recognition.embeddings import embedding_of, embeddings_of
from picprocure.recognition.errors import RefusedEnrollment
from picprocure.recognition.models import Anchor, Collision, Reference
from picprocure.recognition.reference_photos import ReferencePhoto
from picprocure.recognition.references import MAX_REFERENCES, store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.erasure import erase_account, erase_event, withdraw
from picprocure.storage import files, sealing
from seeds import seeds
from snapshots import made_once, stored_objects

APART = 0.53  # between the faces of Mallory and Bob; a walk this far once got all his photos
PHOTOS_OF_BOB = 2


def normalized(vector: Embedding) -> Embedding:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def random_face(seed: int) -> Embedding:
    return normalized(np.random.default_rng(seed).normal(size=128).astype(np.float32))


MALLORYS = random_face(1)
SIDEWAYS = normalized(random_face(2) - MALLORYS * float(random_face(2) @ MALLORYS))


def blend(share: float) -> Embedding:
    """Return a blend of Mallory's face (share 0) and Bob's face (share 1)."""
    angle = 2 * np.arcsin(APART / 2) * share
    return np.asarray(np.cos(angle) * MALLORYS + np.sin(angle) * SIDEWAYS, dtype=np.float32)


def another_picture(face: Embedding, seed: int) -> Embedding:
    """Return another picture of a face, as far from it as pictures of one person are."""
    return normalized(face + 0.25 * random_face(seed))


def photo_of(face: Embedding, serial: int = 0) -> ReferencePhoto:
    return ReferencePhoto(
        image=fakes.stripes(fakes.BOB, serial=serial),
        embedding=face,
        engine_version=fakes.StripeEngine.version,
    )


def add(user: User, face: Embedding, replacing: Reference | None = None) -> Reference:
    added = changes.add_reference(
        user=user,
        reference=store_reference(photo_of(face)),
        consent_version=CURRENT_CONSENT.version,
        replacing=replacing,
    )
    compare_newcomers()
    return added


def join(user: User, event: Event) -> None:
    changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
    compare_newcomers()


def upload_photos_of_bob(event: Event) -> None:
    """Upload photos whose faces all look like Bob's, whatever their stripes. `count` sorts them."""

    def embedding(color: tuple[int, int, int], noise: int = 0) -> Embedding:
        return another_picture(blend(1), seed=color[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes, "embedding_of", embedding)
        for number in range(PHOTOS_OF_BOB):
            photo = upload(event, fakes.stripes((10 + number, 9, 9)), f"bob {number}.png")
            steps.analyze_photo(photo.pk)


def people_page(event: Event) -> str:
    address = reverse("events:people", args=[event.pk])
    return text_of(browser_of(event.creator).get(address).content)


def count(user: User, event: Event) -> int:
    request_sorting(event.pk)
    work_off()
    return photos_visible_to(user, event).count()


def make_mallory() -> None:
    add(new_user("mallory"), MALLORYS)


def make_closed() -> None:
    event = Event.objects.get()
    join(User.objects.get(email="mallory@example.org"), event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    work_off()


@pytest.fixture
def mallory(event: Event) -> User:
    made_once(make_mallory)
    return User.objects.get(email="mallory@example.org")


@pytest.fixture
def closed(event: Event, mallory: User) -> Event:
    """Return an event with Mallory, admitted with her own face, and photos of unregistered Bob."""
    made_once(make_closed)
    event.refresh_from_db()
    return event


def test_person_with_bobs_face_from_the_start_gets_his_photos(
    event: Event, make_user: Callable[..., User]
) -> None:
    """The other tests could fail."""
    bob = make_user("bob")
    add(bob, blend(1))
    join(bob, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    assert count(bob, event) == PHOTOS_OF_BOB


@pytest.mark.parametrize(
    ("shares", "requires_approval"),
    [
        ((0.5, 0.875, 1), True),
        ((0.5, 0.875, 1), False),
        ((0.3, 0.6, 0.9, 1), True),
        ((0.69,), False),
        ((1,), True),
    ],
    ids=["half, admitted", "half", "thirds, admitted", "as far as it counts", "at once, admitted"],
)
def test_replacing_photos_step_by_step_delivers_nothing(
    closed: Event, mallory: User, shares: tuple[float, ...], requires_approval: bool
) -> None:
    Event.objects.update(requires_approval=requires_approval)
    for share in shares:
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(closed)
        assert count(mallory, closed) == 0, share


def test_adding_and_deleting_photos_step_by_step_delivers_nothing(
    closed: Event, mallory: User
) -> None:
    for share in (0.4, 0.75, 1):
        for reference in mallory.references.order_by("created_at")[:1]:
            add(mallory, blend(share))
            changes.delete_reference(user=mallory, reference=reference)
        admit_everybody(closed)
        assert count(mallory, closed) == 0, share


def test_replacing_photos_before_the_close_delivers_nothing(event: Event, mallory: User) -> None:
    join(mallory, event)
    admit_everybody(event)
    for share in (0.5, 0.7, 0.875, 1):
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    assert count(mallory, event) == 0


@pytest.mark.parametrize("share", [0.5, 0.8, 1])
def test_leaving_and_registering_again_keeps_the_anchor(
    event: Event, mallory: User, share: float
) -> None:
    join(mallory, event)
    admit_everybody(event)
    end_registration(event=event, user=mallory)
    add(mallory, blend(share), replacing=mallory.references.get())
    join(mallory, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    assert count(mallory, event) == 0


def test_reopening_and_closing_keeps_the_anchor(closed: Event, mallory: User) -> None:
    anchor = Anchor.objects.get()
    for share in (0.6, 1):
        move_registration_end(event=closed, closes_at=timezone.now() + timedelta(hours=1))
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(closed)
        close_registration(event=closed)
        assert count(mallory, closed) == 0
    assert Anchor.objects.get().pk == anchor.pk


def test_face_added_after_the_close_by_a_waiting_person_is_never_used(
    event: Event, mallory: User
) -> None:
    join(mallory, event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    add(mallory, blend(1))
    admit_everybody(event)
    assert count(mallory, event) == 0
    assert not Anchor.objects.exists()


def test_consenting_again_after_the_close_does_not_allow_another_face(
    closed: Event, mallory: User
) -> None:
    Event.objects.update(allows_late_registration=True, requires_approval=False)
    closed.refresh_from_db()
    withdraw(mallory)
    add(mallory, blend(1))
    join(mallory, closed)
    admit_everybody(closed)
    assert count(mallory, closed) == 0


def test_another_picture_of_the_same_face_is_used_after_the_close(
    event: Event, make_user: Callable[..., User]
) -> None:
    bob = make_user("bob")
    add(bob, blend(1))
    join(bob, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    add(bob, another_picture(blend(1), seed=99), replacing=bob.references.get())
    admit_everybody(event)
    assert count(bob, event) == PHOTOS_OF_BOB


BLENDS = (0.5, 0.6, 0.7, 0.8)  # each of them agrees with Mallory's face and with the others
MOMENTS = ["before joining", "before admission", "after the close", "latecomer"]


def register_with_blends(mallory: User, event: Event, moment: str) -> None:
    """Add blends to Mallory's own photo, long before any host admits her."""
    if moment == "latecomer":
        Event.objects.update(allows_late_registration=True)
        close_registration(event=event)
        event.refresh_from_db()
    if moment != "before joining":
        join(mallory, event)
    if moment == "after the close":
        close_registration(event=event)
    for share in BLENDS:
        add(mallory, blend(share))
    if moment == "before joining":
        join(mallory, event)
    if event.registration_is_open:
        close_registration(event=event)


@pytest.mark.parametrize("requires_approval", [True, False], ids=["approval", "no approval"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_blends_added_before_the_admission_deliver_nothing(
    event: Event,
    mallory: User,
    moment: str,
    requires_approval: bool,
) -> None:
    """All references are admitted at once, when the anchor is fixed."""
    Event.objects.update(requires_approval=requires_approval)
    event.refresh_from_db()
    register_with_blends(mallory, event, moment)
    upload_photos_of_bob(event)
    admit_everybody(event)
    assert Anchor.objects.exists()
    assert count(mallory, event) == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_blends_deliver_nothing_after_her_own_photo_is_deleted(
    event: Event, mallory: User, moment: str
) -> None:
    first = mallory.references.get()
    register_with_blends(mallory, event, moment)
    upload_photos_of_bob(event)
    admit_everybody(event)
    changes.delete_reference(user=mallory, reference=first)
    assert count(mallory, event) == 0


# ---- steps at random


class RandomWalk:
    """Everything that Mallory can do, with a host who admits every reference."""

    def __init__(self, seed: int, event: Event, mallory: User) -> None:
        self.random, self.event, self.user = random.Random(seed), event, mallory
        self.share = 0.0
        self.start = blend(0)

    def register(self, moment: str) -> None:
        """Register, add random photos at the given moment, and be admitted with all of them."""
        if moment == "before joining":
            self._add_some()
        if moment == "latecomer":
            self.close_or_reopen()
        join(self.user, self.event)
        if moment == "after the close":
            self.close_or_reopen()
        if moment in {"before admission", "after the close", "latecomer"}:
            self._add_some()
        self.admit()

    def _add_some(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            self.add()

    def step(self) -> None:
        actions = [
            self.replace,
            self.replace,
            self.add,
            self.delete,
            self.admit,
            self.close_or_reopen,
        ]
        self.random.choice([*actions, self.leave_and_register_again])()

    def _face(self) -> Embedding:
        self.share = min(1.0, self.share + self.random.choice([0.05, 0.2, 0.35, 0.5, 1]))
        face = blend(self.share)
        return (
            another_picture(face, self.random.randrange(99)) if self.random.random() < 0.3 else face
        )

    def replace(self) -> None:
        references = list(self.user.references.all())
        self._try_to_add(self.random.choice(references) if references else None)

    def add(self) -> None:
        if self.user.references.count() < MAX_REFERENCES:
            self._try_to_add(None)

    def _try_to_add(self, replacing: Reference | None) -> None:
        try:
            add(self.user, self._face(), replacing)
        except RefusedEnrollment:
            self.share = max(0.0, self.share - 0.3)

    def delete(self) -> None:
        for reference in self.user.references.order_by("created_at")[:1]:
            changes.delete_reference(user=self.user, reference=reference)

    def admit(self) -> None:
        admit_everybody(self.event)

    def close_or_reopen(self) -> None:
        if self.event.registration_is_open:
            close_registration(event=self.event)
            self.event.refresh_from_db()
        else:
            move_registration_end(event=self.event, closes_at=timezone.now() + timedelta(hours=1))

    def leave_and_register_again(self) -> None:
        if self.event.takes_registrations:
            end_registration(event=self.event, user=self.user)
            join(self.user, self.event)

    @property
    def farthest(self) -> float:
        """The greatest distance of a usable reference from Mallory's first face."""
        registration = self.event.registrations.get(user=self.user)
        references = usable_references(registration, Anchor.objects.get(user=self.user))
        distances = [np.linalg.norm(face - self.start) for face in embeddings_of(references)]
        return float(max(distances, default=0.0))


@pytest.mark.parametrize("seed", seeds(8, few=3))
def test_random_steps_keep_used_references_near_the_anchor(
    event: Event, mallory: User, seed: int
) -> None:
    Event.objects.update(requires_approval=bool(seed % 2))
    event.refresh_from_db()
    walk = RandomWalk(seed, event, mallory)
    walk.register("at once")
    for _ in range(16):
        walk.step()
        assert walk.farthest < DLIB.reference_odds
    if not event.registration_is_open:
        move_registration_end(event=event, closes_at=timezone.now() + timedelta(hours=1))
    close_registration(event=event)
    upload_photos_of_bob(event)
    for _ in range(3):
        walk.replace()
        walk.admit()
        assert walk.farthest < DLIB.reference_odds
        assert count(mallory, event) == 0


@pytest.mark.parametrize("seed", seeds(3, few=1))
@pytest.mark.parametrize("moment", MOMENTS)
def test_random_steps_before_the_admission_deliver_nothing(
    event: Event, mallory: User, seed: int, moment: str
) -> None:
    Event.objects.update(
        allows_late_registration=True, requires_approval=moment != "before joining"
    )
    event.refresh_from_db()
    walk = RandomWalk(seed, event, mallory)
    walk.register(moment)
    assert walk.farthest < DLIB.reference_odds
    if event.registration_is_open:
        walk.close_or_reopen()
    upload_photos_of_bob(event)
    assert count(mallory, event) == 0
    for _ in range(3):
        walk.step()
        assert count(mallory, event) == 0


# ---- who joined first


def new_bob() -> User:
    user = new_user("bobby")
    add(user, blend(1))
    return user


def make_both() -> None:
    event, bob = Event.objects.get(), new_bob()
    for user in (User.objects.get(email="mallory@example.org"), bob):
        join(user, event)
        admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event)
    assert count(bob, event) == PHOTOS_OF_BOB


@pytest.fixture
def both(event: Event, mallory: User) -> Event:
    """Return a closed event that Mallory joined first, with her own face, and then Bob."""
    made_once(make_both)
    event.refresh_from_db()
    return event


@pytest.fixture
def bob(request: pytest.FixtureRequest, event: Event) -> User:
    """Return the Bob of `both`, if the test has it, or another one who is in no event yet."""
    for state in {"both", "mallory"}.intersection(request.fixturenames):
        request.getfixturevalue(state)  # restoring it afterwards would take Bob away
    return User.objects.filter(email="bobby@example.org").first() or new_bob()


def waiting_newcomers() -> set[str]:
    collisions = Collision.objects.filter(dismissed_at=None)
    return set(map(persona_of, collisions.values_list("newcomer__email", flat=True)))


def add_by(user: User, face: Embedding, way: str) -> None:
    old = user.references.get()
    add(user, face, replacing=old if way == "replaced" else None)
    if way == "after deleting":
        changes.delete_reference(user=user, reference=old)


@pytest.mark.parametrize(
    ("share", "requires_approval", "way"),
    [
        (0.69, False, "replaced"),
        (0.69, False, "added"),
        (0.69, True, "added"),
        (0.69, True, "replaced"),
        (0.69, True, "after deleting"),
        (0.4, False, "replaced"),
        (0.4, True, "added"),
        (0.8, False, "added"),
        (1, False, "replaced"),
    ],
)
def test_blend_never_makes_its_other_person_wait(
    both: Event, mallory: User, bob: User, share: float, requires_approval: bool, way: str
) -> None:
    """With approval, no host has admitted the blend."""
    Event.objects.update(requires_approval=requires_approval)
    add_by(mallory, blend(share), way)
    assert count(bob, both) == PHOTOS_OF_BOB
    assert count(mallory, both) == 0
    assert waiting_newcomers() == ({"mallory"} if share > 0.5 else set())
    assert "Mallory Example, added earlier" not in people_page(both)


def test_many_blends_never_make_the_owner_wait_after_adding_photos(
    both: Event, mallory: User, bob: User
) -> None:
    Event.objects.update(requires_approval=False)
    for share in (0.42, 0.44, 0.46, 0.48):
        add(mallory, blend(share))
    for seed in (4, 5):
        add(bob, another_picture(blend(1), seed))
    add(bob, blend(1), replacing=bob.references.order_by("created_at").first())
    assert count(bob, both) == PHOTOS_OF_BOB
    assert waiting_newcomers() <= {"mallory"}


def test_blend_never_makes_a_pending_person_the_newcomer(
    event: Event, mallory: User, bob: User
) -> None:
    join(mallory, event)
    admit_everybody(event)
    join(bob, event)
    add(mallory, blend(0.69), replacing=mallory.references.get())
    assert waiting_newcomers() == {"mallory"}


def test_first_person_waits_after_taking_a_face_despite_an_earlier_decision(
    both: Event, mallory: User, bob: User
) -> None:
    """A host had decided that Bob's face is his own."""
    Collision.objects.create(
        event=both,
        newcomer=bob,
        other=mallory,
        kind=Collision.Kind.PERSON,
        dismissed_at=timezone.now(),
    )
    add(mallory, blend(0.69), replacing=mallory.references.get())
    assert waiting_newcomers() == {"mallory"}


@pytest.mark.parametrize("way", ["added", "replaced"])
@pytest.mark.parametrize("of", ["mallory", "thief"])
@pytest.mark.parametrize("is_dismissed", [False, True])
def test_another_photo_of_the_own_face_keeps_the_roles(
    event: Event,
    mallory: User,
    make_user: Callable[..., User],
    is_dismissed: bool,
    of: str,
    way: str,
) -> None:
    thief = make_user("thief")
    add(thief, another_picture(MALLORYS, 7))
    for user in (mallory, thief):
        join(user, event)
        admit_everybody(event)
    assert waiting_newcomers() == {"thief"}
    if is_dismissed:
        Collision.objects.update(dismissed_at=timezone.now())
        admit_everybody(event)
    add_by({"mallory": mallory, "thief": thief}[of], another_picture(MALLORYS, 8), way)
    admit_everybody(event)
    request_sorting(event.pk)
    work_off()
    newcomers = set(map(persona_of, Collision.objects.values_list("newcomer__email", flat=True)))
    assert newcomers == {"thief"}


def test_another_photo_of_the_owner_reveals_a_thief(
    event: Event, mallory: User, make_user: Callable[..., User]
) -> None:
    """The thief's picture is too far from the owner's first picture, and near the second."""
    thief = make_user("thief")
    add(thief, blend(0.36 / APART))
    for user in (mallory, thief):
        join(user, event)
        admit_everybody(event)
    assert waiting_newcomers() == set()
    add(mallory, blend(0.1), replacing=mallory.references.get())
    assert waiting_newcomers() == {"thief"}


DEPARTURES = ["leaves", "withdraws", "withdraws and leaves", "deletes the photo and leaves"]


def depart_and_register_again(user: User, event: Event, departure: str) -> None:
    if "withdraws" in departure:
        withdraw(user)
    if "photo" in departure:
        changes.delete_reference(user=user, reference=user.references.get())
    if "leaves" in departure:
        end_registration(event=event, user=user)
    if not user.references.exists():
        add(user, another_picture(blend(1), 7))
    join(user, event)


@pytest.fixture
def thief(make_user: Callable[..., User]) -> User:
    """Return a person with Bob's face who joins after Bob."""
    user = make_user("thief")
    add(user, another_picture(blend(1), 7))
    return user


@pytest.mark.parametrize("is_admitted", [False, True], ids=["Bob waits", "Bob is admitted"])
@pytest.mark.parametrize("departure", DEPARTURES)
def test_newcomer_who_registers_again_waits_again_and_the_owner_never_does(
    event: Event, bob: User, thief: User, departure: str, is_admitted: bool
) -> None:
    """Bob has no anchor while he waits. He deletes his photo and adds another one."""
    for user in (bob, thief):
        join(user, event)
        if is_admitted:
            admit_everybody(event)
    assert waiting_newcomers() == {"thief"}
    changes.delete_reference(user=bob, reference=bob.references.get())
    depart_and_register_again(thief, event, departure)
    assert waiting_newcomers() == {"thief"}
    add(bob, another_picture(blend(1), 8))
    assert waiting_newcomers() == {"thief"}
    assert "Bobby Example, added earlier" in people_page(event)


@pytest.mark.parametrize("departure", DEPARTURES)
def test_owner_who_registers_again_does_not_wait_for_a_newcomer_who_left(
    event: Event, bob: User, thief: User, departure: str
) -> None:
    for user in (bob, thief):
        join(user, event)
    end_registration(event=event, user=thief)
    depart_and_register_again(bob, event, departure)
    join(thief, event)
    assert waiting_newcomers() == {"thief"}


@pytest.mark.parametrize("user", ["thief", "bobby"])
def test_decision_outlives_registrations(event: Event, bob: User, thief: User, user: str) -> None:
    for person in (bob, thief):
        join(person, event)
    changes.admit_despite_collision(
        registration=thief.registrations.get(),
        reference_ids=[thief.references.get().pk],
        collision_ids=[Collision.objects.get().pk],
    )
    depart_and_register_again({"thief": thief, "bobby": bob}[user], event, "leaves")
    assert waiting_newcomers() == set()
    assert Collision.objects.count() == 1


def test_person_with_a_copy_still_waits_after_registering_again(event: Event, thief: User) -> None:
    join(thief, event)
    Collision.objects.create(event=event, newcomer=thief, kind=Collision.Kind.PHOTO)
    depart_and_register_again(thief, event, "deletes the photo and leaves")
    assert waiting_newcomers() == {"thief"}


def test_newcomer_who_registered_again_sees_what_other_waiting_people_see(
    event: Event, bob: User, thief: User, make_user: Callable[..., User]
) -> None:
    other = make_user("other")
    add(other, MALLORYS)
    for user in (bob, thief, other):
        join(user, event)
    pages = []
    for user in (thief, other):
        depart_and_register_again(user, event, "leaves")
        browser = browser_of(user)
        addresses = [
            reverse("events:detail", args=[event.pk]),
            reverse("events:leave", args=[event.pk]),
            reverse("events:list"),
        ]
        contents = [without_tokens(browser.get(address).content) for address in addresses]
        name = user.first_name.encode()
        pages.append([page.replace(name, b"X") for page in contents])
    assert waiting_newcomers() == {"thief"}
    assert pages[0] == pages[1]


@pytest.mark.parametrize("of", ["thief", "bobby", "event"])
def test_collision_ends_with_the_event_or_an_account(
    event: Event, bob: User, thief: User, of: str
) -> None:
    for user in (bob, thief):
        join(user, event)
    if of == "event":
        erase_event(event)
    else:
        erase_account({"thief": thief, "bobby": bob}[of])
    assert not Collision.objects.filter(other__isnull=False).exists()
    assert waiting_newcomers() == ({"thief"} if of == "bobby" else set())


# ---- what an anchor is, and when it ends


def test_anchor_is_the_first_admitted_face_and_never_changes(event: Event, mallory: User) -> None:
    first = mallory.references.get()
    join(mallory, event)
    assert not Anchor.objects.exists()  # she is not admitted yet
    admit_everybody(event)
    anchor = Anchor.objects.get()
    assert (anchor.reference_id, anchor.image_key) == (first.pk, first.image_key)
    assert np.allclose(embedding_of(anchor), MALLORYS)
    add(mallory, another_picture(MALLORYS, 5))
    changes.delete_reference(user=mallory, reference=first)
    admit_everybody(event)
    assert Anchor.objects.get().embedding == anchor.embedding
    assert files.is_stored(anchor.image_key)


def test_no_anchor_without_consent_to_face_recognition(event: Event, mallory: User) -> None:
    changes.join_event(user=mallory, event=event, consent=None)
    admit_everybody(event)
    assert not Anchor.objects.exists()
    join(mallory, event)  # now she consents
    assert Anchor.objects.count() == 1


@pytest.mark.parametrize("end", ["withdrawal", "account", "event"])
def test_anchor_and_image_are_deleted_with(closed: Event, mallory: User, end: str) -> None:
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    image_key = Anchor.objects.get().image_key
    assert image_key in stored_objects()
    if end == "withdrawal":
        withdraw(mallory)
    elif end == "account":
        erase_account(mallory)
    else:
        erase_event(closed)
    files.remove_due()
    assert not Anchor.objects.exists()
    assert image_key not in stored_objects()


def test_image_of_a_reference_outlives_the_event(closed: Event, mallory: User) -> None:
    erase_event(closed)
    files.remove_due()
    assert files.is_stored(mallory.references.get().image_key)


def test_image_is_kept_until_the_last_event_with_the_anchor_ends(
    closed: Event, mallory: User, make_user: Callable[..., User]
) -> None:
    other = Event.objects.create(
        creator=make_user("dora"),
        registration_closes_at=closed.expires_at,
        expires_at=closed.expires_at,
    )
    join(mallory, other)
    admit_everybody(other)
    (image_key,) = set(Anchor.objects.values_list("image_key", flat=True))
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    erase_event(closed)
    files.remove_due()
    assert files.is_stored(image_key)
    erase_event(other)
    files.remove_due()
    assert not files.is_stored(image_key)


class NextEngine(fakes.StripeEngine):
    version = "stripes-2"


def face_of_bob(engine: object, image: object) -> FoundFace:
    """Stand in for `face_of_accepted`: the pictures of references are too plain for it."""
    return FoundFace(box=Box(0, 0, 1, 1), embedding=fakes.embedding_of(fakes.BOB))


@pytest.mark.parametrize("is_deleted", [False, True])
def test_new_engine_embeds_anchors_again(
    world: World, is_deleted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = Anchor.objects.get(user=world.bob)
    if is_deleted:
        changes.delete_reference(user=world.bob, reference=world.bob.references.get())
    monkeypatch.setattr(reembedding, "face_of_accepted", face_of_bob)
    reembedding.renew_references(world.event, NextEngine())
    after = Anchor.objects.get(pk=anchor.pk)
    assert after.engine_version == NextEngine.version
    assert np.allclose(embedding_of(after), fakes.embedding_of(fakes.BOB))


def test_anchor_of_another_engine_agrees_with_no_reference(world: World) -> None:
    Anchor.objects.update(engine_version="stripes-0")
    registration = world.bob.registrations.get()
    assert usable_references(registration, Anchor.objects.get(user=world.bob)) == []


def test_anchor_that_no_key_opens_agrees_with_no_later_reference(
    closed: Event, mallory: User
) -> None:
    Anchor.objects.update(embedding=b"broken")
    add(mallory, blend(0.1), replacing=mallory.references.get())
    admit_everybody(closed)
    assert count(mallory, closed) == 0
    assert usable_references(mallory.registrations.get(), Anchor.objects.get()) == []


@pytest.mark.parametrize("is_deleted", [False, True])
def test_key_rotation_includes_anchors(
    key_file: Path, closed: Event, mallory: User, is_deleted: bool
) -> None:
    if is_deleted:
        changes.delete_reference(user=mallory, reference=mallory.references.get())
    sealing.add_key()
    key_rotation.reseal_all()
    sealing.drop_old_keys()
    anchor = Anchor.objects.get()
    assert np.allclose(embedding_of(anchor), MALLORYS)
    assert stored_images.stored_image(anchor.image_key, anchor.reference_id)
    if not is_deleted:
        assert mallory.references.get().image_key == anchor.image_key


# ---- what hosts see


def test_host_sees_that_a_face_is_different(closed: Event, mallory: User) -> None:
    alice = browser_of(closed.creator)
    people = reverse("events:people", args=[closed.pk])
    assert "Not used" not in alice.get(people).content.decode()
    add(mallory, blend(1), replacing=mallory.references.get())
    for _ in range(2):  # before it is admitted, and after
        page = text_of(alice.get(people).content)
        assert page.count("Not used") == 1
        assert "different face than the first photo Mallory Example was approved with" in page
        admit_everybody(closed)


def test_host_sees_that_a_photo_was_added_after_the_close(event: Event, mallory: User) -> None:
    join(mallory, event)
    close_registration(event=event)
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    add(mallory, blend(0))
    page = browser_of(event.creator).get(reverse("events:people", args=[event.pk]))
    assert "was added after registration closed" in page.content.decode()


def test_deleting_the_anchor_photo_says_that_events_keep_it(closed: Event, mallory: User) -> None:
    first = mallory.references.get()
    page = browser_of(mallory).get(reverse("enrollment:delete", args=[first.pk]))
    assert "that event keeps it until the event is deleted" in page.content.decode()


def test_consent_texts_name_what_events_keep() -> None:
    for text in (CURRENT_CONSENT, EVENT_CONSENT):
        assert "first photo you" in text.full_text
