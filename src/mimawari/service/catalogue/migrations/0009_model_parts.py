"""What models were made from and score with, of those that are registered already, too."""

from typing import Any

from django.db import migrations, models

from mimawari.detectors.parts import parts_of
from mimawari.errors import InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts


def note(apps: Any, _schema_editor: object) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
    """Read every registered model's folder; one that is gone or damaged has no parts."""
    part = apps.get_model("catalogue", "ModelPart")
    for version in apps.get_model("catalogue", "ModelVersion").objects.values_list("pk", flat=True):
        try:
            parts = parts_of(artifacts().folder(f"models/{version}"))
        except (InvalidInputError, OSError):
            continue
        part.objects.bulk_create(
            part(model_id=version, kind=p.kind.value, name=p.name) for p in parts
        )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0008_models_by")]
    operations = [
        migrations.CreateModel(
            name="ModelPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("name", models.TextField()),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="parts",
                        to="catalogue.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "name", "model"), name="one_part_a_model"
                    )
                ]
            },
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
