"""Seal what was measured, gate files, requests with their answers, and releases."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

NAMES = ("measurement", "gatefile", "releaserequest", "releaseanswer", "release")


class Migration(migrations.Migration):
    dependencies = [("releases", "0005_stages")]
    operations = [
        migrations.RunPython(AppendOnly(f"releases_{name}"), migrations.RunPython.noop)
        for name in NAMES
    ]
