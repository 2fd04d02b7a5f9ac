"""Seal the generations and the topic files."""

from django.db import migrations

from mimawari.service.ops.append_only import AppendOnly

TABLES = ("ops_generation", "ops_topicfileversion")


class Migration(migrations.Migration):
    dependencies = [("ops", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
