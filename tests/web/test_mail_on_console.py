from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("backend", "debug", "is_displayed"),
    [("console", True, True), ("console", False, False), ("smtp", True, False)],
)
def test_in_debug_mode_the_page_says_that_mail_is_printed(
    client: Client, settings: Any, backend: str, debug: bool, is_displayed: bool
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.DEBUG = debug
    page = client.get(reverse("account_reset_password")).content.decode()
    assert ("terminal" in page) is is_displayed
