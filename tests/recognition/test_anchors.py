"""Nobody walks from their own face to another's, in steps of any size and order."""

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
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.services import close_registration, end_registration, reopen_registration
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.galleries.access import photos_visible_to
from picprocure.pipeline import changes
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
from snapshots import stored_objects

APART = 0.53  # the faces of Mallory and Bob, as in a walk that once got all of Bob's photos
PHOTOS_OF_BOB = 3


def direction(vector: Embedding) -> Embedding:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def at_random(seed: int) -> Embedding:
    return direction(np.random.default_rng(seed).normal(size=128).astype(np.float32))


MALLORYS = at_random(1)
SIDEWAYS = direction(at_random(2) - MALLORYS * float(at_random(2) @ MALLORYS))


def blend(share: float) -> Embedding:
    """A face on the way from Mallory's, 0, to Bob's, 1."""
    angle = 2 * np.arcsin(APART / 2) * share
    return np.asarray(np.cos(angle) * MALLORYS + np.sin(angle) * SIDEWAYS, dtype=np.float32)


def another(face: Embedding, seed: int) -> Embedding:
    """Another picture of a face, as far from the first as pictures of one person are."""
    return direction(face + 0.25 * at_random(seed))


def photo_of(face: Embedding, serial: int = 0) -> ReferencePhoto:
    return ReferencePhoto(
        image=fakes.stripes(fakes.BOB, serial=serial),
        embedding=face,
        engine_version=fakes.StripeEngine.version,
    )


def add(user: User, face: Embedding, replacing: Reference | None = None) -> Reference:
    return changes.add_reference(
        user=user,
        reference=store_reference(photo_of(face)),
        consent_version=CURRENT_CONSENT.version,
        replacing=replacing,
    )


def join(user: User, event: Event) -> None:
    changes.join_event(user=user, event=event, consent=EVENT_CONSENT)


