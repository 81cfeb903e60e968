"""A site on disk, in a process of its own, with what people do there step by step.

For each step it prints the values to search for, and waits until its parent has searched: this
process must not open its database's files, since closing them would end SQLite's locks.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import PASSWORD, confirm_identity, reference_photo, take_part, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import User
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.galleries.personal_data import personal_data_archive
from picprocure.pipeline import account_changes, changes, maintenance
from picprocure.recognition.models import Face, Reference
from picprocure.recognition.references import enroll, store_reference
from picprocure.storage import database, files

DATABASE = settings.DATA_DIR / "picprocure.sqlite3"

Values = dict[str, bytes]


def report(step: str, values: Values) -> None:
    in_hex = {name: value.hex() for name, value in values.items()}
    folder = str(settings.DATA_DIR)
    sys.stdout.write(json.dumps({"step": step, "values": in_hex, "folder": folder}) + "\n")
    sys.stdout.flush()
    input()


def create_person(name: str, face: tuple[int, int, int]) -> User:
    user = User.objects.create_user(
        email=f"{name}.address@example.org",
        password=PASSWORD,
        first_name=f"{name}-first",
        last_name=f"{name}-last",
    )
    confirm_email(user)
    enroll(
        user=user,
        reference=store_reference(reference_photo(face)),
        consent_version=CURRENT_CONSENT.version,
    )
    return user


def face_values(user: User) -> Values:
    """Return what is stored about a person's face: from their own photos and from event photos."""
    values: Values = {}
    for number, row in enumerate(user.references.all()):
        values |= {f"{name} {number}": value for name, value in reference_values(row).items()}
    for number, anchor in enumerate(user.anchors.all()):
        values[f"anchor {number}"] = bytes(anchor.embedding)
    for number, face in enumerate(Face.objects.filter(matches__registration__user=user)):
        values[f"face {number}"] = bytes(face.embedding or b"")
    return values


def reference_values(row: Reference) -> Values:
    with files.open_stored(row.image_key) as stored:
        picture: bytes = stored.read()
    return {
        "reference": bytes(row.embedding),
        "reference's key": row.image_key.encode(),
        "reference's picture": picture,
    }


def account_values(user: User) -> Values:
    texts = (user.email, user.first_name, user.last_name, user.password)
    names = ("address", "first name", "last name", "password")
    return {name: text.encode() for name, text in zip(names, texts, strict=True)}


def event_values(event: Event) -> Values:
    values = {"event": event.name.encode(), "cover": event.cover_key.encode()}
    for photo in event.photos.all():
        values |= {
            f"{photo.name} key {n}": key.encode() for n, key in enumerate(photo.storage_keys)
        }
        with files.open_stored(photo.original_key) as stored:
            values[f"{photo.name} bytes"] = stored.read()
    faces = Face.objects.filter(photo__event=event, embedding__isnull=False)
    return values | {f"face {n}": bytes(face.embedding or b"") for n, face in enumerate(faces)}


@contextmanager
def open_read_transaction() -> Iterator[None]:
    """Act as another program with an open read transaction, such as a backup."""
    with closing(sqlite3.connect(DATABASE, isolation_level=None)) as other_program:
        other_program.execute("BEGIN")
        other_program.execute("SELECT count(*) FROM accounts_user").fetchone()
        yield


