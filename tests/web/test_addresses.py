"""Addresses of many photos on one page."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.urls import NoReverseMatch, reverse

from picprocure.web.templatetags.addresses import address


@pytest.mark.parametrize(
    ("view", "arguments"),
    [
        ("media:photo", (uuid4(), "thumbnail")),
        ("media:photo", (uuid4(), "web")),
        ("galleries:photo", (uuid4(), uuid4())),
        ("galleries:gallery", (UUID(int=0),)),
        ("pages:front", ()),
    ],
)
def test_address_is_that_of_reverse(view: str, arguments: tuple[UUID | str, ...]) -> None:
    for _ in range(2):
        assert address(view, *arguments) == reverse(view, args=arguments)


def test_unknown_address_is_an_error() -> None:
    with pytest.raises(NoReverseMatch):
        address("media:photo", uuid4(), "../etc")
