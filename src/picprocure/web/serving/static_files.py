"""Which static files are collected, and how they are stored: CSS, scripts, fonts and icons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class UsedStaticFiles(StaticFilesConfig):
    """Leaves out files of the packages that no page uses, since compressing them takes long."""

    ignore_patterns = [  # noqa: RUF012 -- as in the base class
        *StaticFilesConfig.ignore_patterns,
        "bootstrap.css*",
        "bootstrap.rtl.*",
        "bootstrap-grid.*",
        "bootstrap-reboot.*",
        "bootstrap-utilities.*",
        "bootstrap-icons.css",
        "bootstrap-icons.json",
        "htmx.[!m]*",
        "ext",
        "*.scss",
        "*.gz",
    ]


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Keeps only files whose names contain their hash, also those that scripts import.

    Browsers may keep such files forever, and only half of the files are compressed.
    """

    support_js_module_import_aggregation: ClassVar = True
    keep_only_hashed_files: ClassVar = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress all files except source maps, which only developers load."""
        yield from super().compress_files(path for path in paths if not path.endswith(".map"))
