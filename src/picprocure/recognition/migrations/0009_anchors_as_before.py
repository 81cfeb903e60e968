import logging
import uuid
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from picprocure.recognition.embeddings import anchor_context, reference_context
from picprocure.storage.sealing import SealingError, seal, unseal

logger = logging.getLogger(__name__)


def anchor_what_counts(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The anchor of each admitted person is the oldest reference that counted until now."""
    registrations = apps.get_model("events", "Registration").objects
    admitted = registrations.filter(
        status="admitted", consent__isnull=False, consent__withdrawn_at=None
    )
    for registration in admitted.select_related("event", "consent").order_by("pk"):
        fix_anchor(apps, registration)


def fix_anchor(apps: Apps, registration: Any) -> None:
    anchors = apps.get_model("recognition", "Anchor").objects
    admissions = apps.get_model("recognition", "ReferenceAdmission").objects
    mine = {"event_id": registration.event_id, "user_id": registration.user_id}
    if anchors.filter(**mine).exists():
        return
    rows: Any = admissions.filter(registration=registration).select_related("reference")
    closes_at = registration.event.registration_closes_at
    for row in rows.order_by("reference__known_since", "reference__created_at", "reference__pk"):
        reference = row.reference
        if registration.registered_at <= closes_at < reference.known_since:
            continue
        anchor_id = uuid.uuid4()
        try:
            embedding = unseal(reference.embedding, context=reference_context(reference.pk))
        except SealingError:
            logger.warning("Reference %s can't be opened, and is no anchor.", reference.pk)
            continue
        came = max(registration.registered_at, reference.known_since, registration.consent.given_at)
        anchors.create(
            id=anchor_id,
            reference_id=reference.pk,
            image_key=reference.image_key,
            embedding=seal(embedding, context=anchor_context(anchor_id)),
            engine_version=reference.engine_version,
            came_at=came,
            fixed_at=row.admitted_at,
            **mine,
        )
        return


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0006_sealed"),
        ("recognition", "0008_anchors"),
    ]

    operations = [migrations.RunPython(anchor_what_counts, migrations.RunPython.noop)]
