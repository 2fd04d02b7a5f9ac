"""Note where each model was in force, of the generations there are too, and seal it."""

from collections.abc import Iterator
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.state import StateApps

from mimawari.errors import InvalidInputError
from mimawari.records.manifest import Manifest
from mimawari.records.slot_change import slot_changes
from mimawari.service.platform.append_only import AppendOnly


def note(apps: StateApps, _schema_editor: object) -> None:
    """Note the changes of every generation, oldest first."""
    changes = apps.get_model("releases", "DeploymentChange")
    before = Manifest()
    for generation in _generations(apps):
        changes.objects.bulk_create(
            changes(
                model=change.model,
                topic=change.topic,
                generation=generation,
                at=generation.created_at,
                slot=change.slot or "",
                share=change.share,
            )
            for change in slot_changes(before, generation.manifest)
        )
        before = generation.manifest


def _generations(apps: StateApps) -> Iterator[Any]:
    """Yield those that this version reads: a later one made the others, and notes them."""
    rows = apps.get_model("releases", "Generation").objects
    for number in list(rows.order_by("pk").values_list("pk", flat=True)):
        try:
            yield rows.get(pk=number)
        except InvalidInputError:
            continue


class Migration(migrations.Migration):
    dependencies = [("releases", "0003_topic_changes")]
    operations = [
        migrations.CreateModel(
            name="DeploymentChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.TextField()),
                ("topic", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("slot", models.CharField(blank=True, max_length=10)),
                ("share", models.FloatField(null=True)),
                (
                    "generation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployment_changes",
                        to="releases.generation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "topic", "generation"), name="one_slot_a_generation"
                    )
                ],
            },
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
        migrations.RunPython(AppendOnly("releases_deploymentchange"), migrations.RunPython.noop),
    ]
