"""Alerts say why they were opened, and in which order they are offered."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def priority_is_the_score(apps: Any, _schema_editor: object) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
    """Order the alerts there are by score, as before."""
    apps.get_model("review", "Alert").objects.update(priority=models.F("score"))


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("review", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alert",
            name="one_alert_a_topic",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="open_alerts",
        ),
        migrations.AddField(
            model_name="alert",
            name="not_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="priority",
            field=models.FloatField(default=0.0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="alert",
            name="probability",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("top_k", "Top K"),
                    ("exploration", "Exploration"),
                    ("trial", "Trial"),
                    ("second", "Second"),
                    ("golden", "Golden"),
                ],
                default="top_k",
                max_length=12,
            ),
        ),
        migrations.RunPython(priority_is_the_score, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["-priority"], name="open_by_priority"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("listing_version", "topic", "purpose"), name="one_alert_a_purpose"
            ),
        ),
    ]
