"""The personas, and an event in which each of them has their place."""

from __future__ import annotations

import base64
import io
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

import fakes
import remembering
import sharing_cores
from migrated_database import migrate_once
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import User
from picprocure.events import co_hosts
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.galleries import publishing
from picprocure.galleries.access import photos_visible_to
from picprocure.notifications import delivery
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, steps
from picprocure.pipeline.app import app
from picprocure.recognition.admission import admit
from picprocure.recognition.engines import use_current_engine
from picprocure.recognition.models import Match, Sorting
from picprocure.recognition.reference_photos import ReferencePhoto
from picprocure.recognition.references import enroll, store_reference
from picprocure.retention.erasure import withdraw
from picprocure.storage import sealing
from snapshots import flush_quickly, made_once

REPO = Path(__file__).parents[1]
SLOW_SECONDS = 20
PASSWORD = "a-good-Pass-phrase-7"

pytest_collection = sharing_cores.pytest_collection
pytest_collection_modifyitems = sharing_cores.pytest_collection_modifyitems
pytest_xdist_auto_num_workers = sharing_cores.pytest_xdist_auto_num_workers
pytest_xdist_make_scheduler = sharing_cores.pytest_xdist_make_scheduler


def pytest_configure() -> None:
    """Let processes that tests start hear signals, also if tests run under nohup or with `&`.

    Ignored signals are inherited, handlers are not.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as tables, and which of them were slow without a reason."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "table":
                terminalreporter.write_line(text)
        if report.duration > SLOW_SECONDS and "slow" not in report.keywords:
            terminalreporter.write_line(
                f"{report.nodeid} ({report.when}) took {report.duration:.0f} s. Make it faster, "
                "or say why it can't be: @pytest.mark.slow(reason=…)"
            )


@pytest.fixture(scope="session")
def labeled_photos() -> Path:
    folder = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", REPO.parent / "shared/photos"))
    if not folder.is_dir():
        pytest.skip(f"no labeled photos in {folder}; PICPROCURE_TEST_PHOTOS may name their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def shared_answers_of_the_engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let all processes of the run share what the real engine saw. pytest deletes it later."""
    own = tmp_path_factory.getbasetemp()
    of_the_run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    remembering.share_answers(of_the_run / "answers-of-the-engine")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Prepare the database for one of several processes."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        migrate_once(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Set up the database of pytest-django, and make emptying it quick."""
    with django_db_blocker.unblock():
        flush_quickly()


@pytest.fixture(autouse=True)
def fresh_start() -> None:
    """Each test begins without stored objects and without counted attempts."""
    storages._storages.clear()  # type: ignore[attr-defined] # private
    cache.clear()


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Path:
    """Where the keys are that seal, instead of in the settings."""
    settings.FACE_KEYS = ()
    settings.KEYS_DIR = tmp_path / "keys"
    sealing._read.clear()
    return tmp_path / "keys/face-keys"


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def reference_photo(color: tuple[int, int, int]) -> ReferencePhoto:
    return ReferencePhoto(
        image=fakes.stripes(color, serial=99),  # no copy of a photo of the event
        embedding=fakes.embedding_of(color, noise=7),
        engine_version=fakes.StripeEngine.version,
    )


def new_user(name: str, face: tuple[int, int, int] | None = None) -> User:
    """Return a user with a confirmed address, and with a reference of this face."""
    user = User.objects.create_user(
        email=f"{name}@example.org",
        password=PASSWORD,
        first_name=name.title(),
        last_name="Example",
    )
    confirm_email(user)
    if face:
        enroll(
            user=user,
            reference=store_reference(reference_photo(face)),
            consent_version=CURRENT_CONSENT.version,
        )
    return user


def persona_of(user: User | str) -> str:
    """Return the name of the person in the tests, from the account or its address."""
    return (user if isinstance(user, str) else user.email).partition("@")[0]


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    return new_user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def confirm_identity(client: Client) -> Client:
    """Let a signed-in person confirm that it's them, as before they delete their account."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def take_part(user: User, event: Event) -> Registration:
    """Register a user, and admit them with all their references."""
    registration = changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
    admit(registration=registration, reference_ids=[ref.pk for ref in user.references.all()])
    steps.compare_newcomers(event.pk)
    return registration


def admit_everybody(event: Event) -> None:
    """With all that a page of now would show."""
    for registration in event.registrations.all():
        shown = [reference.pk for reference in registration.user.references.all()]
        changes.admit(registration=registration, reference_ids=shown)


def names_for(user: User, event: Event) -> list[str]:
    """Return the names of the photos in a person's gallery, sorted."""
    return sorted(photos_visible_to(user, event).values_list("name", flat=True))


