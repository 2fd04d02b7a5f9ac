"""Examples as they are shown: a request holds no more fields than were given."""

from __future__ import annotations

import msgspec
from msgspec import NODEFAULT, UNSET

from mimawari.records.json import JsonObject


def sparse(example: msgspec.Struct) -> JsonObject:
    """Give a request as plain data, without the fields that have their default.

    Examples
    --------
    >>> class Wanted(msgspec.Struct):
    ...     topic: str
    ...     most: int = 10
    ...     words: list[str] = []
    >>> sparse(Wanted("weapons"))
    {'topic': 'weapons'}
    """
    whole: JsonObject = msgspec.to_builtins(example)
    fields = msgspec.structs.fields(example)
    values = {field.encode_name: getattr(example, field.name) for field in fields}
    defaults = {field.encode_name: _default(field) for field in fields}
    return {
        name: whole[name]
        for name, value in values.items()
        if value is not UNSET and value != defaults[name]
    }


def example_text(example: object) -> str:
    """Write an example as text: a text as it is, lines one by one, all else as indented JSON.

    Examples
    --------
    >>> print(example_text({"topic": "weapons"}))
    {
      "topic": "weapons"
    }
    """
    if isinstance(example, str):
        return example
    if isinstance(example, tuple):
        return "".join(msgspec.json.encode(line).decode() + "\n" for line in example)
    return msgspec.json.format(msgspec.json.encode(example), indent=2).decode()


def _default(field: msgspec.structs.FieldInfo) -> object:
    made = field.default_factory
    return field.default if made is NODEFAULT else made()
