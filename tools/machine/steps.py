"""Run the steps that a make target needs, one run at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from machine.assets import prepare_assets, prepare_azurite
from machine.browser import prepare_browser
from machine.environment import prepare_dev, prepare_load, prepare_mutation, prepare_runtime
from machine.errors import NotReadyError
from machine.models import prepare_models, prepare_test_models
from machine.photos import prepare_photos
from machine.places import ONE_AT_A_TIME
from machine.talk import say

STEPS: dict[str, Callable[[], None]] = {
    "runtime": prepare_runtime,
    "dev": prepare_dev,
    "mutation": prepare_mutation,
    "load": prepare_load,
    "assets": prepare_assets,
    "azurite": prepare_azurite,
    "photos": prepare_photos,
    "models": prepare_models,
    "test-models": prepare_test_models,
    "browser": prepare_browser,
}
INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def run_steps(names: Sequence[str]) -> int:
    """Run steps in order. Return the exit status for the shell."""
    unknown = [name for name in names if name not in STEPS]
    if unknown or not names:
        say(f"Say what to prepare: {', '.join(STEPS)}. Not known: {', '.join(unknown) or '-'}")
        return 2
    try:
        with _one_at_a_time():
            for name in names:
                STEPS[name]()
    except NotReadyError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The next run goes on from here.")
        return INTERRUPTED
    return 0


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for another bootstrap of this checkout, since two would break the environment."""
    ONE_AT_A_TIME.parent.mkdir(mode=0o700, exist_ok=True)  # the site's data are also there
    with ONE_AT_A_TIME.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another make of this checkout to finish its preparations …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
