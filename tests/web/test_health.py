"""The address that load balancers ask."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings


def test_health_is_answered_to_anyone_and_tells_nothing(db: None) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = Client().get("/health", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_server_without_database_is_unavailable(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("host db.example is away")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", fail)
        response = Client().get("/health")
    assert (response.status_code, response.content) == (503, b"")


def test_server_without_database_is_alive() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = Client().get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.content) == (204, b"")


def test_only_these_paths_are_answered(db: None) -> None:
    assert Client().get("/health/").status_code == 404
