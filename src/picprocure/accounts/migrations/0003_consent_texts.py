from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from picprocure.accounts.consent import CONSENT_TEXTS


def record_texts(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    consents = apps.get_model("accounts", "Consent").objects
    for version, text in CONSENT_TEXTS.items():
        consents.filter(version=version, text="").update(text=text.in_full)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_people")]

    operations = [migrations.RunPython(record_texts, migrations.RunPython.noop)]
