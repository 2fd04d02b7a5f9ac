"""The fields of a record as they are declared: type, bounds, default and what they mean.

Options of commands, forms, tables of the documentation and refusals are made from this, so that
a field is declared once, in its struct.
"""

from __future__ import annotations

import functools
import types
from datetime import datetime
from typing import (
    TYPE_CHECKING,
    Annotated,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, UnsetType

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.suggestions import unknown_names

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=msgspec.Struct)
Plain: TypeAlias = "type[str] | type[int] | type[float] | type[bool] | type[datetime]"
NOUNS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
MOST_LOOKED_AT, MOST_NAMED = 1_000, 10
"""Objects of a list that are looked at for what is wrong, and problems of them that are named."""
MANY = {str: "texts", int: "whole numbers", float: "numbers"}


def translatable(text: str) -> str:
    """Mark a title that the console translates where it shows it."""
    return text


class Field(msgspec.Struct, frozen=True):
    """One field of a struct.

    Parameters
    ----------
    annotation
        Its type with its bounds, without None and unset.
    plain
        The type alone; a text where only some values are taken.
    title, description
        A few words for a form; a sentence or two, where there is more to say.
    values
        The only texts that are taken; empty where any is.
    """

    name: str
    annotation: object
    plain: Plain
    required: bool
    default: object
    title: str
    description: str
    values: tuple[str, ...]
    meta: tuple[Meta, ...]

    @property
    def extra(self) -> dict[str, object]:
        """What else was declared."""
        return {name: value for meta in self.meta for name, value in (meta.extra or {}).items()}

    def bound(self, name: str) -> float | None:
        """Give a bound such as ``ge``; the innermost that is declared."""
        bounds = [getattr(meta, name) for meta in self.meta]
        return next((bound for bound in reversed(bounds) if bound is not None), None)

    def accepted(self) -> str:
        """Say what is accepted.

        Examples
        --------
        >>> class Window(msgspec.Struct):
        ...     days: Annotated[int, Meta(ge=1, le=400)]
        ...     share: Annotated[float, Meta(gt=0, lt=1)]
        ...     mode: Literal["safe", "fast"]
        >>> [field.accepted() for field in fields_of(Window)]
        ['1 to 400', 'more than 0 and less than 1', 'safe or fast']
        """
        if self.values:
            return " or ".join(self.values)
        if self.plain is datetime:
            return "a time with a zone, such as 2026-11-02T00:00:00Z"
        low, high = self.bound("ge"), self.bound("le")
        above, below = self.bound("gt"), self.bound("lt")
        if low is not None and high is not None:
            return f"{low:,} to {high:,}"
        words = {"more than": above, "at least": low, "less than": below, "at most": high}
        bounds = " and ".join(f"{word} {at:,}" for word, at in words.items() if at is not None)
        longest = self.bound("max_length")
        if longest is not None:
            shortest = self.bound("min_length") or 0
            bounds = f"a text of {shortest:,} to {longest:,} characters"
            if self.plain is not str:
                bounds = f"a list of {shortest:,} to {longest:,}"
        return bounds or _noun(self.plain)


@functools.cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """Read the fields of a struct, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(field, hints[field.name]) for field in msgspec.structs.fields(kind))


def convert(values: Mapping[str, object], kind: type[S], strict: bool = True) -> S:
    """Make a struct of values.

    Raises
    ------
    InvalidInputError
        Naming every field that is unknown, missing, or not what is accepted.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    declared = {field.name: field for field in fields_of(kind)}
    remedy = f"known: {', '.join(fields)}"
    unknown = [name for name in values if name not in fields]
    problems = unknown_names(
        unknown, (), lambda name, _near: FieldProblem(name[:80], "is unknown", remedy), "body"
    )
    for name, field in fields.items():
        if name not in values:
            if field.required:
                problems.append(FieldProblem(name, "is missing", "give it"))
            continue
        try:
            msgspec.convert(values[name], field.type, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError):  # half of a surrogate pair
            within = _within(name, values[name], declared[field.name], strict)
            remedy = f"give {declared[field.name].accepted()}"
            problems += within or [FieldProblem(name, f"is {_shown(values[name])}", remedy)]
    if problems:
        raise InvalidInputError(*problems)
    return msgspec.convert(values, kind, strict=strict)


def _within(name: str, value: object, field: Field, strict: bool) -> list[FieldProblem]:
    """Name what is wrong within a list of objects, the first of it; nothing for any other."""
    longest = field.bound("max_length") or MOST_LOOKED_AT
    item = get_args(field.plain)[0] if get_origin(field.plain) is list else None
    if not (isinstance(item, type) and issubclass(item, msgspec.Struct)):
        return []
    problems: list[FieldProblem] = []
    for place, given in enumerate(value if isinstance(value, list) else ()):
        if place >= longest or len(problems) >= MOST_NAMED:
            break
        path = f"{name}[{place}]"
        if not isinstance(given, dict):
            problems.append(FieldProblem(path, f"is {_shown(given)}", "give an object"))
            continue
        try:
            convert(given, item, strict)
        except InvalidInputError as error:
            problems += [
                FieldProblem(f"{path}.{problem.field}", problem.problem, problem.remedy)
                for problem in error.problems
            ]
    return problems[:MOST_NAMED]


def _noun(plain: object) -> str:
    """Name what is accepted where it has no bounds.

    Examples
    --------
    >>> _noun(str), _noun(tuple[str, ...]), _noun(list[dict[str, int]]), _noun(Field)
    ('a text', 'a list of texts', 'a list', 'an object')
    """
    if isinstance(plain, type) and plain in NOUNS:
        return NOUNS[plain]
    if get_origin(plain) in (tuple, list):
        of = MANY.get(get_args(plain)[0])
        return f"a list of {of}" if of else "a list"
    return "an object"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value)[:80] if isinstance(value, str) else str(value)[:80]


def _field(field: msgspec.structs.FieldInfo, hint: object) -> Field:
    annotation = _without_none(hint)
    base, *more = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    meta = tuple(part for part in more if isinstance(part, Meta))
    values = tuple(get_args(base)) if get_origin(base) is Literal else ()
    default = field.default
    return Field(
        name=field.name,
        annotation=annotation,
        plain=str if values else base,
        required=field.required,
        default=None if default in (NODEFAULT, UNSET) else default,
        title=next((m.title for m in reversed(meta) if m.title), ""),
        description=next((m.description for m in reversed(meta) if m.description), ""),
        values=values,
        meta=meta,
    )


def _without_none(hint: object) -> object:
    """Take None and unset out of a union."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    (kept,) = (part for part in get_args(hint) if part not in (type(None), UnsetType))
    return kept
