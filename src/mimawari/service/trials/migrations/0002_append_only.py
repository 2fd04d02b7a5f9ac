"""Seal the events and looks of trials."""

from django.db import migrations

from mimawari.service.ops.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("release", "0001_initial")]
    operations = [
        migrations.RunPython(AppendOnly(table), migrations.RunPython.noop)
        for table in ("release_trialevent", "release_triallook")
    ]
