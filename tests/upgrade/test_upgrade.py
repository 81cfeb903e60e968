"""Databases of earlier versions are upgraded without losing rows, or refused in one line."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from picprocure.accounts.consent import CONSENT_TEXTS

from .make_dump import FOLDER, KEY

REPO = Path(__file__).parents[2]
COUNTS = """
import datetime, json
from django.apps import apps
from django.conf import settings
from django.contrib.auth import authenticate
from picprocure.accounts.models import Consent, User
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.events.models import EventConsent
from picprocure.recognition.embeddings import embeddings_of
from picprocure.recognition.models import Reference
references = list(Reference.objects.all())
settings.PASSWORD_HASHERS.append("django.contrib.auth.hashers.MD5PasswordHasher")  # of the dump
Event.objects.update(expires_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
bob = authenticate(None, email="bob@example.org", password="a-good-Pass-phrase-7")
operators = User.objects.filter(is_superuser=True).order_by("email")
print(json.dumps({
    "gallery of bob": [photo.name for photo in photos_visible_to(bob, Event.objects.get())],
    "operators": [[user.email, user.name] for user in operators],
    "references": embeddings_of(references).shape[0],
    "consents": [
        [row.version, row.text] for model in (Consent, EventConsent) for row in model.objects.all()
    ],
    "rows": {model._meta.db_table: model._base_manager.count() for model in apps.get_models()},
}))
"""
INSERT_OPERATOR = """
INSERT INTO accounts_user (password, is_superuser, username, is_staff, is_active, date_joined,
    email, first_name, last_name, time_zone, notify_photos, notify_hosts, notify_people)
VALUES ('', 1, ?, 1, 1, '2026-01-01', ?, '', '', '', 1, 1, 1)
"""
OPERATORS = [
    ("boss", "bob@example.org"),  # a guest confirmed it
    ("chief", "chief@example.org"),
    ("twin", "chief@example.org"),
    ("void", ""),
    ("eva", "Eva@Müller.example"),
]
"""Accounts from the terminal, in whatever state the earlier versions allowed."""


def manage(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        "PICPROCURE_DATA_DIR": str(data_dir),
        "PICPROCURE_FACE_KEYS": KEY,
    }
    return subprocess.run(
        [sys.executable, "-m", "picprocure.cli", "manage", *arguments],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def load(dump: Path, data_dir: Path) -> sqlite3.Connection:
    database = sqlite3.connect(data_dir / "picprocure.sqlite3")
    database.executescript(dump.read_text(encoding="utf-8"))
    return database


@pytest.mark.parametrize("dump", sorted(FOLDER.glob("*.sql")), ids=lambda dump: dump.stem)
def test_database_of_earlier_version_is_upgraded(dump: Path, tmp_path: Path) -> None:
    before = load(dump, tmp_path)
    if "username" in dump.read_text(encoding="utf-8"):
        before.executemany(INSERT_OPERATOR, OPERATORS)
        before.commit()
    people = before.execute("SELECT count(*) FROM accounts_user").fetchone()[0]
    faces = before.execute("SELECT count(*) FROM recognition_face").fetchone()[0]
    migration = manage(tmp_path, "migrate")
    assert migration.returncode == 0, migration.stderr
    after = manage(tmp_path, "shell", "--no-imports", "--command", COUNTS)
    assert after.returncode == 0, after.stderr
    counts = json.loads(after.stdout)
    rows = counts["rows"]
    assert counts["references"] == rows["recognition_reference"] > 0
    assert (rows["accounts_user"], rows["recognition_face"]) == (people, faces)
    assert counts["gallery of bob"] == ["bob.png", "shared.png"]
    assert counts["operators"] in (
        [],
        [
            ["boss@picprocure.invalid", "boss"],
            ["chief@example.org", "chief"],
            ["eva@xn--mller-kva.example", "eva"],
            ["twin@picprocure.invalid", "twin"],
            ["void@picprocure.invalid", "void"],
        ],
    )
    assert counts["consents"]
    for version, text in counts["consents"]:
        assert text == CONSENT_TEXTS[version].full_text


def test_database_of_unknown_version_is_refused(tmp_path: Path) -> None:
    database = load(FOLDER / "0.1.0.sql", tmp_path)
    database.execute(
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('events', '0012_x', '2026-01-01')"
    )
    database.commit()
    migration = manage(tmp_path, "migrate")
    assert migration.returncode != 0
    assert "made by another version of PicProcure (migration events.0012_x)" in migration.stderr
    assert database.execute("SELECT max(id) FROM django_migrations").fetchone()[0] == 41
