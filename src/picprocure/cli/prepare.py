"""Preparation of everything that the site needs. It is safe to repeat."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError
from django.utils.module_loading import import_string

from picprocure.cli.external_services import ServiceUnavailable, wait_for_services
from picprocure.cli.shared_folder import NotShared, ensure_shared
from picprocure.cli.static_files import collect_static_files
from picprocure.faces.errors import ModelError
from picprocure.pipeline.broker import prepare_broker
from picprocure.storage import reserve
from picprocure.storage.database import clean_free_pages
from picprocure.storage.errors import SealingError
from picprocure.storage.schema import UnknownSchema, ensure_known_schema, one_at_a_time
from picprocure.storage.sealing import ensure_usable_keys

# Files of earlier versions that are no longer used: the clock's schedule.
OBSOLETE_FILES = ("clock", "clock.*", "clock-*")


class PreparationFailed(Exception):
    """Something that the site needs is missing. The message says what, and how to get it."""


def prepare(
    *,
    web: bool = True,
    workers: bool = True,
    is_whole_site: bool = True,
    is_alone: bool = True,
    obsolete: Sequence[str] = (),
) -> None:
    """Prepare the folder, the database, and what some of the site's processes need.

    Args:
        web: Whether to prepare for web servers: their static files, and the site's face engine.
        workers: Whether to prepare for workers.
        is_whole_site: Whether all processes of the site are started here.
        is_alone: Whether no other process uses the data folder.
        obsolete: Patterns of files in the data folder to delete first.

    Raises:
        PreparationFailed: Something is missing.
    """
    _prepare_folders(obsolete, web=web, is_alone=is_alone)
    _check()
    try:
        wait_for_services()
    except ServiceUnavailable as problem:
        raise PreparationFailed(str(problem)) from problem
    _prepare_database(web=web, is_whole_site=is_whole_site)
    try:
        ensure_usable_keys()
    except SealingError as problem:
        raise PreparationFailed(str(problem)) from problem
    if web:
        collect_static_files()
    prepare_broker(is_alone=is_alone)
    reserve.fill()
    if web or workers:
        _fix_engine(is_chosen_here=web)


def _prepare_folders(obsolete: Sequence[str], *, web: bool, is_alone: bool) -> None:
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.DATA_DIR.chmod(0o700)
    if web and not (settings.ASSETS_DIR / "bootstrap").is_dir():
        raise PreparationFailed(
            f"The front-end assets are missing from {settings.ASSETS_DIR}. "
            "Run `npm ci` in the checkout, or `make run`."
        )
    if obsolete and not is_alone:
        raise PreparationFailed(f"Other processes of a site use {settings.DATA_DIR}.")
    if is_alone:
        for pattern in (*obsolete, *OBSOLETE_FILES, settings.TEMP_DIR.name):
            for path in settings.DATA_DIR.glob(pattern):
                _remove(path)
    settings.TEMP_DIR.mkdir(mode=0o700, exist_ok=True)


def _check() -> None:
    try:
        import_string(settings.FACE_ENGINE)
    except ImportError as problem:
        raise PreparationFailed(f"PICPROCURE_FACE_ENGINE: {problem}.") from problem
    try:
        call_command("check")
    except SystemCheckError as problem:
        raise PreparationFailed(str(problem)) from problem


def _prepare_database(*, web: bool, is_whole_site: bool) -> None:
    try:
        with one_at_a_time():
            ensure_known_schema()
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            clean_free_pages()
            ensure_shared(web=web, is_whole_site=is_whole_site)
    except OperationalError as problem:
        reason = str(problem).strip().partition("\n")[0]
        raise PreparationFailed(f"The database can't be used: {reason}") from problem
    except (SealingError, UnknownSchema, NotShared) as problem:
        raise PreparationFailed(str(problem)) from problem


def _fix_engine(*, is_chosen_here: bool) -> None:
    """Fix the engine for all processes of the site, even if a better one is installed later.

    Args:
        is_chosen_here: Whether this process chooses the site's engine. If not, it must have the one
            that the site uses.
    """
    from picprocure.recognition.engines import (  # noqa: PLC0415 -- has models
        engine_parts,
        ensure_engine_in_use,
        use_current_engine,
    )

    if is_chosen_here:
        use_current_engine()
    else:
        try:
            ensure_engine_in_use()
        except ModelError as problem:
            raise PreparationFailed(str(problem)) from problem
    for task, name in engine_parts().items():
        os.environ[f"PICPROCURE_FACE_{task.upper()}"] = name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
