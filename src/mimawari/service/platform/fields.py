"""Columns that hold a record as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from django.db import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Combinable, Expression

Record = TypeVar("Record", bound=msgspec.Struct | None)

if TYPE_CHECKING:
    RecordBase = models.Field[Record, Record]
else:  # Django's classes take no parameters when they run
    RecordBase = models.Field


class RecordField(RecordBase, Generic[Record]):  # type: ignore[type-arg]  # an alias, not a class
    """A column of JSON that reads and writes one kind of record.

    Parameters
    ----------
    decode
        Reads the record from JSON text: a module's function, which migrations import by name.
    """

    def __init__(self, decode: Callable[[str], Record], **options: object) -> None:
        self.decode = decode
        super().__init__(**options)  # type: ignore[arg-type]  # Django's own options

    def get_internal_type(self) -> str:
        """Be a text to the database."""
        return "TextField"

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        """Give what a migration writes down."""
        name, path, args, options = super().deconstruct()
        return name, path, [*args], {**options, "decode": self.decode}

    def from_db_value(
        self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> Record | None:
        """Read what the column holds."""
        return None if value is None else self.decode(value)

    def get_prep_value(self, value: Record | Combinable | None) -> object:
        """Write a record."""
        if isinstance(value, msgspec.Struct):
            return msgspec.json.encode(value).decode()
        return value
