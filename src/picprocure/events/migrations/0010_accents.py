from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0009_invitations_shown_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="accent",
            field=models.CharField(
                choices=[
                    ("teal", "Teal"),
                    ("blue", "Blue"),
                    ("violet", "Violet"),
                    ("berry", "Berry"),
                    ("rust", "Rust"),
                    ("green", "Green"),
                ],
                default="teal",
                max_length=10,
            ),
        ),
    ]
