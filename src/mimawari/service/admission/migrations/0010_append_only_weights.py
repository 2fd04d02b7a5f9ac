"""Seal what answers of second stages are worth."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("admission", "0009_second_stage")]
    operations = [
        migrations.RunPython(AppendOnly("admission_stageweights"), migrations.RunPython.noop)
    ]
