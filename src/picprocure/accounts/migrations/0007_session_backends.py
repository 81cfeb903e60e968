"""Sessions name what checked the password. Name what does so now, so that people stay signed in."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations

BEFORE = "allauth.account.auth_backends.AuthenticationBackend"
NOW = "picprocure.accounts.passwords.AuthenticationBackend"


def rename_backend(apps: Any, _schema_editor: Any) -> None:
    sessions, store = apps.get_model("sessions", "Session").objects, SessionStore()
    for pk, data in sessions.values_list("pk", "session_data").iterator():
        held = store.decode(data)
        if held.get(BACKEND_SESSION_KEY) == BEFORE:
            renamed = store.encode({**held, BACKEND_SESSION_KEY: NOW})
            sessions.filter(pk=pk).update(session_data=renamed)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_code_attempts"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(rename_backend, migrations.RunPython.noop)]
