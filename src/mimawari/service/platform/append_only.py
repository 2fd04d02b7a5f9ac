"""Triggers by which the database itself refuses to change, delete or replace rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} WHEN {sealed}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
# INSERT OR REPLACE deletes rows without firing triggers of DELETE.
_SQLITE_REPLACE = """
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE ({same}) AND ({sealed}))
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_ROWS = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
FOR EACH ROW WHEN ({sealed}) EXECUTE FUNCTION {table}_append_only()
"""
_POSTGRES_TRUNCATE = """
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()
"""


class AppendOnly:
    """A migration step (for ``RunPython``) that seals one table.

    All texts come from the migration's own text, never from input.

    Parameters
    ----------
    sealed
        SQL condition of the rows that are final, such as ``old.state <> 0``; all by default.
    permitted
        SQL condition of the updates that are right nevertheless, over ``old`` and ``new``; in it
        ``{is}`` compares values that may be NULL. None by default.
    """

    def __init__(self, table: str, sealed: str = "true", permitted: str = "false") -> None:
        self.table, self.sealed, self.permitted = table, sealed, permitted

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
        """Create the triggers in the connected database."""
        sqlite = schema_editor.connection.vendor == "sqlite"
        permitted = self.permitted.replace("{is}", "IS" if sqlite else "IS NOT DISTINCT FROM")
        conditions = {
            "UPDATE": f"({self.sealed}) AND NOT ({permitted})",
            "DELETE": self.sealed,
        }
        rows = _SQLITE if sqlite else _POSTGRES_ROWS
        statements = [
            rows.format(table=self.table, event=event, sealed=condition)
            for event, condition in conditions.items()
        ]
        if sqlite:
            same = self._same(schema_editor)
            statements.append(
                _SQLITE_REPLACE.format(table=self.table, same=same, sealed=self.sealed)
            )
        else:
            statements.insert(0, _POSTGRES_FUNCTION.format(table=self.table))
            statements.append(_POSTGRES_TRUNCATE.format(table=self.table))
        for statement in statements:
            schema_editor.execute(statement, params=None)

    def _same(self, schema_editor: BaseDatabaseSchemaEditor) -> str:
        """Give the condition under which a new row would replace an old one."""
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            known = connection.introspection.get_constraints(cursor, self.table).values()
        keys = [
            constraint["columns"]
            for constraint in known
            if constraint["primary_key"] or constraint["unique"]
        ]
        return " OR ".join(
            "(" + " AND ".join(f"old.{column} = new.{column}" for column in key) + ")"
            for key in keys
        )
