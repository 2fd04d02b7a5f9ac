"""Where tokens lie: made by a migration, since no model can say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Numbers alone are kept of a token: the text is in the document, and needed there to take tokens
# out again. The tokenizer cuts at spaces and leaves all that is not ASCII as it is.
_SQLITE = (
    "CREATE VIRTUAL TABLE search_tokens USING fts5("
    "tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
)
# Long ones lie out of line: what matches is told by the index, and most rows stay narrow.
_POSTGRESQL = (
    "ALTER TABLE search_document ADD COLUMN tokens tsvector",
    "ALTER TABLE search_document ALTER COLUMN tokens SET STORAGE EXTERNAL",
    "ALTER TABLE search_document SET (toast_tuple_target = 256)",
    "CREATE INDEX search_document_tokens ON search_document USING gin (tokens)",
)


def make_token_store(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401 (Django's registry class is private to migrations)
    """Make it in the connected database."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in _SQLITE if sqlite else _POSTGRESQL:
        schema_editor.execute(statement, params=None)
