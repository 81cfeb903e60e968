from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0004_has_metadata"),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="taken_local",
            field=models.CharField(blank=True, max_length=26),
        ),
        migrations.AddField(
            model_name="photo",
            name="taken_offset_minutes",
            field=models.SmallIntegerField(null=True),
        ),
    ]
