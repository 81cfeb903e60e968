"""The tests' settings, with everything on disk where a site keeps it."""

from picprocure.config import settings as product
from settings_for_tests import *  # noqa: F403
from settings_for_tests import DATA_DIR, STORAGES

CACHES = product.CACHES
STORAGES = {**STORAGES, "photos": product.STORES["files"]}
KEYS_DIR = DATA_DIR.with_name(f"{DATA_DIR.name}-keys")
