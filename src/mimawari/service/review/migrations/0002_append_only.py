"""Seal decisions and golden items."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = (
    "review_decision",
    "review_goldenitem",
)


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
