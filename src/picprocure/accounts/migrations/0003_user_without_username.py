from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_addresses_instead_of_usernames")]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.RemoveField(model_name="user", name="username"),
    ]
