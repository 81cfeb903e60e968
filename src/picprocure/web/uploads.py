"""How uploaded files come in: bounded on disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from picprocure.storage.connections import release_connection

# The one form that takes many files at once, and how many full-sized ones it takes.
MANY_FILES_VIEW = "events:photos"
MANY_FILES = 100


class SpooledUpload(TemporaryUploadedFile):
    """An upload on disk; `was_dropped` when there was no room left for it."""

    was_dropped = False


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Spools uploads to disk, and no more of them than the form at hand can use.

    A file over its limit, which is that of a ZIP when its name says that it is one, keeps its
    true size, so that whoever checks it can name the size and the limit, while the disk never
    holds more than one byte above it. What comes after the request's share is used up is
    dropped, and says so.
    """

    file: SpooledUpload

    def handle_raw_input(self, *_args: Any, **_kwargs: Any) -> None:
        """The request is known by now: decide how much of it is spooled."""
        match = self.request.resolver_match if self.request else None
        self._takes_many = bool(match and match.view_name == MANY_FILES_VIEW)
        self._left = settings.MAX_PHOTO_BYTES + 1
        if self._takes_many:
            self._left = max(MANY_FILES * self._left, settings.MAX_ZIP_BYTES + 1)
        release_connection()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the temporary file under a name of ours: the uploader's may be too long."""
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        self.file = SpooledUpload("upload", self.content_type, 0, self.charset)
        self.file.name = self.file_name
        named_zip = self._takes_many and str(self.file_name).lower().endswith(".zip")
        self._limit = settings.MAX_ZIP_BYTES if named_zip else settings.MAX_PHOTO_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = max(0, self._limit + 1 - start)
        kept = raw_data[: min(room, self._left)]
        self.file.was_dropped |= len(kept) < min(room, len(raw_data))
        self._left -= len(kept)
        try:
            self.file.write(kept)
        except OSError:
            self.file.close()  # which removes it: the disk may be full
            raise

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        self.file.seek(0)
        self.file.size = file_size
        return self.file
