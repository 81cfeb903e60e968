from django.db import migrations, models


class Migration(migrations.Migration):
    """Several sign-ups may claim one address; allauth's EmailAddress holds who confirmed it."""

    dependencies = [("accounts", "0004_host_mails")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(db_index=True, max_length=254, verbose_name="e-mail address"),
        ),
    ]
