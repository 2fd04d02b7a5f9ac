"""What runs read and gave, also those that there are, and how far each is."""

from __future__ import annotations

import json

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Cast

import mimawari.flows.progress
import mimawari.service.platform.fields


def note(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Take what is known from requests and outcomes, as JSON: their records may change later."""
    runs = apps.get_model("flows", "FlowRun").objects.all()
    artifact = apps.get_model("flows", "FlowArtifact")
    for pk, request, outcome in runs.annotate(
        plain=Cast("request", models.TextField()),
        came=Cast("outcome", models.TextField()),
    ).values_list("pk", "plain", "came"):
        asked, gave = json.loads(request), json.loads(outcome)
        read = set(asked.get("models", {}).values())
        made = set(gave.get("models", {}).values()) - read
        rows = [("model", name, False) for name in read] + [("model", name, True) for name in made]
        rows += [("data_set", asked["data_set"], False)] if asked.get("data_set") else []
        artifact.objects.bulk_create(
            artifact(run_id=pk, kind=kind, name=name, made=of) for kind, name, of in sorted(rows)
        )


class Migration(migrations.Migration):
    """A table with its rows, and a column."""

    dependencies = (("flows", "0001_initial"),)
    operations = (
        migrations.CreateModel(
            name="FlowArtifact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("model", "Model"), ("data_set", "Data Set"), ("day", "Day")],
                        max_length=10,
                    ),
                ),
                ("name", models.TextField()),
                ("made", models.BooleanField(default=False)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="artifacts",
                        to="flows.flowrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "name", "run"), name="one_artifact_a_run"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="flowrun",
            name="progress",
            field=mimawari.service.platform.fields.RecordField(
                decode=mimawari.flows.progress.decode_progress, null=True
            ),
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    )
