from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0007_face_decisions"),
    ]

    operations = [
        migrations.AddField(
            model_name="collision",
            name="other_is_refused",
            field=models.BooleanField(default=False),
        ),
    ]
