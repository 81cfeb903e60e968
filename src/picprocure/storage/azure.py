"""Azure Blob Storage, with a private container for each event.

The first part of a key chooses the container. Keys that begin with `events/ID/` are stored in
`PREFIX-event-ID`, a published gallery in `PREFIX-published-ID`, profile references in
`PREFIX-references`, and so on. A container is created with its first object, and deleted with its
event or gallery.
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

# Top folders whose subfolders each have their own container, and their names in it.
_SPLIT_FOLDERS = {keys.EVENTS: "event", keys.PUBLISHED: "published"}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

SPOOLED_BYTES = 2 * 1024 * 1024  # larger objects are read from a temporary file, not from memory


class Container(AzureStorage):  # type: ignore[misc] # django-storages has no types
    """One container, with the shared client."""

    def __init__(self, service: BlobServiceClient, **options: Any) -> None:
        super().__init__(**options)
        self._shared = service

    def _get_service_client(self) -> BlobServiceClient:
        return self._shared


class AzureContainers(Storage):
    """A storage of django-storages whose container is chosen by the key.

    Methods raise FileNotFoundError for a missing object, and StoreUnavailable for all other errors.
    """

    def __init__(self, *, connection_string: str, prefix: str) -> None:
        self._prefix = prefix
        self._options = {"connection_string": connection_string, "overwrite_files": True}
        self._container = functools.lru_cache(maxsize=100)(self._new_container)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name unchanged, since each key is written only once."""
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
                return self._top_folders(), []
            if path in _SPLIT_FOLDERS:
                return self._container_names(f"{self._prefix}-{_SPLIT_FOLDERS[path]}-"), []
            return self._list_container(path)

    def key_pages(self) -> Iterator[list[str]]:
        """Yield the keys of all objects, up to 5,000 for each request, and one for a container."""
        with _as_os_errors():
            for name in self._container_names(f"{self._prefix}-"):
                if folder := _folder_of(name):
                    client = self._container(f"{self._prefix}-{name}").client
                    with contextlib.suppress(ResourceNotFoundError):  # it was just deleted
                        for page in client.list_blob_names().by_page():
                            yield [f"{folder}/{blob}" for blob in page]

    def remove_folder(self, folder: str) -> None:
        """Delete the container of a folder, with everything in it.

        Its access policies are deleted first, so that links end even if the deletion fails.
        """
        container, _blob = self._place(f"{folder}all")
        with _as_os_errors(), contextlib.suppress(ResourceNotFoundError):
            container.client.set_container_access_policy({})
            container.client.delete_container()

    def open_folder(self, folder: str, *, policy: str, until: datetime) -> None:
        """Replace the access policies of a folder's container by one: list and read until then."""
        container, _blob = self._place(f"{folder}all")
        permission = ContainerSasPermissions(read=True, list=True)
        with _as_os_errors():
            container.client.set_container_access_policy(
                {policy: AccessPolicy(permission=permission, expiry=until)}
            )

    def folder_link(self, folder: str, *, policy: str) -> str:
        """Return the address of a folder's container, signed for the named policy."""
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
        """Return an address from which only this object can be read, for this many seconds."""
        container, blob = self._place(name)
        headers = {
            "content_type": content_type,
            "content_disposition": disposition,
            "cache_control": "private, no-store",
        }
        address: str = container.url(blob, expire=seconds, parameters=headers)
        return address

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """Fetch an object immediately, so that a missing object raises its error here."""
        del mode  # objects are only read
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
        """Return the container of a key, and the object's name in the container."""
        top, _, rest = key.partition("/")
        if top in _SPLIT_FOLDERS:
            owner, _, rest = rest.partition("/")
            return self._container(f"{self._prefix}-{_SPLIT_FOLDERS[top]}-{owner}"), rest
        return self._container(f"{self._prefix}-{top}"), rest

    def _new_container(self, name: str) -> AzureStorage:
        return Container(self._service, azure_container=name, **self._options)

    @functools.cached_property
    def _service(self) -> BlobServiceClient:
        """The client, with its connections, for all containers."""
        client: BlobServiceClient = AzureStorage(**self._options).service_client
        return client

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def _top_folders(self) -> list[str]:
        names = self._container_names(f"{self._prefix}-")
        return sorted({top for top in map(_top_folder, names) if top})

    def _container_names(self, prefix: str) -> list[str]:
        containers = self._service.list_containers(name_starts_with=prefix)
        return [container.name.removeprefix(prefix) for container in containers]

    def _list_container(self, path: str) -> tuple[list[str], list[str]]:
        container, folder = self._place(f"{path}/")
        folders, names = [], []
        items: Any = container.client.walk_blobs(name_starts_with=folder, delimiter="/")
        for item in items:
            name = item.name.removeprefix(folder)
            if isinstance(item, BlobPrefix):
                folders.append(name.rstrip("/"))
            else:
                names.append(name)
        return folders, names


def _top_folder(name: str) -> str | None:
    """Return the first part of the keys in a container.

    Args:
        name: The container's name without the prefix.

    Returns:
        None if the container belongs to another site whose prefix begins with this site's prefix.
    """
    kind, hyphen, owner = name.partition("-")
    if not hyphen:
        return name
    tops = {kind: top for top, kind in _SPLIT_FOLDERS.items()}
    return tops.get(kind) if _UUID.fullmatch(owner) else None


def _folder_of(name: str) -> str | None:
    """Return with what the keys of all objects in a container begin.

    Args:
        name: The container's name without the prefix.

    Returns:
        None if the container belongs to another site.
    """
    top = _top_folder(name)
    if top not in _SPLIT_FOLDERS:
        return top
    return f"{top}/{name.partition('-')[2]}"


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except ResourceNotFoundError:
        raise FileNotFoundError("Azure Blob Storage doesn't have this object.") from None
    except AzureError as error:
        raise StoreUnavailable(f"Azure Blob Storage: {type(error).__name__}.") from None
