import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0011_invitation_mails_held_back"),
        ("recognition", "0011_matches_by_status"),
    ]

    operations = [
        migrations.AddField(
            model_name="facedecision",
            name="event",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="face_decisions",
                to="events.event",
            ),
        ),
    ]
