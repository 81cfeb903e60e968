from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0006_unreleased"),
    ]

    operations = [
        migrations.AddField(
            model_name="eventusage",
            name="analyzed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="eventusage",
            name="faces",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="eventusage",
            name="failed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="eventusage",
            name="unreleased",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="eventusage",
            name="waiting_again",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
