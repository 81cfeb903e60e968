from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0008_co_hosts"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="time_zone",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="event",
            name="keeps_time",
            field=models.BooleanField(default=True),
        ),
    ]
