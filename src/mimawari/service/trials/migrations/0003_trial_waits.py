"""Keep what a trial waits for."""

from django.db import migrations

import mimawari.service.platform.fields
import mimawari.service.trials.waits


class Migration(migrations.Migration):
    dependencies = [("trials", "0002_append_only")]
    operations = [
        migrations.AddField(
            model_name="trial",
            name="waits",
            field=mimawari.service.platform.fields.RecordField(
                decode=mimawari.service.trials.waits.decode, null=True
            ),
        ),
    ]
