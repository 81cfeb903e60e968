from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_upkeep_indexes")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["created_at", "id"],
                condition=models.Q(("is_listed", True)),
                name="listed_events",
            ),
        ),
    ]
