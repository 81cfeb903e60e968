from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("recognition", "0011_collisions_as_before")]

    operations = [migrations.RemoveField(model_name="reference", name="known_since")]
