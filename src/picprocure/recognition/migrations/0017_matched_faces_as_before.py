from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_BATCH = 1_000


def remember_matches(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    matched = apps.get_model("recognition", "Match").objects.filter(status="match")
    row = apps.get_model("recognition", "MatchedFace")
    pairs = matched.order_by().values_list("registration__user", "face").distinct()
    row.objects.bulk_create(
        [row(user_id=user, face_id=face) for user, face in pairs], batch_size=_BATCH
    )


class Migration(migrations.Migration):
    dependencies = [("recognition", "0016_matched_faces")]

    operations = [migrations.RunPython(remember_matches, migrations.RunPython.noop)]
