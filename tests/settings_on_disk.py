"""The tests' settings, with everything on disk where a site keeps it."""

from settings_for_tests import *  # noqa: F403
from settings_for_tests import STORAGES, STORES

STORAGES = {**STORAGES, "photos": STORES["files"]}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}
