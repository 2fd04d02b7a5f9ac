"""Triggers by which the database itself refuses to delete rows, unless retention removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGE = "{table} is append-only: only mimawari retention deletes"
_PERMITTED = "EXISTS (SELECT 1 FROM retention_removable WHERE version = old.{version})"
_SQLITE = """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {permitted}
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""
# REPLACE deletes the rows in its way without firing triggers of DELETE.
_SQLITE_INSERT = """
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE {same})
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""
_SQLITE_UPDATE = """
CREATE TRIGGER {table}_no_replacing BEFORE UPDATE OF {columns} ON {table}
WHEN EXISTS (SELECT 1 FROM {table} AS other WHERE other.rowid <> old.rowid AND ({other}))
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF TG_OP = 'DELETE' THEN IF {permitted} THEN RETURN old; END IF; END IF;
RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_ROWS = """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_kept()
"""
_POSTGRES_TRUNCATE = """
CREATE TRIGGER {table}_no_truncating BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()
"""


class KeptRows:
    """A migration step (for ``RunPython``) that keeps the rows of one table.

    All texts come from the migration's own text, never from input.

    Parameters
    ----------
    version
        The column with the number of the listing version.
    keys
        Columns that no two rows share, each group by itself.
    """

    def __init__(self, table: str, version: str, *keys: tuple[str, ...]) -> None:
        self.table, self.version, self.keys = table, version, keys

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
        """Create the triggers in the connected database."""
        if schema_editor.connection.vendor == "sqlite":
            texts = (_SQLITE, _SQLITE_INSERT, _SQLITE_UPDATE)
        else:
            texts = (_POSTGRES_FUNCTION, _POSTGRES_ROWS, _POSTGRES_TRUNCATE)
        for text in texts:
            statement = text.format(
                table=self.table,
                message=_MESSAGE.format(table=self.table),
                permitted=_PERMITTED.format(version=self.version),
                same=self._same("old"),
                other=self._same("other"),
                columns=", ".join(sorted({column for key in self.keys for column in key})),
            )
            schema_editor.execute(statement, params=None)

    def _same(self, row: str) -> str:
        """Give the condition under which a new row would replace another."""
        return " OR ".join(
            "(" + " AND ".join(f"{row}.{column} = new.{column}" for column in key) + ")"
            for key in self.keys
        )
