from __future__ import annotations

from typing import Any

import pytest

from conftest import work_off
from picprocure.demo.event import create_demo_event, demo_people, demo_photos, sign_up
from picprocure.galleries.access import photos_visible_to
from real_engines import use_best_engine


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_demo_gives_each_person_only_their_photos(settings: Any) -> None:
    """The expected photos were found by eye: she is in the first, he is in two portraits."""
    use_best_engine(settings)
    users = [sign_up(person) for person in demo_people()]
    event = create_demo_event(users[0], users, demo_photos())
    work_off()
    galleries = {
        user.first_name.lower(): sorted(
            photos_visible_to(user, event).values_list("name", flat=True)
        )
        for user in users
    }
    assert galleries == {"maya": ["sample1.jpg"], "barack": ["obama2.jpg", "obama3.jpg"], "joe": []}
