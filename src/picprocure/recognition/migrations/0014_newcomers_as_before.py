from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def name_newcomers(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The newcomer is the person whose registration was held."""
    registrations = apps.get_model("events", "Registration").objects
    held = registrations.filter(pk=OuterRef("registration"))
    apps.get_model("recognition", "Collision").objects.update(
        event=Subquery(held.values("event")), newcomer=Subquery(held.values("user"))
    )


class Migration(migrations.Migration):
    dependencies = [("recognition", "0013_collisions_of_people")]

    operations = [migrations.RunPython(name_newcomers, migrations.RunPython.noop)]
