# Those who are co-hosts already count as having accepted.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0008_co_hosts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(
            model_name="cohost",
            name="announced_at",
        ),
        migrations.CreateModel(
            name="CoHostInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("invitee", models.CharField(max_length=254)),
                ("invited_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("announced_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="co_host_invitations",
                        to="events.event",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="co_host_invitations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["invited_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "invitee"), name="one_co_host_invitation_per_invitee"
                    )
                ],
            },
        ),
    ]
