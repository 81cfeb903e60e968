from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0003_sorting_strictness"),
    ]

    operations = [
        migrations.AddField(
            model_name="collision",
            name="keeps_photos",
            field=models.BooleanField(default=False),
        ),
    ]
