"""Seal what says that strikes expired."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("actions", "0003_expiries")]
    operations = [
        migrations.RunPython(AppendOnly("actions_strikeexpiry"), migrations.RunPython.noop)
    ]
