"""Seal the generations."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = ("releases_generation",)


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
