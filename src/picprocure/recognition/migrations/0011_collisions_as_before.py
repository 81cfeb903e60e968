from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def name_people(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The person who was there first is the one whose reference it was."""
    references = apps.get_model("recognition", "Reference").objects
    owner = references.filter(pk=OuterRef("other_reference")).values("user")
    collisions = apps.get_model("recognition", "Collision").objects
    collisions.filter(other_reference__isnull=False).update(other=Subquery(owner))


class Migration(migrations.Migration):
    dependencies = [("recognition", "0010_people_of_collisions")]

    operations = [migrations.RunPython(name_people, migrations.RunPython.noop)]
