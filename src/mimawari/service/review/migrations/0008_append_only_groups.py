"""Seal groups of decisions."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("review", "0007_decision_groups")]
    operations = [
        migrations.RunPython(AppendOnly("review_decisiongroup"), migrations.RunPython.noop)
    ]
