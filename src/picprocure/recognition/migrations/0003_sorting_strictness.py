from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0002_superseded_faces"),
    ]

    operations = [
        migrations.AddField(
            model_name="sorting",
            name="held_back",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="sorting",
            name="similar_photos",
            field=models.JSONField(default=list),
        ),
    ]
