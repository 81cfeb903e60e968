"""`picprocure keys`: the keys that encrypt face data."""

from __future__ import annotations

import click
from django.conf import settings

from picprocure.cli.database import set_up_known_database
from picprocure.storage.errors import SealingError


@click.group()
def keys() -> None:
    """Change the keys that encrypt stored face data."""
    set_up_known_database()


@keys.command()
def rotate() -> None:
    """Create a new key and encrypt everything with it. The site can keep running.

    If this is interrupted, run `keys forget` to continue. If your keys are in PICPROCURE_FACE_KEYS,
    put a new key first in that list instead, restart the site, and run `keys forget`.
    """
    from picprocure.storage import sealing  # noqa: PLC0415 -- it needs Django

    try:
        sealing.add_key()
    except SealingError as error:
        raise click.ClickException(str(error)) from error
    _reseal()
    click.echo("The old keys are kept for now. To remove them, run `picprocure keys forget`.")


@keys.command()
def forget() -> None:
    """Encrypt everything with the first key, and remove the other keys."""
    from picprocure.storage import sealing  # noqa: PLC0415 -- it needs Django

    _reseal()
    if settings.FACE_KEYS:
        click.echo("Now remove all keys except the first from PICPROCURE_FACE_KEYS.")
    else:
        click.echo(f"Old keys removed: {sealing.drop_old_keys()}.")


@keys.command("give-up")
@click.confirmation_option(
    prompt="This deletes all face photos and two-step sign-in secrets that no key can open. "
    "Are the keys lost?"
)
def give_up() -> None:
    """Delete everything that was encrypted with lost keys.

    Creates a new key if there is none. People have to add photos of their face again, and event
    photos are analyzed again.
    """
    from picprocure.accounts.second_factor import delete_unopened_secrets  # noqa: PLC0415
    from picprocure.events.invitations import delete_unopened_tokens  # noqa: PLC0415
    from picprocure.recognition.sealed_values import discard_unopenable  # noqa: PLC0415
    from picprocure.storage import sealing  # noqa: PLC0415

    try:
        sealing.accept_key_file()
    except SealingError as error:
        raise click.ClickException(str(error)) from error
    discarded, factors = discard_unopenable(), delete_unopened_secrets()
    delete_unopened_tokens()
    click.echo(
        f"Deleted {discarded.references} face photos and {factors} two-step sign-in secrets. "
        f"{discarded.photos} photos will be analyzed again."
    )


def _reseal() -> None:
    from picprocure.accounts.second_factor import reseal_secrets  # noqa: PLC0415
    from picprocure.events.invitations import reseal_tokens  # noqa: PLC0415
    from picprocure.notifications.outbox import reseal_waiting  # noqa: PLC0415
    from picprocure.recognition.key_rotation import reseal_all  # noqa: PLC0415

    try:
        resealed, secrets = reseal_all(), reseal_secrets()
        reseal_waiting()
        reseal_tokens()
    except SealingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Encrypted again: {resealed.references} face photos, {resealed.faces} faces, "
        f"{secrets} two-step sign-in secrets."
    )
