"""Collecting the static files of the site, only when they have changed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from typing import cast

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from picprocure.system.atomic_files import write_atomically

STAMP = "static.stamp"


def collect_static_files() -> None:
    """Collect and compress the static files, unless they are those of the last time."""
    stamp = settings.DATA_DIR / STAMP
    digest = sha256("\n".join(_sources()).encode()).hexdigest().encode()
    if settings.STATIC_ROOT.is_dir() and stamp.is_file() and stamp.read_bytes() == digest:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    write_atomically(stamp, digest)


def _sources() -> Iterator[str]:
    """Yield a line for each source file and each package that decides what is collected."""
    for package in ("django", "whitenoise"):
        yield f"{package} {version(package)}"
    ignored = cast("StaticFilesConfig", apps.get_app_config("staticfiles")).ignore_patterns
    for finder in get_finders():
        for path, storage in finder.list(ignored):
            yield f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}"
