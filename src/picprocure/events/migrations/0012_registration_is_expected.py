from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0011_refusals"),
    ]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="is_expected",
            field=models.BooleanField(default=False),
        ),
    ]
