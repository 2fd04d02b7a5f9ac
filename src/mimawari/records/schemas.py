"""JSON Schemas of what is sent, and whether one still says what an earlier one promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.outgoing import SENT, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.json import JsonObject, JsonValue

REFERENCE = "#/$defs/"


def schemas() -> dict[str, JsonObject]:
    """Give the schema of every type by its file's name."""
    made: dict[str, JsonObject] = {}
    for kind in SENT:
        version = next(f.default for f in msgspec.structs.fields(kind) if f.name == "version")
        made[f"{type_of(kind)}.v{version}.json"] = msgspec.json.schema(kind)
    return made


def broken_promises(published: JsonObject, now: JsonObject) -> list[str]:
    """Name every field whose reader would be surprised: gone, of another type, no longer sure.

    Fields may be added; a text that took some values may take no others.

    Examples
    --------
    >>> class Old(msgspec.Struct):
    ...     id: int
    ...     title: str
    >>> class New(msgspec.Struct):
    ...     id: str
    ...     price: int
    >>> broken_promises(msgspec.json.schema(Old), msgspec.json.schema(New))
    ['id: is retyped', 'title: is gone']
    """
    return list(_compare(published, published, now, now, ""))


def _compare(
    old: JsonObject, old_root: JsonObject, new: JsonObject, new_root: JsonObject, path: str
) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    before, after = _object(old.get("properties")), _object(new.get("properties"))
    if _shape(old) != _shape(new):
        yield f"{path or 'body'}: is retyped"
        return
    for name, schema in before.items():
        at = f"{path}.{name}".lstrip(".")
        if name not in after:
            yield f"{at}: is gone"
        else:
            yield from _compare(_object(schema), old_root, _object(after[name]), new_root, at)
    still = _list(new.get("required"))
    for required in _list(old.get("required")):
        if required in after and required not in still:
            yield f"{path}.{required}".lstrip(".") + ": may be left out now"
    for ours, theirs, step in _inner(old, new):
        yield from _compare(_object(ours), old_root, _object(theirs), new_root, path + step)


def _inner(old: JsonObject, new: JsonObject) -> Iterator[tuple[JsonValue, JsonValue, str]]:
    """Pair what stands inside of two schemas of one shape: a list's items, and alternatives."""
    if "items" in old:
        yield old["items"], new.get("items"), "[]"
    pairs = zip(_list(old.get("anyOf")), _list(new.get("anyOf")), strict=True)
    yield from ((before, after, "") for before, after in pairs)


def _shape(schema: JsonObject) -> JsonObject:
    """Give what makes a value's type: not its description, nor what is compared by part."""
    shape: JsonObject = {
        name: schema[name] for name in ("type", "format", "enum", "const") if name in schema
    }
    return {**shape, "alternatives": len(_list(schema.get("anyOf")))}


def _resolved(schema: JsonObject, root: JsonObject) -> JsonObject:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return _object(_object(root.get("$defs"))[reference.removeprefix(REFERENCE)])


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
