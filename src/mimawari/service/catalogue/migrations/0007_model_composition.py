"""Note of each model its kind, its parts and its data set, of those there are too."""

from contextlib import suppress

from django.db import migrations, models
from django.db.migrations.state import StateApps

import mimawari.records.composition
import mimawari.service.platform.fields
from mimawari.detectors.composition import composition_of
from mimawari.errors import InvalidInputError
from mimawari.records.composition import Composition
from mimawari.records.lineage import Lineage
from mimawari.service.catalogue.artifacts import artifacts


def note(apps: StateApps, _schema_editor: object) -> None:
    """Read lineages and, where the artifact store answers, folders."""
    for model in apps.get_model("catalogue", "ModelVersion").objects.iterator():
        model.data_set = Lineage.of(model.lineage).data_set or ""
        model.composition = _composition(model.pk)
        model.kind = model.composition.kind
        model.save(update_fields=["data_set", "composition", "kind"])


def _composition(version: str) -> Composition:
    """Give what is unknown where a folder is gone; registering it again notes it."""
    with suppress(InvalidInputError, OSError):
        return composition_of(artifacts().folder(f"models/{version}"))
    return Composition()


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0006_append_only_data_sets")]
    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="composition",
            field=mimawari.service.platform.fields.RecordField(
                db_default="{}",
                decode=mimawari.records.composition.decode_composition,
                default=mimawari.records.composition.Composition,
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="kind",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="data_set",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
