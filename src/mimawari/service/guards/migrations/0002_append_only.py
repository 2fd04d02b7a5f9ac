"""Seal guards and breaches."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("guards", "0001_initial")]
    operations = [
        migrations.RunPython(AppendOnly(f"guards_{name}"), migrations.RunPython.noop)
        for name in ("guard", "guardbreach")
    ]
