from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0008_hosts_warned_of_unreleased_photos"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="sealed_token",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="code_digest",
            field=models.CharField(blank=True, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="is_for_guest_list",
            field=models.BooleanField(default=False),
        ),
    ]
