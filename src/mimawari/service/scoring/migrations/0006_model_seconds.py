"""What each model takes in the scorers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scoring", "0005_scores_by_day")]
    operations = [
        migrations.AddField(
            "dayvolume", "model_seconds", models.JSONField(default=dict, db_default={})
        )
    ]
