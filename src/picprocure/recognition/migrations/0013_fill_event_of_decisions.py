from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery


def fill_event(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    photos = apps.get_model("photos", "Photo").objects.filter(pk=OuterRef("photo")).order_by()
    decisions = apps.get_model("recognition", "FaceDecision").objects.all()
    decisions.update(event=Subquery(photos.values("event")[:1]))


class Migration(migrations.Migration):
    dependencies = [("recognition", "0012_event_of_decisions")]

    operations = [migrations.RunPython(fill_event, migrations.RunPython.noop)]
