"""Find the scores of a day: rows lie in the order of days, so PostgreSQL needs their spans alone.

It is no index of the model: SQLite has no such kind, and takes one of every row.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Of a migration that was stopped an index is left that nothing uses.
LEFT = "DROP INDEX CONCURRENTLY IF EXISTS scores_by_day"
SPANS = """
CREATE INDEX CONCURRENTLY scores_by_day ON scoring_score
USING brin (day) WITH (autosummarize = on)
"""
ROWS = "CREATE INDEX IF NOT EXISTS scores_by_day ON scoring_score (day)"


def create(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
    """Make the index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(LEFT)
        schema_editor.execute(SPANS)
    else:
        schema_editor.execute(ROWS)


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY: nobody waits for it
    dependencies = [("scoring", "0004_known_imports")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
