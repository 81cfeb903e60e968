"""`picprocure keys`: the keys that encrypt face data."""

from __future__ import annotations

import click
import django
from django.conf import settings


@click.group()
def keys() -> None:
    """Change the keys that seal what is stored of faces."""
    django.setup()


@keys.command()
def rotate() -> None:
    """Make a new key and seal everything with it; the site may run meanwhile.

    What was interrupted goes on with `keys forget`. Keys in PICPROCURE_FACE_KEYS are yours to
    change: put a new one in front, restart the site, and call `keys forget`.
    """
    from picprocure.storage import sealing  # noqa: PLC0415 -- it needs Django

    try:
        sealing.add_key()
    except sealing.SealingError as error:
        raise click.ClickException(str(error)) from error
    _reseal()
    click.echo("Old keys still open what they sealed. `picprocure keys forget` ends that.")


@keys.command()
def forget() -> None:
    """Seal with the first key whatever isn't yet, and drop the others."""
    from picprocure.storage import sealing  # noqa: PLC0415 -- it needs Django

    _reseal()
    if settings.FACE_KEYS:
        click.echo("Leave all keys but the first out of PICPROCURE_FACE_KEYS now.")
    else:
        click.echo(f"Old keys forgotten: {sealing.drop_old_keys()}.")


@keys.command("give-up")
@click.confirmation_option(
    prompt="This deletes all face photos and second factors that no key opens. Are the keys lost?"
)
def give_up() -> None:
    """Delete everything that was sealed with lost keys.

    Makes a new key if there is none. People are asked for their photos again, and the photos of
    events are analyzed again.
    """
    from picprocure.accounts.second_factor import delete_unopened_secrets  # noqa: PLC0415
    from picprocure.recognition.sealed_values import discard_unopenable  # noqa: PLC0415
    from picprocure.storage import sealing  # noqa: PLC0415

    try:
        sealing.accept_key_file()
    except sealing.SealingError as error:
        raise click.ClickException(str(error)) from error
    discarded, factors = discard_unopenable(), delete_unopened_secrets()
    click.echo(
        f"Deleted {discarded.references} face photos and {factors} second factors. "
        f"{discarded.photos} photos will be analyzed again."
    )


def _reseal() -> None:
    from picprocure.accounts.second_factor import reseal_secrets  # noqa: PLC0415
    from picprocure.notifications.outbox import reseal_waiting  # noqa: PLC0415
    from picprocure.recognition.key_rotation import reseal_all  # noqa: PLC0415
    from picprocure.storage.sealing import SealingError  # noqa: PLC0415

    try:
        resealed, secrets = reseal_all(), reseal_secrets()
        reseal_waiting()
    except SealingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Sealed anew: {resealed.references} references, {resealed.faces} faces, "
        f"{secrets} secrets of second factors."
    )
