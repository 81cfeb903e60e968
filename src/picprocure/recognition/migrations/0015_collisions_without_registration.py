import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recognition", "0014_newcomers_as_before")]

    operations = [
        migrations.AlterField(
            model_name="collision",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="collisions",
                to="events.event",
            ),
        ),
        migrations.AlterField(
            model_name="collision",
            name="newcomer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="collisions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveField(model_name="collision", name="registration"),
    ]
