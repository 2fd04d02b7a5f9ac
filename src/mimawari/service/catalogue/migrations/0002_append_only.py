"""Seal the topic files."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = ("catalogue_topicfileversion",)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
