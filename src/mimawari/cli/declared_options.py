"""Options of a command made from the fields of a struct, so that they are declared once."""

from __future__ import annotations

import functools
import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Concatenate, TypeVar

import msgspec
import typer

from mimawari.records.fields import Field, convert, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

S = TypeVar("S", bound=msgspec.Struct)
KEYWORD = inspect.Parameter.KEYWORD_ONLY


def takes(
    kind: type[S], argument: str = ""
) -> Callable[[Callable[Concatenate[S, ...], None]], Callable[..., None]]:
    """Let a command take the fields of a struct, which is its first parameter.

    Parameters
    ----------
    argument
        The field that is given without a name.
    """
    fields = [_parameter(field, field.name == argument) for field in fields_of(kind)]

    def decorate(command: Callable[Concatenate[S, ...], None]) -> Callable[..., None]:
        _, *own = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [*fields, *(parameter.replace(kind=KEYWORD) for parameter in own)]
        names = {field.name for field in fields}

        @functools.wraps(command)
        def run(**given: object) -> None:
            values = {name: _aware(given.pop(name)) for name in names}
            chosen = {name: value for name, value in values.items() if value is not None}
            command(convert(chosen, kind), **given)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def _parameter(field: Field, positional: bool) -> inspect.Parameter:
    text = field.description or field.title
    default = field.default
    if default not in (None, ""):
        text = f"{text}; {default} by default"
    written = f"{text[:1].upper()}{text[1:]}."
    made = typer.Argument(help=written) if positional else typer.Option(help=written)
    plain = field.plain if field.required else field.plain | None
    return inspect.Parameter(
        field.name,
        KEYWORD,
        default=inspect.Parameter.empty if field.required else None,
        annotation=Annotated[plain, made],
    )


def _aware(value: object) -> object:
    """Read a time without a zone as UTC."""
    return value.replace(tzinfo=value.tzinfo or UTC) if isinstance(value, datetime) else value
