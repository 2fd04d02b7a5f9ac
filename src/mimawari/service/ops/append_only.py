"""Triggers by which the database itself refuses to change or delete rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_TRIGGER = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()
"""


class AppendOnly:
    """A migration step (for ``RunPython``) that seals one table.

    ``table`` comes from the migration's own text, never from input.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
        """Create the triggers in the connected database."""
        if schema_editor.connection.vendor == "sqlite":
            statements = [_SQLITE.format(table=self.table, event=e) for e in ("update", "delete")]
        else:
            statements = [_POSTGRES_FUNCTION, _POSTGRES_TRIGGER]
            statements = [one.format(table=self.table) for one in statements]
        for statement in statements:
            schema_editor.execute(statement, params=None)
