"""Fixtures for all stores that settings can choose, each on a real server."""

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
    with stores.azurite() as server_settings:
        yield server_settings


@pytest.fixture(scope="session")
def s3_settings() -> Iterator[dict[str, str]]:
    with stores.s3() as server_settings:
        yield server_settings


@pytest.fixture(
    params=[
        "files",
        pytest.param("azure", marks=pytest.mark.stores),
        pytest.param("s3", marks=pytest.mark.stores),
    ]
)
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[str]:
    """Use one of the stores, and empty it after the test."""
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
    configuration = deepcopy(STORES[name])
    options = configuration["OPTIONS"]
    if name == "files":
        options["location"] = folder
    if name == "azure":
        azure = request.getfixturevalue("azure_settings")
        options["connection_string"] = azure["azure_connection_string"]
    if name == "s3":
        s3 = request.getfixturevalue("s3_settings")
        options.update(
            bucket_name=s3["s3_bucket"],
            endpoint_url=s3["s3_endpoint_url"],
            region_name=s3["s3_region"],
            access_key=s3["s3_access_key"],
            secret_key=s3["s3_secret_key"],
        )
    settings.STORAGES = {**django_settings.STORAGES, "photos": configuration}


def empty_store(folder: str = "") -> None:
    store = storages["photos"]
    folders, names = store.listdir(folder)
    prefix = f"{folder}/" if folder else ""
    for name in names:
        store.delete(f"{prefix}{name}")
    for name in folders:
        empty_store(f"{prefix}{name}")
