"""The only settings file.

Every value that an operator may change is read from the environment and described in
docs/configuration.md.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from kombu.entity import Exchange, Queue

from picprocure.config.env import (
    boolean,
    choice,
    database_url,
    email_url,
    ensure_usable,
    env,
    hosts,
    mail_address,
    note_problem,
    number,
    private_folder,
    require_package,
    require_value,
    secret,
    site_url,
    time_zone,
    url,
)
from picprocure.config.names import accept_old_names
from picprocure.config.paths import default_assets_dir, default_data_dir
from picprocure.faces import thresholds
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.models.alternatives import AUTO
from picprocure.system.cores import usable_cores

accept_old_names()

MEGABYTE = 1024 * 1024
MEGAPIXEL = 1_000_000

# --- Where things live -------------------------------------------------------------------

DATA_DIR: Path = env.path("DATA_DIR", default_data_dir()).resolve()
# For temporary files of all processes, which no other user may read.
TEMP_DIR = private_folder(DATA_DIR / "tmp")
ASSETS_DIR: Path = env.path("ASSETS_DIR", default_assets_dir()).resolve()
SAMPLES_DIR = default_data_dir() / "photos"  # portraits for the demo and the tests

DATABASES = {
    "default": database_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'picprocure.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web server and workers write at the same time: take the write lock when a transaction begins
    # and wait for it, instead of failing in the middle. Deleted content is overwritten with zeros
    # (storage/database.py).
    # Threads keep their connections, which costs nothing but open files. Those to PostgreSQL are
    # shared (storage/connections.py).
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
        ),
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    require_package("psycopg_pool", extra="postgres", setting="DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_files_dir: Path | None = env.path("FILES_DIR", None)
if _files_dir and not _files_dir.is_dir():
    note_problem(f"PICPROCURE_FILES_DIR: {_files_dir} doesn't exist. Create it or mount its disk.")
STORES: dict[str, dict[str, Any]] = {
    "files": {
        "BACKEND": "picprocure.storage.local.LocalFiles",
        "OPTIONS": {
            "location": (_files_dir or DATA_DIR / "objects").resolve(),
            "is_shared": _files_dir is not None,
            "base_url": None,  # stored files have no public URL: only web/media serves them
            "allow_overwrite": True,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "azure": {
        "BACKEND": "picprocure.storage.azure.AzureContainers",
        "OPTIONS": {
            "connection_string": env.str("AZURE_CONNECTION_STRING", ""),
            "prefix": env.str("CONTAINER_PREFIX", "picprocure"),
        },
    },
    "s3": {
        "BACKEND": "picprocure.storage.s3.S3Bucket",
        "OPTIONS": {
            "bucket_name": env.str("S3_BUCKET", ""),
            "endpoint_url": env.str("S3_ENDPOINT_URL", None),
            "region_name": env.str("S3_REGION", None),
            "access_key": env.str("S3_ACCESS_KEY", None),
            "secret_key": env.str("S3_SECRET_KEY", None),
            "signature_version": "s3v4",
            "default_acl": None,
        },
    },
}
_store = choice("STORAGE", tuple(STORES), "files")
if _store == "azure":
    require_package("azure.storage.blob", extra="azure", setting="STORAGE")
    require_value("AZURE_CONNECTION_STRING", because="PICPROCURE_STORAGE is azure")
if _store == "s3":
    require_package("boto3", extra="s3", setting="STORAGE")
    require_value("S3_BUCKET", because="PICPROCURE_STORAGE is s3")
# Where browsers reach the store, if they fetch photos there by links that are valid for a minute.
SIGNED_LINKS_FROM: str = env.str("SIGNED_LINKS_FROM", "").rstrip("/")
if SIGNED_LINKS_FROM and _store == "files":
    note_problem("PICPROCURE_SIGNED_LINKS_FROM needs PICPROCURE_STORAGE to be azure or s3.")

STORAGES = {
    "photos": STORES[_store],
    "staticfiles": {"BACKEND": "picprocure.web.serving.static_files.StaticFilesStorage"},
}

# Shared by all processes, since it counts attempts for the rate limits.
_cache_url = url("CACHE_URL", "", ("redis", "rediss", "unix"))
if _cache_url:
    require_package("redis", extra="redis", setting="CACHE_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "KEY_PREFIX": "picprocure",
    }
    if _cache_url
    else {
        "BACKEND": "picprocure.storage.cache.SharedCache",
        "LOCATION": "cache",
        # More than a large event needs. Beyond this number, counted attempts would be dropped.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Site --------------------------------------------------------------------------------

WEB_PROCESSES = number("WEB_PROCESSES", min(max(2, usable_cores()), 4), at_least=1, at_most=256)
WEB_THREADS = number("WEB_THREADS", 32, at_least=4, at_most=1_000)  # of each process

DEBUG: bool = boolean("DEBUG", default=False)
SECRET_KEY = secret("SECRET_KEY", DATA_DIR / "secret-key")
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
HTTPS: bool = boolean("HTTPS", default=False)

# The base URL of links in mails. A host name that begins with a dot, or *, is only a pattern.
_host = next((host for host in ALLOWED_HOSTS if host[0] not in ".*"), "localhost")
SITE_URL = site_url("SITE_URL", f"https://{_host}" if HTTPS else f"http://{_host}:8000")

# A proxy may leave the port out of the Host header that it sends, while browsers include it in the
# origin of a form.
CSRF_TRUSTED_ORIGINS = [SITE_URL]
if HTTPS:
    CSRF_TRUSTED_ORIGINS += [
        f"https://*{host}" if host.startswith(".") else f"https://{host}"
        for host in ALLOWED_HOSTS
        if host != "*"
    ]

ROOT_URLCONF = "picprocure.config.urls"
WSGI_APPLICATION = "picprocure.config.wsgi.application"
SITE_NAME = "PicProcure"

INSTALLED_APPS = [
    "picprocure.web",  # first, so that our templates replace those of Django and allauth
    "django.contrib.admin.apps.SimpleAdminConfig",  # with our own site: web/operator
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "picprocure.web.serving.static_files.UsedStaticFiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "picprocure.storage",
    "picprocure.accounts",
    "picprocure.events",
    "picprocure.photos",
    "picprocure.recognition",
    "picprocure.galleries",
    "picprocure.notifications",
    "picprocure.retention",
    "picprocure.pipeline",
    "picprocure.demo",
]

MIDDLEWARE = [
    "picprocure.web.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "picprocure.web.full_disk.ReserveSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "picprocure.web.middleware.PrivatePagesMiddleware",
    "picprocure.web.middleware.AnonymousSessionMiddleware",
    "picprocure.web.middleware.ClientMiddleware",
    # Before the CSRF token is read from the body: a body that strangers send to pages of others is
    # not even received.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "picprocure.web.middleware.AnonymousBodyLimitMiddleware",
    "picprocure.web.middleware.FinishSignUpMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "picprocure.web.middleware.TimeZoneMiddleware",
    "picprocure.web.middleware.EndedEventMiddleware",
    "picprocure.web.decoding.DecodingMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "picprocure.web.context.site",
            ],
        },
    },
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = time_zone("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False  # the site is in English, and asking for the language takes a tenth of a page

# --- Static files ------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    ("bootstrap/css", ASSETS_DIR / "bootstrap/dist/css"),
    ("bootstrap-icons", ASSETS_DIR / "bootstrap-icons/font"),
    ("htmx", ASSETS_DIR / "htmx.org/dist"),
    ("inter", ASSETS_DIR / "@fontsource-variable/inter"),
]

# --- Security ----------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *([SIGNED_LINKS_FROM] if SIGNED_LINKS_FROM else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# A proxy may leave the port out of the Host header that it sends.
SECURE_SSL_HOST = urlsplit(SITE_URL).netloc if urlsplit(SITE_URL).port else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
FILE_UPLOAD_HANDLERS = ["picprocure.web.uploads.BoundedUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_TEMP_DIR = TEMP_DIR
DATA_UPLOAD_MAX_NUMBER_FILES = 2_000

# --- Accounts ----------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "picprocure.accounts.sessions"
AUTHENTICATION_BACKENDS = ["picprocure.accounts.passwords.AuthenticationBackend"]
PASSWORD_HASHERS = ["picprocure.accounts.passwords.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_request_login_code"  # the address, then a code; account_login is for passwords
LOGIN_REDIRECT_URL = "events:home"
ACCOUNT_SIGNUP_REDIRECT_URL = "accounts:welcome"
LOGOUT_REDIRECT_URL = "pages:front"

# Attempts are counted by network address. Behind a proxy, that is the address that it forwards.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0
ACCOUNT_ADAPTER = "picprocure.web.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "picprocure.web.accounts.forms.AddAddressForm",
    "login": "picprocure.web.accounts.forms.PasswordSignInForm",
    "request_login_code": "picprocure.web.accounts.forms.RequestSignInCodeForm",
    "reset_password": "picprocure.web.accounts.forms.RequestResetCodeForm",
    "signup": "picprocure.web.accounts.forms.SignUpForm",
    "change_email": "picprocure.web.accounts.forms.CorrectAddressForm",
    "confirm_email_verification_code": "picprocure.web.accounts.code_forms.AddressCodeForm",
    "confirm_login_code": "picprocure.web.accounts.code_forms.SignInCodeForm",
    "confirm_password_reset_code": "picprocure.web.accounts.code_forms.ResetCodeForm",
    "confirm_reauthentication_code": "picprocure.web.accounts.code_forms.SignInCodeForm",
    "reset_password_from_key": "picprocure.web.accounts.forms.NewPasswordForm",
    "set_password": "picprocure.web.accounts.forms.FirstPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # only confirmed addresses are unique (accounts/models.py)
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "code", "mfa")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# Codes, never links: another person who can read the mail can't sign in with it.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
_CODE_SECONDS = 10 * 60
CODE_ATTEMPTS = 3
ACCOUNT_LOGIN_TIMEOUT = 60 * 60  # for mails that arrive late
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = CODE_ATTEMPTS
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = _CODE_SECONDS
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 20  # the limits below are stricter
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = 20
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = CODE_ATTEMPTS
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = _CODE_SECONDS
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS = CODE_ATTEMPTS
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = _CODE_SECONDS

# Accounts and e-mail addresses have narrow limits. Network addresses have wide ones, so that the
# guests of a venue are not treated as an attacker (web/limits.py).
_SIGN_INS = number("SIGN_INS_PER_HOUR", 500, at_least=1, at_most=1_000_000)
_SIGN_UPS = number("SIGN_UPS_PER_HOUR", 300, at_least=1, at_most=1_000_000)
_INVITED = number("INVITED_PER_HOUR", 3_000, at_least=1, at_most=1_000_000)
_WRONG_PASSWORDS = number("WRONG_PASSWORDS", 5, at_least=1, at_most=1_000)
_WRONG_PASSWORDS_PER_HOUR = number("WRONG_PASSWORDS_PER_HOUR", 200, at_least=1, at_most=1_000_000)
_CODES = number("CODES_PER_HOUR", 10, at_least=1, at_most=1_000)
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 64
ACCOUNT_RATE_LIMITS = {
    "sign_in": f"{_SIGN_INS}/h/ip",
    "sign_in_invited": f"{_INVITED}/h/ip",
    # Beyond these, one sign-in at a time, and known devices of the account.
    "sign_in_turn": "1/5s/ip",
    "sign_in_turn_invited": "1/5s/ip",
    "sign_in_crowd": "1/5m/key",
    "sign_in_known": "10/m/key",
    "ask_code": f"{_SIGN_INS}/h/ip",
    "ask_code_invited": f"{_INVITED}/h/ip",
    "sign_up": f"{_SIGN_UPS}/h/ip",
    "sign_up_invited": f"{_INVITED}/h/ip",
    "sign_in_failed": f"{_WRONG_PASSWORDS_PER_HOUR}/h/ip",
    "sign_in_failed_invited": f"{5 * _WRONG_PASSWORDS_PER_HOUR}/h/ip",
    "login_failed": f"{_WRONG_PASSWORDS}/5m/key",
    "login_failed_known": f"{_WRONG_PASSWORDS}/5m/key",
    "code": f"3/m/key,{_CODES}/h/key",
    "confirm_email": f"1/10s/key,{_CODES}/h/key",
    # A code has six digits. So few wrong ones are allowed for an address, and fewer from a network
    # that sent many.
    "code_failed_address": "10/h/key,30/d/key",
    "code_failed": f"{_WRONG_PASSWORDS_PER_HOUR}/h/ip",
    "code_failed_invited": f"{5 * _WRONG_PASSWORDS_PER_HOUR}/h/ip",
    "code_turn": "1/5s/key,5/h/key",
    # django-allauth's limits that treat a crowd as one person. The pages use ours instead.
    **dict.fromkeys(
        ("signup", "login", "request_login_code", "reset_password", "reset_password_from_key"), ""
    ),
    "enroll": "30/h/user",
    "cover": "60/h/user",
    "strikes": "10/h/user",  # pictures that took more time or memory than photos need
    "hint": "1200/h/user",
    "live": "20/h/user",
    "feedback": "5/h/user",
    "ask_hosts": "10/h/user",
    "write": "5/d/user",
    "invite_co_host": "20/d/user",
    "guest_list": "60/h/user",
}

MFA_ADAPTER = "picprocure.web.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "picprocure.web.accounts.code_forms.SecondFactorForm",
    "reauthenticate": "picprocure.web.accounts.code_forms.SecondFactorReauthenticationForm",
    "activate_totp": "picprocure.web.accounts.code_forms.SecondFactorActivationForm",
    "add_webauthn": "picprocure.web.accounts.passkeys.PasskeyForm",
}
MFA_TOTP_ISSUER = SITE_NAME
MFA_RATE_LIMITS = {"webauthn_login": f"{_SIGN_INS}/h/ip"}
MFA_PASSKEY_LOGIN_ENABLED = True  # pages offer it where browsers can (web/accounts/passkeys.py)
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a fingerprint, face or PIN, not only the device
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]

# Sign-ups whose address is not confirmed within this time are deleted.
UNCONFIRMED_SIGN_UP = timedelta(days=number("UNCONFIRMED_DAYS", 3, at_least=1, at_most=3_650))

# Who may sign up, create events, and write to all participants of their events.
SIGN_UP = choice("SIGN_UP", ("everyone", "invited", "nobody"), "everyone")
EVENT_CREATORS = choice("EVENT_CREATORS", ("everyone", "staff"), "everyone")
INVITATIONS_PER_DAY = number("INVITATIONS_PER_DAY", 500, at_least=0, at_most=1_000_000)
SITE_INVITATIONS_PER_DAY = number("SITE_INVITATIONS_PER_DAY", 5_000, at_least=0, at_most=10_000_000)
EVENT_MAILERS = choice("EVENT_MAILERS", ("everyone", "staff", "nobody"), "staff")

# --- Mail --------------------------------------------------------------------------------

_mail = email_url("EMAIL_URL", "console:")
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
if EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
    EMAIL_BACKEND = "picprocure.notifications.console.EmailBackend"
EMAIL_HOST: str = _mail["EMAIL_HOST"] or ""
EMAIL_PORT: int = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER: str = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD: str = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS: bool = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL: bool = _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
OPERATOR_EMAIL = mail_address("OPERATOR_EMAIL", "")  # by default the sender's
DEFAULT_FROM_EMAIL = mail_address("EMAIL_FROM", "PicProcure <picprocure@localhost>")

# --- Events and photos -------------------------------------------------------------------

REGISTRATION_LENGTH = timedelta(hours=number("REGISTRATION_HOURS", 2, at_least=1, at_most=87_600))
UPLOAD_WINDOW = timedelta(days=number("UPLOAD_DAYS", 14, at_least=1, at_most=3_650))
PHOTO_MAIL_DELAY = timedelta(minutes=number("PHOTO_MAIL_MINUTES", 5, at_least=0, at_most=1_440))
AVAILABILITY = timedelta(hours=number("AVAILABILITY_HOURS", 48, at_least=48, at_most=87_600))
MAX_PHOTO_BYTES = number("MAX_PHOTO_MB", 25, at_least=1, at_most=2_000) * MEGABYTE
MAX_ZIP_BYTES = number("MAX_ZIP_MB", 2_000, at_least=1, at_most=1_000_000) * MEGABYTE
MAX_EVENT_PHOTOS = number("MAX_EVENT_PHOTOS", 20_000, at_least=1, at_most=10_000_000)
MAX_ACCOUNT_BYTES = number("MAX_ACCOUNT_GB", 200, at_least=1, at_most=1_000_000) * 1024 * MEGABYTE
MAX_PHOTO_PIXELS = number("MAX_PHOTO_MEGAPIXELS", 100, at_least=1, at_most=1_000) * MEGAPIXEL

# Reserved space on the data folder's disk, so that deleting works when the disk is full.
RESERVE_BYTES = number("RESERVE_MB", 64, at_least=0, at_most=100_000) * MEGABYTE

# --- Keys --------------------------------------------------------------------------------

# Face data is encrypted with keys that are not in a backup of the data folder.
FACE_KEYS: tuple[str, ...] = tuple(env.list("FACE_KEYS", []))
KEYS_DIR: Path = env.path("KEYS_DIR", DATA_DIR.with_name(f"{DATA_DIR.name}-keys")).resolve()

# --- Faces and jobs ----------------------------------------------------------------------

FACE_ENGINE: str = env.str("FACE_ENGINE", "picprocure.faces.engine.ComposedEngine")
FACE_DETECTOR = choice("FACE_DETECTOR", DETECTORS.choices, AUTO)
FACE_EMBEDDER = choice("FACE_EMBEDDER", EMBEDDERS.choices, AUTO)
ONE_WRONG_IN = number("ONE_WRONG_IN", thresholds.ONE_WRONG_IN, at_least=2, at_most=1_000_000)
MODELS_DIR: Path | None = env.path("MODELS_DIR", None)

# A worker renews its claims every third of this time. If it doesn't renew them for the whole time,
# it counts as dead, and another worker takes its jobs.
LEASE = timedelta(seconds=number("LEASE_SECONDS", 60, at_least=2, at_most=86_400))
# A photo is not tried again after it crashed its process this often, or after its analysis failed
# this often with an error that is not about the photo.
MAX_CRASHES = number("MAX_CRASHES", 2, at_least=1, at_most=1_000)
MAX_ERRORS = number("MAX_ERRORS", 5, at_least=1, at_most=1_000)
WORKER_PROCESSES = number("WORKER_PROCESSES", usable_cores(), at_least=1, at_most=256)

BROKER_DIR: Path = env.path("QUEUE_DIR", DATA_DIR / "queue").resolve()
CELERY_BROKER_URL = url(
    "BROKER_URL",
    "filesystem://localhost",
    ("filesystem", "redis", "rediss", "sentinel", "amqp", "amqps", "pyamqp", "memory"),
)
_BROKER_PREFIX: str = env.str("BROKER_PREFIX", "picprocure:")
if CELERY_BROKER_URL.startswith(("redis", "sentinel")):
    require_package("redis", extra="redis", setting="BROKER_URL")
    _kind = "SentinelTransport" if CELERY_BROKER_URL.startswith("sentinel") else "Transport"
    CELERY_BROKER_TRANSPORT = f"picprocure.pipeline.redis_queue:{_kind}"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "global_keyprefix": _BROKER_PREFIX,
        # Longer than any job (pipeline/supervisor_pipe.py), since the message of a longer one would
        # be delivered again. Lost jobs come back from the database within a minute or two.
        "visibility_timeout": 7 * 3600,
        "unacked_restore_limit": 100,  # messages at once, so that workers don't stand still
        # Without limits, a job could wait forever for a server that vanished.
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
    }
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT = "picprocure.pipeline.folder_queue:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "folder": str(BROKER_DIR),
        "polling_interval": 0.1,  # seconds; the default allows only one job a second
    }
# A worker takes from each queue in turn: "celery" has large uploads, "interactive" has sortings and
# events with few photos, and "maintenance" has short jobs. Other queues can't be used, so a worker
# that is started without a list of queues takes from all of them.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name)
    for name in ("celery", "interactive", "maintenance")
]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ROUTES = {
    "picprocure.sweep": {"queue": "maintenance"},
    "picprocure.sweep_orphans": {"queue": "maintenance"},
    "picprocure.sort_event": {"queue": "interactive"},
    "picprocure.try_sorting": {"queue": "interactive"},
    "picprocure.compare_newcomers": {"queue": "interactive"},
    "picprocure.announce": {"queue": "maintenance"},
    "picprocure.send_mails": {"queue": "maintenance"},
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Each worker has its own queue for its heartbeats (pipeline/worker_heartbeats.py).
CELERY_WORKER_DIRECT = True
# A worker can't answer the broker's heartbeats during a job. Our own heartbeats are enough.
CELERY_BROKER_HEARTBEAT = 0
# A worker that still uses more memory than this after its job is replaced. Photos of 24 megapixels
# need less (benchmarks/worker.py). What it keeps of sorted events doesn't count.
WORKER_KILOBYTES = 800_000
SORTING_MEMORY_BYTES = number("SORTING_MEMORY_MB", 400, at_least=0, at_most=100_000) * MEGABYTE
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # mails that are printed in the terminal are no warnings
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "picprocure.pipeline.clock:Clock"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5  # seconds; the clock sends a heartbeat in each iteration
_SWEEP_SECONDS = number("SWEEP_SECONDS", 30, at_least=1, at_most=3_600)
SWEEP_INTERVAL = timedelta(seconds=_SWEEP_SECONDS)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "picprocure.sweep",
        "schedule": _SWEEP_SECONDS,
        "options": {"expires": _SWEEP_SECONDS},  # by then the next sweep replaces it
    },
    # The clock starts it every hour, but it runs only once a day (pipeline/maintenance.py).
    "sweep_orphans": {"task": "picprocure.sweep_orphans", "schedule": timedelta(hours=1)},
}

# --- Log ---------------------------------------------------------------------------------

LOG_LEVEL = choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
# The debug messages of these libraries contain values (SQL parameters, image metadata, message
# bodies, whole mails) with addresses, codes or places. So they never log below INFO.
_LOGGERS_WITH_VALUES = (
    "PIL",
    "django.db.backends",
    "django.template",
    "kombu",
    "amqp",
    "mail",
    "asyncio",
)
# The messages of these contain object keys, account names and signed links.
_LOGGERS_WITH_KEYS = ("azure", "boto3", "botocore", "s3transfer", "urllib3")
# These add their own handlers to ours.
_LOGGERS_WITH_HANDLERS = ("_granian", "celery.task", "celery.redirected")
LOGGING_CONFIG = "picprocure.config.logs.configure"  # removes personal data from all records
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        **{name: {"level": "INFO"} for name in _LOGGERS_WITH_VALUES},
        **{name: {"level": "ERROR"} for name in _LOGGERS_WITH_KEYS},
        **{name: {"handlers": [], "propagate": True} for name in _LOGGERS_WITH_HANDLERS},
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # web/errors.py logs one line instead, without the name, since anyone can send any name.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

env.seal()
ensure_usable()
