"""Keep listing versions and what belongs to them: only retention deletes their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations, models

from mimawari.service.retention.kept_rows import KeptRows

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VERSION = "listing_version_id"
TABLES = (
    KeptRows("intake_listingversion", "id", ("id",), ("listing_id", "version")),
    KeptRows("scoring_score", VERSION, (VERSION,)),
    KeptRows("scoring_candidate", VERSION, ("id",), (VERSION, "topic")),
    KeptRows("media_snapshot", VERSION, ("id",), (VERSION, "position")),
)


def let_settled_pictures_go(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's)
    """Drop the trigger by which nothing at all could delete a settled snapshot."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    for name in ("no_delete", "no_replace") if sqlite else ("no_delete",):
        of_table = "" if sqlite else " ON media_snapshot"
        schema_editor.execute(f"DROP TRIGGER media_snapshot_{name}{of_table}", params=None)


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("audit", "0002_append_only"),
        ("intake", "0001_initial"),
        ("media", "0002_settled"),
        ("scoring", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="Removable",
            fields=[
                ("version", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunPython(let_settled_pictures_go, migrations.RunPython.noop),
        *(migrations.RunPython(table, migrations.RunPython.noop) for table in TABLES),
    ]
