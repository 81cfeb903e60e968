from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def mark_dated(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    photo = apps.get_model("photos", "Photo")
    photo.objects.filter(taken_at__isnull=False).update(is_undated=False)


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("photos", "0002_turn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="photo",
            options={"ordering": ["is_undated", "taken_at", "uploaded_at", "name", "id"]},
        ),
        migrations.RemoveIndex(
            model_name="photo",
            name="photos_phot_event_i_4ad16c_idx",
        ),
        migrations.AddField(
            model_name="photo",
            name="face_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="photo",
            name="is_undated",
            field=models.BooleanField(default=True),
        ),
        migrations.RunPython(mark_dated, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                fields=["event", "status", "analyzed_at", "face_count", "size_bytes"],
                name="photos_phot_event_i_3ee00a_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                fields=["event", "is_undated", "taken_at", "uploaded_at", "name", "id", "status"],
                name="photos_phot_event_i_216c21_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_undated", True), ("taken_at", None)),
                    models.Q(("is_undated", False), ("taken_at__isnull", False)),
                    _connector="OR",
                ),
                name="undated_without_time",
            ),
        ),
    ]
