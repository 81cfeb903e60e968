from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Count, Q, Sum


def count_photos(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    photo, usage = apps.get_model("photos", "Photo"), apps.get_model("photos", "EventUsage")
    rows = photo.objects.order_by().values("event")
    stored = rows.annotate(
        analyzed=Count("status", filter=Q(status="analyzed")),
        failed=Count("status", filter=Q(status="failed")),
        waiting_again=Count("analyzed_at", filter=Q(status="waiting")),
        faces=Sum("face_count"),
    )
    unreleased = dict(
        rows.filter(waits_for_release=True)
        .exclude(status="failed")
        .values_list("event")
        .annotate(Count("pk"))
    )
    for counts in stored:
        event = counts.pop("event")
        usage.objects.filter(pk=event).update(**counts, unreleased=unreleased.get(event, 0))


class Migration(migrations.Migration):
    dependencies = [("photos", "0007_counts")]

    operations = [migrations.RunPython(count_photos, migrations.RunPython.noop)]
