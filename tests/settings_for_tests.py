"""The product's settings, with nothing kept and nothing slow."""

import os
import tempfile

KEPT = {f"PICPROCURE_{name}" for name in ("TEST_PHOTOS", "TEST_MODELS", "BROWSER", "DATABASE_URL")}
for name in [name for name in os.environ if name.startswith("PICPROCURE_")]:
    if name not in KEPT:
        del os.environ[name]
os.environ["PICPROCURE_DATA_DIR"] = tempfile.mkdtemp(prefix="picprocure-tests-")
os.environ["PICPROCURE_BROKER_URL"] = "memory://"
os.environ["PICPROCURE_PHOTO_MAIL_MINUTES"] = "0"

from picprocure.config.settings import *  # noqa: E402, F403
from picprocure.config.settings import STATIC_ROOT, STORAGES  # noqa: E402

STATIC_ROOT.mkdir()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
FACE_ENGINE = "fakes.StripeEngine"
FACE_DETECTOR = "hog"  # here on every machine, with the same results
FACE_EMBEDDER = "dlib"
STORAGES = {
    **STORAGES,
    "photos": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
