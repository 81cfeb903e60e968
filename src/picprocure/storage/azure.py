"""Azure Blob Storage: each event in a private container of its own.

The first part of a key chooses the container: what begins with ``events/ID/`` lies in
``PREFIX-event-ID``, a published gallery in ``PREFIX-published-ID``, profile references in
``PREFIX-references``, and so on. A container is made when something is first stored in it, and goes
with its event or gallery.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    AccessPolicy,
    BlobPrefix,
    BlobServiceClient,
    ContainerSasPermissions,
    generate_container_sas,
)
from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from storages.backends.azure_storage import AzureStorage

from picprocure.storage import keys
from picprocure.storage.errors import StoreUnavailable

# Folders in which each folder is a container of its own, and what its name has for them.
_PARTED = {keys.EVENTS: "event", keys.PUBLISHED: "published"}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

SPOOLED_BYTES = 2 * 1024 * 1024  # of an object that is read stay in memory, the rest on disk


class Container(AzureStorage):  # type: ignore[misc] # django-storages has no types
    """One container, with the client that all share."""

    def __init__(self, service: BlobServiceClient, **options: Any) -> None:
        super().__init__(**options)
        self._shared = service

    def _get_service_client(self) -> BlobServiceClient:
        return self._shared


class AzureContainers(Storage):
    """django-storages, with the container chosen by the key.

    What is missing raises FileNotFoundError, whatever else goes wrong StoreUnavailable.
    """

    def __init__(self, *, connection_string: str, prefix: str) -> None:
        self._prefix = prefix
        self._options = {"connection_string": connection_string, "overwrite_files": True}
        self._container = functools.lru_cache(maxsize=100)(self._new_container)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Keys are written once: there is nothing to ask the store for."""
        del max_length
        return name

    def exists(self, name: str) -> bool:
        container, blob = self._place(name)
        with _as_os_errors():
            return bool(container.exists(blob))

    def delete(self, name: str) -> None:
        container, blob = self._place(name)
        with _as_os_errors():
            container.delete(blob)

    def size(self, name: str) -> int:
        container, blob = self._place(name)
        with _as_os_errors():
            return int(container.size(blob))

    def get_modified_time(self, name: str) -> datetime:
        container, blob = self._place(name)
        with _as_os_errors():
            modified: datetime = container.get_modified_time(blob)
            return modified

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_errors():
            if not path:
                return self._tops(), []
            if path in _PARTED:
                return self._names_of_containers(f"{self._prefix}-{_PARTED[path]}-"), []
            return self._inside(path)

    def remove_folder(self, folder: str) -> None:
        """Remove the container that a folder of keys lies in, with everything in it.

        Its access policies go first: links are dead even where the removal fails.
        """
        container, _blob = self._place(f"{folder}all")
        with _as_os_errors(), contextlib.suppress(ResourceNotFoundError):
            container.client.set_container_access_policy({})
            container.client.delete_container()

    def open_folder(self, folder: str, *, policy: str, until: datetime) -> None:
        """Give the folder's container this access policy alone: list and read, until then."""
        container, _blob = self._place(f"{folder}all")
        may = ContainerSasPermissions(read=True, list=True)
        with _as_os_errors():
            container.client.set_container_access_policy(
                {policy: AccessPolicy(permission=may, expiry=until)}
            )

    def folder_link(self, folder: str, *, policy: str) -> str:
        """The container's address with a signature that says no more than the policy's name."""
        container, _blob = self._place(f"{folder}all")
        signature = generate_container_sas(
            account_name=container.client.account_name,
            container_name=container.client.container_name,
            account_key=container.client.credential.account_key,
            policy_id=policy,
            protocol=urlsplit(container.client.url).scheme,
        )
        return f"{container.client.url}?{signature}"

    def link(self, name: str, *, seconds: int, content_type: str, disposition: str) -> str:
        """An address from which this one object can be read, for so long."""
        container, blob = self._place(name)
        headers = {
            "content_type": content_type,
            "content_disposition": disposition,
            "cache_control": "private, no-store",
        }
        address: str = container.url(blob, expire=seconds, parameters=headers)
        return address

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """Fetched at once, so that what is missing is missed here."""
        del mode  # what is stored is never changed
        container, blob = self._place(name)
        folder = str(settings.FILE_UPLOAD_TEMP_DIR)
        spooled = SpooledTemporaryFile(SPOOLED_BYTES, "w+b", dir=folder)  # noqa: SIM115 -- returned
        try:
            with _as_os_errors():
                container.client.download_blob(blob).readinto(spooled)
        except BaseException:
            spooled.close()
            raise
        spooled.seek(0)
        return File(spooled, name)

    def _save(self, name: str, content: File[bytes]) -> str:
        container, blob = self._place(name)
        with _as_os_errors():
            try:
                container.save(blob, content)
            except ResourceNotFoundError:
                with contextlib.suppress(ResourceExistsError):  # another process was faster
                    container.client.create_container()
                container.save(blob, content)
        return name

    def _place(self, key: str) -> tuple[AzureStorage, str]:
        """The container of a key, and its name in there."""
        top, _, rest = key.partition("/")
        if top in _PARTED:
            part, _, rest = rest.partition("/")
            return self._container(f"{self._prefix}-{_PARTED[top]}-{part}"), rest
        return self._container(f"{self._prefix}-{top}"), rest

    def _new_container(self, name: str) -> AzureStorage:
        return Container(self._service, azure_container=name, **self._options)

    @functools.cached_property
    def _service(self) -> BlobServiceClient:
        """One client, and its connections, for all containers."""
        client: BlobServiceClient = AzureStorage(**self._options).service_client
        return client

    def close(self) -> None:
        """End the connections."""
        self._service.close()

    def _tops(self) -> list[str]:
        names = self._names_of_containers(f"{self._prefix}-")
        return sorted({top for top in map(_top_of, names) if top})

    def _names_of_containers(self, prefix: str) -> list[str]:
        found = self._service.list_containers(name_starts_with=prefix)
        return [container.name.removeprefix(prefix) for container in found]

    def _inside(self, path: str) -> tuple[list[str], list[str]]:
        container, folder = self._place(f"{path}/")
        folders, names = [], []
        found: Any = container.client.walk_blobs(name_starts_with=folder, delimiter="/")
        for item in found:
            name = item.name.removeprefix(folder)
            if isinstance(item, BlobPrefix):
                folders.append(name.rstrip("/"))
            else:
                names.append(name)
        return folders, names


def _top_of(name: str) -> str | None:
    """The first part of the keys that lie in a container, by its name without the prefix; None for
    one that is not ours, as of another site whose prefix begins with this one's."""
    part, hyphen, rest = name.partition("-")
    if not hyphen:
        return name
    tops = {part: top for top, part in _PARTED.items()}
    return tops.get(part) if _UUID.fullmatch(rest) else None


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except ResourceNotFoundError:
        raise FileNotFoundError("Azure Blob Storage doesn't have this object.") from None
    except AzureError as error:
        raise StoreUnavailable(f"Azure Blob Storage: {type(error).__name__}.") from None