def without_tokens(page: bytes) -> bytes:
    """Remove CSRF tokens, which differ in each response."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", page)


def text_of(page: bytes) -> str:
    """Return a page with single blanks and without the elements that isolate names."""
    return " ".join(re.sub(r"</?bdi>", "", page.decode()).split())


@dataclass
class World:
    """An event and its people.

    Alice created it, Bob is in photos, Charlie registered and is in none, and Mallory is a stranger
    who is signed in.
    """

    alice: User
    bob: User
    charlie: User
    mallory: User
    event: Event
    bobs_photo: Photo
    shared_photo: Photo
    strangers_photo: Photo
    doubtful_photo: Photo  # Bob may be in it, so he doesn't get it
    unreleased_photo: Photo | None = None  # Bob and Charlie are in it; in `full_world` only
    others: dict[str, User] = field(default_factory=dict)

    def client(self, persona: str) -> Client:
        client = Client()
        if persona != "anonymous":
            client.force_login(self.others.get(persona) or getattr(self, persona))
        return client


def upload(event: Event, content: bytes, name: str = "photo.png") -> Photo:
    """Hand one photo in, as the creator would."""
    stored = steps.receive_photo(
        event=event,
        uploaded_by=event.creator,
        upload=io.BytesIO(content),
        name=name,
        size=len(content),
    )
    return stored.photo


def compare_newcomers() -> None:
    """Compare the faces of people who joined, as a job does moments later."""
    for event in Event.objects.all():
        steps.compare_newcomers(event.pk)


def work_off() -> None:
    """Do what the queue would bring, until nothing is left."""
    for photo_id in list(Photo.objects.waiting().values_list("pk", flat=True)):
        steps.analyze_photo(photo_id)
    compare_newcomers()
    for event_id in list(Sorting.objects.pending().values_list("pk", flat=True)):
        steps.sort_event(event_id)
    for event_id in publishing.events_to_publish():
        publishing.publish(event_id)


@pytest.fixture
def quick_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are sent as soon as their job is on the queue."""

    def done_at_once(task: str, **_: object) -> None:
        if task == "picprocure.send_mails":
            delivery.deliver_due()

    monkeypatch.setattr(app, "send_task", done_at_once)


@pytest.fixture
def fakes_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """By processes that a test starts, too."""
    path = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))


def make_event() -> None:
    create_event(
        creator=new_user("alice", fakes.ALICE),
        details=EventDetails(
            name="Alice's garden party", description="Under the old oak.", is_listed=True
        ),
        closes_at=timezone.now() + timedelta(hours=2),
        cover=fakes.stripes(),
    )


def make_world() -> None:
    """Turn Alice's event into the world."""
    use_current_engine()
    event = Event.objects.get()
    bob = new_user("bob", fakes.BOB)
    take_part(bob, event)
    take_part(new_user("charlie", fakes.CHARLIE), event)
    close_registration(event=event)
    upload(event, fakes.stripes(fakes.BOB), "bob.png")
    upload(event, fakes.stripes(fakes.BOB, fakes.STRANGER), "shared.png")
    upload(event, fakes.stripes(fakes.STRANGER, fakes.OTHER_STRANGER), "strangers.png")
    doubtful = upload(event, fakes.stripes(fakes.OTHER_STRANGER), "doubtful.png")
    work_off()
    Match.objects.create(
        registration=bob.registrations.get(),
        face=doubtful.faces.get(),
        status=Match.Status.REVIEW,
        distance=0.5,
        threshold=0.48,
        reason="near, but not near enough to be sure",
    )
    new_user("mallory", fakes.ALICE)


def make_full_world() -> None:
    """Add the others to the world."""
    event = Event.objects.get()
    event.registration_closes_at = timezone.now() + timedelta(hours=1)
    event.save()
    faces = {
        "pending": fakes.OTHER_STRANGER,
        "held": fakes.BOB,
        "blocked": fakes.STRANGER,
        "withdrawn": fakes.DORA,
    }
    others = {name: new_user(name, face) for name, face in faces.items()}
    for name, user in others.items():
        registration = changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
        if name != "pending":
            shown = [reference.pk for reference in user.references.all()]
            changes.admit(registration=registration, reference_ids=shown)
        if name == "blocked":
            changes.refuse(registration)
        if name == "withdrawn":
            withdraw(user)
    operator = new_user("operator")
    operator.is_staff = True
    operator.save()
    co_host = new_user("co_host", fakes.ALICE)
    new_user("invited", fakes.ALICE)
    for name in ("co_host", "invited"):
        co_hosts.invite(event=event, invitee=f"{name}@example.org")
    co_hosts.accept(event=event, user=co_host)
    close_registration(event=event)
    event.release = Event.Release.BY_HAND
    event.save()
    upload(event, fakes.stripes(fakes.BOB, fakes.CHARLIE), "unreleased.png")
    work_off()


@pytest.fixture
def event(db: None, request: pytest.FixtureRequest) -> Event:
    """Alice's event. It is open for registration and empty, unless the test asks for a world."""
    more = {"world": make_world, "full_world": make_full_world}
    made_once(make_event, *(more[name] for name in more if name in request.fixturenames))
    return Event.objects.get()


@pytest.fixture
def world(event: Event) -> World:
    if not User.objects.filter(email="mallory@example.org").exists():
        made_once(make_world)  # for `request.getfixturevalue`
    event.refresh_from_db()
    return stored_world(event)


def stored_world(event: Event) -> World:
    """Return the world that is in the database."""
    users = {persona_of(user): user for user in User.objects.all()}
    photos = {photo.name: photo for photo in Photo.objects.all()}
    return World(
        alice=event.creator,
        bob=users["bob"],
        charlie=users["charlie"],
        mallory=users["mallory"],
        event=event,
        bobs_photo=photos["bob.png"],
        shared_photo=photos["shared.png"],
        strangers_photo=photos["strangers.png"],
        doubtful_photo=photos["doubtful.png"],
        unreleased_photo=photos.get("unreleased.png"),
    )


@pytest.fixture
def full_world(world: World) -> World:
    """Add people who get no photos, hosts and an operator to `world`.

    Pending waits for Alice. Held registered with Bob's face. Blocked was refused. Withdrawn
    withdrew consent. Co_host is a co-host, and invited is invited to be one. One more photo, of Bob
    and Charlie, waits until a host releases it.
    """
    if not User.objects.filter(email="operator@example.org").exists():
        made_once(make_full_world)
    world.event.refresh_from_db()
    world.unreleased_photo = Photo.objects.get(name="unreleased.png")
    names = ("pending", "held", "blocked", "withdrawn", "operator", "co_host", "invited")
    people = {persona_of(user): user for user in User.objects.all()}
    world.others = {name: people[name] for name in names}
    return world
