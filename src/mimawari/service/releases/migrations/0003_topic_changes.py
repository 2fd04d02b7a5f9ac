"""Note which generations changed which topics, of those there are too, and seal it."""

from collections.abc import Iterator
from typing import Any

import django.db.models.deletion
import msgspec
from django.db import migrations, models
from django.db.migrations.state import StateApps

from mimawari.errors import InvalidInputError
from mimawari.records.json import JsonObject
from mimawari.records.manifest import Manifest
from mimawari.records.topic_change import topic_changes
from mimawari.service.platform.append_only import AppendOnly


def note(apps: StateApps, _schema_editor: object) -> None:
    """Note the changes of every generation, oldest first."""
    change = apps.get_model("releases", "TopicChange")
    evidence = _evidence(apps)
    before = Manifest()
    for generation in _generations(apps):
        what = topic_changes(before, generation.manifest)
        change.objects.bulk_create(
            change(
                topic=topic,
                generation=generation,
                at=generation.created_at,
                what=list(changed),
                evidence=evidence.get((topic, generation.pk), {}),
            )
            for topic, changed in what.items()
        )
        before = generation.manifest


def _evidence(apps: StateApps) -> dict[tuple[str, int], JsonObject]:
    """Read what promotions were decided on."""
    events = apps.get_model("audit", "Event").objects.exclude(body=None)
    wanted = events.filter(kind__in=("activation", "withdrawal")).values_list("body", flat=True)
    details = [msgspec.json.decode(body)["details"] for body in wanted]
    return {(one["topic"], one["generation"]): one["evidence"] for one in details}


def _generations(apps: StateApps) -> Iterator[Any]:
    """Yield those that this version reads: a later one made the others, and notes them."""
    rows = apps.get_model("releases", "Generation").objects
    for number in list(rows.order_by("pk").values_list("pk", flat=True)):
        try:
            yield rows.get(pk=number)
        except InvalidInputError:
            continue


class Migration(migrations.Migration):
    dependencies = [("releases", "0002_append_only"), ("audit", "0003_no_replacing")]
    operations = [
        migrations.CreateModel(
            name="TopicChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("what", models.JSONField()),
                ("evidence", models.JSONField(default=dict)),
                (
                    "generation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="releases.generation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["topic", "at"], name="changes_of_a_topic")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("topic", "generation"), name="one_change_a_generation"
                    )
                ],
            },
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
        migrations.RunPython(AppendOnly("releases_topicchange"), migrations.RunPython.noop),
    ]
