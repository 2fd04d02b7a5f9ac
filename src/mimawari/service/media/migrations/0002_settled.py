"""Seal the snapshots that are settled: they are evidence."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

SETTLED = AppendOnly("media_snapshot", "old.state <> 0")


class Migration(migrations.Migration):
    dependencies = [("media", "0001_initial")]
    operations = [migrations.RunPython(SETTLED, migrations.RunPython.noop)]
