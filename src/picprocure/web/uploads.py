"""Receiving uploaded files, with a limit on the disk space that they use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from picprocure.storage.connections import release_connection

# The only form for many files at once, and the number of photos of full size that it accepts.
MANY_FILES_VIEW = "events:photos"
MANY_FILES = 100


class SpooledUpload(TemporaryUploadedFile):
    """An upload on disk.

    Attributes:
        was_dropped: Whether a part of the file was dropped, as the request was too large.
    """

    was_dropped = False


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes uploads to disk, up to the size that the form can use.

    A file above its limit keeps its true size, so that a message can name the size and the limit,
    but only one byte above the limit is written. The limit is larger for files with a ZIP's suffix.
    Data beyond the limit of the whole request is dropped, and the file is marked.
    """

    file: SpooledUpload

    def handle_raw_input(self, *_args: Any, **_kwargs: Any) -> None:
        """Set the limit of the request. At this point the view is known."""
        match = self.request.resolver_match if self.request else None
        self._takes_many = bool(match and match.view_name == MANY_FILES_VIEW)
        self._remaining = settings.MAX_PHOTO_BYTES + 1
        if self._takes_many:
            self._remaining = max(MANY_FILES * self._remaining, settings.MAX_ZIP_BYTES + 1)
        release_connection()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a temporary file with a name of our own, as the upload's may be too long."""
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        self.file = SpooledUpload("upload", self.content_type, 0, self.charset)
        self.file.name = self.file_name
        is_zip_name = self._takes_many and str(self.file_name).lower().endswith(".zip")
        self._limit = settings.MAX_ZIP_BYTES if is_zip_name else settings.MAX_PHOTO_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        space = max(0, self._limit + 1 - start)
        accepted = raw_data[: min(space, self._remaining)]
        self.file.was_dropped |= len(accepted) < min(space, len(raw_data))
        self._remaining -= len(accepted)
        try:
            self.file.write(accepted)
        except OSError:
            self.file.close()  # also deletes it, as the disk may be full
            raise

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        self.file.seek(0)
        self.file.size = file_size
        return self.file
