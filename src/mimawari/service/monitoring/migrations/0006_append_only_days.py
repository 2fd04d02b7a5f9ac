"""Keep figures of days: what was judged stays as it was."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0005_days")]
    operations = [
        migrations.RunPython(AppendOnly("monitoring_dayfigure"), migrations.RunPython.noop),
    ]
