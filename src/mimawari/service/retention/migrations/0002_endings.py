"""Keep what is known of listings' ends: only retention deletes it."""

from django.db import migrations

from mimawari.service.retention.kept_rows import KeptRows

ENDINGS = KeptRows("intake_ending", "listing_version_id", ("listing_version_id",))


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial"), ("intake", "0003_endings")]
    operations = [migrations.RunPython(ENDINGS, migrations.RunPython.noop)]
