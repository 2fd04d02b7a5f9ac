"""Seal what data sets say of themselves, and which were erased."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = ("catalogue_datasetversion", "catalogue_dataseterasure")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_data_sets")]
    operations = [migrations.RunPython(AppendOnly(t), migrations.RunPython.noop) for t in TABLES]
