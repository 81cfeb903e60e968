"""A check that machines of one site share what they need.

Machines with one database may each have a data folder of its own, if nothing that all of them need
is kept there. The folder has a mark, which is in the database, too.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from picprocure.system.atomic_files import write_atomically

MARK = "folder-id"


class NotShared(Exception):
    """This machine doesn't share the data folder of the site. The message says what to do."""


def ensure_shared(*, web: bool, is_whole_site: bool) -> None:
    """Check that this is the data folder of the site, unless the site keeps nothing there.

    A whole site starts to use its folder, and its other machines have to follow.

    Raises:
        NotShared: It is another folder.
    """
    from picprocure.pipeline.models import SharedFolder  # noqa: PLC0415 -- has models

    if connection.vendor == "sqlite":
        return  # it is in the folder, or at least on this machine
    mark, used = _mark(), SharedFolder.objects.first()
    if is_whole_site and used and used.pk != mark:
        used.delete()
        used = None
    if used is None:
        SharedFolder.objects.create(pk=mark)
    elif used.pk != mark and (kept := list(_kept_in_folder(web=web))):
        raise NotShared(
            f"Another data folder than {settings.DATA_DIR} is used by this site, and it has "
            f"{', '.join(kept)}. Set these on all machines, or let them share one data folder."
        )


def _kept_in_folder(*, web: bool) -> Iterator[str]:
    """Yield what all machines need, and which setting lets them share it."""
    uses_files = settings.STORAGES["photos"]["BACKEND"] == settings.STORES["files"]["BACKEND"]
    if uses_files and "PICPROCURE_FILES_DIR" not in os.environ:
        yield "the photos (PICPROCURE_STORAGE or PICPROCURE_FILES_DIR)"
    uses_folder = settings.CELERY_BROKER_URL.startswith("filesystem")
    if uses_folder and "PICPROCURE_QUEUE_DIR" not in os.environ:
        yield "the jobs (PICPROCURE_BROKER_URL or PICPROCURE_QUEUE_DIR)"
    if web and "PICPROCURE_SECRET_KEY" not in os.environ:
        yield "the secret key (PICPROCURE_SECRET_KEY)"
    if not settings.FACE_KEYS and not (settings.KEYS_DIR / "face-keys").exists():
        yield "the keys (PICPROCURE_FACE_KEYS)"


def _mark() -> uuid.UUID:
    """Return the mark of this folder, which is made once."""
    path = settings.DATA_DIR / MARK
    if not path.exists():
        write_atomically(path, str(uuid.uuid4()).encode())
    return uuid.UUID(path.read_text())
