"""Seal which days are closed, and as what."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]
    operations = [
        migrations.RunPython(AppendOnly("history_closedday"), migrations.RunPython.noop),
    ]
