from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def admit_everybody(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Events from before there was approval go on without it, by the consent of then."""
    apps.get_model("events", "Event").objects.update(approval=False)
    registrations = apps.get_model("events", "Registration").objects
    registrations.update(status="admitted")
    consents = apps.get_model("accounts", "Consent").objects.filter(withdrawn_at=None)
    event_consents = apps.get_model("events", "EventConsent").objects
    admissions = apps.get_model("recognition", "ReferenceAdmission").objects
    references = apps.get_model("recognition", "Reference").objects
    for registration in registrations.all():
        consent = consents.filter(user=registration.user_id).first()
        if consent:
            event_consents.create(
                registration=registration,
                version=consent.version,
                text=consent.text,
                given_at=max(consent.given_at, registration.registered_at),
            )
        for reference in references.filter(user=registration.user_id):
            admissions.create(registration=registration, reference=reference)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_consent_texts"), ("recognition", "0004_people")]

    operations = [migrations.RunPython(admit_everybody, migrations.RunPython.noop)]
