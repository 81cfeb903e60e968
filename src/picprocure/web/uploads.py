"""How uploaded files come in."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Spools uploads to disk and keeps no byte beyond the limit.

    A larger file keeps its true size, so that whoever checks it can name the size and the
    limit, while the disk never holds more than one byte above it.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = settings.MAX_PHOTO_BYTES + 1 - start
        if room > 0:
            self.file.write(raw_data[:room])

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        self.file.seek(0)
        self.file.size = file_size
        return self.file
