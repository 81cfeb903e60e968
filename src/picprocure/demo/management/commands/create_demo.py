"""Create the demo event, wait for the worker, and show who got which photos."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from picprocure.accounts.models import User
from picprocure.demo.event import PASSWORD, create_demo_event, demo_people, demo_photos, sign_up
from picprocure.demo.samples import SamplesMissing
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.notifications import console as mails
from picprocure.recognition.progress import Progress, event_progress

PATIENCE_SECONDS = 600


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://localhost:8000/")

    def handle(self, *, address: str, **_: object) -> None:
        console = Console()
        try:
            people, photos = demo_people(), demo_photos()
        except SamplesMissing as error:
            raise CommandError(str(error)) from error
        console.print("Signing up demo guests with their profile photos …")
        users = [sign_up(person) for person in people]
        start = time.monotonic()
        event = create_demo_event(users[0], users, photos)
        console.print(f"Sorting {len(photos)} photos …")
        progress = _wait_for_worker(event)
        seconds = time.monotonic() - start
        console.print(_results_table(event, users))
        console.print(
            f"{progress.analyzed} photos, {progress.faces} faces, {seconds:.1f} seconds"
            f" from the first upload to all galleries.\n"
        )
        console.print(f"PicProcure is running at [bold]{address}[/bold]")
        addresses = ", ".join(user.email for user in users)
        console.print(f"Sign in with a password, as {addresses}: [bold]{PASSWORD}[/bold]")
        console.print(f"{users[0].first_name} created the event. Press Ctrl-C to stop.")
        console.print(f"{mails.WHERE_MAILS_OF_A_DEMO_GO}\n" if mails.is_in_use() else "")


def _wait_for_worker(event: Event) -> Progress:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        progress = event_progress(event)
        if not progress.is_working:
            return progress
        time.sleep(0.2)
    raise CommandError(f"The worker did not finish within {PATIENCE_SECONDS} seconds.")


def _results_table(event: Event, users: list[User]) -> Table:
    table = Table(title=event.name, title_justify="left")
    table.add_column("Person")
    table.add_column("Photos they're in")
    for user in users:
        names = photos_visible_to(user, event).values_list("name", flat=True)
        table.add_row(user.name, ", ".join(names) or "none")
    return table
