"""Seal the decisions."""

from django.db import migrations

from mimawari.service.ops.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("ops", "0002_append_only")]
    operations = [migrations.RunPython(AppendOnly("review_decision"), migrations.RunPython.noop)]
