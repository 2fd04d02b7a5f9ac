"""Seal the golden items."""

from django.db import migrations

from mimawari.service.ops.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("review", "0004_quality"), ("ops", "0002_append_only")]
    operations = [migrations.RunPython(AppendOnly("review_goldenitem"), migrations.RunPython.noop)]
