"""Triggers by which the database itself refuses to change or delete rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} WHEN {sealed}
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
_POSTGRES_ROWS = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW WHEN ({sealed}) EXECUTE FUNCTION {table}_append_only()
"""
_POSTGRES_TRUNCATE = """
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()
"""


class AppendOnly:
    """A migration step (for ``RunPython``) that seals one table.

    Both texts come from the migration's own text, never from input.

    Parameters
    ----------
    sealed
        SQL condition of the rows that are final, such as ``old.state <> 0``; all by default.
    """

    def __init__(self, table: str, sealed: str = "") -> None:
        self.table, self.sealed = table, sealed

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
        """Create the triggers in the connected database."""
        for statement in self._statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def _statements(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            said = {"table": self.table, "sealed": self.sealed or "true"}
            return [_SQLITE.format(event=event, **said) for event in ("update", "delete")]
        parts = [_POSTGRES_FUNCTION, _POSTGRES_TRIGGER]
        if self.sealed:
            parts[1:] = [_POSTGRES_ROWS, _POSTGRES_TRUNCATE]
        return [one.format(table=self.table, sealed=self.sealed) for one in parts]
