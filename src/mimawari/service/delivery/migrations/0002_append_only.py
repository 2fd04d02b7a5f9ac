"""Keep receipts: what the other side answered stays as it was."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]
    operations = [
        migrations.RunPython(AppendOnly("delivery_receipt"), migrations.RunPython.noop),
    ]
