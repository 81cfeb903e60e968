from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_listed_events")]

    operations = [
        # True for people who registered before: any of them may have photos.
        migrations.AddField(
            model_name="registration",
            name="had_photos",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="registration",
            name="had_photos",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                fields=["event"],
                condition=models.Q(("had_photos", True), ("photos_announced_at", None)),
                name="awaiting_photo_mail",
            ),
        ),
    ]
