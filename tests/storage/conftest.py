"""Every store that settings can choose, each on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import storages

import stores
from picprocure.config.settings import STORES


@pytest.fixture(scope="session")
def azure_settings() -> Iterator[dict[str, str]]:
    with stores.azurite() as found:
        yield found


@pytest.fixture(scope="session")
def s3_settings() -> Iterator[dict[str, str]]:
    with stores.s3() as found:
        yield found


@pytest.fixture(
    params=[
        "files",
        pytest.param("azure", marks=pytest.mark.stores),
        pytest.param("s3", marks=pytest.mark.stores),
    ]
)
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The test's store, empty at its end as at its beginning."""
    name: str = request.param
    use_store(name, request, settings, tmp_path)
    yield name
    if name == "azure":
        azure: Any = storages["photos"]
        for container in azure._service.list_containers():
            azure._service.delete_container(container)
        azure.close()
    else:
        empty_store()


def use_store(name: str, request: pytest.FixtureRequest, settings: Any, folder: Path) -> None:
    chosen = deepcopy(STORES[name])
    options = chosen["OPTIONS"]
    if name == "files":
        options["location"] = folder
    if name == "azure":
        found = request.getfixturevalue("azure_settings")
        options["connection_string"] = found["azure_connection_string"]
    if name == "s3":
        found = request.getfixturevalue("s3_settings")
        options.update(
            bucket_name=found["s3_bucket"],
            endpoint_url=found["s3_endpoint_url"],
            region_name=found["s3_region"],
            access_key=found["s3_access_key"],
            secret_key=found["s3_secret_key"],
        )
    settings.STORAGES = {**django_settings.STORAGES, "photos": chosen}


def empty_store(folder: str = "") -> None:
    store = storages["photos"]
    folders, names = store.listdir(folder)
    prefix = f"{folder}/" if folder else ""
    for name in names:
        store.delete(f"{prefix}{name}")
    for name in folders:
        empty_store(f"{prefix}{name}")