def upload_photos_of_bob(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their faces are pictures of one face, however their stripes look."""

    def embedding(color: tuple[int, int, int], noise: int = 0) -> Embedding:
        return another(blend(1), seed=color[0])

    with monkeypatch.context() as patch:
        patch.setattr(fakes, "embedding_of", embedding)
        for number in range(PHOTOS_OF_BOB):
            upload(event, fakes.stripes((10 + number, 9, 9)), f"bob {number}.png")
        work_off()


def people_page(event: Event) -> str:
    address = reverse("events:people", args=[event.pk])
    return browser_of(event.creator).get(address).content.decode()


def count(user: User, event: Event) -> int:
    request_sorting(event.pk)
    work_off()
    return photos_visible_to(user, event).count()


@pytest.fixture
def mallory(make_user: Callable[..., User]) -> User:
    user = make_user("mallory")
    add(user, MALLORYS)
    return user


@pytest.fixture
def closed(event: Event, mallory: User, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Mallory was admitted with a face of her own; Bob, who didn't register, is in photos."""
    join(mallory, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    return event


def test_with_bobs_own_face_from_the_start_she_would_get_them(
    event: Event, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other tests ask for can be had."""
    bob = make_user("bob")
    add(bob, blend(1))
    join(bob, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
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
def test_the_walk_of_faces_gets_nothing(
    closed: Event, mallory: User, shares: tuple[float, ...], requires_approval: bool
) -> None:
    Event.objects.update(requires_approval=requires_approval)
    for share in shares:
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(closed)
        assert count(mallory, closed) == 0, share


def test_a_walk_by_added_photos_gets_nothing(closed: Event, mallory: User) -> None:
    for share in (0.4, 0.75, 1):
        for reference in mallory.references.order_by("created_at")[:1]:
            add(mallory, blend(share))
            changes.delete_reference(user=mallory, reference=reference)
        admit_everybody(closed)
        assert count(mallory, closed) == 0, share


def test_a_walk_before_the_close_gets_nothing(
    event: Event, mallory: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(mallory, event)
    admit_everybody(event)
    for share in (0.5, 0.7, 0.875, 1):
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    assert count(mallory, event) == 0


@pytest.mark.parametrize("share", [0.5, 0.8, 1])
def test_leaving_and_coming_back_starts_no_new_walk(
    event: Event, mallory: User, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(mallory, event)
    admit_everybody(event)
    end_registration(event=event, user=mallory)
    add(mallory, blend(share), replacing=mallory.references.get())
    join(mallory, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    assert count(mallory, event) == 0


def test_closing_again_renews_nothing(
    closed: Event, mallory: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = Anchor.objects.get()
    for share in (0.6, 1):
        reopen_registration(event=closed, length=timedelta(hours=1))
        add(mallory, blend(share), replacing=mallory.references.get())
        admit_everybody(closed)
        close_registration(event=closed)
        assert count(mallory, closed) == 0
    assert Anchor.objects.get().pk == anchor.pk


def test_a_face_given_after_the_close_by_somebody_who_waited_counts_never(
    event: Event, mallory: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(mallory, event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    add(mallory, blend(1))
    admit_everybody(event)
    assert count(mallory, event) == 0
    assert not Anchor.objects.exists()


def test_consent_given_again_after_the_close_brings_no_other_face(
    closed: Event, mallory: User
) -> None:
    Event.objects.update(allows_late_registration=True, requires_approval=False)
    closed.refresh_from_db()
    withdraw(mallory)
    add(mallory, blend(1))
    join(mallory, closed)
    admit_everybody(closed)
    assert count(mallory, closed) == 0


def test_another_picture_of_the_same_face_counts_after_the_close(
    event: Event, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = make_user("bob")
    add(bob, blend(1))
    join(bob, event)
    admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    add(bob, another(blend(1), seed=99), replacing=bob.references.get())
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
def test_blends_that_are_there_before_the_admission_get_nothing(
    event: Event,
    mallory: User,
    moment: str,
    requires_approval: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of them are admitted at once, at the time that the anchor is fixed."""
    Event.objects.update(requires_approval=requires_approval)
    event.refresh_from_db()
    register_with_blends(mallory, event, moment)
    upload_photos_of_bob(event, monkeypatch)
    admit_everybody(event)
    assert Anchor.objects.exists()
    assert count(mallory, event) == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_nor_when_her_own_photo_is_deleted_afterwards(
    event: Event, mallory: User, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mallory.references.get()
    register_with_blends(mallory, event, moment)
    upload_photos_of_bob(event, monkeypatch)
    admit_everybody(event)
    changes.delete_reference(user=mallory, reference=first)
    assert count(mallory, event) == 0


# ---- steps at random


class Walk:
    """Everything that Mallory, and a host who admits all that is shown, can do."""

    def __init__(self, seed: int, event: Event, mallory: User) -> None:
        self.random, self.event, self.user = random.Random(seed), event, mallory
        self.share = 0.0
        self.start = blend(0)

    def begin(self, moment: str) -> None:
        """Add photos at random at a moment, and be admitted with all of them at once."""
        if moment == "before joining":
            self._add_some()
        if moment == "latecomer":
            self.turn_key()
        join(self.user, self.event)
        if moment == "after the close":
            self.turn_key()
        if moment in {"before admission", "after the close", "latecomer"}:
            self._add_some()
        self.admit()

    def _add_some(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            self.add()

    def step(self) -> None:
        actions = [self.replace, self.replace, self.add, self.delete, self.admit, self.turn_key]
        self.random.choice([*actions, self.leave_and_come_back])()

    def _face(self) -> Embedding:
        self.share = min(1.0, self.share + self.random.choice([0.05, 0.2, 0.35, 0.5, 1]))
        face = blend(self.share)
        return another(face, self.random.randrange(99)) if self.random.random() < 0.3 else face

    def replace(self) -> None:
        references = list(self.user.references.all())
        self._try(self.random.choice(references) if references else None)

    def add(self) -> None:
        if self.user.references.count() < MAX_REFERENCES:
            self._try(None)

    def _try(self, replacing: Reference | None) -> None:
        try:
            add(self.user, self._face(), replacing)
        except RefusedEnrollment:
            self.share = max(0.0, self.share - 0.3)

    def delete(self) -> None:
        for reference in self.user.references.order_by("created_at")[:1]:
            changes.delete_reference(user=self.user, reference=reference)

    def admit(self) -> None:
        admit_everybody(self.event)

    def turn_key(self) -> None:
        if self.event.registration_is_open:
            close_registration(event=self.event)
            self.event.refresh_from_db()
        else:
            reopen_registration(event=self.event, length=timedelta(hours=1))

    def leave_and_come_back(self) -> None:
        if self.event.takes_registrations:
            end_registration(event=self.event, user=self.user)
            join(self.user, self.event)

    @property
    def farthest(self) -> float:
        """How far any counting reference is from the face of the start."""
        registration = self.event.registrations.get(user=self.user)
        counting = usable_references(registration, Anchor.objects.get(user=self.user))
        distances = [np.linalg.norm(face - self.start) for face in embeddings_of(counting)]
        return float(max(distances, default=0.0))


@pytest.mark.parametrize("seed", range(8))
def test_no_random_walk_leaves_the_neighborhood_of_the_start(
    event: Event, mallory: User, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Event.objects.update(requires_approval=bool(seed % 2))
    event.refresh_from_db()
    walk = Walk(seed, event, mallory)
    walk.begin("at once")
    for _ in range(16):
        walk.step()
        assert walk.farthest < DEFAULT.reference_odds
    if not event.registration_is_open:
        reopen_registration(event=event, length=timedelta(hours=1))
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    for _ in range(3):
        walk.replace()
        walk.admit()
        assert walk.farthest < DEFAULT.reference_odds
        assert count(mallory, event) == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("moment", MOMENTS)
def test_no_random_walk_before_the_admission_gets_anything(
    event: Event, mallory: User, seed: int, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Event.objects.update(
        allows_late_registration=True, requires_approval=moment != "before joining"
    )
    event.refresh_from_db()
    walk = Walk(seed, event, mallory)
    walk.begin(moment)
    assert walk.farthest < DEFAULT.reference_odds
    if event.registration_is_open:
        walk.turn_key()
    upload_photos_of_bob(event, monkeypatch)
    assert count(mallory, event) == 0
    for _ in range(3):
        walk.step()
        assert count(mallory, event) == 0


# ---- who was there before


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    user = make_user("bobby")
    add(user, blend(1))
    return user


@pytest.fixture
def both(event: Event, mallory: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Mallory came first, with a face of her own, then Bob; registration is closed."""
    for user in (mallory, bob):
        join(user, event)
        admit_everybody(event)
    close_registration(event=event)
    upload_photos_of_bob(event, monkeypatch)
    assert count(bob, event) == PHOTOS_OF_BOB
    return event


def people_held() -> set[str]:
    open_ones = Collision.objects.filter(dismissed_at=None)
    return set(open_ones.values_list("newcomer__username", flat=True))


def bring(user: User, face: Embedding, way: str) -> None:
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
def test_a_blend_never_holds_whom_it_is_blended_with(
    both: Event, mallory: User, bob: User, share: float, requires_approval: bool, way: str
) -> None:
    """No host has admitted it where there is approval."""
    Event.objects.update(requires_approval=requires_approval)
    bring(mallory, blend(share), way)
    assert count(bob, both) == PHOTOS_OF_BOB
    assert count(mallory, both) == 0
    assert people_held() == ({"mallory"} if share > 0.5 else set())
    assert "Mallory Example, there before" not in people_page(both)


def test_nor_by_a_crowd_of_blends_whatever_the_owner_brings_afterwards(
    both: Event, mallory: User, bob: User
) -> None:
    Event.objects.update(requires_approval=False)
    for share in (0.42, 0.44, 0.46, 0.48):
        add(mallory, blend(share))
    for seed in (4, 5):
        add(bob, another(blend(1), seed))
    add(bob, blend(1), replacing=bob.references.order_by("created_at").first())
    assert count(bob, both) == PHOTOS_OF_BOB
    assert people_held() <= {"mallory"}


def test_a_blend_never_holds_somebody_who_waits_to_be_admitted(
    event: Event, mallory: User, bob: User
) -> None:
    join(mallory, event)
    admit_everybody(event)
    join(bob, event)
    add(mallory, blend(0.69), replacing=mallory.references.get())
    assert people_held() == {"mallory"}


def test_who_was_first_is_asked_about_a_face_taken_after_a_decision(
    both: Event, mallory: User, bob: User
) -> None:
    """A host once said that Bob is no thief of Mallory's face."""
    Collision.objects.create(
        event=both,
        newcomer=bob,
        other=mallory,
        kind=Collision.Kind.PERSON,
        dismissed_at=timezone.now(),
    )
    add(mallory, blend(0.69), replacing=mallory.references.get())
    assert people_held() == {"mallory"}


@pytest.mark.parametrize("way", ["added", "replaced"])
@pytest.mark.parametrize("of", ["mallory", "thief"])
@pytest.mark.parametrize("is_dismissed", [False, True])
def test_another_photo_of_ones_own_face_keeps_the_roles(
    event: Event,
    mallory: User,
    make_user: Callable[..., User],
    is_dismissed: bool,
    of: str,
    way: str,
) -> None:
    thief = make_user("thief")
    add(thief, another(MALLORYS, 7))
    for user in (mallory, thief):
        join(user, event)
        admit_everybody(event)
    assert people_held() == {"thief"}
    if is_dismissed:
        Collision.objects.update(dismissed_at=timezone.now())
        admit_everybody(event)
    bring({"mallory": mallory, "thief": thief}[of], another(MALLORYS, 8), way)
    admit_everybody(event)
    request_sorting(event.pk)
    work_off()
    found = set(Collision.objects.values_list("newcomer__username", flat=True))
    assert found == {"thief"}


def test_another_photo_of_the_owner_shows_a_thief_who_was_not_found_at_first(
    event: Event, mallory: User, make_user: Callable[..., User]
) -> None:
    """The thief's picture is too far from the owner's first, and near the next."""
    thief = make_user("thief")
    add(thief, blend(0.36 / APART))
    for user in (mallory, thief):
        join(user, event)
        admit_everybody(event)
    assert people_held() == set()
    add(mallory, blend(0.1), replacing=mallory.references.get())
    assert people_held() == {"thief"}


GOINGS = ["leaves", "withdraws", "withdraws and leaves", "deletes the photo and leaves"]


def go_and_come_back(user: User, event: Event, going: str) -> None:
    if "withdraws" in going:
        withdraw(user)
    if "photo" in going:
        changes.delete_reference(user=user, reference=user.references.get())
    if "leaves" in going:
        end_registration(event=event, user=user)
    if not user.references.exists():
        add(user, another(blend(1), 7))
    join(user, event)


@pytest.fixture
def thief(make_user: Callable[..., User]) -> User:
    """A person with Bob's face, who comes after Bob."""
    user = make_user("thief")
    add(user, another(blend(1), 7))
    return user


@pytest.mark.parametrize("is_admitted", [False, True], ids=["Bob waits", "Bob is admitted"])
@pytest.mark.parametrize("going", GOINGS)
def test_a_newcomer_who_comes_back_is_held_again_and_the_owner_never(
    event: Event, bob: User, thief: User, going: str, is_admitted: bool
) -> None:
    """Bob, who has no anchor while he waits, takes his photo again."""
    for user in (bob, thief):
        join(user, event)
        if is_admitted:
            admit_everybody(event)
    assert people_held() == {"thief"}
    changes.delete_reference(user=bob, reference=bob.references.get())
    go_and_come_back(thief, event, going)
    assert people_held() == {"thief"}
    add(bob, another(blend(1), 8))
    assert people_held() == {"thief"}
    assert "Bobby Example, there before" in people_page(event)


@pytest.mark.parametrize("going", GOINGS)
def test_an_owner_who_comes_back_is_not_held_for_a_newcomer_who_left(
    event: Event, bob: User, thief: User, going: str
) -> None:
    for user in (bob, thief):
        join(user, event)
    end_registration(event=event, user=thief)
    go_and_come_back(bob, event, going)
    join(thief, event)
    assert people_held() == {"thief"}


@pytest.mark.parametrize("user", ["thief", "bobby"])
def test_a_decision_outlives_registrations(event: Event, bob: User, thief: User, user: str) -> None:
    for person in (bob, thief):
        join(person, event)
    changes.admit_despite_collision(
        registration=thief.registrations.get(),
        reference_ids=[thief.references.get().pk],
        collision_ids=[Collision.objects.get().pk],
    )
    go_and_come_back({"thief": thief, "bobby": bob}[user], event, "leaves")
    assert people_held() == set()
    assert Collision.objects.count() == 1


def test_a_person_held_for_a_copy_stays_held_after_leaving(event: Event, thief: User) -> None:
    join(thief, event)
    Collision.objects.create(event=event, newcomer=thief, kind=Collision.Kind.PHOTO)
    go_and_come_back(thief, event, "deletes the photo and leaves")
    assert people_held() == {"thief"}


def test_a_newcomer_who_came_back_sees_what_other_waiting_people_see(
    event: Event, bob: User, thief: User, make_user: Callable[..., User]
) -> None:
    other = make_user("other")
    add(other, MALLORYS)
    for user in (bob, thief, other):
        join(user, event)
    pages = []
    for user in (thief, other):
        go_and_come_back(user, event, "leaves")
        browser = browser_of(user)
        addresses = [
            reverse("events:detail", args=[event.pk]),
            reverse("events:leave", args=[event.pk]),
            reverse("events:list"),
        ]
        contents = [without_tokens(browser.get(address).content) for address in addresses]
        name = user.username.encode()
        pages.append([page.replace(name, b"x").replace(name.title(), b"X") for page in contents])
    assert people_held() == {"thief"}
    assert pages[0] == pages[1]


@pytest.mark.parametrize("of", ["thief", "bobby", "event"])
def test_a_pair_ends_with_the_event_or_an_account(
    event: Event, bob: User, thief: User, of: str
) -> None:
    for user in (bob, thief):
        join(user, event)
    if of == "event":
        erase_event(event)
    else:
        erase_account({"thief": thief, "bobby": bob}[of])
    assert not Collision.objects.filter(other__isnull=False).exists()
    assert people_held() == ({"thief"} if of == "bobby" else set())


# ---- what an anchor is, and when it ends


def test_the_anchor_is_the_first_admitted_face_and_never_changes(
    event: Event, mallory: User
) -> None:
    first = mallory.references.get()
    join(mallory, event)
    assert not Anchor.objects.exists()  # nobody admitted her so far
    admit_everybody(event)
    anchor = Anchor.objects.get()
    assert (anchor.reference_id, anchor.image_key) == (first.pk, first.image_key)
    assert np.allclose(embedding_of(anchor), MALLORYS)
    add(mallory, another(MALLORYS, 5))
    changes.delete_reference(user=mallory, reference=first)
    admit_everybody(event)
    assert Anchor.objects.get().embedding == anchor.embedding
    assert files.is_stored(anchor.image_key)


def test_nothing_is_kept_of_people_who_take_part_without_face_recognition(
    event: Event, mallory: User
) -> None:
    changes.join_event(user=mallory, event=event, consent=None)
    admit_everybody(event)
    assert not Anchor.objects.exists()
    join(mallory, event)  # now she agrees
    assert Anchor.objects.count() == 1


@pytest.mark.parametrize("end", ["withdrawal", "account", "event"])
def test_the_anchor_ends_with(closed: Event, mallory: User, end: str) -> None:
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


def test_a_photo_that_is_still_a_reference_outlives_the_event(closed: Event, mallory: User) -> None:
    erase_event(closed)
    files.remove_due()
    assert files.is_stored(mallory.references.get().image_key)


def test_each_event_keeps_the_image_until_the_last_of_them_ends(
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
    """A reference's picture is too plain for the real thing."""
    return FoundFace(box=Box(0, 0, 1, 1), embedding=fakes.embedding_of(fakes.BOB))


@pytest.mark.parametrize("is_deleted", [False, True])
def test_another_engine_embeds_anchors_again(
    world: World, is_deleted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = Anchor.objects.get(user=world.bob)
    if is_deleted:
        changes.delete_reference(user=world.bob, reference=world.bob.references.get())
    monkeypatch.setattr(reembedding, "_face_in_the_middle", face_of_bob)
    reembedding.renew_references(world.event, NextEngine())
    after = Anchor.objects.get(pk=anchor.pk)
    assert after.engine_version == NextEngine.version
    assert np.allclose(embedding_of(after), fakes.embedding_of(fakes.BOB))


def test_an_anchor_of_another_engine_agrees_with_nothing(world: World) -> None:
    Anchor.objects.update(engine_version="stripes-0")
    registration = world.bob.registrations.get()
    assert usable_references(registration, Anchor.objects.get(user=world.bob)) == []


def test_an_anchor_that_cannot_be_opened_agrees_with_nothing_later(
    closed: Event, mallory: User
) -> None:
    Anchor.objects.update(embedding=b"broken")
    add(mallory, blend(0.1), replacing=mallory.references.get())
    admit_everybody(closed)
    assert count(mallory, closed) == 0
    assert usable_references(mallory.registrations.get(), Anchor.objects.get()) == []


@pytest.mark.parametrize("is_deleted", [False, True])
def test_keys_are_rotated_for_anchors_too(
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


# ---- what the host sees


def test_the_host_reads_that_a_face_is_a_different_one(closed: Event, mallory: User) -> None:
    alice = browser_of(closed.creator)
    people = reverse("events:people", args=[closed.pk])
    assert "Not used" not in alice.get(people).content.decode()
    add(mallory, blend(1), replacing=mallory.references.get())
    for _ in range(2):  # before it is admitted, and after
        page = alice.get(people).content.decode()
        assert page.count("Not used") == 1
        assert "different face than the one Mallory Example was first admitted with" in page
        admit_everybody(closed)


def test_a_photo_that_only_came_after_the_close_is_named(event: Event, mallory: User) -> None:
    join(mallory, event)
    close_registration(event=event)
    changes.delete_reference(user=mallory, reference=mallory.references.get())
    add(mallory, blend(0))
    page = browser_of(event.creator).get(reverse("events:people", args=[event.pk]))
    assert "was added after registration closed" in page.content.decode()


def test_deleting_the_first_photo_says_that_events_keep_it(closed: Event, mallory: User) -> None:
    first = mallory.references.get()
    page = browser_of(mallory).get(reverse("enrollment:delete", args=[first.pk]))
    assert "the event keeps it until the event ends" in page.content.decode()


def test_the_consent_names_what_events_keep() -> None:
    for text in (CURRENT_CONSENT, EVENT_CONSENT):
        assert "first photo you" in text.full_text
