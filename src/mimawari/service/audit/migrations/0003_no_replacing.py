"""SQLite's UPDATE OR REPLACE deletes the row in its way past the triggers of DELETE: refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# No other column that is unique may change at all.
STATEMENT = """
CREATE TRIGGER audit_event_no_replacing BEFORE UPDATE OF sequence ON audit_event
WHEN EXISTS (SELECT 1 FROM audit_event WHERE sequence = new.sequence AND id <> old.id)
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
"""


def refuse(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's)
    """Create the trigger; PostgreSQL replaces no rows."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(STATEMENT, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [migrations.RunPython(refuse, migrations.RunPython.noop)]