def prepare() -> None:
    """Prepare the site as `picprocure up` does, without assets."""
    settings.DATA_DIR.mkdir(exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    database.clean_free_pages()


def clean_free_pages() -> None:
    """Clean values that an older version left in free pages, first with a full disk."""
    leftovers = os.urandom(600)
    with closing(sqlite3.connect(DATABASE, isolation_level=None)) as old:
        old.execute("PRAGMA secure_delete=OFF")
        old.execute("CREATE TABLE old(value blob)")
        old.executemany(
            "INSERT INTO old VALUES (?)", [(os.urandom(600),), (leftovers,), (os.urandom(600),)]
        )
        old.execute("DELETE FROM old WHERE value = ?", [leftovers])
        old.execute("DROP TABLE old")
        old.execute("PRAGMA user_version = 0")
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    usage = shutil.disk_usage
    full = lambda path: usage(path)._replace(free=1)  # noqa: E731
    for step, usage_function in (
        ("no room for cleaning", full),
        ("cleaned once", usage),
        ("", full),
    ):
        shutil.disk_usage = usage_function
        database.clean_free_pages()
        if step:
            report(step, {"old": leftovers})
    shutil.disk_usage = usage


def main() -> None:
    setup_test_environment()
    prepare()
    clean_free_pages()
    alice, bob, dora = (
        create_person(name, face)
        for name, face in (("alice", fakes.ALICE), ("bobby", fakes.BOB), ("dora", fakes.DORA))
    )
    event = create_party(alice, bob, dora)
    withdraw_and_delete(bob, reading_data_of=dora)
    replace_photos(dora)
    end_event(event)
    delete_while_another_program_reads(dora)
    never_confirm()
    report("what stays", account_values(alice))


def create_party(alice: User, *guests: User) -> Event:
    """Create an event with sorted photos of its guests."""
    event = create_event(
        creator=alice,
        details=EventDetails(name="Alice's garden party"),
        closes_at=timezone.now() + timedelta(hours=2),
        cover=fakes.stripes(),
    )
    for user in guests:
        add_to_guest_list(event=event, guests=dict.fromkeys([user.email], ""))
        take_part(user, event)
    close_registration(event=event)
    for number, face in enumerate((fakes.BOB, fakes.DORA, fakes.STRANGER)):
        upload(event, fakes.stripes(face), f"party-{number}.png")
    work_off()
    return event


def withdraw_and_delete(bob: User, *, reading_data_of: User) -> None:
    """Withdraw and delete the account while the site itself reads: a download isn't finished."""
    client = Client()
    client.force_login(bob)
    client.get(reverse("accounts:profile"))
    Client().post(reverse("account_reset_password"), {"email": bob.email.upper()})
    Client().post(reverse("account_login"), {"login": bob.email, "password": "wrong"})
    chunks = iter(personal_data_archive(reading_data_of).chunks)
    next(chunks)
    values = face_values(bob)
    report("before the withdrawal", values)
    client.post(reverse("accounts:withdraw"))
    report("after the withdrawal", values)
    values = account_values(bob)
    report("before the account's deletion", values)
    confirm_identity(client).post(reverse("accounts:delete"))
    report("after the account's deletion", values)
    del chunks


def replace_photos(dora: User) -> None:
    """Replace and delete photos other than her anchor, which the event keeps until it ends."""
    second = add_photo(dora)
    values = reference_values(second)
    third = add_photo(dora, replacing=second)
    report("after the replacement", values)
    values = reference_values(third)
    changes.delete_reference(user=dora, reference=third)
    report("after one photo's deletion", values)


def add_photo(user: User, *, replacing: Reference | None = None) -> Reference:
    return changes.add_reference(
        user=user,
        reference=store_reference(reference_photo(fakes.DORA)),
        consent_version=CURRENT_CONSENT.version,
        replacing=replacing,
    )


def end_event(event: Event) -> None:
    """End the event, with objects of processes that were killed before and after its end."""
    photo = event.photos.all()[0]
    leftovers = {name: os.urandom(64) for name in ("attempt", "upload", "late")}
    files.store(f"events/{event.pk}/photos/{photo.pk}/attempt.jpg", leftovers["attempt"])
    files.store(f"events/{event.pk}/photos/never/upload.jpg", leftovers["upload"])
    values = {**event_values(event), **leftovers}
    report("before the event's end", {n: v for n, v in values.items() if n != "late"})
    Event.objects.filter(pk=event.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    maintenance.sweep()
    files.store(f"events/{event.pk}/photos/{photo.pk}/late.jpg", leftovers["late"])
    maintenance.sweep()
    report("after the event's end", values)


def delete_while_another_program_reads(dora: User) -> None:
    """Delete an account. What another program still reads is deleted by the next sweep."""
    values = account_values(dora) | face_values(dora)
    with open_read_transaction():
        account_changes.delete_account(dora)
        report("while another program reads", values)
        maintenance.sweep()
    maintenance.sweep()
    report("after the other program", values)


def never_confirm() -> None:
    late = timezone.now() - settings.UNCONFIRMED_SIGN_UP - timedelta(minutes=1)
    user = User.objects.create_user(
        email="never.address@example.org",
        password=PASSWORD,
        date_joined=late,
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    cache.set("attempts:never.address@example.org", 1, timeout=-5)
    values = {name: value for name, value in account_values(user).items() if value}
    report("before the sign-up's end", values)
    maintenance.sweep()
    report("after the sign-up's end", values)
