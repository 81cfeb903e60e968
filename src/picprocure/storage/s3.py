"""S3 and compatible stores, with all objects in one private bucket."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from picprocure.storage.errors import StoreUnavailable


class S3Bucket(S3Storage):  # type: ignore[misc] # django-storages has no types
    """A storage of django-storages with the errors of this package.

    Methods raise FileNotFoundError for a missing object, and StoreUnavailable for all other errors.
    """

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with _as_os_errors():
            stored: File[bytes] = super()._open(name, mode)
            stored.file  # noqa: B018 -- fetch it now, so that errors are raised here
            return stored

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_os_errors():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _as_os_errors():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _as_os_errors():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_errors():
            folders, names = super().listdir(path)
            return folders, names

    def key_pages(self) -> Iterator[list[str]]:
        """Yield the keys of all objects, 1,000 for each request."""
        with _as_os_errors():
            listing = self.connection.meta.client.get_paginator("list_objects_v2")
            for page in listing.paginate(Bucket=self.bucket_name):
                yield [found["Key"] for found in page.get("Contents", ())]

    def link(self, name: str, *, seconds: int, content_type: str, disposition: str) -> str:
        """Return an address from which only this object can be read, for this many seconds."""
        headers = {
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": "private, no-store",
        }
        with _as_os_errors():
            return str(self.url(name, parameters=headers, expire=seconds))


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise StoreUnavailable(f"S3: {type(error).__name__}.") from None
