import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recognition", "0013_fill_event_of_decisions")]

    operations = [
        migrations.AlterField(
            model_name="facedecision",
            name="event",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="face_decisions",
                to="events.event",
            ),
        ),
    ]
