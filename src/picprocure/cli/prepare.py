"""Everything that must be there before the site can run; safe to repeat."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from picprocure.pipeline.broker import prepare_broker


class PreparationFailed(Exception):
    """Something is missing; the message says what, and how to get it."""


def prepare() -> None:
    """Folders, database, cache table, static files.

    Raises PreparationFailed.
    """
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.DATA_DIR.chmod(0o700)
    if not (settings.ASSETS_DIR / "bootstrap").is_dir():
        raise PreparationFailed(
            f"The front-end assets are missing from {settings.ASSETS_DIR}. "
            "Run `npm ci` in the checkout, or `make run`, which does it."
        )
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    prepare_broker()
    _empty(settings.TEMP_DIR)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
