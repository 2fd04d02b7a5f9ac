"""Seal actions and strikes."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = (
    "actions_action",
    "actions_strike",
)


class Migration(migrations.Migration):
    dependencies = [("actions", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
