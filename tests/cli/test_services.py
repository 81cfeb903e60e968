"""The start waits for the cache and the broker, and names the one that doesn't answer."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from browser.patience import free_port
from picprocure.cli import external_services
from picprocure.cli.external_services import ServiceUnavailable, wait_for_services
from picprocure.cli.prepare import PreparationFailed, prepare


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_services, "_PAUSE_SECONDS", 0.01)


def use(settings: Any, service: str, scheme: str, port: int) -> None:
    url = f"{scheme}://:secret@127.0.0.1:{port}"
    if service == "CACHE":
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": url}}
    else:
        settings.CELERY_BROKER_URL = url


@pytest.mark.parametrize(
    ("service", "scheme"), [("CACHE", "redis"), ("BROKER", "redis"), ("BROKER", "amqp")]
)
def test_service_that_does_not_answer_is_named(
    settings: Any, caplog: pytest.LogCaptureFixture, service: str, scheme: str
) -> None:
    use(settings, service, scheme, free_port())
    with caplog.at_level(logging.WARNING), pytest.raises(ServiceUnavailable) as notice:
        wait_for_services(seconds=4)
    assert f"(PICPROCURE_{service}_URL) can't be used: " in str(notice.value)
    assert "refused" in str(notice.value)
    assert "\n" not in str(notice.value)
    assert "secret" not in f"{notice.value} {caplog.text}"
    assert caplog.text.count("doesn't answer yet") == 1


def test_start_fails_with_that_message(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(settings, "CACHE", "redis", free_port())
    monkeypatch.setattr("picprocure.cli.prepare._prepare_folders", lambda _, **__: None)
    monkeypatch.setattr("picprocure.cli.external_services.WAIT_SECONDS", 0)
    with pytest.raises(PreparationFailed, match="PICPROCURE_CACHE_URL"):
        prepare()


def test_start_waits_for_a_service(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(settings, "CACHE", "redis", free_port())
    answers: list[Exception | None] = [ConnectionError("not yet"), ConnectionError("not yet"), None]

    def ping(_url: str) -> None:
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(external_services, "_ping_redis", ping)
    wait_for_services()
    assert not answers


def test_default_settings_need_no_service(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    wait_for_services(seconds=0)
