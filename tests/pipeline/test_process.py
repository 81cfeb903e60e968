"""The clock as a process. Tests of running sites have the workers, too."""

from __future__ import annotations

import os
import subprocess
import sys

CLOCK = """
from celery.signals import before_task_publish
from django.apps import apps
from picprocure.pipeline import full_disk, process
process._Clock.start_scheduler = lambda clock: None
process.main("clock")
assert not apps.ready, "The clock has models."
assert any(receive() is full_disk.make_room for _, receive in before_task_publish.receivers)
"""


def test_clock_starts_without_models_and_makes_room_for_its_jobs() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "picprocure.config.settings"}
    subprocess.run([sys.executable, "-c", CLOCK], env=environment, check=True, timeout=120)
