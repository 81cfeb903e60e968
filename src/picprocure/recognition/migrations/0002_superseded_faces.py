from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="face",
            name="is_superseded",
            field=models.BooleanField(default=False),
        ),
    ]
