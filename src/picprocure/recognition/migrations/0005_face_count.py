from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce


def count_faces(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    """Count the faces that were found before photos had this field."""
    face, photo = apps.get_model("recognition", "Face"), apps.get_model("photos", "Photo")
    faces = face.objects.filter(photo=OuterRef("pk"), is_superseded=False).order_by()
    counted = faces.values("photo").annotate(total=Count("*")).values("total")
    photo.objects.update(face_count=Coalesce(Subquery(counted), 0))


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0003_counts_and_order"),
        ("recognition", "0004_kept_photos"),
    ]

    operations = [migrations.RunPython(count_faces, migrations.RunPython.noop)]
