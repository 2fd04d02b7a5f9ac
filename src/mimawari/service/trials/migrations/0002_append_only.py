"""Seal the events and looks of trials."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = (
    "trials_trialevent",
    "trials_triallook",
)


class Migration(migrations.Migration):
    dependencies = [("trials", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
