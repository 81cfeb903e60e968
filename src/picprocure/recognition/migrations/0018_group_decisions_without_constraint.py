import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recognition", "0017_release_checks")]

    operations = [
        migrations.AlterField(
            model_name="groupdecision",
            name="event",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="group_decisions",
                to="events.event",
            ),
        ),
    ]
