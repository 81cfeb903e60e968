import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_registration_is_expected"),
        ("recognition", "0012_no_known_since"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="collision",
            name="event",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="collisions",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="collision",
            name="newcomer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="collisions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
