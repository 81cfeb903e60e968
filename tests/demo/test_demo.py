from __future__ import annotations

from typing import Any

import pytest

from conftest import work_off
from picprocure.demo.event import demo_people, demo_photos, hold_event, sign_up
from picprocure.galleries.access import photos_visible_to


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_the_demo_gives_everybody_their_photos_and_no_others(settings: Any) -> None:
    """By a look at the photos: she is on the right in the first; he is in two portraits."""
    settings.FACE_ENGINE = "remembering.RememberingEngine"
    users = [sign_up(person) for person in demo_people()]
    event = hold_event(users[0], users, demo_photos())
    work_off()
    got = {
        user.username: sorted(photos_visible_to(user, event).values_list("name", flat=True))
        for user in users
    }
    assert got == {"maya": ["sample1.jpg"], "barack": ["obama2.jpg", "obama3.jpg"], "joe": []}
