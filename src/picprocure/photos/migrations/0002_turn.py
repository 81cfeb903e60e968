from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="turn",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
