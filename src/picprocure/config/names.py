"""The names of all settings, for commands that don't read the settings."""

from __future__ import annotations

import os
from typing import Final

PREFIX: Final = "PICPROCURE_"

SETTINGS: Final = frozenset(
    {
        "ALLOWED_HOSTS",
        "ASSETS_DIR",
        "AVAILABILITY_HOURS",
        "AZURE_CONNECTION_STRING",
        "BROKER_PREFIX",
        "BROKER_URL",
        "CACHE_URL",
        "CODES_PER_HOUR",
        "CONTAINER_PREFIX",
        "DATABASE_URL",
        "DATA_DIR",
        "DEBUG",
        "EMAIL_FROM",
        "EMAIL_URL",
        "EVENT_CREATORS",
        "EVENT_MAILERS",
        "FACE_DETECTOR",
        "FACE_EMBEDDER",
        "FACE_ENGINE",
        "FACE_KEYS",
        "FILES_DIR",
        "HTTPS",
        "INVITATIONS_PER_DAY",
        "INVITED_PER_HOUR",
        "KEYS_DIR",
        "LEASE_SECONDS",
        "LOG_LEVEL",
        "MAX_ACCOUNT_GB",
        "MAX_ERRORS",
        "MAX_EVENT_PHOTOS",
        "MAX_CRASHES",
        "MAX_PHOTO_MB",
        "MAX_PHOTO_MEGAPIXELS",
        "MAX_ZIP_MB",
        "MODELS_DIR",
        "ONE_WRONG_IN",
        "OPERATOR_EMAIL",
        "REGISTRATION_HOURS",
        "PHOTO_MAIL_MINUTES",
        "QUEUE_DIR",
        "RESERVE_MB",
        "S3_ACCESS_KEY",
        "S3_BUCKET",
        "S3_ENDPOINT_URL",
        "S3_REGION",
        "S3_SECRET_KEY",
        "SECRET_KEY",
        "SIGNED_LINKS_FROM",
        "SIGN_INS_PER_HOUR",
        "SIGN_UP",
        "SIGN_UPS_PER_HOUR",
        "SITE_INVITATIONS_PER_DAY",
        "SITE_URL",
        "STORAGE",
        "SORTING_MEMORY_MB",
        "SWEEP_SECONDS",
        "TIME_ZONE",
        "UNCONFIRMED_DAYS",
        "UPLOAD_DAYS",
        "WEB_PROCESSES",
        "WEB_THREADS",
        "WORKER_PROCESSES",
        "WRONG_PASSWORDS",
        "WRONG_PASSWORDS_PER_HOUR",
    }
)

# Earlier names of settings. They still work, with a warning.
RENAMED: Final = {"MAX_KILLS": "MAX_CRASHES"}

# Read by the tests and the Makefile.
_FOR_DEVELOPERS: Final = {"TEST_PHOTOS", "TEST_MODELS", "BROWSER"}


def unknown_names() -> dict[str, str | None]:
    """Return variables with our prefix that no setting reads, each with the closest name."""
    unknown = [
        name
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX) not in SETTINGS | RENAMED.keys() | _FOR_DEVELOPERS
    ]
    return {name: _closest_name(name) for name in unknown}


def renamed_names() -> dict[str, str]:
    """Return variables that are set under an old name, each with the present name."""
    return {
        PREFIX + old: PREFIX + new for old, new in RENAMED.items() if PREFIX + old in os.environ
    }


def accept_old_names() -> None:
    """Copy values of old names to the present names, unless these are set, too."""
    for old, new in renamed_names().items():
        os.environ.setdefault(new, os.environ[old])


def _closest_name(name: str) -> str | None:
    import difflib  # noqa: PLC0415 -- slow to import, and rarely needed

    known = [PREFIX + setting for setting in sorted(SETTINGS)]
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.8)), None)
